/* SPDX-License-Identifier: Apache-2.0 */
/* walk.c - first children and next siblings, from one pass backwards. */
#include "model/walk.h"

struct walk walk_on(const struct profile *p, struct arena *a)
{
    struct walk w = { .nodes = profile_nodes(p) };

    w.hop = arena_array(a, w.nodes, sizeof *w.hop);
    for (node_id n = w.nodes; n-- > 0;) {
        const struct node *node = profile_node(p, n);

        w.hop[n].parent = node->parent;
        w.hop[n].function = node->function;
        if (n == NODE_ROOT)
            break;
        w.hop[n].next_sibling = w.hop[node->parent].first_child;
        w.hop[node->parent].first_child = n;
    }
    return w;
}

void walk_all(const struct walk *w, void (*enter)(void *with, node_id n),
              void (*leave)(void *with, node_id n), void *with)
{
    const struct hop *hop = w->hop;
    node_id n = hop[NODE_ROOT].first_child;

    while (n != NODE_ROOT) {
        enter(with, n);
        if (hop[n].first_child != 0) {
            n = hop[n].first_child;
            continue;
        }
        leave(with, n);
        while (n != NODE_ROOT && hop[n].next_sibling == 0) {
            n = hop[n].parent;
            if (n != NODE_ROOT)
                leave(with, n);
        }
        if (n != NODE_ROOT)
            n = hop[n].next_sibling;
    }
}
