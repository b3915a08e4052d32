/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - the table: which rows match, in which order, and some of them. */
#include <stdlib.h>

#include "model/edges.h"
#include "model/names.h"
#include "query/narrow.h"
#include "query/pick.h"

enum { COUNT_MAX = 5000 };

static const char *const bys[] = { "function", "file",   "module",  "package", "class",
                                   "cycle",    "thread", "process", "role",    NULL };
static const char *const kinds[] = { "own", "library", "builtin", NULL };

enum order {
    ORDER_SELF,
    ORDER_CUMULATIVE,
    ORDER_CALLS,
    ORDER_PRIMITIVE,
    ORDER_SELF_PERCALL,
    ORDER_CUMULATIVE_PERCALL,
    ORDER_NAME,
    ORDER_PLACE,
    ORDER_KIND
};
static const char *const orders[] = { "self",         "cumulative",
                                      "calls",        "primitive_calls",
                                      "self_percall", "cumulative_percall",
                                      "name",         "place",
                                      "kind",         NULL };

struct table {
    struct query *query;
    struct arena *arena;
    enum by by;
    enum order order;
    bool reverse;
    uint32_t from, count, kinds;
    struct pick pick;
    const struct rows *rows;
    struct sorted {
        double figure;
        struct str text;
        const struct row *row;
    } * at;
    uint32_t matches;
    uint64_t self;
};

static double percall(uint64_t value, uint64_t calls)
{
    return calls == 0 ? 0 : (double)value / (double)calls;
}

static double figure_of(const struct table *t, const struct row *row)
{
    switch (t->order) {
    case ORDER_SELF:
        return (double)row->stat.self;
    case ORDER_CUMULATIVE:
        return (double)row->stat.cumulative;
    case ORDER_CALLS:
        return (double)row->stat.calls;
    case ORDER_PRIMITIVE:
        return (double)row->stat.primitive_calls;
    case ORDER_SELF_PERCALL:
        return percall(row->stat.self, row->stat.calls);
    case ORDER_CUMULATIVE_PERCALL:
        return percall(row->stat.cumulative, row->stat.primitive_calls);
    default:
        return 0;
    }
}

/* Texts in rising order, as figures in falling order. */
static void set_key(const struct table *t, struct sorted *s)
{
    bool function = t->by == BY_FUNCTION;

    s->figure = figure_of(t, s->row);
    s->text = (struct str){ 0 };
    if (t->order == ORDER_NAME || (t->order >= ORDER_NAME && !function))
        s->text = s->row->shown;
    else if (t->order == ORDER_PLACE) {
        s->text =
            names_place(t->query, profile_function(t->query->profile, s->row->id));
        s->figure = -(double)s->row->line;
    } else if (t->order == ORDER_KIND)
        s->figure =
            -(double)name_owner(profile_function(t->query->profile, s->row->id));
}

static int by_key(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    int texts = x->text.len + y->text.len > 0 ? str_cmp(x->text, y->text) : 0;

    if (texts != 0)
        return texts;
    if (x->figure != y->figure)
        return x->figure > y->figure ? -1 : 1;
    if (x->row->stat.self != y->row->stat.self)
        return x->row->stat.self > y->row->stat.self ? -1 : 1;
    return x->row->id < y->row->id ? -1 : x->row->id > y->row->id;
}

static void swap(struct sorted *a, struct sorted *b)
{
    struct sorted kept = *a;

    *a = *b;
    *b = kept;
}

/* Puts what would come first, so many, to the front: a long table is mostly looked at
 * from there (Hoare's FIND). */
static void bring_to_front(struct sorted *at, int64_t count, int64_t wanted)
{
    while (count > 32 && wanted > 0 && wanted < count) {
        int64_t low = 0, high = count - 1;
        struct sorted pivot = at[count / 2];

        while (low <= high) {
            while (by_key(&at[low], &pivot) < 0)
                low++;
            while (by_key(&at[high], &pivot) > 0)
                high--;
            if (low <= high)
                swap(&at[low++], &at[high--]);
        }
        if (wanted <= high + 1) {
            count = high + 1;
        } else if (wanted >= low) {
            at += low;
            count -= low;
            wanted -= low;
        } else {
            return; /* what lies between is the pivot */
        }
    }
    if (wanted > 0 && wanted < count)
        qsort(at, (size_t)count, sizeof *at, by_key);
}

/* So many of them in order, from whichever end is looked at. */
static void sort_some(struct table *t, uint64_t wanted)
{
    uint32_t some = wanted < t->matches ? (uint32_t)wanted : t->matches;

    if (!t->reverse && some < t->matches)
        bring_to_front(t->at, t->matches, some);
    else
        some = t->matches;
    if (some > 1)
        qsort(t->at, some, sizeof *t->at, by_key);
}

static void choose(struct table *t)
{
    const bool *picked = NULL;
    const struct profile *p = t->query->profile;

    t->rows = inside_rows(t->query, t->by);
    t->at = arena_array(t->arena, t->rows->count, sizeof *t->at);
    if (t->by == BY_FUNCTION && t->pick.words > 0)
        picked = pick_all(t->query, &t->pick, t->arena);
    for (uint32_t i = 0; i < t->rows->count; i++) {
        const struct row *row = &t->rows->at[i];

        if (t->by == BY_FUNCTION
                ? (picked && !picked[row->id]) ||
                      !(t->kinds >> name_owner(profile_function(p, row->id)) & 1)
                : !pick_text(&t->pick, row->shown))
            continue;
        t->at[t->matches].row = row;
        set_key(t, &t->at[t->matches++]);
        t->self += row->stat.self;
    }
    sort_some(t, (uint64_t)t->from + t->count);
}

/* The i-th that is shown. */
static const struct row *shown(const struct table *t, uint32_t i)
{
    uint32_t at = t->from + i;

    return t->at[t->reverse ? t->matches - 1 - at : at].row;
}

static uint64_t cell(const struct row *row, int column)
{
    const uint64_t cells[] = { row->stat.calls,      row->stat.primitive_calls,
                               row->stat.resumes,    row->stat.self,
                               row->stat.cumulative, row->cumulative.least,
                               row->cumulative.most };

    return cells[column];
}

static void write_figures(const struct table *t, struct json *j)
{
    static const char *const key[] = { "calls", "primitive_calls", "resumes",
                                       "self",  "cumulative",      "low",
                                       "high" };
    bool bounded = false;

    for (uint32_t i = 0; i < t->count; i++)
        bounded =
            bounded || shown(t, i)->cumulative.least != shown(t, i)->cumulative.most;
    for (int c = 0; c < 7; c++) {
        if (c >= 5 && !bounded) {
            json_null(j, key[c]);
            continue;
        }
        json_array(j, key[c]);
        for (uint32_t i = 0; i < t->count; i++)
            json_u64(j, NULL, cell(shown(t, i), c));
        json_end(j);
    }
}

static void write_largest(const struct table *t, struct json *j)
{
    struct stat_row most = { 0 };

    for (uint32_t i = 0; i < t->matches; i++) {
        const struct stat_row *stat = &t->at[i].row->stat;

        most.self = stat->self > most.self ? stat->self : most.self;
        most.calls = stat->calls > most.calls ? stat->calls : most.calls;
        if (stat->cumulative > most.cumulative)
            most.cumulative = stat->cumulative;
    }
    json_object(j, "largest");
    json_u64(j, "self", most.self);
    json_u64(j, "cumulative", most.cumulative);
    json_u64(j, "calls", most.calls);
    json_end(j);
}

/* The one thread or process that a row is; -1: there are several. */
static int64_t only_id(const struct table *t, const struct row *row)
{
    const struct profile *p = t->query->profile;
    int64_t only = -1;

    for (thread_id i = 0; i < profile_threads(p); i++) {
        int64_t id = t->by == BY_THREAD ? i : profile_thread(p, i)->process;

        if (!str_eq(rows_thread_key(p, i, t->by, t->arena), row->name))
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
        json_u64(j, NULL, shown(t, i)->id);
    json_end(j);
    write_figures(t, j);
    if (function)
        json_null(j, "key");
    else
        json_array(j, "key");
    for (uint32_t i = 0; i < t->count && !function; i++)
        json_str(j, NULL, shown(t, i)->name);
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

        calls[i] = main_caller(t->query, shown(t, i)->id, scratch);
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
    t.order = (enum order)ask_choice(a, "sort", orders);
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
    json_u64(j, "total_rows", t.rows->count);
    json_u64(j, "matches", t.matches);
    json_u64(j, "from", t.from);
    json_u64(j, "total", total);
    json_u64(j, "matches_self", t.self);
    json_double(j, "matches_share", total ? (double)t.self / (double)total : 0);
    write_largest(&t, j);
    write_rows(&t, j);
    struct used u = used_begin(t.query, a->arena);
    for (uint32_t i = 0; i < t.count && t.by == BY_FUNCTION; i++)
        used_add(&u, shown(&t, i)->id);
    if (callers && t.by == BY_FUNCTION)
        write_callers(&t, &u, j);
    used_write(&u, j);
}

const struct kind_of_query query_rows = { "rows", answer };
