/* SPDX-License-Identifier: Apache-2.0 */
/* inflate.h - raw deflate (RFC 1951) undone, where there is no zlib: the page. Every
 * byte is hostile; nothing is written beyond the room. */
#ifndef PAGE_INFLATE_H
#define PAGE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

enum inflated { INFLATE_WHOLE, INFLATE_NO_ROOM, INFLATE_CUT, INFLATE_DAMAGED };

/* What was taken of `from` and given to `to`, up to the end of the stream, or as far
 * as it went. */
enum inflated inflate_raw(const void *from, size_t from_len, void *to, size_t to_len,
                          size_t *taken, size_t *given);

#endif
