/* SPDX-License-Identifier: Apache-2.0 */
/* content.h - the content of a pack, read slice by slice: what is handed out has
 * been checked against its sum, and one slice at a time is in memory. Sticky: from
 * the first fault on nothing more is read, and content_good tells of it. */
#ifndef TAPE_CONTENT_H
#define TAPE_CONTENT_H

#include "base/arena.h"
#include "base/err.h"
#include "tape/pack_layout.h"

struct content;

/* Does the file begin as packs do? */
bool content_is_pack(const char *path);
/* NULL and e: no pack, a newer one, cut short, or damaged. */
struct content *content_open(const char *path, struct err *e);
void content_close(struct content *c); /* NULL is allowed */

const char *content_path(const struct content *c);
const struct pack_tail *content_tail(const struct content *c);

void content_seek(struct content *c, uint64_t at); /* at most tail.content */
/* false: they are not all there; what was reached is read. */
bool content_bytes(struct content *c, void *to, size_t len);
/* Nothing went wrong so far; else e. Then the next fault is a first one again. */
bool content_good(struct content *c, struct err *e);
/* What is read at this place of the content makes no sense: false and e. */
bool content_senseless(const struct content *c, uint64_t at, const char *why,
                       struct err *e);

#endif
