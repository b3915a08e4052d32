/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - the table: which rows match, and some of them, in an order that is kept. */
#include "model/edges.h"
#include "model/names.h"
#include "query/narrow.h"
#include "query/order.h"
#include "query/pick.h"

enum { COUNT_MAX = 5000 };

static const char *const bys[] = { "function", "file",   "module",  "package", "class",
                                   "cycle",    "thread", "process", "role",    NULL };
static const char *const kinds[] = { "own", "library", "builtin", NULL };

struct table {
    struct query *query;
    struct arena *arena;
    enum by by;
    enum order order;
    bool reverse;
    uint32_t from, count, kinds;
    struct pick pick;
    const uint32_t *at; /* what matches, in order (order.h) */
    uint32_t matches;
    struct order_sums sums;
};

static bool is_wanted(const struct table *t, uint32_t at, const bool *picked)
{
    struct query *q = t->query;

    if (t->by != BY_FUNCTION)
        return pick_text(&t->pick, inside_rows(q, t->by)->at[at].shown);
    return (!picked || picked[at]) && (t->kinds >> names_kind(q, at) & 1);
}

static void choose(struct table *t)
{
    struct slice all = order_of(t->query, t->by, t->order);
    bool function = t->by == BY_FUNCTION;
    bool some = t->pick.words > 0 || (function && (t->kinds & 7) != 7);
    const bool *picked =
        function && t->pick.words > 0 ? pick_all(t->query, &t->pick, t->arena) : NULL;
    uint32_t *match;

    if (!some) {
        t->at = all.at;
        t->matches = all.count;
        t->sums = order_sums(t->query, t->by);
        return;
    }
    t->at = match = arena_array(t->arena, all.count, sizeof *match);
    for (uint32_t i = 0; i < all.count; i++)
        if (is_wanted(t, all.at[i], picked)) {
            match[t->matches++] = all.at[i];
            order_count(&t->sums, order_stat(t->query, t->by, all.at[i]));
        }
}

/* The i-th that is shown. */
static uint32_t shown(const struct table *t, uint32_t i)
{
    uint32_t at = t->from + i;

    return t->at[t->reverse ? t->matches - 1 - at : at];
}

static struct bounds bounds_of(const struct table *t, uint32_t at)
{
    uint64_t cumulative = order_stat(t->query, t->by, at)->cumulative;

    return t->by == BY_FUNCTION ? (struct bounds){ cumulative, cumulative }
                                : inside_rows(t->query, t->by)->at[at].cumulative;
}

static uint64_t cell(const struct table *t, uint32_t at, int column)
{
    const struct stat_row *stat = order_stat(t->query, t->by, at);
    const struct bounds bounds = bounds_of(t, at);
    const uint64_t cells[] = { stat->calls, stat->primitive_calls, stat->resumes,
                               stat->self,  stat->cumulative,      bounds.least,
                               bounds.most };

    return cells[column];
}

static void write_figures(const struct table *t, struct json *j)
{
    static const char *const key[] = { "calls", "primitive_calls", "resumes",
                                       "self",  "cumulative",      "low",
                                       "high" };
    bool bounded = false;

    for (uint32_t i = 0; i < t->count; i++) {
        struct bounds bounds = bounds_of(t, shown(t, i));

        bounded = bounded || bounds.least != bounds.most;
    }
    for (int c = 0; c < 7; c++) {
        if (c >= 5 && !bounded) {
            json_null(j, key[c]);
            continue;
        }
        json_array(j, key[c]);
        for (uint32_t i = 0; i < t->count; i++)
            json_u64(j, NULL, cell(t, shown(t, i), c));
        json_end(j);
    }
}

static void write_largest(const struct table *t, struct json *j)
{
    json_object(j, "largest");
    json_u64(j, "self", t->sums.largest.self);
    json_u64(j, "cumulative", t->sums.largest.cumulative);
    json_u64(j, "calls", t->sums.largest.calls);
    json_end(j);
}

/* The one thread or process that a row is; -1: there are several. */
static int64_t only_id(const struct table *t, uint32_t at)
{
    struct str key = inside_rows(t->query, t->by)->at[at].name;
    const struct profile *p = t->query->profile;
    int64_t only = -1;

    for (thread_id i = 0; i < profile_threads(p); i++) {
        int64_t id = t->by == BY_THREAD ? i : profile_thread(p, i)->process;

        if (!str_eq(rows_thread_key(p, i, t->by, t->arena), key))
            continue;
        if (only >= 0 && only != id)
            return -1;
        only = id;
    }
    return only;
}

static void write_rows(const struct table *t, struct json *j)
{
    bool function = t->by == BY_FUNCTION;
    bool owners = t->by == BY_THREAD || t->by == BY_PROCESS;

    json_array(j, "id");
    for (uint32_t i = 0; i < t->count; i++)
        json_u64(j, NULL, shown(t, i));
    json_end(j);
    write_figures(t, j);
    if (function)
        json_null(j, "key");
    else
        json_array(j, "key");
    for (uint32_t i = 0; i < t->count && !function; i++)
        json_str(j, NULL, inside_rows(t->query, t->by)->at[shown(t, i)].name);
    if (!function)
        json_end(j);
    if (!owners)
        return;
    json_array(j, "ids");
    for (uint32_t i = 0; i < t->count; i++)
        json_i64(j, NULL, only_id(t, shown(t, i)));
    json_end(j);
}

struct calls {
    function_id from;
    uint64_t count;
};

/* By calls, itself left out: whatever calls it most. */
static struct calls main_caller(struct query *q, function_id f, struct arena *a)
{
    struct calls most = { FUNCTION_NONE, 0 };

    if (given_rows(q->profile) > 0) {
        stats_add_edges(q->stats);
        struct edges e = stats_callers(q->stats, f);

        for (uint32_t i = 0; i < e.count; i++)
            if (e.at[i]->caller != f && e.at[i]->stat.calls > most.count)
                most = (struct calls){ e.at[i]->caller, e.at[i]->stat.calls };
        return most;
    }
    struct slice nodes = inside_nodes(q, f);
    struct calls *calls = arena_array(a, nodes.count, sizeof *calls);
    uint32_t count = 0;
    for (uint32_t i = 0; i < nodes.count; i++) {
        const struct node *n = profile_node(q->profile, nodes.at[i]);
        function_id from = profile_node(q->profile, n->parent)->function;

        if (from == FUNCTION_NONE || from == f)
            continue;
        if (q->place[from] == 0) {
            calls[count].from = from;
            q->place[from] = ++count;
        }
        calls[q->place[from] - 1].count += n->calls;
    }
    for (uint32_t i = 0; i < count; i++) {
        q->place[calls[i].from] = 0;
        if (calls[i].count > most.count)
            most = calls[i];
    }
    return most;
}

static void write_callers(const struct table *t, struct used *u, struct json *j)
{
    struct calls *calls = arena_array(t->arena, t->count, sizeof *calls);

    json_array(j, "from_id");
    for (uint32_t i = 0; i < t->count; i++) {
        struct arena *scratch = arena_open();

        calls[i] = main_caller(t->query, shown(t, i), scratch);
        arena_close(scratch);
        used_add(u, calls[i].from);
        json_i64(j, NULL, calls[i].from == FUNCTION_NONE ? -1 : (int64_t)calls[i].from);
    }
    json_end(j);
    json_array(j, "from_calls");
    for (uint32_t i = 0; i < t->count; i++)
        json_u64(j, NULL, calls[i].count);
    json_end(j);
}

static void answer(struct query *q, struct ask *a, struct json *j)
{
    bool callers = ask_number(a, "callers", 0, 0, 1) != 0;
    struct table t = { .arena = a->arena };
    uint64_t total;

    t.by = (enum by)ask_choice(a, "by", bys);
    t.order = (enum order)ask_choice(a, "sort", order_names);
    t.reverse = ask_number(a, "reverse", 0, 0, 1);
    t.from = ask_number(a, "from", 0, 0, UINT32_MAX);
    t.count = ask_number(a, "count", 50, 0, COUNT_MAX);
    t.kinds = ask_set(a, "kinds", kinds);
    t.query = narrow_asked(q, a);
    if (!pick_asked(a, &t.pick) || !t.query || !ask_done(a))
        return;
    choose(&t);
    t.from = t.from < t.matches ? t.from : t.matches;
    t.count = t.count < t.matches - t.from ? t.count : t.matches - t.from;
    total = stats_total(t.query->stats)->self;
    json_text(j, "by", bys[t.by]);
    json_u64(j, "total_rows", order_of(t.query, t.by, t.order).count);
    json_u64(j, "matches", t.matches);
    json_u64(j, "from", t.from);
    json_u64(j, "total", total);
    json_u64(j, "matches_self", t.sums.self);
    json_double(j, "matches_share", total ? (double)t.sums.self / (double)total : 0);
    write_largest(&t, j);
    write_rows(&t, j);
    struct used u = used_begin(t.query, a->arena);
    for (uint32_t i = 0; i < t.count && t.by == BY_FUNCTION; i++)
        used_add(&u, shown(&t, i));
    if (callers && t.by == BY_FUNCTION)
        write_callers(&t, &u, j);
    used_write(&u, j);
}

const struct kind_of_query query_rows = { "rows", answer };
