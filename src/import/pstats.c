/* SPDX-License-Identifier: Apache-2.0 */
/* pstats.c - what cProfile, profile and the sampler of Python 3.15 dump: functions and
 * their callers, without paths. Each file is a process of its own with one thread. */
#include <math.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/pile.h"
#include "base/whole.h"
#include "import/import.h"
#include "import/pstats_names.h"
#include "import/source.h"
#include "pstats/load.h"
#include "pstats/marshal.h"

struct adding {
    struct pstats_table *table;
    struct build *build;
    struct arena *scratch;
    struct pile of_key; /* 1 + the function_id; 0: not named yet */
    function_id callee; /* whose callers are added */
    struct map known;   /* functions that were there before, by file, line, name */
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

/* Some callers are no functions, and are known when their calls are read. */
static function_id function_of(struct adding *a, pstats_key key)
{
    while (a->of_key.count <= key)
        pile_add(&a->of_key);
    uint32_t *of = pile_at(&a->of_key, key);

    if (*of == 0)
        *of = 1 + name_key(a, key);
    return *of - 1;
}

/* Names lie anywhere in the file: those of rows to come are asked for in time. */
static void name_rows(struct adding *a)
{
    enum { TEXT = 6, NAME = 12 };
    const struct pstats_table *t = a->table;
    uint32_t rows = table_functions(t);

    for (uint32_t i = 0; i < rows; i++) {
        if (rows - i > NAME) {
            table_fetch_name(t, i + NAME);
            __builtin_prefetch(table_name(t, table_row(t, i + TEXT)->key).file.at);
        }
        function_of(a, table_row(t, i)->key);
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

static void add_caller(void *with, const struct pstats_caller *c)
{
    struct adding *a = with;
    struct edge edge = {
        .caller = function_of(a, c->key),
        .callee = a->callee & INT32_MAX,
        .untimed = c->counted,
    };

    if (c->counted) {
        a->counted = true;
        edge.stat.calls = count_of(a, c->cost.nc);
    } else {
        edge.stat = stat_of(a, &c->cost);
    }
    build_given_edge(a->build, &edge);
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

        a->callee = function_of(a, f->key);
        build_given(a->build, thread, a->callee, &stat);
        if (!build_spares_edges(a->build))
            table_take_callers(a->table, i, add_caller, a);
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

static void add_table(struct adding *a, struct str name)
{
    struct quality *quality = build_quality(a->build);

    remember_known(a);
    if (a->before == 0)
        build_expect_functions(a->build, table_functions(a->table));
    name_rows(a);
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
    struct str bytes;
    struct adding a = {
        .table = table,
        .build = b,
        .scratch = arena_open(),
        .seed = clock_monotonic_ns(),
    };

    a.known = map_on(a.scratch);
    a.of_key = pile_on(a.scratch, sizeof(uint32_t));
    bool ok = load_whole(path, LOAD_MAP, a.scratch, &bytes, e) &&
              marshal_read(bytes, path, table, e) && source_unit(b, UNIT_NS, path, e) &&
              goes_with_others(&a, path, e);
    if (ok) {
        add_table(&a, name);
        ok = load_held(table, e);
        whole_forget(bytes.at, bytes.len);
    }
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
