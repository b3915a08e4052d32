/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c - one pass backwards sums subtrees, one sorts nodes by function to
 * number the pairs of caller and callee, and one walk of the tree knows what
 * is active above a node. */
#include "model/stats.h"

#include "base/arena.h"
#include "model/walk.h"

struct stats {
    struct arena *arena;
    const struct profile *profile;
    struct walk walk;
    uint64_t *below;             /* by node */
    struct stat_row *row, total; /* by function */
    struct edge *edge;
    uint32_t edges;
    /* Edges by callee and by caller; where each function's begin, +1 long. */
    const struct edge **callers, **callees;
    uint32_t *callers_from, *callees_from;
};

struct counting {
    struct stats *stats;
    uint32_t *edge_of;              /* by node; edges: none */
    uint32_t *active, *active_edge; /* on the path walked: how often */
};

static void sum_subtrees(struct stats *s)
{
    uint32_t nodes = profile_nodes(s->profile);

    s->below = arena_array(s->arena, nodes, sizeof *s->below);
    for (node_id n = nodes - 1; n > NODE_ROOT; n--) {
        const struct node *node = profile_node(s->profile, n);

        if (node->function != FUNCTION_NONE)
            s->below[n] += node->self;
        s->below[node->parent] += s->below[n];
    }
}

static function_id caller_of(const struct profile *p, const struct node *n)
{
    return profile_node(p, n->parent)->function;
}

/* Nodes in order of their function; those without one are left out. */
static uint32_t sort_nodes(const struct profile *p, struct arena *a, node_id **sorted)
{
    uint32_t functions = profile_functions(p), nodes = profile_nodes(p);
    uint32_t *from = arena_array(a, (size_t)functions + 1, sizeof *from);
    uint32_t total = 0;

    for (node_id n = 0; n < nodes; n++)
        if (profile_node(p, n)->function != FUNCTION_NONE)
            from[profile_node(p, n)->function]++;
    for (function_id f = 0; f < functions; f++) {
        uint32_t count = from[f];

        from[f] = total;
        total += count;
    }
    *sorted = arena_array(a, total, sizeof **sorted);
    for (node_id n = 0; n < nodes; n++)
        if (profile_node(p, n)->function != FUNCTION_NONE)
            (*sorted)[from[profile_node(p, n)->function]++] = n;
    return total;
}

/* Numbers the pairs: within the nodes of one callee, a caller's edge is the one
 * noted for it since that callee began. */
static void number_edges(struct counting *c, struct arena *a)
{
    struct stats *s = c->stats;
    const struct profile *p = s->profile;
    uint32_t *noted = arena_array(a, profile_functions(p), sizeof *noted); /* +1 */
    node_id *sorted;
    uint32_t total = sort_nodes(p, a, &sorted), begun = 0;
    function_id callee = FUNCTION_NONE;

    c->edge_of = arena_array(a, profile_nodes(p), sizeof *c->edge_of);
    s->edge = arena_array(s->arena, total, sizeof *s->edge);
    for (uint32_t i = 0; i < total; i++) {
        const struct node *n = profile_node(p, sorted[i]);
        function_id caller = caller_of(p, n);

        if (n->function != callee) {
            callee = n->function;
            begun = s->edges;
        }
        c->edge_of[sorted[i]] = UINT32_MAX;
        if (caller == FUNCTION_NONE)
            continue;
        if (noted[caller] <= begun) {
            s->edge[s->edges] = (struct edge){ .caller = caller, .callee = callee };
            noted[caller] = ++s->edges;
        }
        c->edge_of[sorted[i]] = noted[caller] - 1;
    }
}

static void count(struct stat_row *row, const struct node *n, uint64_t below,
                  bool outer)
{
    row->calls += n->calls;
    row->resumes += n->resumes;
    row->self += n->self;
    if (outer) {
        row->primitive_calls += n->calls;
        row->cumulative += below;
    }
}

static void enter(void *with, node_id id)
{
    struct counting *c = with;
    struct stats *s = c->stats;
    const struct node *n = profile_node(s->profile, id);

    if (n->function == FUNCTION_NONE)
        return;
    count(&s->row[n->function], n, s->below[id], c->active[n->function]++ == 0);
    uint32_t e = c->edge_of[id];
    if (e != UINT32_MAX)
        count(&s->edge[e].stat, n, s->below[id], c->active_edge[e]++ == 0);
}

static void leave(void *with, node_id id)
{
    struct counting *c = with;
    const struct node *n = profile_node(c->stats->profile, id);

    if (n->function == FUNCTION_NONE)
        return;
    c->active[n->function]--;
    if (c->edge_of[id] != UINT32_MAX)
        c->active_edge[c->edge_of[id]]--;
}

/* Edges of each function together, in order of the other end: `major` says
 * whose they are. Two stable passes, the minor end first. */
static const struct edge **index_edges(struct stats *s, bool by_caller, uint32_t **from)
{
    uint32_t functions = profile_functions(s->profile);
    struct arena *scratch = arena_open();
    const struct edge **list = arena_array(s->arena, s->edges, sizeof *list);
    const struct edge **minor = arena_array(scratch, s->edges, sizeof *minor);
    const struct edge **to = minor;

    *from = arena_array(s->arena, (size_t)functions + 2, sizeof **from);
    for (uint32_t i = 0; i < s->edges; i++)
        list[i] = &s->edge[i];
    for (int pass = 0; pass < 2; pass++) {
        const struct edge **source = pass == 0 ? list : minor;
        uint32_t *place = arena_array(scratch, (size_t)functions + 2, sizeof *place);
        bool caller = pass == 0 ? !by_caller : by_caller;

        to = pass == 0 ? minor : list;
        for (uint32_t i = 0; i < s->edges; i++)
            place[(caller ? source[i]->caller : source[i]->callee) + 1]++;
        for (function_id f = 0; f < functions; f++)
            place[f + 1] += place[f];
        for (function_id f = 0; pass == 1 && f <= functions; f++)
            (*from)[f] = place[f];
        for (uint32_t i = 0; i < s->edges; i++)
            to[place[caller ? source[i]->caller : source[i]->callee]++] = source[i];
    }
    arena_close(scratch);
    return list;
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
}

struct stats *stats_open(const struct profile *p)
{
    struct arena *arena = arena_open(), *scratch = arena_open();
    struct stats *s = arena_alloc(arena, sizeof *s);
    struct counting c = { .stats = s };
    uint32_t functions = profile_functions(p);

    *s = (struct stats){ .arena = arena, .profile = p, .walk = walk_on(p, arena) };
    s->row = arena_array(arena, functions, sizeof *s->row);
    sum_subtrees(s);
    number_edges(&c, scratch);
    c.active = arena_array(scratch, functions, sizeof *c.active);
    c.active_edge = arena_array(scratch, s->edges, sizeof *c.active_edge);
    walk_all(&s->walk, enter, leave, &c);
    s->callers = index_edges(s, false, &s->callers_from);
    s->callees = index_edges(s, true, &s->callees_from);
    sum_total(s);
    arena_close(scratch);
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

struct edges stats_callers(const struct stats *s, function_id f)
{
    return (struct edges){ s->callers + s->callers_from[f],
                           s->callers_from[f + 1] - s->callers_from[f] };
}

struct edges stats_callees(const struct stats *s, function_id f)
{
    return (struct edges){ s->callees + s->callees_from[f],
                           s->callees_from[f + 1] - s->callees_from[f] };
}

uint64_t stats_below(const struct stats *s, node_id n)
{
    return s->below[n];
}

struct grouping {
    const struct stats *stats;
    const uint32_t *group;
    uint32_t *active;
    struct stat_row *rows;
};

static void enter_group(void *with, node_id id)
{
    struct grouping *g = with;
    const struct node *n = profile_node(g->stats->profile, id);

    if (n->function == FUNCTION_NONE)
        return;
    uint32_t at = g->group[n->function];
    count(&g->rows[at], n, g->stats->below[id], g->active[at]++ == 0);
}

static void leave_group(void *with, node_id id)
{
    struct grouping *g = with;
    const struct node *n = profile_node(g->stats->profile, id);

    if (n->function != FUNCTION_NONE)
        g->active[g->group[n->function]]--;
}

void stats_group(const struct stats *s, const uint32_t *group, uint32_t groups,
                 struct stat_row *rows)
{
    struct arena *scratch = arena_open();
    struct grouping g = {
        .stats = s,
        .group = group,
        .rows = rows,
        .active = arena_array(scratch, groups, sizeof *g.active),
    };

    for (uint32_t i = 0; i < groups; i++)
        rows[i] = (struct stat_row){ 0 };
    walk_all(&s->walk, enter_group, leave_group, &g);
    arena_close(scratch);
}

void stats_group_threads(const struct stats *s, const uint32_t *group, uint32_t groups,
                         struct stat_row *rows)
{
    for (uint32_t i = 0; i < groups; i++)
        rows[i] = (struct stat_row){ 0 };
    for (node_id id = NODE_ROOT + 1; id < profile_nodes(s->profile); id++) {
        const struct node *n = profile_node(s->profile, id);

        if (n->function == FUNCTION_NONE)
            continue;
        struct stat_row *row = &rows[group[n->thread]];
        count(row, n, 0, true);
        row->cumulative += n->self;
    }
}
