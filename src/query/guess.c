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
};

enum { SLACK = 2 }; /* times were rounded to the unit */
/* Paths that are looked at for what is certain, and the share they must have. */
enum { CERTAIN_MAX = 4096, CERTAIN_PART = 1000 };
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
    g->circle = groups_circles(q->profile, q->arena);
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

static void note_seen(const struct guesses *g, function_id f, uint64_t seen,
                      struct guess *next)
{
    uint64_t bit = g->recurs[f] ? 1ull << f % 64 : 0;

    next->again = (seen & bit) != 0;
    next->seen = seen | bit;
}

/* What the path goes on with over the edge. whole: what at is a part of. */
static struct guess go_on(const struct guesses *g, const struct edge *e,
                          const struct guess *at, uint64_t whole, enum guess_way way)
{
    struct figure f = figure_of(g, e, at->of_self);
    const struct stat_row *to = &g->row[way == GUESS_CALLEES ? e->callee : e->caller];
    uint64_t spare = whole > at->low ? whole - at->low : 0; /* not on the path */
    struct guess next = { .high = least_of(at->high, f.high) };
    bool all = spare <= SLACK && at->high - at->low <= SLACK;

    spare = (spare <= SLACK ? 0 : spare) + twice_active(g, e, way);
    next.value = all ? f.value : part_of(at->value, f.value, whole);
    if (f.low > spare && !(at->again && way == GUESS_CALLEES))
        next.low = least_of(f.low - spare, next.high);
    if (next.high - next.low <= SLACK)
        next.low = next.high;
    next.value = next.value > next.high  ? next.high
                 : next.value < next.low ? next.low
                                         : next.value;
    next.calls = next.value == f.value ? e->stat.calls
                                       : part_of(e->stat.calls, next.value, f.value);
    note_seen(g, way == GUESS_CALLEES ? e->callee : e->caller, at->seen, &next);
    next.self = least_of(next.value, part_of(next.value, to->self, to->cumulative));
    return next;
}

struct guess guess_whole(struct query *q, function_id f, bool self)
{
    const struct stat_row *row = &guesses_of(q)->row[f];
    uint64_t value = self ? row->self : row->cumulative;

    struct guess whole = {
        value, value, value, row->self, row->calls, .of_self = self
    };

    note_seen(guesses_of(q), f, 0, &whole);
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

        if (to == f && lens_collapses(w->lens, f))
            continue;
        struct guess next = go_on(g, e, at, whole, w->way);

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

struct guessed_steps guess_steps(struct query *q, const struct lens *l, function_id f,
                                 const struct guess *at, enum guess_way way,
                                 struct arena *a)
{
    struct going w = go(q, l, way, at->high, a);

    gather(&w, f, at, 0);
    return finish(&w);
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* What it had of calls that have no known caller. Callers of its own circle may have
 * called it below such a call: what they had comes off for certain of nothing. */
static struct guess root_of(const struct guesses *g, function_id f)
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
    root.high = less(row->cumulative, least);
    root.low = less(row->cumulative, had + within);
    if (root.high - root.low <= SLACK)
        root.low = root.high;
    root.value = root.high;
    root.self = part_of(row->self, root.value, row->cumulative);
    root.calls = row->calls - calls;
    note_seen(g, f, 0, &root);
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
        struct guess root = root_of(w.guesses, f);

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
        struct guess self = guess_whole(q, f, true);

        if (self.value > 0 && lens_hides(l, f))
            gather(&w, f, &self, 1);
        else if (self.value > 0)
            add_step(&w, f, &self);
    }
    return finish(&w);
}

/* Of a function's self, what was on the path for certain. */
static uint64_t certain_self(const struct guesses *g, const struct guessed_step *s)
{
    const struct stat_row *row = &g->row[s->function];
    uint64_t elsewhere =
        row->cumulative > s->guess.low ? row->cumulative - s->guess.low : 0;

    return row->self > elsewhere ? row->self - elsewhere : 0;
}

uint64_t guess_certain(struct query *q, const struct lens *l, struct arena *a)
{
    struct guessed_steps *todo = arena_array(a, CERTAIN_MAX, sizeof *todo);
    uint64_t certain = 0, least = stats_total(q->stats)->self / CERTAIN_PART;
    uint32_t count = 0;

    todo[count++] = guess_roots(q, l, a);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t s = 0; s < todo[i].count; s++) {
            const struct guessed_step *step = &todo[i].at[s];

            if (step->guess.low <= least)
                continue;
            certain += certain_self(guesses_of(q), step);
            if (count < CERTAIN_MAX)
                todo[count++] =
                    guess_steps(q, l, step->function, &step->guess, GUESS_CALLEES, a);
        }
    return certain;
}
