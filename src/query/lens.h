/* SPDX-License-Identifier: Apache-2.0 */
/* lens.h - what a view of paths counts, and whose box each node's cost is part of:
 * hidden functions, collapsed recursion, in time or in calls. The last ones used are
 * remembered. What a lens gives lives until another one is asked for. */
#ifndef QUERY_LENS_H
#define QUERY_LENS_H

#include "query/inside.h"

struct selves;

struct lens {
    struct arena *arena;
    struct str key;
    bool calls;            /* what is counted is calls */
    const uint64_t *below; /* by node, NULL: stats_below; of NODE_ROOT all */
    const node_id *owner;  /* by node: whose box it is part of; NULL: its own */
    struct ids hide, collapse;
    bool collapse_all;
    bool given; /* what files gave without paths is in it */
    uint64_t total;
    struct selves *selves; /* selves.c's; NULL: not made yet */
};

/* By the keys metric, hide and collapse. NULL and ask->err: it cannot be. */
struct lens *lens_asked(struct query *q, struct ask *a);
void lens_close(struct lens *l); /* NULL is allowed */

uint64_t lens_self(const struct query *q, const struct lens *l, node_id n);
uint64_t lens_below(const struct query *q, const struct lens *l, node_id n);
/* Whose box a node's is, and the one above that. */
node_id lens_owner(const struct lens *l, node_id n);
node_id lens_parent(const struct query *q, const struct lens *l, node_id n);
bool lens_hides(const struct lens *l, function_id f);
bool lens_collapses(const struct lens *l, function_id f);

#endif
