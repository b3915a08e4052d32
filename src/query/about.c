/* SPDX-License-Identifier: Apache-2.0 */
/* about.c - what the profile is, and what can be asked of it. */
#include <stdlib.h>

#include "model/as_json.h"
#include "query/guess.h"
#include "query/inside.h"

enum { OWNERS_MAX = 2000 };

static void write_run(const struct query *q, struct json *j)
{
    const struct run *run = profile_run(q->profile);

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

struct owner { /* a process or a thread */
    uint64_t value;
    uint32_t id, threads;
};

static int by_value(const void *a, const void *b)
{
    const struct owner *x = a, *y = b;

    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    return x->id < y->id ? -1 : 1;
}

/* The most costly ones, by id. */
static int by_id(const void *a, const void *b)
{
    const struct owner *x = a, *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

static uint32_t keep_largest(struct owner *at, uint32_t count)
{
    if (count <= OWNERS_MAX)
        return count;
    qsort(at, count, sizeof *at, by_value);
    qsort(at, OWNERS_MAX, sizeof *at, by_id);
    return OWNERS_MAX;
}

static void write_process(const struct query *q, const struct owner *o, struct json *j)
{
    const struct process *p = profile_process(q->profile, o->id);

    json_object(j, NULL);
    json_u64(j, "id", o->id);
    process_as_json(p, j);
    json_u64(j, "value", o->value);
    json_array(j, "threads");
    for (thread_id i = 0; i < profile_threads(q->profile) && o->threads > 0; i++)
        if (profile_thread(q->profile, i)->process == o->id)
            json_u64(j, NULL, i);
    json_end(j);
    json_end(j);
}

static void write_processes(const struct query *q, struct json *j, struct arena *a)
{
    const struct profile *p = q->profile;
    uint32_t count = profile_processes(p);
    struct owner *at = arena_array(a, count, sizeof *at);

    for (process_id i = 0; i < count; i++)
        at[i].id = i;
    for (thread_id i = 0; i < profile_threads(p); i++) {
        struct owner *of = &at[profile_thread(p, i)->process];

        of->value += profile_thread(p, i)->self;
        of->threads++;
    }
    json_u64(j, "processes_total", count);
    count = keep_largest(at, count);
    json_array(j, "processes");
    for (uint32_t i = 0; i < count; i++)
        write_process(q, &at[i], j);
    json_end(j);
}

static void write_threads(const struct query *q, struct json *j, struct arena *a)
{
    const struct profile *p = q->profile;
    uint32_t count = profile_threads(p);
    struct owner *at = arena_array(a, count, sizeof *at);

    for (thread_id i = 0; i < count; i++)
        at[i] = (struct owner){ profile_thread(p, i)->self, i, 0 };
    json_u64(j, "threads_total", count);
    count = keep_largest(at, count);
    json_array(j, "threads");
    for (uint32_t i = 0; i < count; i++) {
        const struct thread *t = profile_thread(p, at[i].id);

        json_object(j, NULL);
        json_u64(j, "id", at[i].id);
        json_u64(j, "process", t->process);
        json_i64_or_null(j, "native", t->native, t->native != 0);
        json_str(j, "name", t->name);
        json_u64(j, "self", t->self);
        json_end(j);
    }
    json_end(j);
}

/* Of a call, on average; 0: not known. */
static double probe_ns(const struct query *q)
{
    double events = stats_events(q->stats), taken = 0;

    for (function_id f = 0; q->of.probed && f < profile_functions(q->profile); f++)
        taken += (double)q->of.probed[f];
    return events > 0 ? taken / events : 0;
}

static void write_views(const struct query *q, struct json *j)
{
    static const char *const shown[] = { "icicle",   "sunburst", "flame",
                                         "inverted", "table",    "sandwich",
                                         "graph",    "map",      NULL };
    const struct profile *p = q->profile;

    json_object(j, "views");
    for (int i = 0; shown[i]; i++)
        json_null(j, shown[i]);
    json_text(j, "source", q->files > 0 ? NULL : "No function has a file.");
    json_text(j, "diff",
              q->of.compare ? NULL : "One profile is open (sonde view --diff A B).");
    json_text(j, "processes",
              profile_threads(p) > 1 || profile_processes(p) > 1
                  ? NULL
                  : "There is one process with one thread.");
    json_text(j, "memory", "The profile holds no memory.");
    json_end(j);
}

static double measured_share(struct query *q, struct arena *a)
{
    uint64_t total = stats_total(q->stats)->self, given = 0;

    for (uint32_t i = 0; i < given_rows(q->profile); i++)
        given += given_row(q->profile, i)->stat.self;
    if (given == 0 || total == 0)
        return 1;
    struct lens plain = { .given = true };
    uint64_t certain = guess_certain(q, &plain, a);
    return (double)(total - given + (certain < given ? certain : given)) /
           (double)total;
}

static void write_totals(struct query *q, struct json *j, struct arena *a)
{
    static const char *const unit[] = { "ns", "samples", "bytes" };
    const struct profile *p = q->profile;
    const struct stat_row *total = stats_total(q->stats);
    bool given = given_rows(p) > 0;

    json_text(j, "unit", unit[profile_unit(p)]);
    json_u64(j, "total", total->self);
    json_u64(j, "calls", total->calls);
    json_u64(j, "primitive_calls", total->primitive_calls);
    json_u64(j, "functions", inside_functions(q).count);
    json_u64(j, "nodes", profile_nodes(p) - 1 - profile_threads(p));
    json_text(j, "paths",
              !given                 ? "known"
              : profile_has_paths(p) ? "partly"
                                     : "unknown");
    json_double(j, "measured_share", measured_share(q, a));
    json_array(j, "metrics");
    json_text(j, NULL, "value");
    if (profile_has_paths(p) && !profile_quality(p)->sampled)
        json_text(j, NULL, "calls");
    json_end(j);
}

static void answer(struct query *q, struct ask *a, struct json *j)
{
    if (!ask_done(a))
        return;
    json_text(j, "title", q->of.title);
    json_array(j, "files");
    for (const char *const *file = q->of.file; file && *file; file++)
        json_text(j, NULL, *file);
    json_end(j);
    write_totals(q, j, a->arena);
    write_run(q, j);
    write_processes(q, j, a->arena);
    write_threads(q, j, a->arena);
    quality_as_json(profile_quality(q->profile), probe_ns(q), NULL, j);
    json_object(j, "source");
    json_bool(j, "shown", q->of.no_source == NULL);
    json_text(j, "why", q->of.no_source);
    json_end(j);
    write_views(q, j);
    json_bool(j, "live", q->of.live);
    json_object(j, "formats");
    json_u64(j, "read", q->of.formats);
    json_end(j);
    json_text(j, "version", q->of.version);
}

const struct kind_of_query query_about = { "about", answer };
