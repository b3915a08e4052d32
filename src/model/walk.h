/* SPDX-License-Identifier: Apache-2.0 */
/* walk.h - who is below whom, and visits of every node below NODE_ROOT: children
 * between the entering and the leaving of their parent, at any depth without recursion.
 */
#ifndef MODEL_WALK_H
#define MODEL_WALK_H

#include "base/arena.h"
#include "model/profile.h"

struct walk {
    const struct node *node; /* by id, the profile's */
    uint32_t nodes;
    /* Children of n: at[from[n]] up to at[from[n + 1]], in the order of their ids until
     * walk_order has been asked for. */
    uint32_t *from, *at;
    uint32_t *next; /* by depth: where to go on, while it is walked */
};

/* It needs the profile, and lives in the arena. */
struct walk walk_on(const struct profile *p, struct arena *a);
void walk_all(const struct walk *w, void (*enter)(void *with, node_id n),
              void (*leave)(void *with, node_id n), void *with);
/* Puts each node's children in order of their costs (by node), the highest first. */
void walk_order(struct walk *w, const uint64_t *cost);

#endif
