/* SPDX-License-Identifier: Apache-2.0 */
/* timeit_why.c - what is said of splits: which of two is the slow one, tables,
 * sentences, what was not split and why. */
#include <stdlib.h>
#include <string.h>

#include "report/timeit_split.h"

enum { TABLES_UNASKED = 3 };
#define BORROWED_WORTH 0.05 /* of the instructions: then it is told */

static const struct explained *explained_of(const struct timeit_report *r,
                                            uint32_t python, uint32_t statement)
{
    return explain_at(r->explain, r->verdicts, python, statement);
}

/* Both sides of a comparison, the slow one first. */
struct pair {
    const struct explained *slow, *fast;
    uint32_t slow_python, slow_statement, fast_python, fast_statement;
    bool turned; /* the slow one was typed first */
};

static bool is_turned(const struct comparison *c)
{
    return c->faster == VERDICT_B ||
           (c->faster == VERDICT_NONE && c->difference_ns < 0);
}

static struct pair pair_of(const struct timeit_report *r, const struct comparison *c)
{
    bool turned = is_turned(c);
    struct pair p = {
        .slow_python = turned ? c->python_a : c->python_b,
        .slow_statement = turned ? c->a : c->b,
        .fast_python = turned ? c->python_b : c->python_a,
        .fast_statement = turned ? c->b : c->a,
        .turned = turned,
    };

    p.slow = explained_of(r, p.slow_python, p.slow_statement);
    p.fast = explained_of(r, p.fast_python, p.fast_statement);
    return p;
}

bool timeit_because(const struct timeit_report *r, const struct comparison *c,
                    struct because *b)
{
    struct pair p = r->explain ? pair_of(r, c) : (struct pair){ 0 };
    struct contrast *contrast = arena_alloc(r->arena, sizeof *contrast);

    *b = (struct because){ .contrast = contrast };
    if (!p.slow || !p.slow->split || !p.fast->split)
        return false;
    explain_contrast(p.slow, p.fast, contrast);
    b->slow = timeit_name(r, p.slow_python, p.slow_statement);
    b->fast = timeit_name(r, p.fast_python, p.fast_statement);
    b->time = verdicts_estimate(r->verdicts, p.slow_python, p.slow_statement);
    because_of(b, r->arena);
    return true;
}

bool timeit_because_one(const struct timeit_report *r, uint32_t python,
                        uint32_t statement, struct because *b)
{
    const struct explained *x = r->explain ? explained_of(r, python, statement) : NULL;
    struct contrast *contrast = arena_alloc(r->arena, sizeof *contrast);

    *b = (struct because){ .contrast = contrast };
    if (!x || !x->split)
        return false;
    explain_contrast(x, NULL, contrast);
    b->time = verdicts_estimate(r->verdicts, python, statement);
    because_of(b, r->arena);
    return true;
}

static void print_sentences(const struct screen *s, const char *begin,
                            const struct because *b)
{
    for (uint32_t i = 0; i < b->count; i++)
        timeit_paragraph(s, i == 0 ? begin : "", b->sentence[i]);
}

static void print_comparison(const struct timeit_report *r, const struct screen *s,
                             const struct comparison *c, bool table)
{
    struct because b;
    bool turned = is_turned(c);

    if (!timeit_because(r, c, &b))
        return;
    out_char(s->out, '\n');
    if (table) {
        struct split_table t = {
            r, s, b.contrast, b.slow, b.fast, b.shareless, turned
        };
        timeit_split(&t);
    }
    const char *which = arena_printf(r->arena, "%.*s and %.*s: ", (int)b.fast.len,
                                     b.fast.at, (int)b.slow.len, b.slow.at)
                            .at;
    print_sentences(s, table ? "" : which, &b);
}

static void print_single(const struct timeit_report *r, const struct screen *s,
                         uint32_t python, uint32_t statement)
{
    struct because b;

    if (!timeit_because_one(r, python, statement, &b))
        return;
    out_char(s->out, '\n');
    struct split_table t = { .report = r, .screen = s, .contrast = b.contrast };
    timeit_split(&t);
    print_sentences(s, "", &b);
}

static void each(const struct timeit_report *r, const struct screen *s,
                 void (*print)(const struct timeit_report *, const struct screen *,
                               const struct explained *, struct str))
{
    const struct timing_order *o = r->timing->order;

    for (uint32_t i = 0; i < o->statements; i++)
        for (uint32_t p = 0; p < o->pythons; p++)
            print(r, s, explained_of(r, p, i), timeit_name(r, p, i));
}

/* "A was not split: WHY." */
static void print_refusal(const struct timeit_report *r, const struct screen *s,
                          const struct explained *x, struct str name)
{
    if (x->split)
        return;
    struct str why = screen_safe(x->refused, r->arena);
    timeit_paragraph(s, "",
                     arena_printf(r->arena, "%.*s is not split: %.*s.",
                                  name.len ? (int)name.len : 2,
                                  name.len ? name.at : "It", (int)why.len, why.at));
}

static void print_partial(const struct timeit_report *r, const struct screen *s,
                          const struct explained *x, struct str name)
{
    struct str whose = name.len > 0
                           ? arena_printf(r->arena, "%.*s's", (int)name.len, name.at)
                           : STR("its");

    if (name.len == 0)
        name = STR("It");
    if (!x->split)
        return;
    struct str why = screen_safe(x->split->why, r->arena);
    if (x->split->end == SPLIT_PARTIAL)
        timeit_paragraph(
            s, "note: ",
            arena_printf(r->arena,
                         "%.*s was stepped in part: %.*s; its counts are a "
                         "lower bound.",
                         (int)name.len, name.at, (int)why.len, why.at));
    if ((double)x->split->borrowed > BORROWED_WORTH * (double)x->split->total)
        timeit_paragraph(
            s, "note: ",
            arena_printf(r->arena,
                         "Of %.*s instructions %.0f %% lie in code without a name and "
                         "are charged to the function or the opcode that led there.",
                         (int)whose.len, whose.at,
                         100 * (double)x->split->borrowed / (double)x->split->total));
}

static void print_all(const struct timeit_report *r, const struct screen *s,
                      const struct explained *x, struct str name)
{
    if (x->split && r->verbose > 0)
        timeit_split_all(r, s, x, name);
}

/* How it was found out, and what is no more than an estimate. */
static void print_method(const struct timeit_report *r, const struct screen *s)
{
    const struct timing_order *o = r->timing->order;
    const struct split *one = NULL;

    for (uint32_t i = 0; i < o->pythons * o->statements && !one; i++)
        one = r->explain->at[i].split;
    if (!one)
        return;
    struct str version = o->pythons == 1 ? o->python[0].version : (struct str){ 0 };
    timeit_paragraph(
        s, "",
        arena_printf(
            r->arena,
            "Instructions are counted exactly (%s%s%.*s, after %s warm loops%s); "
            "the times beside them are estimates.",
            one->method == SPLIT_BLOCKS ? "block-stepped" : "stepped one by one",
            version.len ? ", Python " : "", (int)version.len, version.at,
            units_count(one->warm).text,
            one->jit ? ", compiled code by the JIT is bytecode here" : ""));
}

void timeit_why(const struct timeit_report *r, const struct screen *s)
{
    uint32_t count = r->verdicts->comparisons;

    if (!r->explain)
        return;
    for (uint32_t i = 0; i < count; i++)
        print_comparison(r, s, &r->verdicts->comparison[i],
                         count <= TABLES_UNASKED || r->verbose > 0);
    if (count == 0)
        print_single(r, s, 0, 0);
    print_method(r, s);
    each(r, s, print_refusal);
    each(r, s, print_partial);
    each(r, s, print_all);
}
