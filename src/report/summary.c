/* SPDX-License-Identifier: Apache-2.0 */
/* summary.c - the sentences: how long, where it went, whether it is whole. */
#include "report/summary.h"

#include <string.h>

#include "report/names.h"
#include "report/texts.h"
#include "report/units.h"

enum { TOP = 3, NAME_MOST = 30, PLACE_MOST = 24 };

struct summary {
    const struct report *report;
    const struct screen *screen;
    const char *path;
};

static struct str safe_name(const struct report *r, function_id f)
{
    return screen_safe(name_shown(profile_function(r->profile, f), r->arena), r->arena);
}

static uint32_t entered(const struct profile *p)
{
    uint32_t count = 0;

    for (process_id i = 0; i < profile_processes(p); i++)
        count += profile_process(p, i)->entered;
    return count;
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

    out_printf(o, "next: %s   sonde report --tree", first);
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

static void print_run(const struct summary *m)
{
    const struct report *r = m->report;
    struct out *o = m->screen->out;
    uint32_t processes = entered(r->profile);

    out_printf(o, "sonde: %s", time_taken(r).text);
    if (processes > 1)
        out_printf(o, " in %u processes", processes);
    out_printf(
        o, ", %s calls.  Recording: ", units_round(stats_total(r->stats)->calls).text);
    out_str(o, screen_safe(str_of(m->path), r->arena));
    out_char(o, '\n');
    for (uint32_t i = 0; i < r->rows.count && i < TOP; i++)
        if (share(r, &r->rows.at[i]) >= 1)
            print_top(m, &r->rows.at[i]);
    print_cost(m);
    print_next(m, "sonde report");
}

/* "worker: crunch" is a worker; what is none of them is a child. */
static bool is_role(struct str role, const char *name)
{
    if (str_eq(role, STR("main")) || str_begins(role, STR("worker")))
        return str_begins(role, str_of(name));
    return strcmp(name, "child") == 0;
}

/* "5 processes (1 main, 4 worker)" */
static void print_processes(const struct summary *m)
{
    static const char *const roles[] = { "main", "worker", "child" };
    const struct profile *p = m->report->profile;
    struct out *o = m->screen->out;
    uint32_t processes = entered(p);
    const char *before = "(";

    if (processes == 1)
        return;
    out_printf(o, ", %u processes ", processes);
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        uint32_t count = 0;

        for (process_id id = 0; id < profile_processes(p); id++)
            count += profile_process(p, id)->entered &&
                     is_role(profile_process(p, id)->role, roles[i]);
        if (count == 0)
            continue;
        out_printf(o, "%s%u %s", before, count, roles[i]);
        before = ", ";
    }
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

static void print_killed(const struct summary *m, uint32_t killed, int signal)
{
    struct out *o = m->screen->out;
    const char *name = sigabbrev_np(signal);

    if (entered(m->report->profile) == 1)
        out_text_of(o, "It was killed (");
    else if (killed == 1)
        out_text_of(o, "One process was killed (");
    else
        out_printf(o, "%u processes were killed (", killed);
    out_printf(o, name ? "SIG%s" : "by a signal", name);
    out_text_of(o, "); what was counted until then is here.\n");
}

/* Whether the recording is whole: the worst there is to say. */
static void print_quality(const struct summary *m)
{
    const struct profile *p = m->report->profile;
    const struct quality *q = profile_quality(p);
    struct out *o = m->screen->out;
    uint32_t killed = 0, alive = 0;
    int signal = 0;

    for (process_id i = 0; i < profile_processes(p); i++) {
        const struct process *process = profile_process(p, i);

        alive += process->alive;
        if (process->signal) {
            signal = process->signal;
            killed++;
        }
    }
    if (q->notes > 0) {
        out_str(o, screen_safe(q->note[0], m->report->arena));
        out_char(o, '\n');
    } else if (killed > 0) {
        print_killed(m, killed, signal);
    } else if (alive > 0) {
        out_text_of(o, "It is still running: this is what it did so far.\n");
    } else {
        out_text_of(o, "Every call was counted; none was lost.\n");
    }
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
    struct summary m = { r, s, path };

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
