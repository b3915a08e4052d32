/* SPDX-License-Identifier: Apache-2.0 */
/* pstats.c - what cProfile, profile and the sampler of Python 3.15 dump: functions and
 * their callers, without paths. Each file is a process of its own with one thread. */
#include <math.h>

#include "base/clock.h"
#include "base/map.h"
#include "import/import.h"
#include "import/pstats_names.h"
#include "import/source.h"
#include "pstats/load.h"
#include "pstats/marshal.h"

struct adding {
    const struct pstats_table *table;
    struct build *build;
    struct arena *scratch;
    function_id *of_row; /* by function of the table */
    function_id *of_key; /* and callers; NULL: nobody asks for those */
    struct map known;    /* functions that were there before, by file, line, name */
    uint64_t seed;
    uint32_t before; /* so many of them */
    bool counted;    /* callers whose calls alone are known */
    bool negative;   /* figures below 0 */
    bool no_number;  /* and that are no numbers */
};

static uint64_t place_hash(const struct adding *a, const struct function *f)
{
    uint64_t hash = str_hash_seeded(f->name, a->seed + f->line);

    return str_hash_seeded(f->file, hash);
}

static void remember_known(struct adding *a)
{
    a->before = build_functions(a->build);
    for (function_id f = 0; f < a->before; f++)
        map_add(&a->known, place_hash(a, build_function_at(a->build, f)), f);
}

struct search {
    const struct adding *adding;
    const struct function *wanted;
    function_id found;
    uint32_t hits;
};

/* Agrees to none, so that all are seen. */
static bool look_at(const void *with, uint32_t id)
{
    struct search *s = *(struct search *const *)with;
    const struct function *f = build_function_at(s->adding->build, id);

    if (f->line == s->wanted->line && f->kind == s->wanted->kind &&
        str_eq(f->name, s->wanted->name) && str_eq(f->file, s->wanted->file)) {
        s->found = id;
        s->hits++;
    }
    return false;
}

/* A function that was there, if it is the only one at that place: a recording may
 * know two, of which nobody can say which this is. */
static function_id known_function(const struct adding *a, const struct function *f)
{
    struct search s = { a, f, FUNCTION_NONE, 0 }, *with = &s;

    if (a->before > 0)
        map_find(&a->known, place_hash(a, f), look_at, &with);
    return s.hits == 1 ? s.found : FUNCTION_NONE;
}

static function_id name_key(struct adding *a, pstats_key key)
{
    struct function f = pstats_function_of(table_name(a->table, key), a->scratch);
    function_id id = known_function(a, &f);

    return id != FUNCTION_NONE ? id : build_function(a->build, &f);
}

static void name_rows(struct adding *a)
{
    uint32_t functions = table_functions(a->table);

    a->of_row = arena_array(a->scratch, functions, sizeof *a->of_row);
    for (uint32_t i = 0; i < functions; i++)
        a->of_row[i] = name_key(a, table_row(a->table, i)->key);
}

/* Lays callers out, of which some may be no functions. */
static void name_callers(struct adding *a)
{
    uint32_t keys = table_keys(a->table);

    a->of_key = arena_array(a->scratch, keys, sizeof *a->of_key);
    for (pstats_key key = 0; key < keys; key++) {
        uint32_t row = table_function_of(a->table, key);

        a->of_key[key] = row != PSTATS_NONE ? a->of_row[row] : name_key(a, key);
    }
}

static uint64_t count_of(struct adding *a, int64_t count)
{
    a->negative = a->negative || count < 0;
    return count < 0 ? 0 : (uint64_t)count;
}

static uint64_t ns_of(struct adding *a, double seconds)
{
    double ns = seconds * 1e9 + 0.5;

    if (seconds >= 0)
        return ns < 0x1p63 ? (uint64_t)ns : UINT64_MAX;
    /* A calibrated profile.Profile takes off more than there was. */
    *(isnan(seconds) ? &a->no_number : &a->negative) = true;
    return 0;
}

static struct stat_row stat_of(struct adding *a, const struct pstats_cost *cost)
{
    return (struct stat_row){
        .calls = count_of(a, cost->nc),
        .primitive_calls = count_of(a, cost->cc),
        .self = ns_of(a, cost->tt),
        .cumulative = ns_of(a, cost->ct),
    };
}

static void add_callers(struct adding *a, const struct pstats_function *f)
{
    uint32_t next;

    for (uint32_t id = f->first; id != PSTATS_NONE; id = next) {
        const struct pstats_caller *c = table_caller(a->table, id);
        struct edge edge = {
            .caller = a->of_key[c->key],
            .callee = a->of_key[f->key],
            .untimed = c->counted,
        };

        next = c->next;
        if (c->counted) {
            a->counted = true;
            edge.stat.calls = count_of(a, c->cost.nc);
        } else {
            edge.stat = stat_of(a, &c->cost);
        }
        build_given_edge(a->build, &edge);
    }
}

static void add_rows(struct adding *a, struct str name)
{
    struct process process = {
        .name = name, .role = STR("file"), .exit = -1, .entered = true
    };
    process_id p = build_process(a->build, &process);
    thread_id thread = build_thread(a->build, p, STR(""), 0);
    uint32_t functions = table_functions(a->table);

    for (uint32_t i = 0; i < functions; i++) {
        const struct pstats_function *f = table_row(a->table, i);
        struct stat_row stat = stat_of(a, &f->cost);

        build_given(a->build, thread, a->of_row[i], &stat);
        if (a->of_key)
            add_callers(a, table_function(a->table, i));
    }
}

static void add_notes(const struct adding *a)
{
    bool sampled = table_sampled(a->table);
    struct str note = sampled ? STR("A sampler's .pstats file tells lines and their "
                                    "callers: a function has a row for each line that "
                                    "was seen, and no call paths, threads or clock.")
                              : STR("A .pstats file tells functions and their callers: "
                                    "no call paths, processes, threads, Python, nor "
                                    "whether time is wall or CPU time.");

    build_note(a->build, note);
    if (a->counted && !sampled)
        build_note(a->build, STR("The module profile tells of callers how often they "
                                 "called, not for how long."));
    if (a->no_number)
        build_note(a->build, STR("Times that are no numbers (NaN) are shown as 0."));
    if (a->negative)
        build_note(a->build,
                   STR("Figures below 0 are shown as 0: a calibrated profiler "
                       "took off more than there was."));
    if (build_run(a->build)->wall_ns > 0 && !sampled)
        build_note(a->build, STR("In a .pstats file of cProfile's a resumption is a "
                                 "call, and constructors are their callers' time; in a "
                                 "recording they are not."));
}

/* What callers are like tells who wrote it; a sampler's have counts as well. */
static void note_writers(const struct adding *a, struct quality *quality)
{
    bool before = quality->timed_callers && quality->counted_callers;

    if (table_sampled(a->table))
        return;
    quality->timed_callers |= table_timed(a->table);
    quality->counted_callers |= table_counted(a->table);
    if (!before && quality->timed_callers && quality->counted_callers)
        build_note(a->build,
                   STR("Some of these files are of cProfile, which tells wall "
                       "time, some of the module profile, which tells CPU "
                       "time, unless a timer was given."));
}

static bool goes_with_others(const struct adding *a, const char *path, struct err *e)
{
    bool sampled = table_sampled(a->table);

    if (build_processes(a->build) == 0 || build_quality(a->build)->sampled == sampled)
        return true;
    return err_set(e, ERR_FORMAT,
                   "cannot be one profile: %s: its counts are %s, those of the other "
                   "files are %s (report them one by one)",
                   path, sampled ? "samples" : "calls", sampled ? "calls" : "samples");
}

/* bytes: what names are borrowed from. They go before as much is built anew, once
 * nothing is left to be named. */
static void add_table(struct adding *a, struct str name, struct arena *bytes)
{
    struct quality *quality = build_quality(a->build);

    remember_known(a);
    if (a->before == 0)
        build_expect_functions(a->build, table_functions(a->table));
    name_rows(a);
    if (!build_spares_edges(a->build))
        name_callers(a);
    arena_close(bytes);
    add_rows(a, name);
    add_notes(a);
    if (table_sampled(a->table)) {
        quality->sampled = true;
        quality->exact = false;
    }
    note_writers(a, quality);
    build_run(a->build)->clock = STR("unknown");
    build_run(a->build)->wall_ns = 0;
}

static bool read(const char *path, struct str name, struct build *b, struct err *e)
{
    struct pstats_table *table = table_open();
    struct arena *memory = arena_open();
    struct str bytes;
    struct adding a = {
        .table = table,
        .build = b,
        .scratch = arena_open(),
        .seed = clock_monotonic_ns(),
    };

    a.known = map_on(a.scratch);
    bool ok = load_whole(path, LOAD_COPY, memory, &bytes, e) &&
              marshal_read(bytes, path, table, e) && source_unit(b, UNIT_NS, path, e) &&
              goes_with_others(&a, path, e);
    if (ok)
        add_table(&a, name, memory);
    else
        arena_close(memory);
    arena_close(a.scratch);
    table_close(table);
    return ok;
}

static const char *const suffix[] = { ".pstats", ".prof", NULL };

const struct importer import_pstats = {
    .name = "pstats",
    .suffix = suffix,
    .help = "dumps of cProfile, 2.7 to 3.15",
    .sniff = marshal_begins,
    .read = read,
};
