/* SPDX-License-Identifier: Apache-2.0 */
/* processes.c - one row for each process: what it was, what it cost, its end. */
#include <string.h>

#include "report/texts.h"
#include "report/units.h"

struct totals { /* of one process */
    uint64_t calls, self;
};

static struct totals *sum_processes(const struct report *r)
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

/* Its status, or the signal that ended it; of one not entered also why. */
static void print_end(const struct report *r, const struct process *p, struct out *o)
{
    const char *name = p->signal ? sigabbrev_np(p->signal) : NULL;
    bool said = p->signal || p->exit > 0 || (p->exit == 0 && p->entered);

    if (p->signal)
        out_printf(o, name ? "SIG%s" : "signal", name);
    else if (said)
        out_printf(o, "%d", p->exit);
    else if (p->entered)
        out_text_of(o, p->alive ? "runs" : "-");
    if (!p->entered) {
        out_text_of(o, said ? ", " : "");
        out_str(o, screen_safe(p->reason, r->arena));
    }
}

static struct figure time_or_dash(uint64_t ns)
{
    struct figure dash = { "-  " };

    return ns > 0 ? units_cell(units_column(UNIT_NS, (double)ns), (double)ns) : dash;
}

void text_processes(const struct report *r, const struct screen *s)
{
    const struct profile *p = r->profile;
    const struct totals *totals = sum_processes(r);
    uint64_t total = stats_total(r->stats)->self;
    struct out *o = s->out;

    out_text_of(o, "     pid  role     calls      wall      CPU  self %  name"
                   "            end\n");
    for (process_id i = 0; i < profile_processes(p); i++) {
        const struct process *process = profile_process(p, i);
        struct str name = screen_safe(process->name, r->arena);

        if (process->pid > 0)
            out_printf(o, "%8u  ", process->pid);
        else
            out_text_of(o, "       -  ");
        screen_put(s, TONE_PLAIN, screen_safe(process->role, r->arena), 6);
        out_printf(o, " %7s  %8s %8s",
                   process->entered ? units_round(totals[i].calls).text : "-",
                   time_or_dash(process->wall_ns).text,
                   time_or_dash(process->cpu_ns).text);
        out_printf(o, "%6s  ",
                   process->entered ? units_share(totals[i].self, total).text : "-");
        screen_put(s, TONE_BOLD, screen_keep_start(name, 14, r->arena), 14);
        out_text_of(o, "  ");
        print_end(r, process, o);
        out_char(o, '\n');
    }
}
