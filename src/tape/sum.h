/* SPDX-License-Identifier: Apache-2.0 */
/* sum.h - the checksum of a sealed block: writer and reader share it.
 * Any change within one 8-byte word changes the sum, whatever the rest is
 * (but for one chance in 2^64 where 0 had to become 1). Not against enemies. */
#ifndef TAPE_SUM_H
#define TAPE_SUM_H

#include "tape/layout.h"

/* Of whole cells: a last one that is begun is read to its end, which is zero in
 * a tape. Never 0. */
uint64_t tape_sum(const void *cells, size_t bytes);
/* What a sealed block's `head` is. */
uint64_t tape_head_sum(const struct tape_block *b);
/* What a finished tape's seal is, of its header page: as if the seal and what is asked
 * from outside were 0. */
uint64_t tape_page_sum(const void *page);

#endif
