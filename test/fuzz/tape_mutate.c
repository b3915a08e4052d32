/* SPDX-License-Identifier: Apache-2.0 */
/* tape_mutate.c - changes a tape and makes it whole again: magic, version, the end
 * and the blocks' sums, so that what is tried lies behind the first checks. One
 * change in eight is left as it is. */
#include <string.h>

#include "fuzz/target.h"
#include "tape/layout.h"
#include "tape/sum.h"

enum { BLOCKS_MAX = 4096, FIRST = TAPE_HEADER_BYTES };

struct random {
    uint64_t state;
};

struct changing {
    uint8_t *at;
    size_t size, most;
    struct random chance;
    size_t block[BLOCKS_MAX]; /* where each begins */
    size_t blocks;
};

static uint64_t below(struct random *r, uint64_t bound)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return bound ? r->state % bound : 0;
}

static struct tape_block *block_at(const struct changing *c, size_t at)
{
    return (struct tape_block *)(void *)(c->at + at);
}

/* From block to block, as far as they are some. */
static void find_blocks(struct changing *c)
{
    size_t at = FIRST;

    for (c->blocks = 0; c->blocks < BLOCKS_MAX && at + TAPE_CELL <= c->size;) {
        uint64_t bytes = (uint64_t)block_at(c, at)->cells * TAPE_CELL;

        if (block_at(c, at)->magic != TAPE_BLOCK_MAGIC || bytes == 0)
            return;
        c->block[c->blocks++] = at;
        if (bytes > c->size - at)
            return;
        at += bytes;
    }
}

static size_t block_bytes(const struct changing *c, size_t i)
{
    size_t end = i + 1 < c->blocks ? c->block[i + 1] : c->size;

    return end - c->block[i];
}

/* A word that may hurt: small, huge, a cell of the tape, near a power of two. */
static uint64_t hurting(struct changing *c)
{
    switch (below(&c->chance, 6)) {
    case 0:
        return below(&c->chance, 16);
    case 1:
        return UINT64_MAX - below(&c->chance, 16);
    case 2:
        return ((uint64_t)1 << below(&c->chance, 64)) - below(&c->chance, 3);
    case 3:
        return below(&c->chance, c->size) | below(&c->chance, 64)
                                                << 40; /* a text of some bytes */
    default:
        return below(&c->chance, c->size / TAPE_CELL + 4);
    }
}

static void change_word(struct changing *c, size_t from, size_t bytes)
{
    size_t width = (size_t)4 << below(&c->chance, 2);
    size_t at = from + below(&c->chance, bytes) / width * width;
    uint64_t word = hurting(c);

    if (at + width <= c->size)
        memcpy(c->at + at, &word, width);
}

static void change_header(struct changing *c)
{
    change_word(c, 0, sizeof(struct tape_header) + 64);
}

static void change_block_head(struct changing *c)
{
    size_t at = c->block[below(&c->chance, c->blocks)];

    if (below(&c->chance, 2))
        block_at(c, at)->kind = (uint32_t)below(&c->chance, 8);
    else
        change_word(c, at + 4, 28);
}

static void change_record(struct changing *c)
{
    size_t i = below(&c->chance, c->blocks);

    for (uint64_t left = 1 + below(&c->chance, 4); left > 0; left--)
        change_word(c, c->block[i] + TAPE_CELL, block_bytes(c, i) - TAPE_CELL);
}

static void change_any(struct changing *c)
{
    size_t i = below(&c->chance, c->blocks);
    size_t from = c->block[i] + TAPE_CELL, bytes = block_bytes(c, i) - TAPE_CELL;

    if (bytes > 0)
        LLVMFuzzerMutate(c->at + from, bytes, bytes);
}

static void remove_block(struct changing *c)
{
    size_t i = below(&c->chance, c->blocks), bytes = block_bytes(c, i);
    size_t behind = c->block[i] + bytes;

    memmove(c->at + c->block[i], c->at + behind, c->size - behind);
    c->size -= bytes;
}

static void repeat_block(struct changing *c)
{
    size_t i = below(&c->chance, c->blocks), bytes = block_bytes(c, i);

    if (c->size % TAPE_CELL != 0 || c->most - c->size < bytes)
        return;
    memcpy(c->at + c->size, c->at + c->block[i], bytes);
    c->size += bytes;
}

static void cut(struct changing *c)
{
    c->size = FIRST + below(&c->chance, c->size - FIRST + 1);
}

static void make_whole(struct changing *c)
{
    struct tape_header *h = (struct tape_header *)(void *)c->at;

    h->magic = TAPE_MAGIC;
    h->version = TAPE_VERSION;
    h->header_bytes = TAPE_HEADER_BYTES;
    if (below(&c->chance, 8) != 0)
        h->end = c->size / TAPE_CELL;
    find_blocks(c);
    for (size_t i = 0; i < c->blocks; i++) {
        struct tape_block *b = block_at(c, c->block[i]);
        size_t unit = b->kind == TAPE_TEXTS ? 1 : TAPE_CELL;
        size_t room = block_bytes(c, i) / TAPE_CELL * TAPE_CELL;

        if (room < TAPE_CELL || b->used > (room - TAPE_CELL) / unit)
            b->used = room < TAPE_CELL ? 0 : (room - TAPE_CELL) / unit;
        if (b->sum != 0)
            b->sum = tape_sum(b + 1, b->used * unit);
        if (b->head != 0)
            b->head = tape_head_sum(b);
    }
    uint64_t *seal = (uint64_t *)(void *)(c->at + TAPE_SEAL_AT);
    if (*seal != 0) {
        *seal = 0;
        *seal = tape_sum(c->at, TAPE_HEADER_BYTES);
    }
}

static struct changing begin(uint8_t *bytes, size_t size, size_t most, unsigned seed)
{
    struct changing c = { .at = bytes, .size = size, .most = most };

    c.chance.state = ((uint64_t)seed << 20) ^ 0x9e3779b97f4a7c15u;
    if (c.size < FIRST && most >= FIRST) {
        memset(c.at + c.size, 0, FIRST - c.size);
        c.size = FIRST;
    }
    find_blocks(&c);
    return c;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed)
{
    static void (*const in_blocks[])(struct changing *) = {
        change_block_head, change_record, change_record, change_record,
        change_any,        remove_block,  repeat_block,  cut,
    };
    struct changing c = begin(bytes, size, most, seed);
    size_t kinds = sizeof in_blocks / sizeof *in_blocks;

    if (most < FIRST || below(&c.chance, 64) == 0)
        return LLVMFuzzerMutate(bytes, size, most);
    for (uint64_t left = 1 + below(&c.chance, 3); left > 0; left--) {
        if (c.blocks == 0 || below(&c.chance, 8) == 0)
            change_header(&c);
        else
            in_blocks[below(&c.chance, kinds)](&c);
        find_blocks(&c);
    }
    if (below(&c.chance, 8) != 0)
        make_whole(&c);
    return c.size;
}

/* The first tape, and behind it blocks of the second. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b,
                                 size_t b_size, uint8_t *out, size_t most,
                                 unsigned seed)
{
    size_t size = (a_size < most ? a_size : most) / TAPE_CELL * TAPE_CELL;

    if (size < FIRST || b_size <= FIRST)
        return 0;
    memcpy(out, a, size);
    struct changing c = begin(out, size, most, seed);
    size_t from = FIRST + below(&c.chance, (b_size - FIRST) / TAPE_CELL) * TAPE_CELL;
    size_t more = b_size - from < most - size ? b_size - from : most - size;
    memcpy(out + size, b + from, more);
    c.size += more;
    make_whole(&c);
    return c.size;
}
