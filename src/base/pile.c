/* SPDX-License-Identifier: Apache-2.0 */
/* pile.c - brings in the next piece when the last one is full. */
#include "base/pile.h"

struct pile pile_on(struct arena *a, uint32_t size)
{
    return (struct pile){ .arena = a, .size = size };
}

/* All pieces are full: so the next one begins at `count`. */
void pile_extend(struct pile *p)
{
    uint64_t place = (uint64_t)p->count + (1u << PILE_FIRST_BITS);
    int piece = 63 - __builtin_clzll(place) - PILE_FIRST_BITS;

    /* One too many is refused as any size that cannot be had. */
    if (piece >= PILE_PIECES)
        arena_array(p->arena, SIZE_MAX, p->size);
    p->left = 1u << (piece + PILE_FIRST_BITS);
    p->next = arena_array(p->arena, p->left, p->size);
    p->piece[piece] = p->next;
}
