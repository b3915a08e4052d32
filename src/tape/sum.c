/* SPDX-License-Identifier: Apache-2.0 */
/* sum.c - eight independent lanes, one for each word of a cell. A step is a
 * bijection of the lane for a given word and of the word for a given lane, and
 * so is the fold of each lane into the whole. */
#include "tape/sum.h"

#include <string.h>

enum { LANES = TAPE_CELL / 8 };

static const uint64_t odd = 0x9e3779b97f4a7c15u;

static uint64_t step(uint64_t lane, uint64_t word)
{
    lane = (lane ^ word) * odd;
    return lane << 29 | lane >> 35;
}

uint64_t tape_sum(const void *cells, size_t bytes)
{
    const unsigned char *at = cells;
    uint64_t lane[LANES], word[LANES], sum = bytes;

    for (int i = 0; i < LANES; i++)
        lane[i] = (uint64_t)i;
    for (size_t left = (bytes + TAPE_CELL - 1) / TAPE_CELL; left > 0;
         left--, at += TAPE_CELL) {
        memcpy(word, at, sizeof word);
        for (int i = 0; i < LANES; i++)
            lane[i] = step(lane[i], word[i]);
    }
    for (int i = 0; i < LANES; i++)
        sum = step(sum, lane[i]);
    return sum == 0 ? 1 : sum;
}

uint64_t tape_head_sum(const struct tape_block *b)
{
    uint64_t cell[LANES] = { 0 };
    size_t bytes = offsetof(struct tape_block, head);

    memcpy(cell, b, bytes);
    return tape_sum(cell, bytes);
}

uint64_t tape_page_sum(const void *page)
{
    uint64_t copy[TAPE_HEADER_BYTES / 8];
    unsigned char *at = (unsigned char *)copy;

    memcpy(at, page, sizeof copy);
    memset(at + TAPE_CONTROL_AT, 0, sizeof(struct tape_control));
    memset(at + TAPE_SEAL_AT, 0, TAPE_HEADER_BYTES - TAPE_SEAL_AT);
    return tape_sum(copy, sizeof copy);
}
