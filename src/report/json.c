/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - the report as JSON, schema sonde.report/1 (doc/schema/report.json).
 * Nothing is left out unless asked: without -n all rows are written. */
#include <stdio.h>

#include "base/json.h"
#include "model/as_json.h"
#include "report/report.h"

struct writing {
    const struct report *report;
    struct json *json;
    bool ns; /* keys end in _ns; other units have none */
};

/* "self_ns" in nanoseconds, "self" in any other unit. */
static void value(const struct writing *w, const char *key, uint64_t v)
{
    char name[32];

    snprintf(name, sizeof name, "%s%s", key, w->ns ? "_ns" : "");
    json_u64(w->json, name, v);
}

static void write_run(const struct writing *w)
{
    const struct run *run = profile_run(w->report->profile);
    struct json *j = w->json;

    json_object(j, "run");
    json_str_or_null(j, "program", run->program);
    json_array(j, "pythons");
    for (uint32_t i = 0; i < run->pythons; i++)
        json_str(j, NULL, run->python[i]);
    json_end(j);
    json_moment(j, "started", run->started_ns);
    json_i64_or_null(j, "wall_ns", (int64_t)run->wall_ns, run->wall_ns != 0);
    json_str(j, "clock", run->clock);
    json_end(j);
}

static void value_or_null(const struct writing *w, const char *key, uint64_t v,
                          bool known)
{
    char name[32];

    snprintf(name, sizeof name, "%s%s", key, w->ns ? "_ns" : "");
    json_i64_or_null(w->json, name, (int64_t)v, known);
}

static void write_processes(const struct writing *w)
{
    const struct profile *p = w->report->profile;

    json_array(w->json, "processes");
    for (process_id i = 0; i < profile_processes(p); i++) {
        json_object(w->json, NULL);
        process_as_json(profile_process(p, i), w->json);
        json_end(w->json);
    }
    json_end(w->json);
}

static void write_threads(const struct writing *w)
{
    const struct profile *p = w->report->profile;

    json_array(w->json, "threads");
    for (thread_id i = 0; i < profile_threads(p); i++) {
        const struct thread *t = profile_thread(p, i);
        uint32_t pid = profile_process(p, t->process)->pid;

        json_object(w->json, NULL);
        json_u64(w->json, "id", i);
        json_u64(w->json, "process", t->process);
        json_i64_or_null(w->json, "pid", pid, pid != 0);
        json_str(w->json, "name", t->name);
        value(w, "self", t->self);
        json_end(w->json);
    }
    json_end(w->json);
}

/* known: all of it, not the calls alone. */
static void write_stat(const struct writing *w, const struct stat_row *stat, bool known)
{
    json_u64(w->json, "calls", stat->calls);
    json_i64_or_null(w->json, "primitive_calls", (int64_t)stat->primitive_calls, known);
    json_u64(w->json, "resumes", stat->resumes);
    value_or_null(w, "self", stat->self, known);
    value_or_null(w, "cumulative", stat->cumulative, known);
}

static void write_callers(const struct writing *w, function_id f)
{
    struct edges edges = stats_callers(w->report->stats, f);

    json_array(w->json, "callers");
    for (uint32_t i = 0; i < edges.count; i++) {
        json_object(w->json, NULL);
        json_u64(w->json, "id", edges.at[i]->caller);
        write_stat(w, &edges.at[i]->stat, !edges.at[i]->untimed);
        json_end(w->json);
    }
    json_end(w->json);
}

static void corrected(const struct writing *w, const char *key, uint64_t ns)
{
    json_i64_or_null(w->json, key, (int64_t)ns, w->report->corrected != NULL);
}

static void write_function(const struct writing *w, const struct row *row)
{
    const struct function *f = profile_function(w->report->profile, row->id);
    struct json *j = w->json;

    json_object(j, NULL);
    json_u64(j, "id", row->id);
    json_str(j, "name", f->name);
    json_str(j, "qualname", f->qualname.len > 0 ? f->qualname : f->name);
    json_str(j, "file", row->file);
    json_u64(j, "line", f->line);
    json_str_or_null(j, "class", f->owner);
    write_stat(w, &row->stat, true);
    corrected(w, "corrected_self_ns", row->corrected_self);
    corrected(w, "corrected_cumulative_ns",
              w->report->corrected ? stats_of(w->report->corrected, row->id)->cumulative
                                   : 0);
    write_callers(w, row->id);
    json_end(j);
}

static void write_functions(const struct writing *w)
{
    const struct report *r = w->report;
    struct rows rows = r->rows;
    uint32_t count = report_limit(r->options, rows.count, UINT32_MAX);

    if (r->options->by != BY_FUNCTION) {
        rows = rows_by(r->profile, r->stats, BY_FUNCTION, r->options->strip_dirs,
                       r->arena);
        count = rows.count;
        for (uint32_t i = 0; i < count && r->corrected; i++)
            rows.at[i].corrected_self = stats_of(r->corrected, rows.at[i].id)->self;
    }
    json_array(w->json, "functions");
    for (uint32_t i = 0; i < count; i++)
        write_function(w, &rows.at[i]);
    json_end(w->json);
}

static void write_rows(const struct writing *w)
{
    const struct report *r = w->report;
    uint32_t count = report_limit(r->options, r->rows.count, UINT32_MAX);

    if (r->options->by == BY_FUNCTION)
        return;
    json_array(w->json, "rows");
    for (uint32_t i = 0; i < count; i++) {
        const struct row *row = &r->rows.at[i];

        json_object(w->json, NULL);
        json_str(w->json, "key", row->name);
        write_stat(w, &row->stat, true);
        if (row->cumulative.least != row->cumulative.most) {
            value(w, "cumulative_least", row->cumulative.least);
            value(w, "cumulative_most", row->cumulative.most);
        }
        corrected(w, "corrected_self_ns", row->corrected_self);
        json_end(w->json);
    }
    json_end(w->json);
}

/* Every node but the roots: a thread's first functions have no parent. What is
 * below a marker is told of instead of the marker. */
static void write_nodes(const struct writing *w)
{
    const struct profile *p = w->report->profile;
    struct json *j = w->json;
    bool *folded = arena_array(w->report->arena, profile_nodes(p), sizeof *folded);

    json_array(j, "nodes");
    for (node_id id = NODE_ROOT + 1; id < profile_nodes(p); id++) {
        const struct node *n = profile_node(p, id);
        node_id above = n->parent;

        folded[id] = folded[above] || node_is_marker(n);
        if (n->function == FUNCTION_NONE)
            continue;
        while (node_is_marker(profile_node(p, above)))
            above = profile_node(p, above)->parent;
        json_object(j, NULL);
        json_u64(j, "id", id);
        json_i64_or_null(j, "parent", above,
                         profile_node(p, above)->function != FUNCTION_NONE);
        json_u64(j, "function", n->function);
        json_u64(j, "thread", n->thread);
        json_u64(j, "calls", n->calls);
        json_u64(j, "resumes", n->resumes);
        value(w, "self", n->self);
        value(w, "cumulative", stats_below(w->report->stats, id));
        if (folded[id])
            json_bool(j, "folded", true);
        json_end(j);
    }
    json_end(j);
}

void report_json(const struct report *r, struct out *o)
{
    static const char *const unit[] = { "ns", "samples", "bytes" };
    struct json json = json_on(o), *j = &json;
    struct writing w = { r, j, profile_unit(r->profile) == UNIT_NS };
    const struct stat_row *total = stats_total(r->stats);

    json_object(j, NULL);
    json_text(j, "schema", "sonde.report/1");
    json_text(j, "unit", unit[profile_unit(r->profile)]);
    value(&w, "total", total->self);
    corrected(&w, "corrected_total_ns",
              r->corrected ? stats_total(r->corrected)->self : 0);
    json_u64(j, "total_calls", total->calls);
    json_u64(j, "primitive_calls", total->primitive_calls);
    write_run(&w);
    write_processes(&w);
    write_threads(&w);
    quality_as_json(profile_quality(r->profile), report_probe_ns(r), report_no_cost(r),
                    j);
    write_functions(&w);
    write_rows(&w);
    if (r->options->tree)
        write_nodes(&w);
    json_end(j);
}
