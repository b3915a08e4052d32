/* SPDX-License-Identifier: Apache-2.0 */
/* walk.h - visits every node below NODE_ROOT, children between the entering and
 * the leaving of their parent, at any depth without recursion. What a visit
 * needs lies together: big profiles are bound by memory. */
#ifndef MODEL_WALK_H
#define MODEL_WALK_H

#include "base/arena.h"
#include "model/profile.h"

struct hop {
    /* 0 none (NODE_ROOT is nobody's child). Ids rise among siblings. */
    node_id first_child, next_sibling;
    node_id parent;
    function_id function;
};

struct walk {
    struct hop *hop; /* by node */
    uint32_t nodes;
};

struct walk walk_on(const struct profile *p, struct arena *a);
void walk_all(const struct walk *w, void (*enter)(void *with, node_id n),
              void (*leave)(void *with, node_id n), void *with);

#endif
