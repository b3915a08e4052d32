/* SPDX-License-Identifier: Apache-2.0 */
/* pairs.c - from a function's own nodes where these tell all, else from all pairs. */
#include "query/pairs.h"

#include "model/edges.h"

/* So many nodes are gone up for one answer at most. */
enum { STEPS_MAX = 4000000 };

/* Nothing of it is given by files, so what its nodes say is all; and where it may be
 * twice on a path, that is not too far to look. */
static bool is_plain(struct query *q, function_id f)
{
    struct slice nodes = inside_nodes(q, f);
    uint64_t steps = 0;

    for (uint32_t i = 0; i < nodes.count; i++)
        if (!stats_outer(q->stats, nodes.at[i]))
            steps += (uint64_t)profile_node(q->profile, nodes.at[i])->depth *
                     (1 + slice_of(&q->children, nodes.at[i]).count);
    return given_rows(q->profile) == 0 && steps < STEPS_MAX;
}

/* Whether the same two, one called by the other, are active above. */
static bool is_again(const struct query *q, node_id n, node_id recursive)
{
    const struct profile *p = q->profile;
    const struct node *node = profile_node(p, n),
                      *above = profile_node(p, node->parent);
    function_id callee = node->function, caller = above->function;

    if (stats_outer(q->stats, recursive))
        return false;
    for (; above->depth > 1; above = profile_node(p, above->parent))
        if (above->function == callee &&
            profile_node(p, above->parent)->function == caller)
            return true;
    return false;
}

struct adding {
    struct query *query;
    function_id function;
    bool callers;
    struct edge *edge;
    uint32_t count;
};

static void add_node(struct adding *a, node_id n, function_id other, bool outer)
{
    struct query *q = a->query;

    if (other == FUNCTION_NONE)
        return;
    if (q->place[other] == 0) {
        a->edge[a->count] =
            (struct edge){ .caller = a->callers ? other : a->function,
                           .callee = (a->callers ? a->function : other) & INT32_MAX };
        q->place[other] = ++a->count;
    }
    stat_add(&a->edge[q->place[other] - 1].stat, profile_node(q->profile, n),
             stats_below(q->stats, n), stats_samples(q->stats, n), outer);
}

/* At most so many others. */
static uint32_t most_pairs(struct query *q, function_id f, bool callers)
{
    struct slice nodes = inside_nodes(q, f);
    uint64_t most = callers ? nodes.count : 0;
    uint32_t functions = profile_functions(q->profile);

    for (uint32_t i = 0; i < nodes.count && !callers; i++)
        most += slice_of(&q->children, nodes.at[i]).count;
    return most < functions ? (uint32_t)most : functions;
}

static node_id above(const struct query *q, node_id n)
{
    return profile_node(q->profile, n)->parent;
}

static function_id function_of(const struct query *q, node_id n)
{
    return profile_node(q->profile, n)->function;
}

/* Without finding everybody's callers and callees. */
static struct pairs plain_pairs(struct query *q, function_id f, bool callers,
                                struct arena *a)
{
    struct slice nodes = inside_nodes(q, f);
    struct adding adding = {
        q, f, callers, arena_array(a, most_pairs(q, f, callers), sizeof *adding.edge), 0
    };

    for (uint32_t i = 0; i < nodes.count; i++) {
        node_id n = nodes.at[i];
        struct slice below = slice_of(&q->children, n);

        if (callers)
            add_node(&adding, n, function_of(q, above(q, n)), !is_again(q, n, n));
        for (uint32_t k = 0; k < below.count && !callers; k++)
            add_node(&adding, below.at[k], function_of(q, below.at[k]),
                     !is_again(q, below.at[k], n));
    }
    struct pairs p = { arena_array(a, adding.count, sizeof *p.at), adding.count };
    for (uint32_t i = 0; i < p.count; i++) {
        p.at[i] = &adding.edge[i];
        q->place[callers ? p.at[i]->caller : p.at[i]->callee] = 0;
    }
    return p;
}

static struct pairs all_pairs(struct query *q, function_id f, bool callers,
                              struct arena *a)
{
    stats_add_edges(q->stats);
    struct edges e = callers ? stats_callers(q->stats, f) : stats_callees(q->stats, f);
    struct pairs p = { arena_array(a, e.count, sizeof *p.at), e.count };

    for (uint32_t i = 0; i < e.count; i++)
        p.at[i] = e.at[i];
    return p;
}

struct pairs pairs_of(struct query *q, function_id f, bool callers, struct arena *a)
{
    return is_plain(q, f) ? plain_pairs(q, f, callers, a) : all_pairs(q, f, callers, a);
}

struct reaching {
    struct query *query;
    bool *reached;
    function_id *todo;
    uint32_t count;
};

static void reach(struct reaching *r, function_id f)
{
    if (f == FUNCTION_NONE || r->reached[f])
        return;
    r->reached[f] = true;
    r->todo[r->count++] = f;
}

static void reach_others(struct reaching *r, function_id f, bool callers)
{
    struct query *q = r->query;
    struct edges e = callers ? stats_callers(q->stats, f) : stats_callees(q->stats, f);

    for (uint32_t i = 0; i < e.count; i++)
        reach(r, callers ? e.at[i]->caller : e.at[i]->callee);
}

void pairs_reach(struct query *q, function_id from, bool callers, bool *reached)
{
    struct arena *scratch = arena_open();
    struct reaching r = { q, reached, NULL, 0 };

    r.todo = arena_array(scratch, profile_functions(q->profile), sizeof *r.todo);
    stats_add_edges(q->stats);
    reach(&r, from);
    for (uint32_t i = 0; i < r.count; i++)
        reach_others(&r, r.todo[i], callers);
    arena_close(scratch);
}
