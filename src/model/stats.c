/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c - one pass backwards sums subtrees, one walk of the tree knows which
 * functions are active above a node, one pass forwards adds up. */
#include "model/stats.h"

#include "base/arena.h"
#include "model/edges.h"
#include "model/groups.h"
#include "model/walk.h"

struct stats {
    struct arena *arena;
    const struct profile *profile;
    uint32_t nodes;
    struct walk walk;
    bool *outer;                 /* by node: its function is not active above it */
    uint64_t *below;             /* by node */
    uint64_t *samples;           /* by node, in it and below; NULL: calls are calls */
    struct stat_row *row, total; /* by function */
    struct edge_lists lists;
};

static void sum_subtrees(struct stats *s)
{
    const struct node *all = s->walk.node;
    uint32_t nodes = s->nodes;

    s->below = arena_array(s->arena, nodes, sizeof *s->below);
    if (profile_quality(s->profile)->sampled)
        s->samples = arena_array(s->arena, nodes, sizeof *s->samples);
    for (node_id n = nodes - 1; n > NODE_ROOT; n--) {
        const struct node *node = &all[n];

        if (node->function != FUNCTION_NONE)
            s->below[n] += node->self;
        s->below[node->parent] += s->below[n];
        if (!s->samples)
            continue;
        s->samples[n] += node->calls;
        s->samples[node->parent] += s->samples[n];
    }
}

/* What is active on the path walked, by group: functions are their own. */
struct activity {
    const struct walk *walk;
    const uint32_t *group; /* NULL: functions */
    uint32_t *active;      /* by group: how often it is on the path */
    bool *outer;
};

static uint32_t *active_of(const struct activity *a, node_id n)
{
    function_id f = a->walk->node[n].function;

    if (f == FUNCTION_NONE)
        return NULL;
    return &a->active[a->group ? a->group[f] : f];
}

static void enter(void *with, node_id n)
{
    struct activity *a = with;
    uint32_t *active = active_of(a, n);

    if (active)
        a->outer[n] = (*active)++ == 0;
}

static void leave(void *with, node_id n)
{
    uint32_t *active = active_of(with, n);

    if (active)
        --*active;
}

static void mark_outer(const struct stats *s, const uint32_t *group, uint32_t groups,
                       bool *outer)
{
    struct arena *scratch = arena_open();
    struct activity a = { .walk = &s->walk, .group = group, .outer = outer };

    a.active = arena_array(scratch, groups, sizeof *a.active);
    walk_all(&s->walk, enter, leave, &a);
    arena_close(scratch);
}

static void add_up(const struct stats *s, const uint32_t *group, const bool *outer,
                   struct stat_row *rows)
{
    for (node_id id = NODE_ROOT + 1; id < s->nodes; id++) {
        const struct node *n = &s->walk.node[id];

        if (n->function != FUNCTION_NONE)
            stat_add(&rows[group ? group[n->function] : n->function], n, s->below[id],
                     stats_samples(s, id), outer[id]);
    }
}

static void add_given(struct stats *s)
{
    for (uint32_t i = 0; i < given_rows(s->profile); i++) {
        const struct given *given = given_row(s->profile, i);

        stat_add_row(&s->row[given->function], &given->stat);
    }
}

static void sum_total(struct stats *s)
{
    for (function_id f = 0; f < profile_functions(s->profile); f++) {
        const struct stat_row *row = &s->row[f];

        s->total.calls += row->calls;
        s->total.primitive_calls += row->primitive_calls;
        s->total.resumes += row->resumes;
        s->total.self += row->self;
    }
    s->total.cumulative = s->total.self;
    if (s->samples) /* each is one function's own */
        s->total.calls = s->total.primitive_calls;
}

struct stats *stats_open(const struct profile *p)
{
    struct arena *arena = arena_open();
    struct stats *s = arena_alloc(arena, sizeof *s);
    uint32_t functions = profile_functions(p);

    *s = (struct stats){ .arena = arena, .profile = p, .nodes = profile_nodes(p) };
    s->row = arena_array(arena, functions, sizeof *s->row);
    s->outer = arena_array(arena, s->nodes, sizeof *s->outer);
    s->lists.callers_from = arena_array(arena, (size_t)functions + 1, sizeof(uint32_t));
    s->lists.callees_from = s->lists.callers_from; /* all empty */
    s->walk = walk_on(p, arena);
    sum_subtrees(s);
    mark_outer(s, NULL, functions, s->outer);
    add_up(s, NULL, s->outer, s->row);
    add_given(s);
    sum_total(s);
    return s;
}

void stats_close(struct stats *s)
{
    if (s)
        arena_close(s->arena);
}

const struct stat_row *stats_of(const struct stats *s, function_id f)
{
    return &s->row[f];
}

const struct stat_row *stats_total(const struct stats *s)
{
    return &s->total;
}

double stats_events(const struct stats *s)
{
    double events = (double)s->total.calls + (double)s->total.resumes;

    for (uint32_t i = 0; i < given_rows(s->profile); i++)
        events -= (double)given_row(s->profile, i)->stat.calls;
    return events;
}

uint64_t stats_below(const struct stats *s, node_id n)
{
    return s->below[n];
}

const struct walk *stats_walk(const struct stats *s)
{
    return &s->walk;
}

void stats_order_children(struct stats *s)
{
    walk_order(&s->walk, s->below);
}

bool stats_outer(const struct stats *s, node_id n)
{
    return s->outer[n];
}

const uint64_t *stats_samples(const struct stats *s, node_id n)
{
    return s->samples ? &s->samples[n] : NULL;
}

static void add_lists(struct stats *s, bool callers_too)
{
    uint32_t *empty = s->lists.callers_from;

    s->lists = edges_of(s->profile, &s->walk, s->outer, s->below, s->samples,
                        callers_too, s->arena);
    if (!callers_too)
        s->lists.callers_from = empty;
}

void stats_add_edges(struct stats *s)
{
    if (!s->lists.callers)
        add_lists(s, true);
}

void stats_add_callees(struct stats *s)
{
    if (!s->lists.callees)
        add_lists(s, false);
}

struct edges stats_callers(const struct stats *s, function_id f)
{
    const uint32_t *from = s->lists.callers_from;

    return (struct edges){ s->lists.callers + from[f], from[f + 1] - from[f] };
}

struct edges stats_callees(const struct stats *s, function_id f)
{
    const uint32_t *from = s->lists.callees_from;

    return (struct edges){ s->lists.callees + from[f], from[f + 1] - from[f] };
}

void stats_group(const struct stats *s, const uint32_t *group, uint32_t groups,
                 struct stat_row *rows, struct bounds *bounds)
{
    struct arena *scratch = arena_open();
    bool *outer = arena_array(scratch, s->nodes, sizeof *outer);

    for (uint32_t i = 0; i < groups; i++)
        rows[i] = (struct stat_row){ 0 };
    mark_outer(s, group, groups, outer);
    add_up(s, group, outer, rows);
    for (uint32_t i = 0; i < groups; i++)
        bounds[i] = (struct bounds){ rows[i].cumulative, rows[i].cumulative };
    if (given_rows(s->profile) > 0)
        groups_add_given(s->profile, group, groups, rows, bounds);
    arena_close(scratch);
}

void stats_group_threads(const struct stats *s, const uint32_t *group, uint32_t groups,
                         struct stat_row *rows)
{
    for (uint32_t i = 0; i < groups; i++)
        rows[i] = (struct stat_row){ 0 };
    for (node_id id = NODE_ROOT + 1; id < s->nodes; id++) {
        const struct node *n = profile_node(s->profile, id);

        if (n->function != FUNCTION_NONE)
            stat_add(&rows[group[n->thread]], n, n->self, NULL, s->outer[id]);
    }
    for (uint32_t i = 0; i < given_rows(s->profile); i++) {
        const struct given *given = given_row(s->profile, i);

        stat_add_row(&rows[group[given->thread]], &given->stat);
    }
    for (uint32_t i = 0; i < groups; i++)
        rows[i].cumulative = rows[i].self;
}
