/* SPDX-License-Identifier: Apache-2.0 */
/* walk.h - visits every node below NODE_ROOT, children between the entering and
 * the leaving of their parent, at any depth without recursion. */
#ifndef MODEL_WALK_H
#define MODEL_WALK_H

#include "base/arena.h"
#include "model/profile.h"

struct walk {
    const struct profile *profile;
    /* By node; 0 none (NODE_ROOT is nobody's child). Ids rise among siblings. */
    node_id *first_child, *next_sibling;
};

struct walk walk_on(const struct profile *p, struct arena *a);
void walk_all(const struct walk *w, void (*enter)(void *with, node_id n),
              void (*leave)(void *with, node_id n), void *with);

#endif
