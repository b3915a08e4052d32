/* SPDX-License-Identifier: Apache-2.0 */
/* diff.c - rows chosen and ordered, and the words that text, Markdown and the exit
 * status have in common. */
#include "report/diff.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/names.h"
#include "model/places.h"
#include "report/diff_texts.h"

const struct function *diff_function(const struct compared *c)
{
    return c->function[SIDE_AFTER] ? c->function[SIDE_AFTER] : c->function[SIDE_BEFORE];
}

/* Told from several runs; else what was measured is all there is. */
static bool is_estimated(const struct compared *c)
{
    return c->effect.low > 0;
}

double diff_change(const struct compared *c)
{
    double before = c->figures[SIDE_BEFORE].time, after = c->figures[SIDE_AFTER].time;

    return is_estimated(c) ? before * (c->effect.ratio - 1) : after - before;
}

bool diff_is_proven(const struct compared *c)
{
    return c->effect.verdict == VERDICT_SLOWER || c->effect.verdict == VERDICT_FASTER;
}

bool diff_is_single(const struct diff *d)
{
    return compare_runs(d->functions, SIDE_BEFORE) == 1 &&
           compare_runs(d->functions, SIDE_AFTER) == 1;
}

bool diff_is_telling(const struct diff *d, const struct compared *c)
{
    bool all = diff_is_single(d) || d->options->limit >= 0 || d->options->filters > 0 ||
               compare_total(d->functions)->effect.verdict == VERDICT_NONE;

    return all || diff_is_proven(c) || c->change == CHANGE_NEW ||
           c->change == CHANGE_GONE || c->calls_differ;
}

/* Names alone: figures come later. */
static struct rows rows_of(const struct diff *d)
{
    bool strip = d->options->strip_dirs;
    uint32_t count = compare_rows(d->functions);
    struct rows rows = { arena_array(d->arena, count, sizeof *rows.at), count };

    for (uint32_t i = 0; i < count; i++) {
        const struct function *f = diff_function(compare_row(d->functions, i));

        rows.at[i] = (struct row){
            .file = strip ? str_basename(f->file) : f->file,
            .name = f->name,
            .line = f->line,
            .standard = name_standard(f, strip, d->arena),
            .shown = name_shown(f, d->arena),
            .id = i,
        };
    }
    return rows;
}

static void leave_out_rest(struct compare *functions, struct compare *paths,
                           struct rows rows, struct arena *a)
{
    bool *chosen = arena_array(a, compare_rows(functions), sizeof *chosen);

    for (uint32_t i = 0; i < rows.count; i++)
        chosen[rows.at[i].id] = true;
    for (uint32_t i = 0; i < compare_rows(functions); i++)
        if (!chosen[i])
            compare_leave_out(functions, i);
    for (uint32_t i = 0; paths && i < compare_rows(paths); i++) {
        uint32_t function = compare_row(paths, i)->function_row;

        if (function == COMPARED_NONE || !chosen[function])
            compare_leave_out(paths, i);
    }
}

static uint64_t whole(double time)
{
    return time < 0x1p62 ? (uint64_t)time : (uint64_t)1 << 62;
}

/* As the report has them, of the runs after; the change in place of nothing. */
static void fill_rows(const struct diff *d, struct rows rows)
{
    for (uint32_t i = 0; i < rows.count; i++) {
        const struct compared *c = compare_row(d->functions, rows.at[i].id);
        const struct figures *f = &c->figures[SIDE_AFTER];

        rows.at[i].stat = (struct stat_row){ .calls = f->calls,
                                             .primitive_calls = f->calls,
                                             .self = whole(f->self),
                                             .cumulative = whole(f->time) };
    }
}

int diff_by_change(const void *one, const void *other)
{
    const struct diff_row *a = one, *b = other;
    double x = fabs(a->change), y = fabs(b->change);

    if (x != y)
        return x > y ? -1 : 1;
    return a->compared->row < b->compared->row ? -1 : 1;
}

static void order(struct diff *d, struct rows rows)
{
    const struct diff_options *o = d->options;

    fill_rows(d, rows);
    sort_rows(&o->sort, rows);
    d->rows = rows.count;
    d->row = arena_array(d->arena, rows.count, sizeof *d->row);
    for (uint32_t i = 0; i < rows.count; i++) {
        const struct compared *c = compare_row(d->functions, rows.at[i].id);

        d->row[i] = (struct diff_row){ c, diff_change(c) };
    }
    if (o->sort.fields == 0)
        qsort(d->row, d->rows, sizeof *d->row, diff_by_change);
    for (uint32_t i = 0; o->reverse && i < d->rows / 2; i++) {
        struct diff_row swap = d->row[i];

        d->row[i] = d->row[d->rows - 1 - i];
        d->row[d->rows - 1 - i] = swap;
    }
}

static uint32_t *parts_of(const struct compare *functions, struct arena *a)
{
    uint32_t count = compare_rows(functions);
    const struct function **at = arena_array(a, count, sizeof *at);

    for (uint32_t i = 0; i < count; i++)
        at[i] = diff_function(compare_row(functions, i));
    return places_parts(at, count, a);
}

struct diff *diff_open(struct compare *functions, struct compare *paths,
                       const struct diff_options *o, struct err *e)
{
    struct arena *a = arena_open();
    struct diff *d = arena_alloc(a, sizeof *d);

    *d = (struct diff){
        .options = o, .arena = a, .functions = functions, .paths = paths
    };
    struct rows rows = rows_of(d);
    if (!match_rows(o->filter, o->filters, &rows, e)) {
        diff_close(d);
        return NULL;
    }
    if (o->filters > 0)
        leave_out_rest(functions, paths, rows, a);
    compare_finish(functions, o->above);
    if (paths)
        compare_finish(paths, o->above);
    d->parts = parts_of(functions, a);
    order(d, rows);
    return d;
}

void diff_close(struct diff *d)
{
    if (d)
        arena_close(d->arena);
}

struct figure diff_signed(struct column column, double change)
{
    struct figure f = units_cell(column, fabs(change)), with_sign;

    snprintf(with_sign.text, sizeof with_sign.text, "%s%.30s",
             change > 0   ? "+"
             : change < 0 ? "-"
                          : "",
             f.text);
    return with_sign;
}

struct figure diff_time(struct column column, const struct compared *c, enum side side)
{
    if (c->change == (side == SIDE_BEFORE ? CHANGE_NEW : CHANGE_GONE))
        return (struct figure){ "-  " };
    return units_cell(column, c->figures[side].time);
}

static double ratio_of(const struct compared *c)
{
    double before = c->figures[SIDE_BEFORE].time, after = c->figures[SIDE_AFTER].time;

    return is_estimated(c) ? c->effect.ratio : before > 0 ? after / before : 0;
}

/* Three digits of a change in percent, and its sign. */
static struct figure percent(double ratio)
{
    double change = 100 * (ratio - 1), size = fabs(change);
    struct figure f;

    snprintf(f.text, sizeof f.text, "%+.*f", size < 99.95 ? 1 : 0, change);
    return f;
}

struct figure diff_percent(const struct compared *c)
{
    struct figure f = { "new" };

    if (c->change == CHANGE_GONE)
        return (struct figure){ "gone" };
    if (c->change == CHANGE_NEW || ratio_of(c) <= 0)
        return c->change == CHANGE_NEW ? f : (struct figure){ "-" };
    f = percent(ratio_of(c));
    strncat(f.text, " %", sizeof f.text - strlen(f.text) - 1);
    return f;
}

struct str diff_interval(const struct effect *e, struct arena *a)
{
    if (e->low <= 0)
        return (struct str){ 0 };
    return arena_printf(a, "%s to %s %%", percent(e->low).text, percent(e->high).text);
}

/* What each call costs, after by before: where it is another figure. */
static double each_call(const struct compared *c)
{
    const struct figures *b = &c->figures[SIDE_BEFORE], *a = &c->figures[SIDE_AFTER];

    if (b->calls == 0 || a->calls == 0)
        return 1;
    return ratio_of(c) * (double)b->calls / (double)a->calls;
}

struct str diff_reason(const struct compared *c, bool brief, struct arena *a)
{
    uint64_t before = c->figures[SIDE_BEFORE].calls;
    uint64_t after = c->figures[SIDE_AFTER].calls;
    uint64_t more = after > before ? after - before : before - after;
    double each = each_call(c);

    if (c->change == CHANGE_NEW || c->change == CHANGE_GONE)
        return arena_printf(a, "%s call%s", units_round(after + before).text,
                            after + before == 1 ? "" : "s");
    if (!c->calls_differ || more == 0)
        return (struct str){ 0 };
    struct str calls =
        arena_printf(a, "%s %s call%s", units_round(more).text,
                     after > before ? "more" : "fewer", more == 1 ? "" : "s");
    if (brief || (each > 0.95 && each < 1.05))
        return calls;
    return arena_printf(a, "%s, each %.*f x", calls.at, each < 9.95 ? 2 : 0, each);
}

static uint32_t fewer_runs(const struct diff *d)
{
    uint32_t before = compare_runs(d->functions, SIDE_BEFORE);
    uint32_t after = compare_runs(d->functions, SIDE_AFTER);

    return before < after ? before : after;
}

/* "10 runs a side", "10 and 8 runs" */
static struct str runs_of(const struct diff *d, struct arena *a)
{
    uint32_t before = compare_runs(d->functions, SIDE_BEFORE);
    uint32_t after = compare_runs(d->functions, SIDE_AFTER);

    if (before == after)
        return arena_printf(a, "%u runs a side", before);
    return arena_printf(a, "%u and %u runs", before, after);
}

struct str diff_verdict(const struct diff *d, struct arena *a)
{
    const struct compared *total = compare_total(d->functions);
    double ratio = ratio_of(total);
    struct str size = arena_printf(a, "%.*f %% %s", fabs(ratio - 1) < 0.0995 ? 1 : 0,
                                   100 * fabs(ratio - 1), ratio < 1 ? "less" : "more");
    struct str interval = diff_interval(&total->effect, a);

    if (ratio <= 0)
        return STR("nothing in common");
    if (ratio == 1)
        size = STR("the same");
    if (fewer_runs(d) == 1)
        return arena_printf(a, "%s, %s: no interval", size.at,
                            diff_is_single(d) ? "one run a side" : "one run of a side");
    if (total->effect.verdict == VERDICT_NONE)
        return arena_printf(a, "%s (%s); %s prove nothing, %u do", size.at, interval.at,
                            runs_of(d, a).at, evidence_runs_needed(1));
    if (total->effect.verdict == VERDICT_NO_DIFFERENCE)
        return arena_printf(a, "no difference proven over %s (%s)", runs_of(d, a).at,
                            interval.at);
    return arena_printf(a, "%s, proven over %s (%s)", size.at, runs_of(d, a).at,
                        interval.at);
}

struct str diff_common(const struct diff *d, struct arena *a)
{
    const struct effect *e = compare_common(d->functions);
    bool in_turn = compare_in_turn(d->functions);

    if (e->verdict != VERDICT_SLOWER && e->verdict != VERDICT_FASTER)
        return (struct str){ 0 };
    return arena_printf(
        a, "All functions alike are %s: %s. %s",
        e->verdict == VERDICT_SLOWER ? "slower" : "faster", diff_interval(e, a).at,
        in_turn ? "It is part of each one's change."
                : "The sides were not run in turn, so it may be the machine: functions "
                  "are told beside it.");
}

struct diff_counts diff_count(const struct diff *d)
{
    struct diff_counts n = { 0 };

    for (uint32_t i = 0; i < d->rows; i++) {
        const struct compared *c = d->row[i].compared;

        if (c->change == CHANGE_NEW)
            n.appeared++;
        else if (c->change == CHANGE_GONE)
            n.gone++;
        else if (c->effect.verdict == VERDICT_SLOWER)
            n.slower++;
        else if (c->effect.verdict == VERDICT_FASTER)
            n.faster++;
        else if (c->calls_differ)
            n.calls++;
        else
            n.rest++;
    }
    return n;
}

/* Proven to be; where nothing can be proven, as measured. */
static bool is_above(const struct diff *d, const struct compared *c)
{
    bool there = c->change != CHANGE_NEW && c->change != CHANGE_GONE;

    if (c->effect.verdict != VERDICT_NONE)
        return c->effect.above;
    return there && ratio_of(c) > 1 + d->options->above;
}

static struct str too_slow(const struct diff *d, struct str what,
                           const struct compared *c)
{
    enum unit unit = d->options->unit;
    const char *how = c->effect.verdict == VERDICT_NONE ? "measured" : "proven";

    return arena_printf(d->arena,
                        "slower than allowed: %.*s: %s -> %s, %s (%s; "
                        "--fail-above %g%%)",
                        (int)what.len, what.at,
                        units_one(unit, c->figures[SIDE_BEFORE].time).text,
                        units_one(unit, c->figures[SIDE_AFTER].time).text,
                        diff_percent(c).text, how, 100 * d->options->above);
}

static bool is_comparable(const struct compared *c)
{
    return c->change != CHANGE_NEW && c->change != CHANGE_GONE && ratio_of(c) > 0;
}

/* A gate that nothing can fail is open. */
bool diff_guards(const struct diff *d, struct err *e)
{
    bool any = d->options->above <= 0 ||
               (d->options->filters == 0 && ratio_of(compare_total(d->functions)) > 0);

    for (uint32_t i = 0; !any && i < d->rows && d->options->filters > 0; i++)
        any = is_comparable(d->row[i].compared);
    return any ||
           err_set(e, ERR_FORMAT, "nothing to guard: --fail-above: %s",
                   d->options->filters > 0
                       ? "no function that was chosen is on both sides, with time in "
                         "it (see --only and --not)"
                       : "a side has no time in it");
}

/* The total, or of the functions chosen the one that lost most. */
struct str diff_too_slow(const struct diff *d)
{
    const struct compared *total = compare_total(d->functions), *worst = NULL;

    if (d->options->above <= 0)
        return (struct str){ 0 };
    if (d->options->filters == 0)
        return is_above(d, total) ? too_slow(d, STR("the total"), total)
                                  : (struct str){ 0 };
    for (uint32_t i = 0; i < d->rows; i++) {
        const struct compared *c = d->row[i].compared;

        if (is_above(d, c) && (!worst || diff_change(c) > diff_change(worst)))
            worst = c;
    }
    return worst ? too_slow(d, name_shown(diff_function(worst), d->arena), worst)
                 : (struct str){ 0 };
}
