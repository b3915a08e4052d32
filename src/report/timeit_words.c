/* SPDX-License-Identifier: Apache-2.0 */
/* timeit_words.c - figures, names and sentences that all forms of the report share. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/timeit.h"

/* As timeit names them. */
static const struct {
    const char *name;
    double ns;
} units[] = { { "nsec", 1 }, { "usec", 1e3 }, { "msec", 1e6 }, { "sec", 1e9 } };

/* timeit's -v: a digit more each time beyond the first. */
static int digits(const struct timeit_report *r)
{
    return r->verbose > 1 ? 2 + r->verbose : 3;
}

struct figure timeit_time(const struct timeit_report *r, double ns)
{
    struct figure f;

    if (r->unit == 0)
        return units_one(UNIT_NS, ns);
    snprintf(f.text, sizeof f.text, "%.*g %s", digits(r), ns / units[r->unit - 1].ns,
             units[r->unit - 1].name);
    return f;
}

static struct str without_unit(struct figure f, struct arena *a)
{
    f.text[strcspn(f.text, " ")] = '\0';
    return arena_str(a, str_of(f.text));
}

static struct figure in_unit_of(const struct timeit_report *r, double ns, double value)
{
    return r->unit == 0 ? units_cell(units_column(UNIT_NS, ns), value)
                        : timeit_time(r, value);
}

struct str timeit_interval(const struct timeit_report *r, double ns, double low,
                           double high)
{
    if (isnan(low) || isnan(high))
        return (struct str){ 0 };
    struct figure from = in_unit_of(r, ns, low), to = in_unit_of(r, ns, high);
    struct column one = units_column(UNIT_NS, ns);
    /* Whole units below the column's own need theirs. */
    bool same = r->unit != 0 || low == 0 ||
                units_column(UNIT_NS, low).scale >= one.scale ||
                strcmp(strchr(from.text, ' '), strchr(to.text, ' ')) == 0;
    struct str begin =
        same ? without_unit(from, r->arena) : arena_str(r->arena, str_of(from.text));
    struct str end = without_unit(to, r->arena);

    return arena_printf(r->arena, "%.*s-%.*s", (int)begin.len, begin.at, (int)end.len,
                        end.at);
}

struct str timeit_name(const struct timeit_report *r, uint32_t python,
                       uint32_t statement)
{
    const struct timing_order *o = r->timing->order;
    struct str label = timing_label(statement);
    struct str version = o->python[python].version;

    if (o->pythons > 1 && o->statements > 1)
        return arena_printf(r->arena, "%.*s %.*s", (int)label.len, label.at,
                            (int)version.len, version.at);
    return o->pythons > 1 ? version : o->statements > 1 ? label : (struct str){ 0 };
}

struct str timeit_statement(const struct timeit_report *r, uint32_t statement,
                            uint32_t width)
{
    struct str shown = r->timing->order->statement[statement].shown;
    const char *end = shown.len ? memchr(shown.at, '\n', shown.len) : NULL;
    struct str line = { shown.at, end ? (size_t)(end - shown.at) : shown.len };
    struct str safe = screen_safe(line, r->arena);

    if (end)
        safe = arena_printf(r->arena, "%.*s ...", (int)safe.len, safe.at);
    if (safe.len == 0)
        safe = STR("(empty)");
    return width > 0 ? screen_keep_start(safe, width, r->arena) : safe;
}

/* "6.7", "1.037": what is worth printing of a ratio of at least 1. */
static const char *times(double ratio, struct arena *a)
{
    int places = ratio >= 100 ? 0 : ratio >= 10 ? 1 : ratio >= 2 ? 2 : 3;

    return arena_printf(a, "%.*f", places, ratio).at;
}

static struct str faster(const struct timeit_report *r, const struct comparison *c,
                         struct str fast, struct str slow)
{
    bool turned = c->faster == VERDICT_B;
    double ratio = turned ? 1 / c->ratio : c->ratio;
    double low = turned ? 1 / c->high : c->low, high = turned ? 1 / c->low : c->high;
    struct arena *a = r->arena;

    if (!c->known || ratio > 1e6)
        return arena_printf(a,
                            "%.*s is faster: %.*s takes %s more, and %.*s next to "
                            "nothing.",
                            (int)fast.len, fast.at, (int)slow.len, slow.at,
                            timeit_time(r, fabs(c->difference_ns)).text, (int)fast.len,
                            fast.at);
    const char *interval =
        isnan(low) || isinf(high)
            ? ""
            : arena_printf(a, " (%s-%s)", times(low, a), times(high, a)).at;
    return arena_printf(a, "%.*s is faster: %.*s takes %s x %.*s%s.", (int)fast.len,
                        fast.at, (int)slow.len, slow.at, times(ratio, a), (int)fast.len,
                        fast.at, interval);
}

struct str timeit_verdict(const struct timeit_report *r, const struct comparison *c)
{
    struct str a = timeit_name(r, c->python_a, c->a);
    struct str b = timeit_name(r, c->python_b, c->b);
    const struct timing_order *o = r->timing->order;
    bool paired = o->pythons * o->statements == 2;
    const char *of = paired ? ""
                            : arena_printf(r->arena, "%.*s and %.*s: ", (int)a.len,
                                           a.at, (int)b.len, b.at)
                                  .at;

    if (c->faster == VERDICT_A)
        return faster(r, c, a, b);
    if (c->faster == VERDICT_B)
        return faster(r, c, b, a);
    if (c->few)
        return arena_printf(r->arena,
                            "%sToo few rounds to prove a difference (--precise spends "
                            "more time).",
                            of);
    if (!c->known || isnan(c->within))
        return arena_printf(r->arena, "%sNo difference proven.", of);
    return arena_printf(r->arena, "%sNo difference proven (less than %.*f %%).", of,
                        c->within < 0.0995 ? 1 : 0, 100 * c->within);
}

struct notes {
    const struct timeit_report *report;
    struct str *note;
    uint32_t count;
};

enum { NOTES_PER = 5 };
#define SLOW_INSTRUCTION_NS 0.8 /* an instruction; a tenth to a quarter is usual */

static void note_statement(struct notes *n, uint32_t python, uint32_t statement)
{
    const struct timeit_report *r = n->report;
    const struct estimate *e = verdicts_estimate(r->verdicts, python, statement);
    const struct timing_growth *g =
        &timing_series(r->timing, python, statement)->growth;
    struct str name = timeit_name(r, python, statement);
    struct arena *a = r->arena;
    double loops = g->loops ? (double)g->loops : 1;

    if (name.len == 0)
        name = STR("It");
    if (e->waits)
        n->note[n->count++] = arena_printf(
            a,
            "%.*s waits: of %s a loop it runs for %s. %s time is shown and compared.",
            (int)name.len, name.at, timeit_time(r, e->wall).text,
            timeit_time(r, e->cpu).text, r->timing->order->process ? "CPU" : "Wall");
    if (g->loops && (double)g->cyclic >= loops / 2)
        n->note[n->count++] = arena_printf(
            a,
            "%.*s leaves %.1f objects a loop for the garbage collector, which is off "
            "while timing, as in timeit (-s 'import gc; gc.enable()' has it on).",
            (int)name.len, name.at, (double)g->cyclic / loops);
    else if (g->loops && g->bytes >= 65536 && (double)g->bytes >= loops)
        n->note[n->count++] = arena_printf(
            a,
            "%.*s grows: each loop leaves about %s behind, so that later loops are "
            "others than the first.",
            (int)name.len, name.at,
            units_one(UNIT_BYTES, (double)g->bytes / loops).text);
    if (e->median < 0.05 * e->gross && !e->waits)
        n->note[n->count++] =
            arena_printf(a,
                         "%.*s takes next to nothing beside the loop around it (%s), "
                         "which is taken off.",
                         (int)name.len, name.at, timeit_time(r, e->gross).text);
}

static struct str noise(const struct timeit_report *r)
{
    const struct verdicts *v = r->verdicts;
    const char *more = "a quieter moment, or --precise, tells more";

    if (v->slow > 0.1)
        return arena_printf(
            r->arena,
            "This machine is busy: %.0f %% of the blocks took more than "
            "1.5 x the median (%s).",
            100 * v->slow, more);
    return arena_printf(r->arena,
                        "This machine is busy: others had the processor for %.0f %% of "
                        "the time (%s).",
                        100 * (1 - 1 / v->busy), more);
}

/* What the counts do not tell: bytes moved by one instruction, memory waited for. */
static void note_slow_instructions(struct notes *n, uint32_t python, uint32_t statement)
{
    const struct timeit_report *r = n->report;
    const struct explained *x = explain_at(r->explain, r->verdicts, python, statement);
    double ns = x->split ? explained_instruction_ns(x) : 0;
    struct str name = timeit_name(r, python, statement);
    struct str whose = name.len > 0
                           ? arena_printf(r->arena, "%.*s's", (int)name.len, name.at)
                           : STR("Its");

    if (ns < SLOW_INSTRUCTION_NS)
        return;
    n->note[n->count++] = arena_printf(
        r->arena,
        "%.*s instructions take %s each, where a tenth or two of a nanosecond is "
        "usual: "
        "they wait for memory, or one moves many bytes. Their shares say little of its "
        "time.",
        (int)whose.len, whose.at, units_one(UNIT_NS, ns).text);
}

struct str *timeit_notes(const struct timeit_report *r, uint32_t *count)
{
    const struct timing_order *o = r->timing->order;
    struct notes n = { .report = r };

    n.note = arena_array(r->arena, NOTES_PER * o->pythons * o->statements + 2,
                         sizeof *n.note);
    for (uint32_t p = 0; p < o->pythons; p++)
        for (uint32_t i = 0; i < o->statements; i++)
            note_statement(&n, p, i);
    for (uint32_t p = 0; r->explain && p < o->pythons; p++)
        for (uint32_t i = 0; i < o->statements; i++)
            note_slow_instructions(&n, p, i);
    if (r->timing->collects)
        n.note[n.count++] =
            arena_printf(r->arena,
                         "The setup switched the garbage collector on: %s "
                         "collections while timing.",
                         units_count(r->timing->collections).text);
    if (r->verdicts->noisy)
        n.note[n.count++] = noise(r);
    *count = n.count;
    return n.note;
}
