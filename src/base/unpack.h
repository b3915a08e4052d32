/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.h - files that are packed as a whole: gzip, xz, zstd, told by their first
 * bytes. Every byte is hostile; more than was allowed for is refused. */
#ifndef BASE_UNPACK_H
#define BASE_UNPACK_H

#include "base/arena.h"
#include "base/err.h"

enum { UNPACK_BEGINS = 6 }; /* bytes that tell */
bool unpack_is_packed(struct str bytes);
/* All that was packed, as the arena's: at most so much, and no more than profiles
 * come to. path: for errors, which name the byte. */
bool unpack(struct str packed, uint64_t most, const char *path, struct arena *a,
            struct str *bytes, struct err *e);
/* The first bytes of it, as far as they can be had from the first packed ones. */
size_t unpack_begin(struct str packed, char *to, size_t most);

#endif
