/* SPDX-License-Identifier: Apache-2.0 */
/* compare.c - pairs functions up, and prints what changed between the two. */
#include "pstats/compare.h"

#include <math.h>
#include <stdlib.h>

#include "pstats/body.h"
#include "pstats/number.h"
#include "pstats/standard.h"

struct pair {
    uint32_t before, after; /* functions; PSTATS_NONE: new, or gone */
    double change;          /* of internal time */
};

struct pairs {
    const struct pstats_table *before, *after;
    struct arena *arena;
    struct pair *at;
    uint32_t count;
    uint32_t *after_pair; /* by function of `after`: its pair + 1 */
};

static struct pstats_name name_of(const struct pstats_table *t, uint32_t function)
{
    return table_name(t, table_function_body(t, function)->key);
}

static void pair_up(struct pairs *p, uint32_t before, uint32_t after)
{
    if (after != PSTATS_NONE)
        p->after_pair[after] = p->count + 1;
    p->at[p->count++] = (struct pair){ before, after, 0 };
}

static uint32_t same_name(const struct pstats_table *t, struct pstats_name name)
{
    pstats_key key = table_look_up(t, name);

    return key == PSTATS_NONE ? PSTATS_NONE : table_function_of(t, key);
}

struct twin { /* functions of one file and name, whatever their line */
    uint32_t before, after, befores, afters;
};

static struct twin *twin_of(struct pstats_table *names, struct twin *twins,
                            struct pstats_name name)
{
    name.line = 0;
    return &twins[table_key(names, name, true)];
}

/* Those of no equal name: where file and name leave no doubt they have moved. */
static void pair_moved(struct pairs *p)
{
    uint32_t befores = table_functions(p->before), afters = table_functions(p->after);
    struct pstats_table *names = table_open();
    struct twin *twins = arena_array(p->arena, (size_t)befores + afters, sizeof *twins);

    for (uint32_t i = 0; i < befores; i++)
        if (same_name(p->after, name_of(p->before, i)) == PSTATS_NONE) {
            struct twin *t = twin_of(names, twins, name_of(p->before, i));

            t->before = i;
            t->befores++;
        }
    for (uint32_t i = 0; i < afters; i++)
        if (p->after_pair[i] == 0) {
            struct twin *t = twin_of(names, twins, name_of(p->after, i));

            t->after = i;
            t->afters++;
        }
    for (uint32_t i = 0; i < befores; i++)
        if (same_name(p->after, name_of(p->before, i)) == PSTATS_NONE) {
            struct twin *t = twin_of(names, twins, name_of(p->before, i));
            bool moved = t->befores == 1 && t->afters == 1;

            pair_up(p, i, moved ? t->after : PSTATS_NONE);
        }
    table_close(names);
}

static double time_of(const struct pstats_table *t, uint32_t function)
{
    return function == PSTATS_NONE ? 0 : table_function_body(t, function)->cost.tt;
}

static int larger_change(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    double x = fabs(a->change), y = fabs(b->change);

    if (x != y)
        return x > y ? -1 : 1;
    if (a->before != b->before)
        return a->before < b->before ? -1 : 1;
    return a->after < b->after ? -1 : a->after > b->after;
}

static struct pairs find_pairs(const struct pstats_table *before,
                               const struct pstats_table *after)
{
    uint32_t befores = table_functions(before), afters = table_functions(after);
    struct arena *a = arena_open();
    struct pairs p = {
        .before = before,
        .after = after,
        .arena = a,
        .at = arena_array(a, (size_t)befores + afters, sizeof *p.at),
        .after_pair = arena_array(a, afters, sizeof *p.after_pair),
    };

    for (uint32_t i = 0; i < befores; i++) {
        uint32_t same = same_name(after, name_of(before, i));

        if (same != PSTATS_NONE)
            pair_up(&p, i, same);
    }
    pair_moved(&p);
    for (uint32_t i = 0; i < afters; i++)
        if (p.after_pair[i] == 0)
            pair_up(&p, PSTATS_NONE, i);
    for (uint32_t i = 0; i < p.count; i++)
        p.at[i].change =
            time_of(after, p.at[i].after) - time_of(before, p.at[i].before);
    if (p.count > 0)
        qsort(p.at, p.count, sizeof *p.at, larger_change);
    return p;
}

static struct pstats_name name_of_pair(const struct pairs *p, uint32_t i)
{
    const struct pair *pair = &p->at[i];

    return pair->after != PSTATS_NONE ? name_of(p->after, pair->after)
                                      : name_of(p->before, pair->before);
}

static void put_time(struct out *o, const struct pstats_table *t, uint32_t function)
{
    if (function == PSTATS_NONE)
        out_text_of(o, "        ");
    else
        number_fixed(o, time_of(t, function), 8);
    out_char(o, ' ');
}

static void put_calls(struct out *o, const struct pair *pair, const struct pairs *p)
{
    int64_t before = 0, after = 0;

    if (pair->before != PSTATS_NONE)
        before = table_function_body(p->before, pair->before)->cost.nc;
    if (pair->after != PSTATS_NONE)
        after = table_function_body(p->after, pair->after)->cost.nc;
    if (pair->before == PSTATS_NONE)
        out_printf(o, "%9s %9lld", "new", (long long)after);
    else if (pair->after == PSTATS_NONE)
        out_printf(o, "%9lld %9s", (long long)before, "gone");
    else
        out_printf(o, "%9lld %9lld", (long long)before, (long long)after);
    out_char(o, ' ');
}

static void put_pair(const struct pairs *p, uint32_t i, struct out *o)
{
    const struct pair *pair = &p->at[i];

    number_fixed(o, pair->change, 8);
    out_char(o, ' ');
    put_time(o, p->before, pair->before);
    put_time(o, p->after, pair->after);
    put_calls(o, pair, p);
    standard_write(name_of_pair(p, i), o);
    out_char(o, '\n');
}

/* The pairs as a table, in their order, for restrictions to choose from. */
static struct pstats_table *table_of(const struct pairs *p)
{
    struct pstats_table *t = table_open();

    for (uint32_t i = 0; i < p->count; i++)
        table_put(t, table_key(t, name_of_pair(p, i), true),
                  (struct pstats_cost){ .nc = i });
    return t;
}

static void put_totals(const struct pairs *p, struct out *o)
{
    out_text_of(o, "         ");
    number_fixed(o, table_totals(p->before).tt, 0);
    out_text_of(o, " seconds before, ");
    number_fixed(o, table_totals(p->after).tt, 0);
    out_text_of(o, " seconds after\n\n   Ordered by: change of internal time\n");
}

bool compare_print(const struct pstats_table *before, const struct pstats_table *after,
                   struct restrictions r, struct out *o, struct err *e)
{
    struct pairs p = find_pairs(before, after);
    struct pstats_table *t = table_of(&p);
    struct listed list;

    put_totals(&p, o);
    bool ok = restrict_list(t, r, &list, o, p.arena, e);
    out_char(o, '\n');
    if (ok && list.count > 0)
        out_text_of(o, "  change   before    after    ncalls   ncalls "
                       "filename:lineno(function)\n");
    for (uint32_t i = 0; ok && i < list.count; i++)
        put_pair(&p, (uint32_t)table_function_body(t, list.at[i])->cost.nc, o);
    out_text_of(o, "\n\n");
    table_close(t);
    arena_close(p.arena);
    return ok;
}
