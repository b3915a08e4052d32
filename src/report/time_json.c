/* SPDX-License-Identifier: Apache-2.0 */
/* time_json.c - schema sonde.time/1 (doc/schema/time.json); and hyperfine's CSV. */
#include <sys/wait.h>

#include "base/json.h"
#include "report/time.h"

static void write_spread(struct json *j, const char *key, const struct spread *s)
{
    json_object(j, key);
    json_double(j, "mean", s->mean);
    json_double(j, "median", s->median);
    json_double(j, "min", s->min);
    json_double(j, "max", s->max);
    json_double(j, "deviation", s->deviation);
}

static void write_waiting(struct json *j, const struct time_waiting *w)
{
    static const char *const names[WAITS] = {
        [WAIT_DISK] = "disk_ns",   [WAIT_NETWORK] = "network_ns",
        [WAIT_SLEEP] = "sleep_ns", [WAIT_TERMINAL] = "terminal_ns",
        [WAIT_OTHER] = "other_ns", [WAIT_PIPE] = "pipe_ns",
        [WAIT_LOCK] = "lock_ns",   [WAIT_CHILD] = "child_ns",
    };

    json_object(j, "waiting");
    json_double(j, "all_ns", w->all_ns);
    for (int k = 0; k < WAITS; k++)
        if (w->known)
            json_double(j, names[k], w->of_ns[k]);
        else
            json_null(j, names[k]);
    if (w->known)
        json_double(j, "unknown_ns", w->unknown_ns);
    else
        json_null(j, "unknown_ns");
    json_end(j);
}

static void write_calls(struct json *j, const struct traced *t)
{
    if (!t || !t->done) {
        json_null(j, "syscalls");
        return;
    }
    json_object(j, "syscalls");
    json_u64(j, "calls", t->calls);
    json_u64(j, "cpu_ns", t->cpu_ns);
    json_array(j, "by_name");
    for (uint32_t i = 0; i < t->kinds; i++) {
        json_object(j, NULL);
        json_str(j, "name", t->call[i].name);
        json_u64(j, "calls", t->call[i].calls);
        json_u64(j, "failed", t->call[i].failed);
        json_u64(j, "cpu_ns", t->call[i].cpu_ns);
        json_u64(j, "wait_ns", t->call[i].wait_ns);
        json_end(j);
    }
    json_end(j);
    json_end(j);
}

static void write_functions(struct json *j, const char *key,
                            const struct time_function *f, uint32_t count, bool two)
{
    json_array(j, key);
    for (uint32_t i = 0; i < count; i++) {
        json_object(j, NULL);
        json_str(j, "name", f[i].name);
        json_str(j, "place", f[i].place);
        if (two)
            json_u64(j, "before_ns", f[i].before_ns);
        json_u64(j, two ? "after_ns" : "self_ns", f[i].self_ns);
        json_u64(j, "calls", f[i].calls);
        json_end(j);
    }
    json_end(j);
}

static void write_python(struct json *j, const struct time_why *w)
{
    if (!w || !w->python) {
        json_null(j, "python");
        return;
    }
    json_object(j, "python");
    json_text(j, "path", w->python);
    if (w->start_ns > 0)
        json_u64(j, "start_ns", w->start_ns);
    else
        json_null(j, "start_ns");
    if (w->imported.known)
        json_u64(j, "imports_ns", w->imported.all_ns);
    else
        json_null(j, "imports_ns");
    json_array(j, "imports");
    for (uint32_t i = 0; i < w->imported.packages; i++) {
        json_object(j, NULL);
        json_str(j, "package", w->imported.package[i].name);
        json_u64(j, "self_ns", w->imported.package[i].self_ns);
        json_end(j);
    }
    json_end(j);
    write_functions(j, "functions", w->function, w->functions, false);
    json_end(j);
}

static void write_status(struct json *j, int status)
{
    if (WIFSIGNALED(status)) {
        json_null(j, "status");
        json_i64(j, "signal", WTERMSIG(status));
    } else {
        json_i64(j, "status", WEXITSTATUS(status));
        json_null(j, "signal");
    }
}

static void write_because(struct json *j, struct str *sentence, uint32_t count)
{
    json_array(j, "because");
    for (uint32_t i = 0; i < count; i++)
        json_str(j, NULL, sentence[i]);
    json_end(j);
}

static void write_runs(struct json *j, const struct series_of *of)
{
    json_array(j, "each");
    for (uint32_t i = 0; i < of->runs; i++) {
        json_object(j, NULL);
        json_u64(j, "wall_ns", of->run[i].wall_ns);
        json_double(j, "user_ns", series_measure(&of->run[i], MEASURE_USER));
        json_double(j, "system_ns", series_measure(&of->run[i], MEASURE_SYSTEM));
        json_double(j, "max_rss_bytes", series_measure(&of->run[i], MEASURE_MEMORY));
        write_status(j, of->run[i].status);
        json_end(j);
    }
    json_end(j);
}

static const struct measured_key {
    const char *key;
    enum measure measure;
} keys[] = {
    { "user_ns", MEASURE_USER },       { "system_ns", MEASURE_SYSTEM },
    { "page_faults", MEASURE_FAULTS }, { "page_faults_read", MEASURE_FAULTS_READ },
    { "switches", MEASURE_SWITCHES },  { "preempted", MEASURE_PREEMPTED },
    { "blocks_read", MEASURE_READ },   { "blocks_written", MEASURE_WRITTEN },
};

static void write_command(struct json *j, const struct time_report *r, uint32_t command)
{
    const struct series_of *of = &r->series->of[command];
    const struct time_why *why = r->why ? &r->why[command] : NULL;
    struct spread wall = series_spread(of, MEASURE_WALL, r->arena);
    struct series_interval i = series_wall(of, r->arena);
    struct time_waiting waiting = time_waiting(r, command);
    uint32_t count;

    json_object(j, NULL);
    json_str(j, "command", of->command->shown);
    json_object(j, "parameters");
    for (uint32_t p = 0; p < of->command->parameters; p++) {
        const struct command_parameter *at = &of->command->parameter[p];

        json_str(j, arena_cstr(r->arena, at->name), at->value);
    }
    json_end(j);
    json_u64(j, "runs", of->runs);
    json_u64(j, "failed", of->failed);
    write_spread(j, "wall_ns", &wall);
    if (i.known) {
        json_array(j, "ci95");
        json_double(j, NULL, i.low);
        json_double(j, NULL, i.high);
        json_end(j);
    } else {
        json_null(j, "ci95");
    }
    json_end(j);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        json_double(j, keys[k].key, series_spread(of, keys[k].measure, r->arena).mean);
    json_double(j, "max_rss_bytes", series_spread(of, MEASURE_MEMORY, r->arena).max);
    write_waiting(j, &waiting);
    write_status(j, of->runs > 0 ? of->run[of->runs - 1].status : 0);
    write_calls(j, why ? &why->traced : NULL);
    write_python(j, why);
    struct str *because = time_because(r, command, &count);
    write_because(j, because, count);
    write_runs(j, of);
    json_end(j);
}

static void write_comparison(struct json *j, const struct time_report *r, uint32_t b)
{
    static const char *const verdict[] = { "no difference proven", "a faster",
                                           "b faster" };
    struct series_comparison c = series_compare(r->series, 0, b, r->arena);
    uint32_t count;

    json_object(j, NULL);
    json_u64(j, "a", c.a);
    json_u64(j, "b", c.b);
    json_double(j, "ratio", c.ratio);
    if (c.low > 0) {
        json_array(j, "ci95");
        json_double(j, NULL, c.low);
        json_double(j, NULL, c.high);
        json_end(j);
    } else {
        json_null(j, "ci95");
    }
    json_text(j, "verdict", verdict[c.verdict]);
    json_bool(j, "few_runs", !c.known);
    write_functions(j, "functions", b == 1 ? r->changed : NULL, b == 1 ? r->changes : 0,
                    true);
    struct str *because = time_because_two(r, &c, &count);
    write_because(j, because, count);
    json_end(j);
}

void time_json(const struct time_report *r, struct out *o)
{
    struct json json = json_on(o), *j = &json;
    uint32_t count;
    struct str *note = time_notes(r, &count);

    json_object(j, NULL);
    json_text(j, "schema", "sonde.time/1");
    json_array(j, "commands");
    for (uint32_t i = 0; i < r->series->commands; i++)
        write_command(j, r, i);
    json_end(j);
    json_array(j, "comparisons");
    for (uint32_t i = 1; i < r->series->commands; i++)
        write_comparison(j, r, i);
    json_end(j);
    json_array(j, "notes");
    for (uint32_t i = 0; i < count; i++)
        json_str(j, NULL, note[i]);
    json_end(j);
    json_end(j);
    out_char(o, '\n');
}

void time_csv(const struct time_report *r, struct out *o)
{
    const struct series *s = r->series;

    out_text_of(o,
                "command,mean,stddev,median,user,system,min,max,waiting,max_rss_bytes,"
                "runs,failed");
    for (uint32_t p = 0; s->commands > 0 && p < s->of[0].command->parameters; p++) {
        out_text_of(o, ",parameter_");
        out_str(o, s->of[0].command->parameter[p].name);
    }
    out_char(o, '\n');
    for (uint32_t i = 0; i < s->commands; i++) {
        const struct series_of *of = &s->of[i];
        struct spread w = series_spread(of, MEASURE_WALL, r->arena);

        out_csv(o, of->command->shown);
        out_printf(o, ",%.9f,%.9f,%.9f,%.9f,%.9f,%.9f,%.9f,%.9f,%.0f,%u,%u",
                   w.mean / 1e9, w.deviation / 1e9, w.median / 1e9,
                   series_spread(of, MEASURE_USER, r->arena).mean / 1e9,
                   series_spread(of, MEASURE_SYSTEM, r->arena).mean / 1e9, w.min / 1e9,
                   w.max / 1e9, time_waiting(r, i).all_ns / 1e9,
                   series_spread(of, MEASURE_MEMORY, r->arena).max, of->runs,
                   of->failed);
        for (uint32_t p = 0; p < of->command->parameters; p++) {
            out_char(o, ',');
            out_csv(o, of->command->parameter[p].value);
        }
        out_char(o, '\n');
    }
}
