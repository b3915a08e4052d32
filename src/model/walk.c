/* SPDX-License-Identifier: Apache-2.0 */
/* walk.c - first children and next siblings, from one pass backwards. */
#include "model/walk.h"

struct walk walk_on(const struct profile *p, struct arena *a)
{
    uint32_t nodes = profile_nodes(p);
    struct walk w = {
        .profile = p,
        .first_child = arena_array(a, nodes, sizeof(node_id)),
        .next_sibling = arena_array(a, nodes, sizeof(node_id)),
    };

    for (node_id n = nodes - 1; n > NODE_ROOT; n--) {
        node_id parent = profile_node(p, n)->parent;

        w.next_sibling[n] = w.first_child[parent];
        w.first_child[parent] = n;
    }
    return w;
}

void walk_all(const struct walk *w, void (*enter)(void *with, node_id n),
              void (*leave)(void *with, node_id n), void *with)
{
    node_id n = w->first_child[NODE_ROOT];

    while (n != NODE_ROOT) {
        enter(with, n);
        if (w->first_child[n] != 0) {
            n = w->first_child[n];
            continue;
        }
        leave(with, n);
        while (n != NODE_ROOT && w->next_sibling[n] == 0) {
            n = profile_node(w->profile, n)->parent;
            if (n != NODE_ROOT)
                leave(with, n);
        }
        if (n != NODE_ROOT)
            n = w->next_sibling[n];
    }
}
