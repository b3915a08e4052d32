/* SPDX-License-Identifier: Apache-2.0 */
/* edges.c - nodes sorted by function number the pairs without a lookup; a walk
 * tells which calls of a pair are primitive, but for functions that never are
 * active twice: there all are. */
#include "model/edges.h"

#define NO_EDGE UINT32_MAX

struct counting {
    const struct profile *profile;
    const struct walk *walk;
    const bool *outer;
    struct edge_lists lists;
    uint32_t *edge_of; /* by node */
    node_id *sorted;   /* by function */
    uint32_t sorted_count;
    bool *recursive;  /* by function */
    uint32_t *active; /* by edge: how often it is on the path walked */
    bool *inner;      /* by node: its edge is active above it */
};

static void sort_nodes(struct counting *c, struct arena *a)
{
    uint32_t functions = profile_functions(c->profile);
    uint32_t *from = arena_array(a, (size_t)functions + 1, sizeof *from);
    const struct hop *hop = c->walk->hop;

    for (node_id n = 0; n < c->walk->nodes; n++)
        if (hop[n].function != FUNCTION_NONE)
            from[hop[n].function]++;
    for (function_id f = 0; f < functions; f++) {
        uint32_t count = from[f];

        from[f] = c->sorted_count;
        c->sorted_count += count;
    }
    c->sorted = arena_array(a, c->sorted_count, sizeof *c->sorted);
    for (node_id n = 0; n < c->walk->nodes; n++)
        if (hop[n].function != FUNCTION_NONE)
            c->sorted[from[hop[n].function]++] = n;
}

/* Within the nodes of one callee, a caller's edge is the one noted for it since
 * that callee began. */
static void number_edges(struct counting *c, struct arena *scratch, struct arena *a)
{
    const struct hop *hop = c->walk->hop;
    uint32_t functions = profile_functions(c->profile);
    uint32_t *noted = arena_array(scratch, functions, sizeof *noted); /* edge + 1 */
    struct edge_lists *l = &c->lists;
    function_id callee = FUNCTION_NONE;
    uint32_t begun = 0;

    c->edge_of = arena_array(scratch, c->walk->nodes, sizeof *c->edge_of);
    l->edge = arena_array(a, c->sorted_count, sizeof *l->edge);
    for (uint32_t i = 0; i < c->sorted_count; i++) {
        node_id n = c->sorted[i];
        function_id caller = hop[hop[n].parent].function;

        if (hop[n].function != callee) {
            callee = hop[n].function;
            begun = l->edges;
        }
        c->edge_of[n] = NO_EDGE;
        if (caller == FUNCTION_NONE)
            continue;
        if (noted[caller] <= begun) {
            l->edge[l->edges] = (struct edge){ .caller = caller, .callee = callee };
            noted[caller] = ++l->edges;
        }
        c->edge_of[n] = noted[caller] - 1;
    }
}

static bool mark_recursive(struct counting *c, struct arena *a)
{
    const struct hop *hop = c->walk->hop;
    bool any = false;

    c->recursive = arena_array(a, profile_functions(c->profile), sizeof *c->recursive);
    for (node_id n = 0; n < c->walk->nodes; n++)
        if (hop[n].function != FUNCTION_NONE && !c->outer[n])
            any = c->recursive[hop[n].function] = true;
    return any;
}

static void enter(void *with, node_id n)
{
    struct counting *c = with;
    function_id f = c->walk->hop[n].function;

    if (f != FUNCTION_NONE && c->recursive[f] && c->edge_of[n] != NO_EDGE)
        c->inner[n] = c->active[c->edge_of[n]]++ > 0;
}

static void leave(void *with, node_id n)
{
    struct counting *c = with;
    function_id f = c->walk->hop[n].function;

    if (f != FUNCTION_NONE && c->recursive[f] && c->edge_of[n] != NO_EDGE)
        c->active[c->edge_of[n]]--;
}

void stat_add(struct stat_row *row, const struct node *n, uint64_t below, bool outer)
{
    row->calls += n->calls;
    row->resumes += n->resumes;
    row->self += n->self;
    if (outer) {
        row->primitive_calls += n->calls;
        row->cumulative += below;
    }
}

static void add_up(struct counting *c, const uint64_t *below)
{
    for (uint32_t i = 0; i < c->sorted_count; i++) {
        node_id n = c->sorted[i];

        if (c->edge_of[n] != NO_EDGE)
            stat_add(&c->lists.edge[c->edge_of[n]].stat, profile_node(c->profile, n),
                     below[n], !c->inner[n]);
    }
}

/* Edges are made callee by callee: those of one caller, put together in that
 * order, are in order of their callees. */
static void index_callees(struct edge_lists *l, uint32_t functions, struct arena *a)
{
    uint32_t *place = arena_array(a, (size_t)functions + 2, sizeof *place);

    l->callees = arena_array(a, l->edges, sizeof *l->callees);
    for (uint32_t i = 0; i < l->edges; i++)
        place[l->edge[i].caller + 2]++;
    for (function_id f = 0; f < functions; f++)
        place[f + 2] += place[f + 1];
    for (uint32_t i = 0; i < l->edges; i++)
        l->callees[place[l->edge[i].caller + 1]++] = &l->edge[i];
    l->callees_from = place;
}

/* Going through them caller by caller puts each callee's in order as well. */
static void index_callers(struct edge_lists *l, uint32_t functions, struct arena *a)
{
    uint32_t *place = arena_array(a, (size_t)functions + 2, sizeof *place);

    l->callers = arena_array(a, l->edges, sizeof *l->callers);
    for (uint32_t i = 0; i < l->edges; i++)
        place[l->callees[i]->callee + 2]++;
    for (function_id f = 0; f < functions; f++)
        place[f + 2] += place[f + 1];
    for (uint32_t i = 0; i < l->edges; i++)
        l->callers[place[l->callees[i]->callee + 1]++] = l->callees[i];
    l->callers_from = place;
}

struct edge_lists edges_of(const struct profile *p, const struct walk *w,
                           const bool *outer, const uint64_t *below, struct arena *a)
{
    struct arena *scratch = arena_open();
    struct counting c = { .profile = p, .walk = w, .outer = outer };

    sort_nodes(&c, scratch);
    number_edges(&c, scratch, a);
    c.inner = arena_array(scratch, w->nodes, sizeof *c.inner);
    if (mark_recursive(&c, scratch)) {
        c.active = arena_array(scratch, c.lists.edges, sizeof *c.active);
        walk_all(w, enter, leave, &c);
    }
    add_up(&c, below);
    index_callees(&c.lists, profile_functions(p), a);
    index_callers(&c.lists, profile_functions(p), a);
    arena_close(scratch);
    return c.lists;
}
