/* SPDX-License-Identifier: Apache-2.0 */
/* walk.c - nodes sorted by their parents, by counting. */
#include "model/walk.h"

#include <stdlib.h>

enum { FEW = 12 };

struct walk walk_on(const struct profile *p, struct arena *a)
{
    struct walk w = { .node = profile_node(p, NODE_ROOT), .nodes = profile_nodes(p) };
    uint32_t deepest = 0;

    w.from = arena_array(a, (size_t)w.nodes + 2, sizeof *w.from);
    w.at = arena_array(a, w.nodes, sizeof *w.at);
    for (node_id n = NODE_ROOT + 1; n < w.nodes; n++) {
        w.from[w.node[n].parent + 2]++;
        if (w.node[n].depth > deepest)
            deepest = w.node[n].depth;
    }
    for (node_id n = NODE_ROOT; n < w.nodes; n++)
        w.from[n + 2] += w.from[n + 1];
    for (node_id n = NODE_ROOT + 1; n < w.nodes; n++)
        w.at[w.from[w.node[n].parent + 1]++] = n;
    w.next = arena_array(a, (size_t)deepest + 2, sizeof *w.next);
    return w;
}

void walk_all(const struct walk *w, void (*enter)(void *with, node_id n),
              void (*leave)(void *with, node_id n), void *with)
{
    uint32_t *next = w->next; /* of the node we are in */
    node_id n = NODE_ROOT;

    *next = w->from[n];
    for (;;) {
        if (*next < w->from[n + 1]) {
            n = w->at[(*next)++];
            enter(with, n);
            *++next = w->from[n];
        } else if (n != NODE_ROOT) {
            leave(with, n);
            n = w->node[n].parent;
            next--;
        } else {
            return;
        }
    }
}

struct costed {
    uint64_t cost;
    node_id node;
};

static int by_cost(const void *a, const void *b)
{
    const struct costed *x = a, *y = b;

    if (x->cost != y->cost)
        return x->cost > y->cost ? -1 : 1;
    return x->node < y->node ? -1 : 1;
}

/* Most nodes have a few children, for whom qsort is slow. Those of one cost stay in the
 * order they are in, that of their ids. */
static void insert_in_order(uint32_t *at, uint32_t count, const uint64_t *cost)
{
    for (uint32_t i = 1; i < count; i++) {
        node_id child = at[i];
        uint32_t k = i;

        for (; k > 0 && cost[at[k - 1]] < cost[child]; k--)
            at[k] = at[k - 1];
        at[k] = child;
    }
}

static void sort(uint32_t *at, uint32_t count, const uint64_t *cost,
                 struct costed *scratch)
{
    for (uint32_t i = 0; i < count; i++)
        scratch[i] = (struct costed){ cost[at[i]], at[i] };
    qsort(scratch, count, sizeof *scratch, by_cost);
    for (uint32_t i = 0; i < count; i++)
        at[i] = scratch[i].node;
}

void walk_order(struct walk *w, const uint64_t *cost)
{
    struct arena *a = arena_open();
    uint32_t most = 0;

    for (node_id n = NODE_ROOT; n < w->nodes; n++)
        if (w->from[n + 1] - w->from[n] > most)
            most = w->from[n + 1] - w->from[n];
    struct costed *scratch = arena_array(a, most, sizeof *scratch);
    for (node_id n = NODE_ROOT; n < w->nodes; n++) {
        uint32_t count = w->from[n + 1] - w->from[n];

        if (count <= FEW)
            insert_in_order(w->at + w->from[n], count, cost);
        else
            sort(w->at + w->from[n], count, cost, scratch);
    }
    arena_close(a);
}
