/* SPDX-License-Identifier: Apache-2.0 */
/* print.c - the three tables. */
#include "pstats/print.h"

#include <stdlib.h>

#include "pstats/body.h"
#include "pstats/number.h"
#include "pstats/standard.h"

struct printing {
    const struct pstats_table *table;
    struct out *out;
    struct arena *scratch;
    struct listed list;
    size_t width;       /* of names, and two more */
    struct call *calls; /* of one function at a time */
    uint32_t room;
};

static void put_spaces(struct out *o, size_t count)
{
    for (; count > 0; count--)
        out_char(o, ' ');
}

static void put_order(const struct pstats_table *t, struct out *o)
{
    const struct sortkeys *by = table_order(t);

    if (!by) {
        out_text_of(o, "   Random listing order was used\n");
        return;
    }
    out_text_of(o, "   Ordered by: ");
    for (int i = 0; i < by->keys; i++) {
        out_text_of(o, i > 0 ? ", " : "");
        out_text_of(o, by->key[i]->text);
    }
    out_char(o, '\n');
}

/* get_print_list: nothing at all is said of an empty list. */
static bool put_list(struct printing *p, struct restrictions r, struct err *e)
{
    struct out *said = out_memory();

    put_order(p->table, said);
    bool ok = restrict_list(p->table, r, &p->list, said, p->scratch, e);
    if (ok && p->list.count > 0) {
        out_str(p->out, out_text(said));
        out_char(p->out, '\n');
    }
    return out_close(said, e) && ok;
}

static struct pstats_name name_at(const struct printing *p, uint32_t i)
{
    return table_name(p->table, table_function_body(p->table, p->list.at[i])->key);
}

static void measure_names(struct printing *p)
{
    size_t widest = 0;

    for (uint32_t i = 0; i < p->list.count; i++) {
        size_t width = standard_width(name_at(p, i));

        if (width > widest)
            widest = width;
    }
    p->width = widest + 2;
}

static struct printing begin(const struct pstats_table *t, struct out *o)
{
    return (struct printing){ .table = t, .out = o, .scratch = arena_open() };
}

/* Functions called by ("jprofile", 0, "profiler"), which no profiler writes. */
static void put_top_level(const struct pstats_table *t, struct out *o)
{
    pstats_key top = table_look_up(
        t, (struct pstats_name){ .file = STR("jprofile"), .name = STR("profiler") });

    for (uint32_t i = 0; i < table_functions(t) && top != PSTATS_NONE; i++) {
        const struct pstats_function *f = table_function(t, i);

        for (uint32_t id = f->first; id != PSTATS_NONE; id = table_caller(t, id)->next)
            if (table_caller(t, id)->key == top) {
                put_spaces(o, 9);
                out_str(o, table_name(t, f->key).name);
                out_char(o, '\n');
            }
    }
}

static void put_totals(const struct pstats_table *t, struct out *o)
{
    struct pstats_totals sum = table_totals(t);

    for (uint32_t i = 0; i < table_files(t); i++) {
        out_str(o, table_file(t, i));
        out_char(o, '\n');
    }
    if (table_files(t) > 0)
        out_char(o, '\n');
    put_top_level(t, o);
    put_spaces(o, 9);
    number_integer(o, sum.nc);
    out_text_of(o, " function calls ");
    if (sum.nc != sum.cc) {
        out_char(o, '(');
        number_integer(o, sum.cc);
        out_text_of(o, " primitive calls) ");
    }
    out_text_of(o, "in ");
    number_fixed(o, sum.tt, 0);
    out_text_of(o, " seconds\n\n");
}

/* "66/2", or "66" where both are the same. */
static void put_calls(struct out *o, int64_t all, int64_t primitive, uint32_t width)
{
    uint32_t taken = number_digits(all);

    if (all != primitive)
        taken += 1 + number_digits(primitive);
    put_spaces(o, taken < width ? width - taken : 0);
    number_integer(o, all);
    if (all == primitive)
        return;
    out_char(o, '/');
    number_integer(o, primitive);
}

static void put_time(struct out *o, double seconds)
{
    number_fixed(o, seconds, 8);
    out_char(o, ' ');
}

static void put_share(struct out *o, double seconds, int64_t calls)
{
    if (calls == 0)
        put_spaces(o, 9);
    else
        put_time(o, seconds / (double)calls);
}

static void put_row(const struct printing *p, uint32_t i)
{
    const struct pstats_function *f = table_function_body(p->table, p->list.at[i]);

    put_calls(p->out, f->cost.nc, f->cost.cc, 9);
    out_char(p->out, ' ');
    put_time(p->out, f->cost.tt);
    put_share(p->out, f->cost.tt, f->cost.nc);
    put_time(p->out, f->cost.ct);
    put_share(p->out, f->cost.ct, f->cost.cc);
    standard_write(table_name(p->table, f->key), p->out);
    out_char(p->out, '\n');
}

bool print_stats(const struct pstats_table *t, struct restrictions r, struct out *o,
                 struct err *e)
{
    struct printing p = begin(t, o);

    put_totals(t, o);
    bool ok = put_list(&p, r, e);
    if (ok && p.list.count > 0) {
        out_text_of(o, table_sampled(t)
                           ? " nsamples  tottime persample cumtime persample "
                           : "   ncalls  tottime  percall  cumtime  percall ");
        out_text_of(o, "filename:lineno(function)\n");
        for (uint32_t i = 0; i < p.list.count; i++)
            put_row(&p, i);
        out_text_of(o, "\n\n");
    }
    arena_close(p.scratch);
    return ok;
}

struct call { /* by whom, or whom */
    pstats_key key;
    const struct pstats_name *name;
    bool counted;
    struct pstats_cost cost;
};

static int by_name(const void *left, const void *right)
{
    const struct pstats_name *a = ((const struct call *)left)->name;
    const struct pstats_name *b = ((const struct call *)right)->name;
    int order = str_cmp(a->file, b->file);

    if (order == 0)
        order = a->line < b->line ? -1 : a->line > b->line;
    return order ? order : str_cmp(a->name, b->name);
}

/* Whether the first caller that there is has times of its own. */
static bool has_times(const struct pstats_table *t)
{
    for (uint32_t i = 0; i < table_functions(t) && !t->counted; i++)
        if (table_is_deferred(table_function_body(t, i)))
            return true;
    for (uint32_t i = 0; i < table_functions(t); i++)
        if (table_function(t, i)->callers > 0)
            return !table_caller(t, table_function(t, i)->first)->counted;
    return false;
}

static void put_heading(const struct printing *p, const char *what)
{
    struct out *o = p->out;

    out_text_of(o, "Function ");
    put_spaces(o, p->width > 9 ? p->width - 9 : 0);
    out_text_of(o, what);
    out_char(o, '\n');
    if (!has_times(p->table))
        return;
    put_spaces(o, p->width);
    out_text_of(o, table_sampled(p->table) ? "    nsamples  tottime  cumtime\n"
                                           : "    ncalls  tottime  cumtime\n");
}

/* The cumulative time of a function that is a caller by count; pstats fails where
 * it is no function of the table, we leave it blank. */
static void put_counted(const struct printing *p, const struct call *c)
{
    uint32_t f = table_function_of(p->table, c->key);

    standard_write(*c->name, p->out);
    out_char(p->out, '(');
    number_integer(p->out, c->cost.nc);
    out_text_of(p->out, ") ");
    if (f == PSTATS_NONE)
        put_spaces(p->out, 8);
    else
        number_fixed(p->out, table_function_body(p->table, f)->cost.ct, 8);
}

static void put_call(const struct printing *p, const struct call *c, bool first)
{
    struct out *o = p->out;

    if (!first)
        put_spaces(o, p->width + (c->counted ? 3 : 1));
    if (c->counted) {
        put_counted(p, c);
    } else {
        put_calls(o, c->cost.nc, c->cost.cc, first ? 7 : 9);
        out_char(o, ' ');
        put_time(o, c->cost.tt);
        put_time(o, c->cost.ct);
        out_char(o, ' ');
        standard_write(*c->name, o);
    }
    out_char(o, '\n');
}

static void make_room(struct printing *p, uint32_t calls)
{
    if (calls <= p->room)
        return;
    p->room = 2 * calls;
    p->calls = arena_array(p->scratch, p->room, sizeof *p->calls);
}

static void put_calls_of(const struct printing *p, uint32_t i, const char *arrow,
                         uint32_t count)
{
    struct pstats_name name = name_at(p, i);
    size_t width = standard_width(name);

    standard_write(name, p->out);
    put_spaces(p->out, width < p->width ? p->width - width : 0);
    out_text_of(p->out, arrow);
    if (count == 0)
        out_char(p->out, '\n');
    else
        qsort(p->calls, count, sizeof *p->calls, by_name);
    for (uint32_t c = 0; c < count; c++)
        put_call(p, &p->calls[c], c == 0);
}

static struct call call_of(const struct printing *p, pstats_key key, bool counted,
                           struct pstats_cost cost)
{
    return (struct call){ key, table_name_at(p->table, key), counted, cost };
}

static void put_callers_of(struct printing *p, uint32_t i)
{
    const struct pstats_function *f = table_function(p->table, p->list.at[i]);
    uint32_t count = 0;

    make_room(p, f->callers);
    for (uint32_t id = f->first; id != PSTATS_NONE;) {
        const struct pstats_caller *c = table_caller(p->table, id);

        p->calls[count++] = call_of(p, c->key, c->counted, c->cost);
        id = c->next;
    }
    put_calls_of(p, i, "<- ", count);
}

static void put_callees_of(struct printing *p, const struct callees *all, uint32_t i)
{
    pstats_key key = table_function_body(p->table, p->list.at[i])->key;
    uint32_t from = key < all->keys ? all->from[key] : 0;
    uint32_t count = key < all->keys ? all->from[key + 1] - from : 0;

    make_room(p, count);
    for (uint32_t c = 0; c < count; c++) {
        struct pstats_caller to = table_callee(p->table, from + c);

        p->calls[c] = call_of(p, all->at[from + c].key, to.counted, to.cost);
    }
    put_calls_of(p, i, "-> ", count);
}

bool print_callers(const struct pstats_table *t, struct restrictions r, struct out *o,
                   struct err *e)
{
    struct printing p = begin(t, o);
    bool ok = put_list(&p, r, e);

    if (ok && p.list.count > 0) {
        measure_names(&p);
        put_heading(&p, "was called by...");
        for (uint32_t i = 0; i < p.list.count; i++)
            put_callers_of(&p, i);
        out_text_of(o, "\n\n");
    }
    arena_close(p.scratch);
    return ok;
}

bool print_callees(struct pstats_table *t, struct restrictions r, struct out *o,
                   struct err *e)
{
    struct printing p = begin(t, o);
    bool ok = put_list(&p, r, e);

    if (ok && p.list.count > 0) {
        const struct callees *all = table_callees(t);

        measure_names(&p);
        put_heading(&p, "called...");
        for (uint32_t i = 0; i < p.list.count; i++)
            put_callees_of(&p, all, i);
        out_text_of(o, "\n\n");
    }
    arena_close(p.scratch);
    return ok;
}
