/* SPDX-License-Identifier: Apache-2.0 */
/* edges.c - nodes, and given pairs, sorted by callee number the pairs without a
 * lookup; a walk tells which calls of a pair are primitive, but for functions that
 * never are active twice: there all are. */
#include "model/edges.h"

#define NO_EDGE UINT32_MAX

struct sorted {   /* by function: its own end where the next one's begin */
    uint32_t *at; /* NULL: they were in that order */
    uint32_t *end, count;
};

struct counting {
    const struct profile *profile;
    const struct walk *walk;
    const bool *outer;
    struct edge_lists lists;
    struct edge *edge; /* NULL: those of the profile, in the order of `given` */
    uint32_t *edge_of; /* by node */
    struct sorted nodes, given; /* given: by callee */
    uint32_t *noted;            /* by caller: 1 + the last edge that was made for it */
    bool *recursive;            /* by function */
    uint32_t *active;           /* by edge: how often it is on the path walked */
    bool *inner;                /* by node: its edge is active above it */
    function_id *caller;        /* by edge: without going to it */
    function_id *callee; /* by place in lists.callees, the same; NULL: callers are not
                            asked for */
};

static function_id function_of(const struct counting *c, node_id n)
{
    return c->walk->node[n].function;
}

static function_id callee_of(const struct counting *c, uint32_t given)
{
    return given_edge(c->profile, given)->callee;
}

static uint32_t sorted_at(const struct sorted *s, uint32_t place)
{
    return s->at ? s->at[place] : place;
}

/* What has no function (FUNCTION_NONE) is left out. */
static struct sorted sort_by(const struct counting *c, uint32_t items,
                             function_id (*key)(const struct counting *, uint32_t),
                             struct arena *a)
{
    uint32_t functions = profile_functions(c->profile);
    struct sorted s = { .end = arena_array(a, (size_t)functions + 1, sizeof *s.end) };
    bool in_order = true;
    function_id last = 0;

    for (uint32_t i = 0; i < items; i++) {
        function_id f = key(c, i);

        in_order = in_order && f >= last && f != FUNCTION_NONE;
        last = f;
        if (f != FUNCTION_NONE)
            s.end[f]++;
    }
    for (function_id f = 0; f < functions; f++) {
        uint32_t count = s.end[f];

        s.count += count;
        s.end[f] = in_order ? s.count : s.count - count;
    }
    if (in_order)
        return s;
    s.at = arena_array(a, s.count, sizeof *s.at);
    for (uint32_t i = 0; i < items; i++) {
        function_id f = key(c, i);

        if (f != FUNCTION_NONE)
            s.at[s.end[f]++] = i;
    }
    return s;
}

/* Within what is of one callee, a caller's edge is the one noted for it since that
 * callee began. */
static uint32_t edge_for(struct counting *c, function_id caller, function_id callee,
                         uint32_t begun)
{
    uint32_t *edges = &c->lists.edges;

    if (c->noted[caller] <= begun) {
        c->edge[*edges] = (struct edge){ .caller = caller, .callee = callee };
        c->noted[caller] = ++*edges;
    }
    return c->noted[caller] - 1;
}

/* Nothing to add up: as a file gives it, so it is shown, without a copy. */
static bool is_all(struct counting *c, struct arena *scratch)
{
    uint32_t functions = profile_functions(c->profile), given = 0;
    uint32_t *seen = arena_array(scratch, functions, sizeof *seen);

    if (c->nodes.count > 0)
        return false;
    c->caller = arena_array(scratch, c->given.count, sizeof *c->caller);
    for (function_id f = 0; f < functions; f++)
        for (; given < c->given.end[f]; given++) {
            uint32_t at = sorted_at(&c->given, given);
            function_id caller = given_edge(c->profile, at)->caller;

            if (seen[caller] == f + 1)
                return false;
            seen[caller] = f + 1;
            c->caller[given] = caller;
        }
    return true;
}

static void number_edges(struct counting *c, struct arena *scratch, struct arena *a)
{
    const struct node *all = c->walk->node;
    uint32_t functions = profile_functions(c->profile), node = 0, given = 0;

    c->noted = arena_array(scratch, functions, sizeof *c->noted);
    c->edge_of = arena_array(scratch, c->walk->nodes, sizeof *c->edge_of);
    c->edge = arena_array(a, (size_t)c->nodes.count + c->given.count, sizeof *c->edge);
    for (function_id f = 0; f < functions; f++) {
        uint32_t begun = c->lists.edges;

        for (; node < c->nodes.end[f]; node++) {
            node_id n = sorted_at(&c->nodes, node);
            function_id caller = all[all[n].parent].function;

            c->edge_of[n] =
                caller == FUNCTION_NONE ? NO_EDGE : edge_for(c, caller, f, begun);
        }
        for (; given < c->given.end[f]; given++) {
            const struct edge *e = given_edge(c->profile, sorted_at(&c->given, given));
            struct edge *to = &c->edge[edge_for(c, e->caller, f, begun)];

            to->untimed = to->untimed || e->untimed;
            stat_add_row(&to->stat, &e->stat);
        }
    }
}

static bool mark_recursive(struct counting *c, struct arena *a)
{
    const struct node *node = c->walk->node;
    bool any = false;

    c->recursive = arena_array(a, profile_functions(c->profile), sizeof *c->recursive);
    for (node_id n = 0; n < c->walk->nodes; n++)
        if (node[n].function != FUNCTION_NONE && !c->outer[n])
            any = c->recursive[node[n].function] = true;
    return any;
}

static void enter(void *with, node_id n)
{
    struct counting *c = with;
    function_id f = c->walk->node[n].function;

    if (f != FUNCTION_NONE && c->recursive[f] && c->edge_of[n] != NO_EDGE)
        c->inner[n] = c->active[c->edge_of[n]]++ > 0;
}

static void leave(void *with, node_id n)
{
    struct counting *c = with;
    function_id f = c->walk->node[n].function;

    if (f != FUNCTION_NONE && c->recursive[f] && c->edge_of[n] != NO_EDGE)
        c->active[c->edge_of[n]]--;
}

void stat_add_row(struct stat_row *row, const struct stat_row *more)
{
    row->calls += more->calls;
    row->primitive_calls += more->primitive_calls;
    row->resumes += more->resumes;
    row->self += more->self;
    row->cumulative += more->cumulative;
}

void stat_add(struct stat_row *row, const struct node *n, uint64_t below,
              const uint64_t *samples, bool outer)
{
    if (samples) {
        row->primitive_calls += n->calls;
        row->calls += outer ? *samples : 0;
    } else {
        row->calls += n->calls;
        row->primitive_calls += outer ? n->calls : 0;
    }
    row->resumes += n->resumes;
    row->self += n->self;
    if (outer)
        row->cumulative += below;
}

static void add_up(struct counting *c, const uint64_t *below, const uint64_t *samples)
{
    for (uint32_t i = 0; i < c->nodes.count; i++) {
        node_id n = sorted_at(&c->nodes, i);

        if (c->edge_of[n] != NO_EDGE)
            stat_add(&c->edge[c->edge_of[n]].stat, profile_node(c->profile, n),
                     below[n], samples ? &samples[n] : NULL, !c->inner[n]);
    }
}

static const struct edge *edge_at(const struct counting *c, uint32_t i)
{
    return c->edge ? &c->edge[i] : given_edge(c->profile, sorted_at(&c->given, i));
}

/* Edges come callee by callee: those of one caller, put together in that order, are
 * in order of their callees. */
static void index_callees(struct counting *c, struct arena *a)
{
    uint32_t functions = profile_functions(c->profile);
    uint32_t *place = arena_array(a, (size_t)functions + 2, sizeof *place);
    struct edge_lists *l = &c->lists;

    l->callees = arena_array(a, l->edges, sizeof *l->callees);
    for (uint32_t i = 0; i < l->edges; i++)
        place[c->caller[i] + 2]++;
    for (function_id f = 0; f < functions; f++)
        place[f + 2] += place[f + 1];
    for (uint32_t i = 0; i < l->edges; i++) {
        const struct edge *e = edge_at(c, i);
        uint32_t at = place[c->caller[i] + 1]++;

        l->callees[at] = e;
        if (c->callee)
            c->callee[at] = e->callee;
    }
    l->callees_from = place;
}

/* Going through them caller by caller puts each callee's in order as well. */
static void index_callers(struct counting *c, struct arena *a)
{
    uint32_t functions = profile_functions(c->profile);
    uint32_t *place = arena_array(a, (size_t)functions + 2, sizeof *place);
    struct edge_lists *l = &c->lists;

    l->callers = arena_array(a, l->edges, sizeof *l->callers);
    for (uint32_t i = 0; i < l->edges; i++)
        place[c->callee[i] + 2]++;
    for (function_id f = 0; f < functions; f++)
        place[f + 2] += place[f + 1];
    for (uint32_t i = 0; i < l->edges; i++)
        l->callers[place[c->callee[i] + 1]++] = l->callees[i];
    l->callers_from = place;
}

static void count_nodes(struct counting *c, const uint64_t *below,
                        const uint64_t *samples, struct arena *scratch)
{
    c->inner = arena_array(scratch, c->walk->nodes, sizeof *c->inner);
    if (mark_recursive(c, scratch)) {
        c->active = arena_array(scratch, c->lists.edges, sizeof *c->active);
        walk_all(c->walk, enter, leave, c);
    }
    add_up(c, below, samples);
}

struct edge_lists edges_of(const struct profile *p, const struct walk *w,
                           const bool *outer, const uint64_t *below,
                           const uint64_t *samples, bool callers_too, struct arena *a)
{
    struct arena *scratch = arena_open();
    struct counting c = { .profile = p, .walk = w, .outer = outer };

    c.nodes = sort_by(&c, w->nodes, function_of, scratch);
    c.given = sort_by(&c, given_edges(p), callee_of, scratch);
    if (c.given.count > 0 && is_all(&c, scratch)) {
        c.lists.edges = c.given.count;
    } else {
        number_edges(&c, scratch, a);
        count_nodes(&c, below, samples, scratch);
        c.caller = arena_array(scratch, c.lists.edges, sizeof *c.caller);
        for (uint32_t i = 0; i < c.lists.edges; i++)
            c.caller[i] = c.edge[i].caller;
    }
    if (callers_too)
        c.callee = arena_array(scratch, c.lists.edges, sizeof *c.callee);
    index_callees(&c, a);
    if (callers_too)
        index_callers(&c, a);
    arena_close(scratch);
    return c.lists;
}
