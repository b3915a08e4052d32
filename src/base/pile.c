/* SPDX-License-Identifier: Apache-2.0 */
/* pile.c - brings in the next piece when the last one is full. */
#include "base/pile.h"

struct pile pile_on(struct arena *a, uint32_t size)
{
    return (struct pile){ .arena = a, .size = size };
}

/* The piece that item number `count` belongs to, and its place there. */
static int piece_of(uint32_t count, uint32_t *within)
{
    uint64_t place = (uint64_t)count + (1u << PILE_FIRST_BITS);
    int bits = 63 - __builtin_clzll(place);

    *within = (uint32_t)(place - (1ull << bits));
    return bits - PILE_FIRST_BITS;
}

/* All pieces are full: so the next one begins at `count`. */
void pile_extend(struct pile *p)
{
    uint32_t within;
    int piece = piece_of(p->count, &within);

    /* One too many is refused as any size that cannot be had. */
    if (piece >= PILE_PIECES)
        arena_array(p->arena, SIZE_MAX, p->size);
    p->left = 1u << (piece + PILE_FIRST_BITS);
    if (!p->piece[piece])
        p->piece[piece] = arena_array(p->arena, p->left, p->size);
    p->next = p->piece[piece];
}

void pile_cut(struct pile *p, uint32_t count)
{
    uint32_t within;
    int piece = piece_of(count, &within);

    if (count == p->count)
        return;
    p->count = count;
    p->left = (1u << (piece + PILE_FIRST_BITS)) - within;
    p->next = p->piece[piece] + (size_t)within * p->size;
}
