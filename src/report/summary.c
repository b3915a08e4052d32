/* SPDX-License-Identifier: Apache-2.0 */
/* summary.c - the sentences: how long, where it went, whether it is whole. */
#include "report/summary.h"

#include "model/names.h"
#include "report/census.h"
#include "report/texts.h"
#include "report/units.h"

enum { TOP = 3, NAME_MOST = 30, PLACE_MOST = 24 };

struct summary {
    const struct report *report;
    const struct screen *screen;
    const char *path;
    struct census census;
};

static struct str safe_name(const struct report *r, function_id f)
{
    return screen_safe(name_shown(profile_function(r->profile, f), r->arena), r->arena);
}

static struct figure time_taken(const struct report *r)
{
    const struct run *run = profile_run(r->profile);
    uint64_t total = stats_total(r->stats)->self;

    return units_one(profile_unit(r->profile),
                     run->wall_ns ? (double)run->wall_ns : (double)total);
}

static double share(const struct report *r, const struct row *row)
{
    uint64_t total = stats_total(r->stats)->self;

    return total ? 100.0 * (double)row->stat.self / (double)total : 0;
}

/* Who has the most of its calls; NULL: nobody that was recorded. */
static const struct edge *main_caller(const struct report *r, function_id f)
{
    struct edges callers = stats_callers(r->stats, f);
    const struct edge *most = NULL;

    for (uint32_t i = 0; i < callers.count; i++)
        if (callers.at[i]->caller != f &&
            (!most || callers.at[i]->stat.calls > most->stat.calls))
            most = callers.at[i];
    return most;
}

static void print_top(const struct summary *m, const struct row *row)
{
    const struct report *r = m->report;
    struct out *o = m->screen->out;
    const struct function *f = profile_function(r->profile, row->id);
    const struct edge *caller = main_caller(r, row->id);
    struct str name = screen_keep_start(safe_name(r, row->id), NAME_MOST, r->arena);
    struct str place =
        screen_safe(name_place(f, false, r->parts[row->id], r->arena), r->arena);

    out_printf(o, " %3.0f %%  ", share(r, row));
    screen_put(m->screen, text_tone(r, row->id), name, 0);
    out_text_of(o, "  ");
    screen_put(m->screen, TONE_PLAIN, screen_keep_end(place, PLACE_MOST, r->arena), 0);
    out_printf(o, "%s%s call%s", place.len ? "  " : "",
               units_round(row->stat.calls).text, row->stat.calls == 1 ? "" : "s");
    if (caller) {
        out_text_of(o, " from ");
        out_str(o,
                screen_keep_start(safe_name(r, caller->caller), NAME_MOST, r->arena));
    }
    out_char(o, '\n');
}

static bool is_plain(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '_' || c == '.'))
            return false;
    }
    return name.len > 0;
}

static void print_next(const struct summary *m, const char *first)
{
    struct out *o = m->screen->out;
    const struct rows *rows = &m->report->rows;

    out_printf(o, "next: %s   sonde report --%s", first,
               m->census.entered > 1 ? "processes" : "tree");
    if (rows->count > 0 && is_plain(rows->at[0].shown)) {
        out_text_of(o, "   sonde report --callers --only ");
        out_str(o, rows->at[0].shown);
    }
    out_char(o, '\n');
}

enum { LARGE_PERCENT = 20 };

/* What counting cost, where that is a large part. */
static void print_cost(const struct summary *m)
{
    const struct report *r = m->report;

    if (!r->corrected)
        return;
    double raw = (double)stats_total(r->stats)->self;
    double part = 100 * (raw - (double)stats_total(r->corrected)->self);
    if (part > LARGE_PERCENT * raw)
        out_printf(m->screen->out,
                   "Counting took %.0f %% of that time: sonde report --corrected\n",
                   part / raw);
}

static void print_sentence(const struct summary *m, struct str sentence)
{
    if (sentence.len == 0)
        return;
    out_str(m->screen->out, sentence);
    out_char(m->screen->out, '\n');
}

static void print_run(const struct summary *m)
{
    const struct report *r = m->report;
    struct out *o = m->screen->out;
    uint32_t processes = m->census.entered;

    out_printf(o, "sonde: %s", time_taken(r).text);
    if (processes > 1)
        out_printf(o, " in %s processes", units_count(processes).text);
    out_printf(
        o, ", %s calls.  Recording: ", units_round(stats_total(r->stats)->calls).text);
    out_str(o, screen_safe(str_of(m->path), r->arena));
    out_char(o, '\n');
    for (uint32_t i = 0; i < r->rows.count && i < TOP; i++)
        if (share(r, &r->rows.at[i]) >= 1)
            print_top(m, &r->rows.at[i]);
    print_sentence(m, census_killed(&m->census, r->arena));
    print_sentence(m, census_shut_out(&m->census, r->arena));
    print_cost(m);
    print_next(m, "sonde report");
}

/* "5 processes (1 main, 4 worker)" */
static void print_processes(const struct summary *m)
{
    struct arena *a = m->report->arena;
    struct out *o = m->screen->out;

    if (m->census.entered == 1)
        return;
    out_printf(o, ", %s processes (", units_count(m->census.entered).text);
    out_str(o, screen_safe(census_roles(&m->census, a), a));
    out_char(o, ')');
}

static void print_pythons(const struct summary *m)
{
    const struct run *run = profile_run(m->report->profile);

    for (uint32_t i = 0; i < run->pythons; i++) {
        out_text_of(m->screen->out, i == 0 ? ", Python " : " and ");
        out_str(m->screen->out, screen_safe(run->python[i], m->report->arena));
    }
    out_text_of(m->screen->out, ".\n");
}

static void print_most(const struct summary *m)
{
    const struct report *r = m->report;
    struct out *o = m->screen->out;

    if (r->rows.count == 0) {
        out_text_of(o, "No function was called.\n");
        return;
    }
    const struct row *row = &r->rows.at[0];
    const struct edge *caller = main_caller(r, row->id);
    out_text_of(o, share(r, row) >= 50 ? "Most of it is " : "The largest part is ");
    screen_put(m->screen, TONE_BOLD, safe_name(r, row->id), 0);
    out_printf(o, " (%.0f %%), called ", share(r, row));
    out_printf(o, row->stat.calls == 1 ? "once" : "%s times",
               units_round(row->stat.calls).text);
    if (caller) {
        out_text_of(o, caller->stat.calls == row->stat.calls ? " by " : ", mostly by ");
        out_str(o, safe_name(r, caller->caller));
    }
    if (row->stat.calls > 1)
        out_printf(o, "; each call is %s",
                   units_one(profile_unit(r->profile),
                             (double)row->stat.self / (double)row->stat.calls)
                       .text);
    out_text_of(o, ".\n");
}

/* Whether the recording is whole: the worst there is to say. */
static void print_quality(const struct summary *m)
{
    const struct quality *q = profile_quality(m->report->profile);
    struct arena *a = m->report->arena;

    if (q->notes > 0)
        print_sentence(m, screen_safe(q->note[0], a));
    else if (m->census.killed > 0)
        print_sentence(m, census_killed(&m->census, a));
    else if (m->census.shut_out > 0)
        print_sentence(m, census_shut_out(&m->census, a));
    else if (m->census.alive > 0)
        print_sentence(m, STR("It is still running: this is what it did so far."));
    else
        print_sentence(m, STR("Every call was counted; none was lost."));
}

static void print_alone(const struct summary *m)
{
    struct out *o = m->screen->out;

    screen_put(m->screen, TONE_BOLD, screen_safe(str_of(m->path), m->report->arena), 0);
    out_printf(o, ": %s", time_taken(m->report).text);
    print_processes(m);
    print_pythons(m);
    print_most(m);
    print_quality(m);
    print_cost(m);
    print_next(m, "sonde report");
}

static void summarize(const struct profile *p, const struct profile *corrected,
                      const char *path, const struct screen *s,
                      void (*print)(const struct summary *))
{
    struct report_options o = {
        .limit = -1, .title = path, .callers = true, .corrected = corrected
    };
    struct err none = { 0 };
    struct report *r = report_open(p, &o, &none); /* no filter: it cannot fail */
    struct summary m = { r, s, path, census_of(p, true) };

    print(&m);
    report_close(r);
}

void summary_of_run(const struct profile *p, const struct profile *corrected,
                    const char *path, const struct screen *s)
{
    summarize(p, corrected, path, s, print_run);
}

void summary_alone(const struct profile *p, const struct profile *corrected,
                   const char *path, const struct screen *s)
{
    summarize(p, corrected, path, s, print_alone);
}
