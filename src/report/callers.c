/* SPDX-License-Identifier: Apache-2.0 */
/* callers.c - of each function chosen: who called it, or whom it called, and
 * what share of its time that was. */
#include "model/names.h"
#include "report/texts.h"
#include "report/units.h"

enum {
    BAR = 20,
    NAME_MOST = 32,
    WIDE = 50,           /* columns for name and place that leave room for a bar */
    COLUMNS_BEHIND = 54, /* of a row, the bar included; of the heading as well */
    COLUMNS_CORRECTED = 11,
};

struct side {
    const struct report *report;
    const struct screen *screen;
    bool callees;
    const struct stats *corrected; /* NULL: that column is not shown */
    uint32_t behind;               /* COLUMNS_BEHIND, and it */
};

static struct edges edges_of(const struct side *d, const struct stats *s, function_id f)
{
    return d->callees ? stats_callees(s, f) : stats_callers(s, f);
}

static function_id other_end(const struct side *d, const struct edge *e)
{
    return d->callees ? e->callee : e->caller;
}

static bool is_sampled(const struct side *d)
{
    return profile_quality(d->report->profile)->sampled;
}

static uint64_t weight(const struct side *d, const struct stat_row *stat)
{
    return d->callees ? stat->cumulative : stat->self;
}

/* As rows, so that edges are ordered as asked; else by what their bars show. */
static struct rows order(const struct side *d, struct edges edges,
                         struct edges corrected)
{
    struct sort sort = d->report->options->sort;
    struct err none = { 0 }; /* these keys are known */
    struct arena *a = d->report->arena;
    struct rows rows = { arena_array(a, edges.count, sizeof *rows.at), edges.count };

    for (uint32_t i = 0; i < edges.count; i++) {
        function_id id = other_end(d, edges.at[i]);
        const struct function *f = profile_function(d->report->profile, id);

        rows.at[i] = (struct row){
            .stat = edges.at[i]->stat,
            .corrected_self =
                i < corrected.count ? weight(d, &corrected.at[i]->stat) : 0,
            .file = f->file,
            .name = f->name,
            .line = f->line,
            .standard = name_standard(f, false, a),
            .id = id,
            .untimed = edges.at[i]->untimed,
        };
    }
    if (sort.fields == 0)
        sort_parse(d->callees ? "cumulative,calls,stdname" : "time,calls,stdname",
                   &sort, &none);
    sort_rows(&sort, rows);
    return rows;
}

/* Widths that hold all names and places, bounded by the terminal's. */
struct widths {
    uint32_t name, all; /* all: 0, no bound */
};

static struct widths measure(const struct side *d, struct rows rows)
{
    struct widths w = { 0 };
    uint32_t place = 0, bound = 0, alone = 0; /* names without a place */

    if (d->screen->width > 0) /* narrow ones go without the bar */
        bound = d->screen->width > d->behind + WIDE
                    ? d->screen->width - d->behind
                    : d->screen->width - d->behind + BAR;
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t name = text_name_width(d->report, rows.at[i].id, NAME_MOST);
        uint32_t of_place = text_place_width(d->report, rows.at[i].id);

        if (of_place == 0) {
            alone = name > alone ? name : alone;
            continue;
        }
        w.name = name > w.name ? name : w.name;
        place = of_place > place ? of_place : place;
    }
    w.all = place > 0 ? w.name + 2 + place : 0;
    w.all = w.all > alone ? w.all : alone;
    if (bound > 0 && w.all > bound)
        w.all = bound;
    return w;
}

static void print_bar(const struct side *d, uint64_t part, uint64_t whole)
{
    int length = whole ? (int)((double)part / (double)whole * BAR + 0.5) : 0;

    for (int i = 0; i < length; i++)
        out_text_of(d->screen->out, i == 0 ? "  #" : "#");
}

static void print_edge(const struct side *d, const struct row *row, struct widths w,
                       struct column column, uint64_t whole)
{
    const struct report *r = d->report;
    struct out *o = d->screen->out;
    uint64_t part = weight(d, &row->stat);

    out_text_of(o, "   ");
    uint32_t used = text_function(r, d->screen, row->id, w.name, w.all);
    out_printf(o, "%*s", w.all > used ? (int)(w.all - used) : 0, "");
    out_printf(o, " %9s  ", units_round(row->stat.calls).text);
    if (row->untimed) {
        out_printf(o, "%6s\n", "-");
        return;
    }
    out_printf(o, "%8s ", units_cell(column, (double)part).text);
    if (d->corrected)
        out_printf(o, "%9s  ", units_cell(column, (double)row->corrected_self).text);
    out_printf(o, "%5s %%", units_share(part, whole).text);
    if (d->screen->width == 0 || d->screen->width >= w.all + d->behind)
        print_bar(d, part, whole);
    out_char(o, '\n');
}

static void print_edges(const struct side *d, struct rows rows)
{
    struct out *o = d->screen->out;
    struct widths w = measure(d, rows);
    uint64_t whole = 0, largest = 0;

    for (uint32_t i = 0; i < rows.count; i++) {
        uint64_t part = rows.at[i].untimed ? 0 : weight(d, &rows.at[i].stat);

        whole += part;
        largest = part > largest ? part : largest;
    }
    struct column column =
        units_column(profile_unit(d->report->profile), (double)largest);
    out_printf(o, "   %-*s   %s   %s%s\n", (int)w.all, d->callees ? "to" : "from",
               is_sampled(d) ? "samples" : "  calls",
               d->callees ? " cumul." : "   self", d->corrected ? "   corrected" : "");
    for (uint32_t i = 0; i < rows.count; i++)
        print_edge(d, &rows.at[i], w, column, whole);
}

static void print_function(const struct side *d, const struct row *row)
{
    const struct report *r = d->report;
    struct out *o = d->screen->out;
    struct edges edges = edges_of(d, r->stats, row->id), corrected = { 0 };
    enum unit unit = profile_unit(r->profile);
    uint32_t width = d->screen->width;

    if (d->corrected)
        corrected = edges_of(d, d->corrected, row->id);
    if (width > 0)
        width = width > COLUMNS_BEHIND + 20 ? width - COLUMNS_BEHIND : 20;
    text_function(r, d->screen, row->id, 0, width);
    out_printf(o, "   %s %s%s", units_round(row->stat.calls).text,
               is_sampled(d) ? "sample" : "call", row->stat.calls == 1 ? "" : "s");
    out_printf(o, "   %s self", units_one(unit, (double)row->stat.self).text);
    if (d->corrected)
        out_printf(o, " (corrected %s)",
                   units_one(unit, (double)row->corrected_self).text);
    out_printf(o, "   %s cumulative\n",
               units_one(unit, (double)row->stat.cumulative).text);
    if (edges.count > 0)
        print_edges(d, order(d, edges, corrected));
    else
        out_text_of(o, d->callees ? "   calls nothing that was recorded\n"
                                  : "   called by nothing that was recorded\n");
    out_char(o, '\n');
}

static void print_side(const struct side *d)
{
    const struct report *r = d->report;
    uint32_t count = report_limit(r->options, r->rows.count, REPORT_ROWS);

    for (uint32_t i = 0; i < count; i++)
        print_function(d, &r->rows.at[i]);
    if (count < r->rows.count)
        out_printf(d->screen->out,
                   " %s of %s functions.   -n shows more, --only fewer\n",
                   units_count(count).text, units_count(r->rows.count).text);
}

static void print(const struct report *r, const struct screen *s, bool callees)
{
    const struct stats *corrected = r->options->show_corrected ? r->corrected : NULL;
    struct side d = { r, s, callees, corrected,
                      COLUMNS_BEHIND + (corrected ? COLUMNS_CORRECTED : 0) };

    print_side(&d);
}

void text_callers(const struct report *r, const struct screen *s)
{
    print(r, s, false);
}

void text_callees(const struct report *r, const struct screen *s)
{
    print(r, s, true);
}
