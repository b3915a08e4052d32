/* SPDX-License-Identifier: Apache-2.0 */
/* as_json.c - processes and quality, key by key. */
#include "model/as_json.h"

#include <math.h>

void process_as_json(const struct process *p, struct json *j)
{
    bool known = p->pid != 0 || !p->entered; /* else it is a file */

    json_i64_or_null(j, "pid", p->pid, p->pid != 0);
    json_i64_or_null(j, "parent", p->parent_pid, p->parent_pid != 0);
    json_str_or_null(j, "name", p->name);
    json_str(j, "role", p->role);
    json_str_or_null(j, "program", p->program);
    json_str_or_null(j, "python", p->python);
    json_i64_or_null(j, "wall_ns", (int64_t)p->wall_ns, known);
    json_i64_or_null(j, "cpu_ns", (int64_t)p->cpu_ns, known);
    json_i64_or_null(j, "exit", p->exit, p->exit >= 0);
    json_i64_or_null(j, "signal", p->signal, p->signal != 0);
    json_bool(j, "entered", p->entered);
    json_str_or_null(j, "reason", p->reason);
    json_bool(j, "alive", p->alive);
}

void quality_as_json(const struct quality *q, double probe_ns, const char *more,
                     struct json *j)
{
    json_object(j, "quality");
    json_bool(j, "exact", q->exact);
    json_bool(j, "sampled", q->sampled);
    json_u64(j, "lost_events", q->lost_events);
    json_u64(j, "lost_ns", q->lost_ns);
    json_u64(j, "folded_calls", q->folded_calls);
    json_u64(j, "more_functions", q->more_functions);
    json_u64(j, "cut_names", q->cut_texts);
    json_bool(j, "truncated", q->truncated);
    json_double(j, "probe_ns", probe_ns > 0 ? probe_ns : NAN);
    json_array(j, "notes");
    for (uint32_t i = 0; i < q->notes; i++)
        json_str(j, NULL, q->note[i]);
    if (more)
        json_text(j, NULL, more);
    json_end(j);
    json_end(j);
}
