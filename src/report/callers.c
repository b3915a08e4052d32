/* SPDX-License-Identifier: Apache-2.0 */
/* callers.c - of each function chosen: who called it, or whom it called, and
 * what share of its time that was. */
#include "report/names.h"
#include "report/texts.h"
#include "report/units.h"

enum { BAR = 20, NAME_MOST = 32, COLUMNS_BEFORE = 46, PLACE_LEAST = 24 };

struct side {
    const struct report *report;
    const struct screen *screen;
    bool callees;
};

static struct edges edges_of(const struct side *d, function_id f)
{
    return d->callees ? stats_callees(d->report->stats, f)
                      : stats_callers(d->report->stats, f);
}

static function_id other_end(const struct side *d, const struct edge *e)
{
    return d->callees ? e->callee : e->caller;
}

/* As rows, so that edges are ordered as everything else: by the time. */
static struct rows order(const struct side *d, struct edges edges)
{
    struct sort sort = sort_default();
    struct arena *a = d->report->arena;
    struct rows rows = { arena_array(a, edges.count, sizeof *rows.at), edges.count };

    for (uint32_t i = 0; i < edges.count; i++) {
        function_id f = other_end(d, edges.at[i]);

        rows.at[i] = (struct row){
            .stat = edges.at[i]->stat,
            .standard =
                name_standard(profile_function(d->report->profile, f), false, a),
            .id = f,
        };
    }
    sort_rows(d->report->options->sort.fields ? &d->report->options->sort : &sort,
              rows);
    return rows;
}

static uint64_t weight(const struct side *d, const struct row *row)
{
    return d->callees ? row->stat.cumulative : row->stat.self;
}

static void print_bar(const struct side *d, uint64_t part, uint64_t whole)
{
    int length = whole ? (int)((double)part / (double)whole * BAR + 0.5) : 0;

    out_text_of(d->screen->out, "  ");
    for (int i = 0; i < length; i++)
        out_char(d->screen->out, '#');
}

static void print_edges(const struct side *d, struct rows rows)
{
    const struct report *r = d->report;
    struct out *o = d->screen->out;
    uint64_t whole = 0, largest = 0;
    uint32_t name_width = 0;
    uint32_t width = d->screen->width > COLUMNS_BEFORE + PLACE_LEAST
                         ? d->screen->width - COLUMNS_BEFORE
                     : d->screen->width ? PLACE_LEAST
                                        : 0;

    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t name = text_name_width(r, rows.at[i].id, NAME_MOST);

        whole += weight(d, &rows.at[i]);
        if (weight(d, &rows.at[i]) > largest)
            largest = weight(d, &rows.at[i]);
        if (name > name_width)
            name_width = name;
    }
    struct column column = units_column(profile_unit(r->profile), (double)largest);
    for (uint32_t i = 0; i < rows.count; i++) {
        uint64_t part = weight(d, &rows.at[i]);

        out_printf(o, "  %9s  %8s %6s %%", units_round(rows.at[i].stat.calls).text,
                   units_cell(column, (double)part).text,
                   units_share(part, whole).text);
        out_text_of(o, "   ");
        text_function(r, d->screen, rows.at[i].id, name_width, width);
        print_bar(d, part, whole);
        out_char(o, '\n');
    }
}

static void print_function(const struct side *d, const struct row *row)
{
    const struct report *r = d->report;
    struct out *o = d->screen->out;
    struct edges edges = edges_of(d, row->id);
    enum unit unit = profile_unit(r->profile);

    text_function(r, d->screen, row->id, 0, 0);
    out_printf(o, "   %s calls", units_count(row->stat.calls).text);
    out_printf(o, "   %s self", units_one(unit, (double)row->stat.self).text);
    out_printf(o, "   %s cumulative\n",
               units_one(unit, (double)row->stat.cumulative).text);
    if (edges.count == 0)
        out_text_of(o, d->callees ? "  calls nothing that was recorded\n"
                                  : "  called by nothing that was recorded\n");
    else {
        out_printf(o, "      calls    %s      %%   %s\n",
                   d->callees ? "cumul." : "  self", d->callees ? "to" : "from");
        print_edges(d, order(d, edges));
    }
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

void text_callers(const struct report *r, const struct screen *s)
{
    print_side(&(struct side){ r, s, false });
}

void text_callees(const struct report *r, const struct screen *s)
{
    print_side(&(struct side){ r, s, true });
}
