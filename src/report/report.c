/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - what is common to every report: rows chosen and ordered, and which
 * of the texts to print. */
#include "report/report.h"

#include "model/places.h"
#include "report/texts.h"

static void reverse(struct rows rows)
{
    for (uint32_t i = 0; i < rows.count / 2; i++) {
        struct row swap = rows.at[i];

        rows.at[i] = rows.at[rows.count - 1 - i];
        rows.at[rows.count - 1 - i] = swap;
    }
}

/* Groups are numbered alike in both profiles, functions are the same. */
static void add_corrected(struct report *r)
{
    const struct report_options *o = r->options;
    struct rows rows = { 0 };

    if (!r->corrected)
        return;
    if (o->by != BY_FUNCTION)
        rows = rows_by(o->corrected, r->corrected, o->by, o->strip_dirs, r->arena);
    for (uint32_t i = 0; i < r->rows.count; i++) {
        struct row *row = &r->rows.at[i];

        row->corrected_self = o->by == BY_FUNCTION
                                  ? stats_of(r->corrected, row->id)->self
                                  : rows.at[row->id].stat.self;
    }
}

double report_probe_ns(const struct report *r)
{
    const struct stat_row *raw = stats_total(r->stats);
    double events = stats_events(r->stats);

    if (!r->corrected || events <= 0)
        return 0;
    return ((double)raw->self - (double)stats_total(r->corrected)->self) / events;
}

enum { COST_LIKELY_NS = 500 }; /* a fifth of this is what a call may cost */

const char *report_no_cost(const struct report *r)
{
    const struct stat_row *raw = stats_total(r->stats);
    uint64_t events = raw->calls + raw->resumes;
    bool matters = r->options->show_corrected || raw->self / COST_LIKELY_NS < events;

    return matters ? r->options->no_cost : NULL;
}

struct report *report_open(const struct profile *p, const struct report_options *o,
                           struct err *e)
{
    struct arena *arena = arena_open();
    struct report *r = arena_alloc(arena, sizeof *r);
    struct sort sort = o->sort.fields > 0 ? o->sort : sort_default();

    *r = (struct report){
        .options = o, .profile = p, .arena = arena, .stats = stats_open(p)
    };
    if (!o->json)
        r->parts = places_parts_of(p, arena);
    if (o->corrected)
        r->corrected = stats_open(o->corrected);
    if (o->callers || o->callees || o->json)
        stats_add_edges(r->stats);
    if (o->show_corrected && r->corrected && (o->callers || o->callees))
        stats_add_edges(r->corrected);
    r->rows = rows_by(p, r->stats, o->by, o->strip_dirs, arena);
    add_corrected(r);
    r->rows_of = r->rows.count;
    if (!match_rows(o->filter, o->filters, &r->rows, e)) {
        report_close(r);
        return NULL;
    }
    sort_rows(&sort, r->rows);
    if (o->reverse)
        reverse(r->rows);
    return r;
}

void report_close(struct report *r)
{
    if (!r)
        return;
    stats_close(r->stats);
    stats_close(r->corrected);
    arena_close(r->arena);
}

uint32_t report_limit(const struct report_options *o, uint32_t rows, uint32_t unasked)
{
    double limit = o->limit;

    if (limit < 0)
        limit = unasked;
    else if (limit < 1)
        limit = (double)(uint32_t)(rows * limit + 0.5);
    return limit < rows ? (uint32_t)limit : rows;
}

/* Each part is ended by an empty line when another follows. */
static void text_functions(const struct report *r, const struct screen *s)
{
    const struct report_options *o = r->options;

    if (o->tree)
        text_tree(r, s);
    if (o->tree && (o->callers || o->callees))
        out_char(s->out, '\n');
    if (o->callers)
        text_callers(r, s);
    if (o->callees)
        text_callees(r, s);
}

void report_text(const struct report *r, const struct screen *s)
{
    const struct report_options *o = r->options;
    bool functions = o->tree || o->callers || o->callees;

    text_heading(r, s);
    if (o->processes)
        text_processes(r, s);
    if (o->processes && functions)
        out_char(s->out, '\n');
    if (r->rows.count == 0 && o->filters > 0 && (functions || !o->processes))
        text_none(r, s);
    else if (functions)
        text_functions(r, s);
    else if (!o->processes)
        text_table(r, s);
    text_notes(r, s);
}
