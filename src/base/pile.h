/* SPDX-License-Identifier: Apache-2.0 */
/* pile.h - a list that grows without moving what it holds: pieces, each twice as
 * long as the one before. So pointers to items stay, and nothing is copied. Its
 * memory is the arena's, zeroed. At most 2^32 - 64 items. */
#ifndef BASE_PILE_H
#define BASE_PILE_H

#include "base/arena.h"

enum { PILE_PIECES = 26, PILE_FIRST_BITS = 6 };

struct pile {
    struct arena *arena;
    uint32_t size, count; /* size: of an item */
    uint32_t left;        /* items that fit into the last piece */
    char *next;           /* the first of them */
    char *piece[PILE_PIECES];
};

struct pile pile_on(struct arena *a, uint32_t size);
/* Back to its first items, so many; the memory of the others is used again, as it is.
 */
void pile_cut(struct pile *p, uint32_t count);
void pile_extend(struct pile *p); /* for pile_add alone */

/* The new last item. */
static inline void *pile_add(struct pile *p)
{
    if (p->left == 0)
        pile_extend(p);
    char *item = p->next;
    p->next += p->size;
    p->left--;
    p->count++;
    return item;
}

/* i is below count. */
static inline void *pile_at(const struct pile *p, uint32_t i)
{
    uint64_t place = (uint64_t)i + (1u << PILE_FIRST_BITS);
    int bits = 63 - __builtin_clzll(place);

    return p->piece[bits - PILE_FIRST_BITS] + (place - (1ull << bits)) * p->size;
}

#endif
