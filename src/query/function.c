/* SPDX-License-Identifier: Apache-2.0 */
/* function.c - all that is known of one function. */
#include <stdlib.h>

#include "model/edges.h"
#include "model/names.h"
#include "query/names.h"
#include "query/narrow.h"

enum { PAIRS_MAX = 2000 };

struct pairs { /* callers, or callees */
    const struct edge **at;
    uint32_t count, shown;
    bool callers;
};

static int by_cost(const void *a, const void *b)
{
    const struct edge *x = *(const struct edge *const *)a,
                      *y = *(const struct edge *const *)b;

    if (x->stat.cumulative != y->stat.cumulative)
        return x->stat.cumulative > y->stat.cumulative ? -1 : 1;
    if (x->stat.calls != y->stat.calls)
        return x->stat.calls > y->stat.calls ? -1 : 1;
    return x->caller + x->callee < y->caller + y->callee ? -1 : 1;
}

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

static void add_node(struct query *q, struct pairs *p, struct edge *edge, node_id n,
                     function_id other, bool outer)
{
    if (other == FUNCTION_NONE)
        return;
    if (q->place[other] == 0) {
        edge[p->count] = (struct edge){ .caller = other, .callee = other & INT32_MAX };
        p->at[p->count] = &edge[p->count];
        q->place[other] = ++p->count;
    }
    stat_add(&edge[q->place[other] - 1].stat, profile_node(q->profile, n),
             stats_below(q->stats, n), stats_samples(q->stats, n), outer);
}

/* Without finding everybody's callers and callees. */
static struct pairs plain_pairs(struct query *q, function_id f, bool callers,
                                struct arena *a)
{
    struct slice nodes = inside_nodes(q, f);
    uint32_t most = nodes.count;
    struct pairs p = { .callers = callers };

    for (uint32_t i = 0; i < nodes.count && !callers; i++)
        most += slice_of(&q->children, nodes.at[i]).count;
    struct edge *edge = arena_array(a, most, sizeof *edge);
    p.at = arena_array(a, most, sizeof *p.at);
    for (uint32_t i = 0; i < nodes.count; i++) {
        node_id n = nodes.at[i];
        struct slice below = slice_of(&q->children, n);

        if (callers)
            add_node(
                q, &p, edge, n,
                profile_node(q->profile, profile_node(q->profile, n)->parent)->function,
                !is_again(q, n, n));
        for (uint32_t k = 0; k < below.count && !callers; k++)
            add_node(q, &p, edge, below.at[k],
                     profile_node(q->profile, below.at[k])->function,
                     !is_again(q, below.at[k], n));
    }
    for (uint32_t i = 0; i < p.count; i++)
        q->place[p.at[i]->caller] = 0;
    return p;
}

static struct pairs all_pairs(struct query *q, function_id f, bool callers,
                              struct arena *a)
{
    stats_add_edges(q->stats);
    struct edges e = callers ? stats_callers(q->stats, f) : stats_callees(q->stats, f);
    struct pairs p = { .at = arena_array(a, e.count, sizeof *p.at), .count = e.count };

    for (uint32_t i = 0; i < e.count; i++)
        p.at[i] = e.at[i];
    p.callers = callers;
    return p;
}

static struct pairs pairs_of(struct query *q, function_id f, bool callers,
                             uint32_t most, struct arena *a)
{
    struct pairs p =
        is_plain(q, f) ? plain_pairs(q, f, callers, a) : all_pairs(q, f, callers, a);

    if (p.count > 1)
        qsort(p.at, p.count, sizeof *p.at, by_cost);
    p.shown = p.count < most ? p.count : most;
    return p;
}

static function_id other(const struct pairs *p, uint32_t i)
{
    return p->callers ? p->at[i]->caller : p->at[i]->callee;
}

static void write_cell(const struct edge *e, int column, struct json *j)
{
    const uint64_t cells[] = { e->stat.calls, e->stat.resumes, e->stat.primitive_calls,
                               e->stat.self, e->stat.cumulative };

    if (column >= 2 && e->untimed)
        json_null(j, NULL);
    else
        json_u64(j, NULL, cells[column]);
}

static void write_pairs(const struct pairs *p, const char *total, const char *key,
                        struct used *u, struct json *j)
{
    static const char *const columns[] = { "calls", "resumes", "primitive_calls",
                                           "self", "cumulative" };

    json_u64(j, total, p->count);
    json_object(j, key);
    json_array(j, "id");
    for (uint32_t i = 0; i < p->shown; i++) {
        used_add(u, other(p, i));
        json_u64(j, NULL, other(p, i));
    }
    json_end(j);
    for (int c = 0; c < 5; c++) {
        json_array(j, columns[c]);
        for (uint32_t i = 0; i < p->shown; i++)
            write_cell(p->at[i], c, j);
        json_end(j);
    }
    json_array(j, "timed");
    for (uint32_t i = 0; i < p->shown; i++)
        json_bool(j, NULL, !p->at[i]->untimed);
    json_end(j);
    json_end(j);
}

static void write_rank(struct query *q, function_id f, struct json *j)
{
    const struct rows *rows = inside_rows(q, BY_FUNCTION);
    const struct stat_row *mine = stats_of(q->stats, f);
    uint64_t self = 1, cumulative = 1;

    for (uint32_t i = 0; i < rows->count; i++) {
        self += rows->at[i].stat.self > mine->self;
        cumulative += rows->at[i].stat.cumulative > mine->cumulative;
    }
    json_object(j, "rank");
    json_u64(j, "self", self);
    json_u64(j, "cumulative", cumulative);
    json_end(j);
    json_u64(j, "of", rows->count);
}

/* Where it is called, in the icicle: the node that cost most. */
static void write_largest(struct query *q, function_id f, struct json *j,
                          struct arena *a)
{
    struct slice nodes = inside_nodes(q, f);
    node_id most = NODE_ROOT;

    for (uint32_t i = 0; i < nodes.count; i++)
        if (most == NODE_ROOT ||
            stats_below(q->stats, nodes.at[i]) > stats_below(q->stats, most))
            most = nodes.at[i];
    if (most == NODE_ROOT) {
        json_null(j, "largest_path");
        return;
    }
    struct str path = names_path(q, most, a);
    json_str(j, "largest_path", path);
}

static void write_paths(struct query *q, function_id f, struct json *j, struct arena *a)
{
    const struct profile *p = q->profile;
    struct slice nodes = inside_nodes(q, f);
    bool *thread = arena_array(a, profile_threads(p), sizeof *thread);
    bool *process = arena_array(a, profile_processes(p), sizeof *process);
    uint64_t threads = 0, processes = 0;

    for (uint32_t i = 0; i < nodes.count; i++) {
        thread_id t = profile_node(p, nodes.at[i])->thread;

        threads += !thread[t];
        processes += !process[profile_thread(p, t)->process];
        thread[t] = process[profile_thread(p, t)->process] = true;
    }
    if (nodes.count > 0)
        json_u64(j, "paths", nodes.count);
    else
        json_null(j, "paths");
    json_u64(j, "threads", threads);
    json_u64(j, "processes", processes);
}

static void write_names(struct query *q, function_id id, struct json *j,
                        struct arena *a)
{
    const struct function *f = profile_function(q->profile, id);

    json_str(j, "standard", name_standard(f, false, a));
    json_str(j, "qualname", f->qualname.len > 0 ? f->qualname : f->name);
    json_str(j, "name", f->name);
    if (f->owner.len > 0)
        json_str(j, "class", f->owner);
    else
        json_null(j, "class");
}

static void answer(struct query *all, struct ask *a, struct json *j)
{
    function_id f = ask_id(a, "id", profile_functions(all->profile));
    uint32_t callers = ask_number(a, "callers", 20, 0, PAIRS_MAX);
    uint32_t callees = ask_number(a, "callees", 20, 0, PAIRS_MAX);
    struct query *q = narrow_asked(all, a);

    if (!q || !ask_done(a))
        return;
    struct used u = used_begin(q, a->arena);
    struct pairs above = pairs_of(q, f, true, callers, a->arena);
    struct pairs below = pairs_of(q, f, false, callees, a->arena);
    const struct stat_row *stat = stats_of(q->stats, f);

    used_add(&u, f);
    json_u64(j, "id", f);
    json_u64(j, "total", stats_total(q->stats)->self);
    json_u64(j, "calls", stat->calls);
    json_u64(j, "primitive_calls", stat->primitive_calls);
    json_u64(j, "resumes", stat->resumes);
    json_u64(j, "self", stat->self);
    json_u64(j, "cumulative", stat->cumulative);
    if (q->of.probed && !q->narrow)
        json_u64(j, "probe_self", q->of.probed[f]);
    else
        json_null(j, "probe_self");
    write_rank(q, f, j);
    write_paths(q, f, j, a->arena);
    json_bool(j, "recursive", stat->calls != stat->primitive_calls);
    write_pairs(&above, "callers_total", "callers", &u, j);
    write_pairs(&below, "callees_total", "callees", &u, j);
    write_names(q, f, j, a->arena);
    write_largest(q, f, j, a->arena);
    used_write(&u, j);
}

const struct kind_of_query query_function = { "function", answer };
