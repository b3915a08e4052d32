/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory of one lifetime: handed out in pieces, freed as a whole.
 * What is handed out is zeroed and aligned for any type. When the system has
 * no memory left, or the arena's bound is passed, the process ends with one
 * line on stderr and status 1: no caller checks for NULL. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/str.h"

struct arena;

/* Called before that end; where it does not return (it jumps), there is none. */
void arena_at_end(void (*end)(void));

struct arena *arena_open(void);
void arena_close(struct arena *a); /* NULL is allowed */

void *arena_alloc(struct arena *a, size_t bytes);
/* count * size, refused like any other excess when that overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* A larger copy of an array; the old one stays until the arena is closed, so
 * grow by doubling. */
void *arena_grow(struct arena *a, const void *old, size_t old_bytes, size_t new_bytes);
/* A piece made larger; it may move, and a large one is nowhere twice. */
void *arena_widen(struct arena *a, void *piece, size_t old_bytes, size_t new_bytes);
struct str arena_str(struct arena *a, struct str s); /* a copy */
char *arena_cstr(struct arena *a, struct str s);     /* terminated */
struct str arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
