/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - the table of functions, or of the groups of --by. */
#include <string.h>

#include "model/names.h"
#include "report/texts.h"
#include "report/units.h"

enum {
    NARROW = 100,        /* terminals below take counts such as "4.0 M" */
    COLUMNS_BEFORE = 54, /* of a row, in front of the name */
    COLUMNS_BEFORE_NARROW = 49,
    COLUMNS_CORRECTED = 11,
    NAMES_LEAST = 24,
    NAME_MOST = 40,
};

struct table {
    const struct report *report;
    const struct screen *screen;
    uint32_t count;
    struct column self, cumulative;
    uint32_t name_width, width; /* of the name; of all behind the figures */
    bool narrow, corrected;
};

static void measure(struct table *t)
{
    const struct report *r = t->report;
    uint64_t self = 0, cumulative = 0;
    enum unit unit = profile_unit(r->profile);
    uint32_t before = (t->narrow ? COLUMNS_BEFORE_NARROW : COLUMNS_BEFORE) +
                      (t->corrected ? COLUMNS_CORRECTED : 0);

    if (t->screen->width > 0)
        t->width = t->screen->width > before + NAMES_LEAST ? t->screen->width - before
                                                           : NAMES_LEAST;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct row *row = &r->rows.at[i];

        if (row->stat.self > self)
            self = row->stat.self;
        if (row->stat.cumulative > cumulative)
            cumulative = row->stat.cumulative;
        if (r->options->by != BY_FUNCTION || text_place_width(r, row->id) == 0)
            continue;
        uint32_t width = text_name_width(r, row->id, NAME_MOST);
        if (width > t->name_width)
            t->name_width = width;
    }
    t->self = units_column(unit, (double)self);
    t->cumulative = units_column(unit, (double)cumulative);
}

static void print_key(const struct table *t, struct str key)
{
    struct str safe = screen_safe(key, t->report->arena);

    if (t->width > 0)
        safe = t->report->options->by < BY_THREAD
                   ? screen_keep_end(safe, t->width, t->report->arena)
                   : screen_keep_start(safe, t->width, t->report->arena);
    screen_put(t->screen, TONE_BOLD, safe, 0);
}

static bool is_estimate(const struct row *row)
{
    return row->cumulative.least != row->cumulative.most;
}

static struct figure cumulative_cell(const struct table *t, const struct row *row)
{
    struct figure f = units_cell(t->cumulative, (double)row->stat.cumulative), marked;

    if (!is_estimate(row))
        return f;
    marked.text[0] = '~';
    memcpy(marked.text + 1, f.text, sizeof f.text - 1);
    marked.text[sizeof marked.text - 1] = '\0';
    return marked;
}

static void print_row(const struct table *t, const struct row *row)
{
    const struct report *r = t->report;
    struct out *o = t->screen->out;
    uint64_t total = stats_total(r->stats)->self;
    uint64_t calls = row->stat.calls;
    enum unit unit = profile_unit(r->profile);
    double each = calls ? (double)row->stat.cumulative / (double)calls : 0;

    out_printf(o, "%8s %5s  ", units_cell(t->self, (double)row->stat.self).text,
               units_share(row->stat.self, total).text);
    if (t->corrected)
        out_printf(o, "%9s  ",
                   r->corrected ? units_cell(t->self, (double)row->corrected_self).text
                                : "-");
    out_printf(o, "%8s %5s", cumulative_cell(t, row).text,
               units_share(row->stat.cumulative, total).text);
    out_printf(o, t->narrow ? " %6s" : " %11s",
               t->narrow ? units_round(calls).text : units_count(calls).text);
    if (profile_quality(r->profile)->sampled)
        out_printf(o, " %8s  ", units_round(row->stat.primitive_calls).text);
    else if (calls > 0)
        out_printf(o, " %8s  ", units_cell(units_column(unit, each), each).text);
    else
        out_text_of(o, "        -  ");
    if (r->options->by == BY_FUNCTION)
        text_function(r, t->screen, row->id, t->name_width, t->width);
    else
        print_key(t, row->shown);
    out_char(o, '\n');
}

static const char *const plural[] = { "functions", "files",     "modules",
                                      "packages",  "classes",   "cycles",
                                      "threads",   "processes", "roles" };

/* What to type for more; groups have no call paths and no callers. */
static void print_more(const struct table *t)
{
    const struct report *r = t->report;
    uint32_t twice = t->count > 0 ? 2 * t->count : REPORT_ROWS;
    bool functions = r->options->by == BY_FUNCTION;
    bool paths = !given_by_files(r->profile) || profile_has_paths(r->profile);
    const char *tree = paths ? ", --tree" : "";

    if (t->count < r->rows.count)
        out_printf(t->screen->out, "   -n %u shows more%s%s",
                   r->rows.count < twice ? r->rows.count : twice, functions ? tree : "",
                   functions ? ", --callers" : "");
    else if (functions)
        out_printf(t->screen->out, "   Also: %s--callers, --callees",
                   paths ? "--tree, " : "");
}

static void print_foot(const struct table *t)
{
    const struct report *r = t->report;
    struct out *o = t->screen->out;
    uint64_t self = 0, total = stats_total(r->stats)->self;

    for (uint32_t i = 0; i < t->count; i++)
        self += r->rows.at[i].stat.self;
    out_printf(o, "\n %s of %s %s, ", units_count(t->count).text,
               units_count(r->rows_of).text, plural[r->options->by]);
    out_printf(o, "%.0f %% of the time.",
               total ? 100.0 * (double)self / (double)total : 0.0);
    print_more(t);
    out_char(o, '\n');
}

static void note_estimates(const struct table *t)
{
    uint32_t i = 0;

    while (i < t->count && !is_estimate(&t->report->rows.at[i]))
        i++;
    if (i < t->count)
        out_text_of(t->screen->out,
                    "note: cumulative times with ~ are estimates: calls leave the row "
                    "and come back, and files without call paths do not tell how much "
                    "counts twice (--json has their bounds)\n");
}

void text_table(const struct report *r, const struct screen *s)
{
    static const char *const heading[] = { "function", "file",    "module",
                                           "package",  "class",   "cycle",
                                           "thread",   "process", "role" };
    const struct profile *p = r->profile;
    struct table t = {
        .report = r,
        .screen = s,
        .narrow = s->width > 0 && s->width < NARROW,
        .corrected = r->options->show_corrected,
        .count = report_limit(r->options, r->rows.count, REPORT_ROWS),
    };

    measure(&t);
    out_printf(s->out, "    self      %%  %s  cumul.     %% %s%s  %s\n",
               t.corrected ? "corrected  " : "", t.narrow ? "" : "    ",
               profile_quality(p)->sampled ? "samples    itself" : "  calls  per call",
               heading[r->options->by]);
    for (uint32_t i = 0; i < t.count; i++)
        print_row(&t, &r->rows.at[i]);
    print_foot(&t);
    note_estimates(&t);
}

void text_none(const struct report *r, const struct screen *s)
{
    const struct report_options *o = r->options;
    bool typed = o->filters > 0 && o->filter[0].called;

    out_printf(s->out, " None of %s %s %s.\n", units_count(r->rows_of).text,
               plural[o->by], typed ? "matches" : "is what --only and --not ask for");
}
