/* SPDX-License-Identifier: Apache-2.0 */
/* processes.c - the tree of processes, one row for each: what it was, what it cost, its
 * end. */
#include "model/ancestry.h"
#include "report/census.h"
#include "report/texts.h"
#include "report/units.h"

enum {
    COLUMNS_FIGURES = 33, /* calls, wall, CPU, self % */
    GAPS = 7,
    NAME_LEAST = 10,
    ROLE_MOST = 44, /* however wide the screen is */
    INDENT = 2,
    ROLE_KEPT = 8,  /* of a role, however deep it stands */
    ROLE_DEEP = 11, /* with "+7 " in front of it */
};

struct totals { /* of one process */
    uint64_t calls, self;
};

struct table {
    const struct report *report;
    const struct screen *screen;
    const struct totals *totals; /* by process */
    const struct kin *at;
    uint32_t count, of;
    uint32_t pid, role, end; /* widths */
    uint32_t width;          /* of what stands behind them; 0: as wide as it takes */
};

static const struct totals *sum_processes(const struct report *r)
{
    const struct profile *p = r->profile;
    uint32_t threads = profile_threads(p), processes = profile_processes(p);
    uint32_t *group = arena_array(r->arena, threads, sizeof *group);
    struct stat_row *stat = arena_array(r->arena, processes, sizeof *stat);
    struct totals *totals = arena_array(r->arena, processes, sizeof *totals);

    for (thread_id t = 0; t < threads; t++)
        group[t] = profile_thread(p, t)->process;
    stats_group_threads(r->stats, group, processes, stat);
    for (process_id i = 0; i < processes; i++)
        totals[i] = (struct totals){ stat[i].calls, stat[i].self };
    return totals;
}

static const struct process *process_of(const struct table *t, uint32_t row)
{
    return profile_process(t->report->profile, t->at[row].process);
}

static struct str pid_of(const struct process *p, struct arena *a)
{
    return p->pid > 0 ? arena_printf(a, "%u", p->pid) : STR("-");
}

/* Its status, or the signal that ended it. */
static struct str end_of(const struct process *p, struct arena *a)
{
    if (p->signal != 0)
        return census_signal(p->signal, a);
    if (p->alive)
        return STR("runs");
    return p->exit >= 0 && p->pid > 0 ? arena_printf(a, "%d", p->exit) : STR("-");
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static void measure(struct table *t)
{
    struct arena *a = t->report->arena;
    uint32_t screen = t->screen->width, most = ROLE_MOST, used;

    t->pid = 5;
    t->role = 4;
    t->end = 3;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct process *p = process_of(t, i);
        uint32_t indent =
            t->at[i].depth < ROLE_MOST ? INDENT * t->at[i].depth : ROLE_MOST;

        t->pid = larger(t->pid, (uint32_t)pid_of(p, a).len);
        t->end = larger(t->end, (uint32_t)end_of(p, a).len);
        t->role = larger(t->role, indent + screen_width(screen_safe(p->role, a)));
    }
    used = t->pid + COLUMNS_FIGURES + GAPS + t->end;
    if (screen > 0 && screen < used + NAME_LEAST + ROLE_MOST)
        most = screen > used + NAME_LEAST + ROLE_DEEP ? screen - used - NAME_LEAST
                                                      : ROLE_DEEP;
    if (t->role > most)
        t->role = most;
    used += t->role;
    if (screen > 0)
        t->width = screen > used + NAME_LEAST ? screen - used : NAME_LEAST;
}

/* Indented as deep as there is room for the role; deeper ones say how much deeper. */
static void print_role(const struct table *t, const struct kin *k)
{
    struct arena *a = t->report->arena;
    const struct process *p = profile_process(t->report->profile, k->process);
    struct str role = screen_safe(p->role, a);
    uint32_t wanted = screen_width(role) < ROLE_KEPT ? screen_width(role) : ROLE_KEPT;
    uint32_t depth = k->depth, most = (t->role - wanted) / INDENT;

    if (depth > most) {
        most = t->role > ROLE_DEEP ? (t->role - ROLE_DEEP) / INDENT : 0;
        role = arena_printf(a, "+%u %.*s", depth - most, (int)role.len, role.at);
        depth = most;
    }
    out_printf(t->screen->out, "%*s", (int)(INDENT * depth), "");
    screen_put(t->screen, TONE_PLAIN,
               screen_keep_start(role, t->role - INDENT * depth, a),
               t->role - INDENT * depth);
}

static struct figure time_or_dash(uint64_t ns)
{
    struct figure dash = { "-  " };

    return ns > 0 ? units_cell(units_column(UNIT_NS, (double)ns), (double)ns) : dash;
}

/* Beside the name where it fits, else below it: why it was not entered. */
static void print_reason(const struct table *t, struct str name, struct str reason)
{
    const struct screen *s = t->screen;
    uint32_t begin = t->pid + 6,
             most = s->width > begin + NAME_LEAST ? s->width - begin : NAME_LEAST;

    if (t->width == 0 || screen_width(name) + 2 + screen_width(reason) <= t->width) {
        out_text_of(s->out, "  ");
    } else {
        out_printf(s->out, "\n%*s", (int)begin, "");
        reason = screen_keep_start(reason, most, t->report->arena);
    }
    out_str(s->out, reason);
}

/* Of ForkPoolWorker-3 the number tells more than the beginning. */
static struct str cut_name(struct str name, uint32_t width, struct arena *a)
{
    char last = name.len > 0 ? name.at[name.len - 1] : ' ';

    return last >= '0' && last <= '9' ? screen_keep_end(name, width, a)
                                      : screen_keep_start(name, width, a);
}

static void print_row(const struct table *t, uint32_t row)
{
    const struct process *p = process_of(t, row);
    const struct totals *totals = &t->totals[t->at[row].process];
    struct arena *a = t->report->arena;
    struct out *o = t->screen->out;
    uint64_t total = stats_total(t->report->stats)->self;
    struct str name = screen_safe(p->name, a), pid = pid_of(p, a), end = end_of(p, a);

    if (t->width > 0)
        name = cut_name(name, t->width, a);
    out_printf(o, " %*.*s  ", (int)t->pid, (int)pid.len, pid.at);
    print_role(t, &t->at[row]);
    out_printf(o, " %6s %8s %8s %7s  ",
               p->entered ? units_round(totals->calls).text : "-",
               time_or_dash(p->wall_ns).text, time_or_dash(p->cpu_ns).text,
               p->entered ? units_share(totals->self, total).text : "-");
    screen_put(t->screen, TONE_PLAIN, end, t->end);
    out_text_of(o, "  ");
    screen_put(t->screen, TONE_BOLD, name, 0);
    if (!p->entered && p->reason.len > 0)
        print_reason(t, name, screen_safe(p->reason, a));
    out_char(o, '\n');
}

static void print_foot(const struct table *t)
{
    const struct report *r = t->report;
    struct out *o = t->screen->out;
    uint64_t self = 0, total = stats_total(r->stats)->self;
    uint32_t twice = t->count > 0 ? 2 * t->count : REPORT_ROWS;

    for (uint32_t i = 0; i < t->count; i++)
        self += t->totals[t->at[i].process].self;
    out_printf(o, "\n %s of %s process%s, %.0f %% of the time.",
               units_count(t->count).text, units_count(t->of).text,
               t->of == 1 ? "" : "es",
               total ? 100.0 * (double)self / (double)total : 0.0);
    if (t->count < t->of)
        out_printf(o, "   -n %u shows more", t->of < twice ? t->of : twice);
    out_char(o, '\n');
}

/* What a long list comes to: "All: 1 main, 1,000 worker: crunch; 2 killed (SIGKILL)."
 */
static void print_census(const struct table *t)
{
    const struct profile *p = t->report->profile;
    struct arena *a = t->report->arena;
    struct census c = census_of(p, false);
    uint32_t out_of = profile_processes(p) - c.entered;

    if (t->of <= REPORT_ROWS)
        return;
    struct str roles = screen_safe(census_roles(&c, a), a),
               signals = census_signals(&c, a);
    struct str text = roles;

    if (c.killed > 0)
        text = arena_printf(a, "%.*s; %s killed (%.*s)", (int)text.len, text.at,
                            units_count(c.killed).text, (int)signals.len, signals.at);
    if (c.alive > 0)
        text = arena_printf(a, "%.*s; %s run%s", (int)text.len, text.at,
                            units_count(c.alive).text, c.alive == 1 ? "s" : "");
    if (out_of > 0)
        text = arena_printf(a, "%.*s; %s not entered", (int)text.len, text.at,
                            units_count(out_of).text);
    screen_sentence(t->screen,
                    " All: ", arena_printf(a, "%.*s.", (int)text.len, text.at));
}

void text_processes(const struct report *r, const struct screen *s)
{
    uint32_t of = profile_processes(r->profile);
    struct table t = {
        .report = r,
        .screen = s,
        .totals = sum_processes(r),
        .at = ancestry_of(r->profile, r->arena),
        .of = of,
        .count = report_limit(r->options, of, of),
    };

    measure(&t);
    out_printf(s->out, " %*s  %-*s  calls     wall      CPU  self %%  %-*s  name\n",
               (int)t.pid, "pid", (int)t.role, "role", (int)t.end, "end");
    for (uint32_t i = 0; i < t.count; i++)
        print_row(&t, i);
    print_foot(&t);
    print_census(&t);
}
