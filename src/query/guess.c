/* SPDX-License-Identifier: Apache-2.0 */
/* guess.c - pairs that files gave, by caller and by callee, and what follows. */
#include "query/guess.h"

#include <stdlib.h>

#include "model/edges.h"
#include "model/groups.h"

struct guesses {
    struct stat_row *row; /* by function */
    struct edge *edge;    /* by callee; pairs once each */
    uint32_t edges;
    struct slices callers, callees; /* places in edge, by the other one */
    bool *recurs;                   /* by function: it may be active twice */
    uint32_t *circle; /* by function: those with the same number call each other */
    /* By function that may be active twice: what calls had that stay in its circle,
     * to others of it and from them. */
    uint64_t *out_within, *in_within;
    uint32_t *entries; /* by circle: its functions that are called from outside of it */
};

enum { SLACK = 2 };         /* times were rounded to the unit */
enum { HIDDEN_DEPTH = 24 }; /* of functions that are gone through */

static void sum_rows(struct query *q, struct guesses *g)
{
    g->row = arena_array(q->arena, profile_functions(q->profile), sizeof *g->row);
    for (uint32_t i = 0; i < given_rows(q->profile); i++)
        stat_add_row(&g->row[given_row(q->profile, i)->function],
                     &given_row(q->profile, i)->stat);
}

static void join_edges(struct query *q, struct guesses *g, struct arena *scratch)
{
    uint32_t functions = profile_functions(q->profile), given = given_edges(q->profile);
    uint32_t *from = arena_array(scratch, (size_t)functions + 2, sizeof *from);
    uint32_t *sorted = arena_array(scratch, given, sizeof *sorted);
    uint32_t *noted = arena_array(scratch, functions, sizeof *noted);

    for (uint32_t i = 0; i < given; i++)
        from[given_edge(q->profile, i)->callee + 2]++;
    for (function_id f = 0; f < functions; f++)
        from[f + 2] += from[f + 1];
    for (uint32_t i = 0; i < given; i++)
        sorted[from[given_edge(q->profile, i)->callee + 1]++] = i;
    g->edge = arena_array(q->arena, given, sizeof *g->edge);
    for (uint32_t i = 0, begun = 0; i < given; i++) {
        const struct edge *e = given_edge(q->profile, sorted[i]);

        if (i > 0 && g->edge[g->edges - 1].callee != e->callee)
            begun = g->edges;
        if (noted[e->caller] > begun) {
            struct edge *to = &g->edge[noted[e->caller] - 1];

            to->untimed |= e->untimed;
            stat_add_row(&to->stat, &e->stat);
        } else {
            g->edge[g->edges] = *e;
            noted[e->caller] = ++g->edges;
        }
    }
}

static struct slices index_edges(const struct query *q, const struct guesses *g,
                                 bool by_caller)
{
    uint32_t functions = profile_functions(q->profile);
    struct slices s = { arena_array(q->arena, (size_t)functions + 2, sizeof *s.from),
                        arena_array(q->arena, g->edges, sizeof *s.at) };

    for (uint32_t i = 0; i < g->edges; i++)
        s.from[(by_caller ? g->edge[i].caller : g->edge[i].callee) + 2]++;
    for (function_id f = 0; f < functions; f++)
        s.from[f + 2] += s.from[f + 1];
    for (uint32_t i = 0; i < g->edges; i++)
        s.at[s.from[(by_caller ? g->edge[i].caller : g->edge[i].callee) + 1]++] = i;
    return s;
}

static uint64_t part_of(uint64_t value, uint64_t part, uint64_t whole)
{
    return whole == 0
               ? 0
               : (uint64_t)((double)value * ((double)part / (double)whole) + 0.5);
}

static uint64_t least_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

struct figure { /* what a call had, as far as it is known */
    uint64_t value, low, high;
};

/* Of what its callee had; `self` of its self, else of all. */
static struct figure figure_of(const struct guesses *g, const struct edge *e, bool self)
{
    const struct stat_row *callee = &g->row[e->callee];
    uint64_t whole = self ? callee->self : callee->cumulative;
    uint64_t told = self ? e->stat.self : e->stat.cumulative;
    bool only = callee->calls == e->stat.calls;

    if (!e->untimed && !(self && told == 0 && !only))
        return (struct figure){ told, told, told };
    if (only)
        return (struct figure){ whole, whole, whole };
    return (struct figure){ part_of(whole, e->stat.calls, callee->calls), 0, whole };
}

/* cProfile counts primitive calls; of others a circle of calls says that it may. */
static void mark_recursive(struct query *q, struct guesses *g)
{
    uint32_t functions = profile_functions(q->profile);
    const struct quality *quality = profile_quality(q->profile);
    bool counted = quality->timed_callers || quality->counted_callers;

    g->recurs = arena_array(q->arena, functions, sizeof *g->recurs);
    g->circle = groups_circles(q->profile, false, q->arena);
    g->out_within = arena_array(q->arena, functions, sizeof *g->out_within);
    g->in_within = arena_array(q->arena, functions, sizeof *g->in_within);
    for (function_id f = 0; f < functions; f++)
        g->recurs[f] = g->row[f].calls != g->row[f].primitive_calls;
    for (uint32_t i = 0; i < g->edges; i++) {
        const struct edge *e = &g->edge[i];
        uint64_t most = figure_of(g, e, false).high;

        if (g->circle[e->caller] != g->circle[e->callee])
            continue;
        if (!counted)
            g->recurs[e->caller] = g->recurs[e->callee] = true;
        g->out_within[e->caller] += most;
        g->in_within[e->callee] += most;
    }
}

/* Called by nobody known counts as from outside. */
static void count_entries(struct query *q, struct guesses *g, struct arena *scratch)
{
    uint32_t functions = profile_functions(q->profile);
    uint64_t *within = arena_array(scratch, functions, sizeof *within);

    g->entries = arena_array(q->arena, functions, sizeof *g->entries);
    for (uint32_t i = 0; i < g->edges; i++)
        if (g->circle[g->edge[i].caller] == g->circle[g->edge[i].callee])
            within[g->edge[i].callee] += g->edge[i].stat.calls;
    for (function_id f = 0; f < functions; f++)
        g->entries[g->circle[f]] += g->row[f].calls > within[f];
}

static struct guesses *guesses_of(struct query *q)
{
    struct guesses *g = q->guesses;

    if (g)
        return g;
    struct arena *scratch = arena_open();

    q->guesses = g = arena_alloc(q->arena, sizeof *g);
    sum_rows(q, g);
    join_edges(q, g, scratch);
    g->callers = index_edges(q, g, false);
    g->callees = index_edges(q, g, true);
    mark_recursive(q, g);
    count_entries(q, g, scratch);
    arena_close(scratch);
    return g;
}

/* What of a function's time may be in an activation that is not the path's own: a
 * second one was called by one of its circle, over another call than this one. That
 * holds of its first activation on the path. */
static uint64_t twice_active(const struct guesses *g, const struct edge *e,
                             enum guess_way way)
{
    function_id f = way == GUESS_CALLEES ? e->caller : e->callee;

    if (!g->recurs[f])
        return 0;
    if (way == GUESS_CALLERS)
        return g->in_within[f];
    return g->out_within[f] - (g->circle[e->caller] == g->circle[e->callee]
                                   ? figure_of(g, e, false).high
                                   : 0);
}

static void note_seen(const struct guesses *g, function_id f, const struct guess *at,
                      struct guess *next, struct arena *a)
{
    uint64_t bit = 1ull << f % 64, seen = at ? at->seen : 0;
    struct guess_path *path = arena_alloc(a, sizeof *path);

    next->again = g->recurs[f] && (seen & bit) != 0;
    next->seen = seen | (g->recurs[f] ? bit : 0);
    next->once = (at ? at->once : 0) | (g->recurs[f] ? 0 : bit);
    *path = (struct guess_path){ f, at ? at->path : NULL };
    next->path = path;
}

/* It is on the path, and never was active twice. */
static bool cannot_follow(const struct guesses *g, const struct guess *at,
                          function_id f)
{
    if (g->recurs[f] || !(at->once & 1ull << f % 64))
        return false;
    for (const struct guess_path *p = at->path; p; p = p->before)
        if (p->function == f)
            return true;
    return false;
}

/* What the path goes on with over the edge. whole: what at is a part of. */
static struct guess go_on(const struct guesses *g, const struct edge *e,
                          const struct guess *at, uint64_t whole, enum guess_way way,
                          struct arena *a)
{
    struct figure f = figure_of(g, e, at->of_self);
    const struct stat_row *to = &g->row[way == GUESS_CALLEES ? e->callee : e->caller];
    uint64_t spare = whole > at->low ? whole - at->low : 0; /* not on the path */
    struct guess next = { .high = least_of(at->high, f.high) };
    bool all = spare <= SLACK && at->high - at->low <= SLACK;

    spare = (spare <= SLACK ? 0 : spare) + twice_active(g, e, way);
    bool single = way == GUESS_CALLEES && e->stat.calls == 1 && !e->untimed;
    next.value = all ? f.value : part_of(at->value, f.value, whole);
    if (f.low > spare && !(at->again && way == GUESS_CALLEES))
        next.low = least_of(single ? f.low : f.low - spare, next.high);
    if (next.high - next.low <= SLACK)
        next.low = next.high;
    next.value = next.value > next.high  ? next.high
                 : next.value < next.low ? next.low
                                         : next.value;
    next.calls = next.value == f.value ? e->stat.calls
                                       : part_of(e->stat.calls, next.value, f.value);
    note_seen(g, way == GUESS_CALLEES ? e->callee : e->caller, at, &next, a);
    next.self = least_of(next.value, part_of(next.value, to->self, to->cumulative));
    return next;
}

struct guess guess_whole(struct query *q, function_id f, bool self, struct arena *a)
{
    const struct stat_row *row = &guesses_of(q)->row[f];
    uint64_t value = self ? row->self : row->cumulative;

    struct guess whole = {
        value, value, value, row->self, row->calls, .of_self = self
    };

    note_seen(guesses_of(q), f, NULL, &whole, a);
    return whole;
}

bool guess_knows(struct query *q, function_id f)
{
    return guesses_of(q)->row[f].calls > 0 || guesses_of(q)->row[f].cumulative > 0;
}

struct going {
    struct query *query;
    const struct lens *lens;
    const struct guesses *guesses;
    struct arena *arena;
    enum guess_way way;
    struct guessed_steps steps;
    uint32_t room;
    uint32_t *place; /* by function: 1 + its step; NULL: nothing is hidden */
    uint64_t most;
};

static void add_step(struct going *w, function_id f, const struct guess *at)
{
    if (at->value == 0 && at->high == 0 && at->calls == 0)
        return;
    if (w->place && w->place[f] > 0) {
        struct guess *to = &w->steps.at[w->place[f] - 1].guess;

        to->value = least_of(to->value + at->value, w->most);
        to->low = least_of(to->low + at->low, w->most);
        to->high = least_of(to->high + at->high, w->most);
        to->self += at->self;
        to->calls += at->calls;
        to->of_self = to->of_self && at->of_self;
        to->again = to->again || at->again;
        to->seen |= at->seen;
        return;
    }
    if (w->steps.count == w->room) {
        uint32_t room = w->room ? 2 * w->room : 16;

        w->steps.at = arena_grow(w->arena, w->steps.at, w->room * sizeof *w->steps.at,
                                 room * sizeof *w->steps.at);
        w->room = room;
    }
    w->steps.at[w->steps.count++] = (struct guessed_step){ f, *at };
    if (w->place)
        w->place[f] = w->steps.count;
}

static void gather(struct going *w, function_id f, const struct guess *at, int depth)
{
    const struct guesses *g = w->guesses;
    bool down = w->way == GUESS_CALLEES;
    uint64_t whole = at->of_self ? g->row[f].self : g->row[f].cumulative;
    struct slice edges = slice_of(down ? &g->callees : &g->callers, f);

    for (uint32_t i = 0; i < edges.count; i++) {
        const struct edge *e = &g->edge[edges.at[i]];
        function_id to = down ? e->callee : e->caller;

        if ((to == f && lens_collapses(w->lens, f)) || cannot_follow(g, at, to))
            continue;
        struct guess next = go_on(g, e, at, whole, w->way, w->arena);

        if (!lens_hides(w->lens, to))
            add_step(w, to, &next);
        else if (depth < HIDDEN_DEPTH && next.value > 0 && to != f)
            gather(w, to, &next, depth + 1);
    }
}

static int by_value(const void *a, const void *b)
{
    const struct guessed_step *x = a, *y = b;

    if (x->guess.value != y->guess.value)
        return x->guess.value > y->guess.value ? -1 : 1;
    return x->function < y->function ? -1 : x->function > y->function;
}

static struct guessed_steps finish(struct going *w)
{
    for (uint32_t i = 0; i < w->steps.count && w->place; i++)
        w->place[w->steps.at[i].function] = 0;
    if (w->steps.count > 1)
        qsort(w->steps.at, w->steps.count, sizeof *w->steps.at, by_value);
    return w->steps;
}

static struct going go(struct query *q, const struct lens *l, enum guess_way way,
                       uint64_t most, struct arena *a)
{
    struct going w = { .query = q,
                       .lens = l,
                       .guesses = guesses_of(q),
                       .arena = a,
                       .way = way,
                       .most = most };

    if (l->hide.count > 0)
        w.place = q->guess_place;
    return w;
}

/* Callees cannot have had more than the path, which the estimates come to where a
 * function is active twice. What is called from its second activation lies within a
 * call that took no less: the largest come first, and the others have what is left. */
static void fit(struct guessed_steps *s, uint64_t room)
{
    for (uint32_t i = 0; i < s->count; i++) {
        struct guess *guess = &s->at[i].guess;
        uint64_t value = guess->value < room ? guess->value
                         : room < guess->low ? guess->low
                                             : room;

        guess->calls = part_of(guess->calls, value, guess->value);
        guess->self = part_of(guess->self, value, guess->value);
        guess->value = value;
        room -= value < room ? value : room;
    }
}

struct guessed_steps guess_steps(struct query *q, const struct lens *l, function_id f,
                                 const struct guess *at, enum guess_way way,
                                 struct arena *a)
{
    struct going w = go(q, l, way, at->high, a);

    gather(&w, f, at, 0);
    struct guessed_steps steps = finish(&w);
    if (way == GUESS_CALLEES)
        fit(&steps, at->value);
    return steps;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* What it had of calls that have no known caller. Callers of its own circle may have
 * called it below such a call: what they had comes off for certain of nothing. */
static struct guess root_of(const struct guesses *g, function_id f, struct arena *a)
{
    const struct stat_row *row = &g->row[f];
    struct slice callers = slice_of(&g->callers, f);
    uint64_t calls = 0, had = 0, least = 0, within = 0;
    struct guess root = { 0 };

    for (uint32_t i = 0; i < callers.count; i++) {
        const struct edge *e = &g->edge[callers.at[i]];
        struct figure figure = figure_of(g, e, false);
        bool inside = g->recurs[f] && g->circle[e->caller] == g->circle[f];

        calls += e->stat.calls;
        if (inside && e->caller != f)
            within += figure.high;
        else if (!inside) {
            had += figure.high;
            least += figure.low;
        }
    }
    if (row->calls <= calls)
        return root;
    /* Where its circle is entered by it alone, all is below calls of it. */
    if (g->entries[g->circle[f]] == 1 && had == 0)
        within = 0;
    root.high = less(row->cumulative, least);
    root.low = less(row->cumulative, had + within);
    if (root.high - root.low <= SLACK)
        root.low = root.high;
    root.value = root.high;
    root.self = part_of(row->self, root.value, row->cumulative);
    root.calls = row->calls - calls;
    note_seen(g, f, NULL, &root, a);
    return root;
}

/* Where all call each other, the costliest stands for whoever was first. */
static void add_some_root(struct going *w)
{
    const struct stat_row *row = w->guesses->row;
    function_id most = 0;

    for (function_id f = 1; f < profile_functions(w->query->profile); f++)
        if (row[f].cumulative > row[most].cumulative)
            most = f;
    if (profile_functions(w->query->profile) > 0 && row[most].cumulative > 0)
        add_step(w, most,
                 &(struct guess){ row[most].cumulative, 0, row[most].cumulative,
                                  row[most].self, row[most].calls, .again = true });
}

struct guessed_steps guess_roots(struct query *q, const struct lens *l, struct arena *a)
{
    struct going w = go(q, l, GUESS_CALLEES, UINT64_MAX, a);

    for (function_id f = 0; f < profile_functions(q->profile); f++) {
        struct guess root = root_of(w.guesses, f, a);

        if (root.high == 0)
            continue;
        if (lens_hides(l, f))
            gather(&w, f, &root, 1);
        else
            add_step(&w, f, &root);
    }
    if (w.steps.count == 0)
        add_some_root(&w);
    return finish(&w);
}

struct guessed_steps guess_selves(struct query *q, const struct lens *l,
                                  struct arena *a)
{
    struct going w = go(q, l, GUESS_CALLERS, UINT64_MAX, a);

    for (function_id f = 0; f < profile_functions(q->profile); f++) {
        struct guess self = guess_whole(q, f, true, a);

        if (self.value > 0 && lens_hides(l, f))
            gather(&w, f, &self, 1);
        else if (self.value > 0)
            add_step(&w, f, &self);
    }
    return finish(&w);
}
