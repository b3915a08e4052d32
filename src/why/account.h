/* SPDX-License-Identifier: Apache-2.0 */
/* account.h - rows and the tree of calls of a split while they are made: who is
 * charged. A row is entered and left; what is charged while it is entered, by whom
 * ever, is in its inclusive figure once. */
#ifndef WHY_ACCOUNT_H
#define WHY_ACCOUNT_H

#include "base/map.h"
#include "base/pile.h"
#include "why/split.h"

enum { ACCOUNT_ROOT = 0, ACCOUNT_DEEPEST = 256 };

struct account {
    struct arena *arena;
    struct map row_map, node_map;
    struct pile row, node;
    int64_t total, part[SPLIT_PARTS], borrowed;
    bool on; /* charges count: the loop that is shown */
};

struct account_row {
    struct split_row is;
    uint32_t entered; /* times, and not left again */
    int64_t total_then;
};

struct account_node {
    struct split_node is;
    uint32_t depth;
};

void account_open(struct account *t, struct arena *a);
/* The row with these words; `like` gives all but the figures. */
uint32_t account_row(struct account *t, const struct split_row *like);
/* The child of a node that stands for this row, or the node itself where it does. */
uint32_t account_node(struct account *t, uint32_t parent, uint32_t row);
void account_enter(struct account *t, uint32_t row);
void account_leave(struct account *t, uint32_t row);
void account_call(struct account *t, uint32_t row, uint32_t node);
void account_charge(struct account *t, uint32_t row, uint32_t node, int64_t count,
                    bool borrowed);
/* Rows and nodes into the split, those without figures left out. */
void account_close(struct account *t, struct split *out);

#endif
