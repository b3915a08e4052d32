/* SPDX-License-Identifier: Apache-2.0 */
/* function.c - all that is known of one function. */
#include <stdlib.h>

#include "model/names.h"
#include "query/names.h"
#include "query/narrow.h"
#include "query/order.h"
#include "query/pairs.h"

enum { PAIRS_MAX = 2000 };

struct shown { /* callers, or callees, the most costly first */
    struct pairs pairs;
    uint32_t count;
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

static struct shown shown_of(struct query *q, function_id f, bool callers,
                             uint32_t most, struct arena *a)
{
    struct shown s = { pairs_of(q, f, callers, a), 0, callers };

    if (s.pairs.count > 1)
        qsort(s.pairs.at, s.pairs.count, sizeof *s.pairs.at, by_cost);
    s.count = s.pairs.count < most ? s.pairs.count : most;
    return s;
}

static function_id other(const struct shown *s, uint32_t i)
{
    return s->callers ? s->pairs.at[i]->caller : s->pairs.at[i]->callee;
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

static void write_pairs(const struct shown *p, const char *total, const char *key,
                        struct used *u, struct json *j)
{
    static const char *const columns[] = { "calls", "resumes", "primitive_calls",
                                           "self", "cumulative" };

    json_u64(j, total, p->pairs.count);
    json_object(j, key);
    json_array(j, "id");
    for (uint32_t i = 0; i < p->count; i++) {
        used_add(u, other(p, i));
        json_u64(j, NULL, other(p, i));
    }
    json_end(j);
    for (int c = 0; c < 5; c++) {
        json_array(j, columns[c]);
        for (uint32_t i = 0; i < p->count; i++)
            write_cell(p->pairs.at[i], c, j);
        json_end(j);
    }
    json_array(j, "timed");
    for (uint32_t i = 0; i < p->count; i++)
        json_bool(j, NULL, !p->pairs.at[i]->untimed);
    json_end(j);
    json_end(j);
}

static void write_rank(struct query *q, function_id f, struct json *j)
{
    const struct stat_row *mine = stats_of(q->stats, f);

    json_object(j, "rank");
    json_u64(j, "self", order_rank(q, ORDER_SELF, mine->self));
    json_u64(j, "cumulative", order_rank(q, ORDER_CUMULATIVE, mine->cumulative));
    json_end(j);
    json_u64(j, "of", inside_functions(q).count);
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
    struct shown above = shown_of(q, f, true, callers, a->arena);
    struct shown below = shown_of(q, f, false, callees, a->arena);
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
