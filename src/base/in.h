/* SPDX-License-Identifier: Apache-2.0 */
/* in.h - where bytes come from: a regular file, or memory.
 * Sticky: from the first fault on (the end, the system, damage) reads give zeros,
 * so readers have no error branch; in_fault tells of it. Nothing lies outside of
 * in_size, whatever the file becomes meanwhile: compare what is wanted with
 * in_left before making room for it. Files that are packed as a whole: unpack.h. */
#ifndef BASE_IN_H
#define BASE_IN_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct in;

/* what: begins the error, "cannot read recording". NULL and e: it is not there, or
 * no regular file (what a FIFO or a device would give is not waited for). */
struct in *in_open(const char *path, const char *what, struct err *e);
struct in *in_memory(struct str bytes); /* borrowed */
void in_close(struct in *i);            /* NULL is allowed */

uint64_t in_size(const struct in *i);
uint64_t in_at(const struct in *i); /* where it stands: bytes from the beginning */
uint64_t in_left(const struct in *i);
void in_seek(struct in *i, uint64_t at); /* beyond the end: a fault */

/* false, and zeros: they are not all there. */
bool in_bytes(struct in *i, void *to, size_t len);
/* Takes `stored` bytes, which raw deflate (RFC 1951) made of exactly `len`. */
bool in_inflate(struct in *i, uint64_t stored, void *to, uint32_t len);

/* What the first fault was, and in_at says where; NULL: none so far. */
const char *in_fault(const struct in *i);
void in_go_on(struct in *i); /* forgets it: what comes next may be whole */

#endif
