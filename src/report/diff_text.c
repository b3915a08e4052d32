/* SPDX-License-Identifier: Apache-2.0 */
/* diff_text.c - the comparison on a terminal: the answer, the functions that make it,
 * and how many are left. */
#include <math.h>

#include "report/diff_texts.h"
#include "report/report.h"

enum {
    COLUMNS_BEFORE = 41, /* of a row, in front of the name */
    NAMES_LEAST = 16,
    NAME_MOST = 40,
    REMARK_FRAME = 5,    /* three blanks and parentheses */
    INTERVAL_WIDE = 100, /* narrower terminals have no room for intervals */
};

struct table {
    const struct diff *diff;
    const struct screen *screen;
    struct column change, time;
    uint32_t name_width;
    uint32_t shown; /* rows */
};

static struct figure span(const struct diff *d, enum side side)
{
    return units_one(d->options->unit, compare_total(d->functions)->figures[side].time);
}

static void print_heading(const struct diff *d, const struct screen *s)
{
    const struct diff_options *o = d->options;
    struct str before = screen_safe(str_of(o->side[SIDE_BEFORE].title), d->arena);
    struct str after = screen_safe(str_of(o->side[SIDE_AFTER].title), d->arena);
    struct str common = diff_common(d, d->arena);

    screen_put(s, TONE_BOLD, before, 0);
    out_text_of(s->out, " -> ");
    screen_put(s, TONE_BOLD, after, 0);
    out_printf(s->out, "\n%s -> ", span(d, SIDE_BEFORE).text);
    out_printf(s->out, "%s   ", span(d, SIDE_AFTER).text);
    screen_put(s, TONE_BOLD, diff_verdict(d, d->arena), 0);
    out_char(s->out, '\n');
    if (common.len > 0)
        screen_sentence(s, "", common);
    out_char(s->out, '\n');
}

static struct label label_of(const struct diff *d, const struct compared *c)
{
    return (struct label){ diff_function(c), d->parts[c->row], d->options->strip_dirs };
}

/* "3.0 M more calls", "-40.1 to -37.2 %", or that nothing is proven: as much of it as
 * there is room for. */
static struct str remark(const struct diff *d, const struct screen *s,
                         const struct compared *c, uint32_t room)
{
    struct str reason = diff_reason(c, false, d->arena);
    struct str interval = diff_interval(&c->effect, d->arena);
    bool unproven = c->effect.verdict == VERDICT_NO_DIFFERENCE;

    if (s->width > 0 && s->width < INTERVAL_WIDE)
        interval.len = 0;
    if (unproven && interval.len > 0)
        interval = arena_printf(d->arena, "not proven, %s", interval.at);
    else if (unproven)
        interval = STR("not proven");
    if (reason.len > 0 && interval.len > 0)
        return arena_printf(d->arena, "%s; %s", reason.at, interval.at);
    if (interval.len > 0 || reason.len <= room)
        return interval.len > 0 ? interval : reason;
    reason = diff_reason(c, true, d->arena);
    return reason.len <= room ? reason : (struct str){ 0 };
}

static void print_row(const struct table *t, const struct compared *c)
{
    const struct diff *d = t->diff;
    const struct screen *s = t->screen;
    struct label label = label_of(d, c);
    uint32_t width = label_name_width(&label, d->arena);
    uint32_t place = label_place_width(&label, d->arena), room = UINT32_MAX;

    if (s->width > 0) { /* what the whole label leaves, or what it must */
        uint32_t all = s->width > COLUMNS_BEFORE + NAMES_LEAST
                           ? s->width - COLUMNS_BEFORE
                           : NAMES_LEAST;
        uint32_t least = width < NAMES_LEAST ? width : NAMES_LEAST;

        least += place > 0 ? 2 + (place < NAMES_LEAST ? place : NAMES_LEAST) : 0;
        room = all > least + REMARK_FRAME ? all - least - REMARK_FRAME : 0;
        width = all;
    } else {
        width = 0;
    }
    struct str said = remark(d, s, c, room);
    if (width > 0 && said.len > 0)
        width -= (uint32_t)said.len + REMARK_FRAME;
    out_printf(s->out, "%9s %9s  ", diff_signed(t->change, diff_change(c)).text,
               diff_percent(c).text);
    out_printf(s->out, "%8s  ", diff_time(t->time, c, SIDE_BEFORE).text);
    out_printf(s->out, "%8s  ", diff_time(t->time, c, SIDE_AFTER).text);
    label_put(&label, s, t->name_width, width, d->arena);
    if (said.len > 0) {
        out_text_of(s->out, "   (");
        screen_put(s, TONE_DIM, said, 0);
        out_char(s->out, ')');
    }
    out_char(s->out, '\n');
}

/* The rows to print, in a list of their own. */
static const struct compared **choose(struct table *t)
{
    const struct diff *d = t->diff;
    const struct compared **row = arena_array(d->arena, d->rows, sizeof *row);
    struct report_options limit = { .limit = d->options->limit };
    uint32_t telling = 0;
    double change = 0, time = 0;

    for (uint32_t i = 0; i < d->rows; i++)
        if (diff_is_telling(d, d->row[i].compared))
            row[telling++] = d->row[i].compared;
    t->shown = report_limit(&limit, telling, REPORT_ROWS);
    for (uint32_t i = 0; i < t->shown; i++) {
        struct label label = label_of(d, row[i]);
        uint32_t width = label_name_width(&label, d->arena);

        change = fmax(change, fabs(diff_change(row[i])));
        time = fmax(time, row[i]->figures[SIDE_BEFORE].time);
        time = fmax(time, row[i]->figures[SIDE_AFTER].time);
        if (label_place_width(&label, d->arena) > 0 && width > t->name_width)
            t->name_width = width < NAME_MOST ? width : NAME_MOST;
    }
    t->change = units_column(d->options->unit, change);
    t->time = units_column(d->options->unit, time);
    return row;
}

static void print_part(struct out *o, const char **before, uint32_t count,
                       const char *what)
{
    if (count == 0)
        return;
    out_printf(o, "%s%s %s", *before, units_count(count).text, what);
    *before = ", ";
}

static void print_foot(const struct table *t)
{
    const struct diff *d = t->diff;
    struct out *o = t->screen->out;
    struct diff_counts n = diff_count(d);
    const char *before = " ";
    bool single = diff_is_single(d);

    out_printf(o, "%s %s of %s functions%s", t->shown > 0 ? "\n" : "",
               units_count(t->shown).text, units_count(d->rows).text,
               d->rows > 0 ? ":" : ".");
    print_part(o, &before, n.slower, "slower");
    print_part(o, &before, n.faster, "faster");
    print_part(o, &before, n.gone, "gone");
    print_part(o, &before, n.appeared, "new");
    print_part(o, &before, n.calls, "with other calls");
    print_part(o, &before, n.rest,
               single ? "called as often" : "without a proven difference");
    out_text_of(o, d->rows > 0 ? ".\n" : "\n");
}

/* What the runs can prove, where that is not all. */
static void print_runs_needed(const struct diff *d, const struct screen *s)
{
    uint32_t before = compare_runs(d->functions, SIDE_BEFORE);
    uint32_t after = compare_runs(d->functions, SIDE_AFTER);
    uint32_t fewer = before < after ? before : after;

    if (fewer < evidence_runs_needed(0.01) && !d->options->at_prompt)
        out_printf(s->out,
                   " More runs tell what is chance: --before FILE --after FILE, %u a "
                   "side or more,\n in turn.\n",
                   evidence_runs_needed(0.01));
}

/* An interval as wide as this hides what people ask for. */
#define RESTLESS 1.1

/* What would tell more than more runs do. */
static void print_clock(const struct diff *d, const struct screen *s)
{
    const struct effect *e = &compare_total(d->functions)->effect;

    if (e->low > 0 && e->high / e->low > RESTLESS &&
        str_eq(d->options->side[SIDE_BEFORE].clock, STR("wall")))
        out_text_of(s->out,
                    " The runs differ a lot among themselves: CPU time (sonde run "
                    "--clock cpu) is\n steadier where other work goes on.\n");
}

static void print_notes(const struct diff *d, const struct screen *s)
{
    for (uint32_t i = 0; i < d->options->notes; i++) {
        screen_sentence(s, "note: ", screen_safe(d->options->note[i], d->arena));
    }
}

static void print_functions(const struct diff *d, const struct screen *s)
{
    struct table t = { .diff = d, .screen = s };
    const struct compared **row = choose(&t);

    if (t.shown > 0)
        out_printf(s->out, "%s change         %%    before     after   function\n",
                   d->options->cumulative ? "cumul." : "  self");
    for (uint32_t i = 0; i < t.shown; i++)
        print_row(&t, row[i]);
    print_foot(&t);
}

void diff_text(const struct diff *d, const struct screen *s)
{
    print_heading(d, s);
    if (d->paths)
        diff_tree(d, s);
    else
        print_functions(d, s);
    print_runs_needed(d, s);
    print_clock(d, s);
    print_notes(d, s);
}
