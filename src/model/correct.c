/* SPDX-License-Identifier: Apache-2.0 */
/* correct.c - what each node's calls cost it and its parent is summed up first;
 * then it is taken from both. */
#include "model/correct.h"

#include "base/arena.h"
#include "model/build.h"

struct correcting {
    const struct profile *from;
    const struct probe_cost *cost; /* by process */
    struct build *build;
    double *spent;  /* by node: what is the probe's */
    double *events; /* by node: pieces its time is made of */
};

static const struct function *function_of(const struct profile *p, node_id n)
{
    function_id f = profile_node(p, n)->function;

    return f == FUNCTION_NONE ? NULL : profile_function(p, f);
}

static enum probe_callee callee_kind(const struct function *f,
                                     const struct function *caller)
{
    switch (f->kind) {
    case FUNCTION_PYTHON:
        return f == caller                                 ? PROBE_RECURSION
               : caller && caller->kind != FUNCTION_PYTHON ? PROBE_FROM_C
                                                           : PROBE_PYTHON;
    case FUNCTION_BUILTIN:
        return str_begins(f->name, STR("<method ")) ? PROBE_METHOD : PROBE_FUNCTION;
    default:
        return PROBE_TYPE;
    }
}

static const struct probe_cost *cost_of(const struct correcting *c,
                                        const struct node *n)
{
    return &c->cost[profile_thread(c->from, n->thread)->process];
}

static void charge(struct correcting *c, node_id id)
{
    const struct node *n = profile_node(c->from, id);
    const struct function *f = function_of(c->from, id);

    if (!f)
        return;
    const struct probe_cost *cost = cost_of(c, n);
    enum probe_callee kind = callee_kind(f, function_of(c->from, n->parent));
    double calls = (double)n->calls, resumes = (double)n->resumes;

    c->spent[id] += calls * cost->inside[kind] + resumes * cost->inside[PROBE_RESUME];
    c->spent[n->parent] +=
        calls * cost->outside[kind] + resumes * cost->outside[PROBE_RESUME];
    c->events[id] += calls + resumes;
    c->events[n->parent] += calls + resumes;
}

/* Below a marker a function's calls hang below one node of it, its time lies in
 * others: what they cost is taken from those, by their times. */
static void spread_folded(struct correcting *c, struct arena *scratch)
{
    const struct profile *p = c->from;
    uint32_t functions = profile_functions(p);
    struct owed {
        double spent, events, self;
    } *owed = arena_array(scratch, functions, sizeof *owed);
    bool *folded = arena_array(scratch, profile_nodes(p), sizeof *folded);

    for (node_id id = NODE_ROOT + 1; id < profile_nodes(p); id++) {
        const struct node *n = profile_node(p, id);
        bool caller = node_is_marker(profile_node(p, n->parent));

        folded[id] = caller || folded[n->parent];
        if (!folded[id] || n->function == FUNCTION_NONE)
            continue;
        owed[n->function].self += (double)n->self;
        if (caller && n->self == 0) {
            owed[n->function].spent += c->spent[id];
            owed[n->function].events += c->events[id];
        }
    }
    for (node_id id = NODE_ROOT + 1; id < profile_nodes(p); id++) {
        const struct node *n = profile_node(p, id);

        if (!folded[id] || n->function == FUNCTION_NONE || n->self == 0)
            continue;
        double part = (double)n->self / owed[n->function].self;
        c->spent[id] += owed[n->function].spent * part;
        c->events[id] += owed[n->function].events * part;
    }
}

/* What is left of a piece of byte code's time without the slowness. */
static double unslowed(double piece, double slow)
{
    return piece < PROBE_SLOW_NS ? piece / slow
                                 : piece - PROBE_SLOW_NS * (1 - 1 / slow);
}

static uint64_t corrected_self(const struct correcting *c, node_id id)
{
    const struct node *n = profile_node(c->from, id);
    const struct function *f = function_of(c->from, id);

    if (!f || cost_of(c, n)->slow < 1)
        return n->self;
    double left = (double)n->self - c->spent[id], slow = cost_of(c, n)->slow;
    double events = c->events[id];
    if (left <= 0)
        return 0;
    if (f->kind == FUNCTION_PYTHON && slow > 1 && events > 0)
        left = unslowed(left / events, slow) * events;
    uint64_t corrected = (uint64_t)(left + 0.5); /* beyond 2^53 it may round up */
    return corrected < n->self ? corrected : n->self;
}

static void copy_figures(const struct correcting *c, node_id id)
{
    const struct node *n = profile_node(c->from, id);

    if (n->function != FUNCTION_NONE)
        build_add(c->build, id, n->calls, n->resumes, corrected_self(c, id));
}

/* Sums up what each node's calls cost it and its parent. */
static struct correcting charge_all(const struct profile *p,
                                    const struct probe_cost *cost,
                                    struct arena *scratch)
{
    struct correcting c = {
        .from = p,
        .cost = cost,
        .spent = arena_array(scratch, profile_nodes(p), sizeof *c.spent),
        .events = arena_array(scratch, profile_nodes(p), sizeof *c.events),
    };

    for (node_id n = NODE_ROOT + 1; n < profile_nodes(p); n++)
        charge(&c, n);
    if (profile_quality(p)->folded_calls > 0)
        spread_folded(&c, scratch);
    return c;
}

struct profile *correct(const struct profile *p, const struct probe_cost *cost)
{
    struct arena *scratch = arena_open();
    struct correcting c = charge_all(p, cost, scratch);

    c.build = build_open(profile_unit(p));
    build_like(c.build, p, false);
    build_like_nodes(c.build, p);
    for (node_id n = NODE_ROOT + 1; n < profile_nodes(p); n++)
        copy_figures(&c, n);
    build_like_given(c.build, p);
    arena_close(scratch);
    return build_finish(c.build);
}

uint64_t *correct_taken(const struct profile *p, const struct probe_cost *cost,
                        struct arena *a)
{
    struct arena *scratch = arena_open();
    struct correcting c = charge_all(p, cost, scratch);
    uint64_t *taken = arena_array(a, profile_functions(p), sizeof *taken);

    for (node_id id = NODE_ROOT + 1; id < profile_nodes(p); id++) {
        const struct node *n = profile_node(p, id);

        if (n->function != FUNCTION_NONE)
            taken[n->function] += n->self - corrected_self(&c, id);
    }
    arena_close(scratch);
    return taken;
}
