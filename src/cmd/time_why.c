/* SPDX-License-Identifier: Apache-2.0 */
/* time_why.c - the recordings lie in a folder that goes with us. */
#include "cmd/time_why.h"

#include <math.h>
#include <unistd.h>

#include "base/progress.h"
#include "cmd/machine.h"
#include "cmd/reading.h"
#include "cmd/sides.h"
#include "cmd/trial.h"
#include "model/names.h"
#include "model/places.h"
#include "model/rows.h"
#include "model/stats.h"
#include "report/sort.h"

enum { FUNCTIONS_KEPT = 10 };
/* A recorded run takes up to some times as long; of one so long none is made. */
#define RECORDED_MOST_NS 60e9
#define CHANGE_LEAST 0.02 /* of the larger total */

struct work {
    struct series *series;
    struct err *err;
    uint32_t command; /* whose run it is */
    struct command_run run;
    bool ran;
    struct time_report *report;
    struct time_why *why;
    struct arena *arena;
    const char *sonde, *folder;
    const char **recording; /* by command, NULL: there is none */
};

static struct time_function function_of(const struct work *w, const struct function *f,
                                        uint32_t parts)
{
    return (struct time_function){
        .name = arena_str(w->arena, name_shown(f, w->arena)),
        .place = arena_str(w->arena, name_place(f, false, parts, w->arena)),
    };
}

static void take_functions(const struct work *w, const struct profile *p,
                           struct time_why *why)
{
    struct stats *s = stats_open(p);
    uint32_t *parts = places_parts_of(p, w->arena);
    struct rows rows = rows_by(p, s, BY_FUNCTION, false, w->arena);
    struct sort by_self = sort_default();

    sort_rows(&by_self, rows);
    why->profile_ns = stats_total(s)->self;
    why->functions = rows.count < FUNCTIONS_KEPT ? rows.count : FUNCTIONS_KEPT;
    why->function = arena_array(w->arena, why->functions + 1, sizeof *why->function);
    for (uint32_t i = 0; i < why->functions; i++) {
        const struct row *row = &rows.at[i];

        why->function[i] = function_of(w, profile_function(p, row->id), parts[row->id]);
        why->function[i].self_ns = row->stat.self;
        why->function[i].calls = row->stat.calls;
    }
    stats_close(s);
}

/* A run that ended otherwise than the timed ones did something else. */
static bool ends_alike(const struct work *w, int status)
{
    const struct series_of *of = &w->series->of[w->command];

    return status == of->run[of->runs - 1].status;
}

/* sonde run -q -o RECORDING -- CMD ARGS... */
static void run_recorded(void *with, const struct command *c,
                         const struct command_files *f)
{
    struct work *w = with;
    struct command recorded = *c;
    struct err e = { 0 };
    int words = 0;

    while (c->argv[words])
        words++;
    char **argv = arena_array(w->arena, (size_t)words + 7, sizeof *argv);
    const char *const before[] = {
        w->sonde, "run", "-q", "-o", w->recording[w->command], "--"
    };
    for (int i = 0; i < 6; i++)
        argv[i] = arena_cstr(w->arena, str_of(before[i]));
    for (int i = 0; i < words; i++)
        argv[6 + i] = c->argv[i];
    recorded.argv = argv;
    w->ran = command_run(&recorded, f, &w->run, &e);
}

static bool record(struct work *w, struct time_why *why)
{
    const char *path = arena_printf(w->arena, "%s/%u.sonde", w->folder, w->command).at;

    w->recording[w->command] = path;
    bool ok = *w->folder && series_more(w->series, w->command, run_recorded, w, w->err);
    if (ok && w->ran && ends_alike(w, w->run.status) && access(path, F_OK) == 0)
        return true;
    w->recording[w->command] = NULL;
    why->profiled =
        command_stopped_by() ? STR("It was not recorded: a signal came.")
        : !*w->folder ? STR("It was not recorded, so no functions are named: there is "
                            "no place for that in $TMPDIR or /tmp.")
        : w->ran
            ? STR("Recorded, it ended otherwise than the timed runs did: no functions "
                  "are named.")
            : STR("It could not be recorded, so no functions are named.");
    return false;
}

static void read_back(struct work *w, struct time_why *why)
{
    char *file[] = { (char *)w->recording[w->command], NULL };
    const char *title;
    struct err e = { 0 };
    struct profile *p =
        reading_open((struct words){ 1, file }, NULL, false, &title, w->arena, &e);

    if (!p) {
        why->profiled = arena_str(w->arena, str_of(e.text));
        w->recording[w->command] = NULL;
        return;
    }
    take_functions(w, p, why);
    if (why->profile_ns == 0)
        why->profiled =
            STR("No function of it was recorded: its Python has no agent, or "
                "ran with -I, -S or no environment.");
    profile_close(p);
}

static void run_imports(void *with, const struct command *c,
                        const struct command_files *f)
{
    struct work *w = with;
    struct time_why *why = &w->why[w->command];

    imported_run(c, f, &why->imported, w->arena);
    if (why->imported.known && !ends_alike(w, why->imported.status))
        why->imported.known = false;
}

static void ask_python(struct work *w, struct time_why *why, double wall)
{
    const struct command *c = w->series->of[w->command].command;

    why->python = commands_python(c, w->arena);
    if (!why->python)
        return;
    why->start_ns = imported_start_ns(why->python, w->arena);
    if (!series_more(w->series, w->command, run_imports, w, w->err))
        return;
    if (wall > RECORDED_MOST_NS)
        why->profiled = STR("It runs for more than a minute and was not recorded for "
                            "this: sonde run does, and names functions.");
    else if (record(w, why))
        read_back(w, why);
}

static void run_traced(void *with, const struct command *c,
                       const struct command_files *f)
{
    struct work *w = with;
    struct traced *t = &w->why[w->command].traced;
    double wall =
        series_spread(&w->series->of[w->command], MEASURE_WALL, w->arena).mean;

    traced_run(c, f, (uint64_t)wall, t, w->arena);
    if (t->done && !ends_alike(w, t->status)) {
        t->done = false;
        t->refused =
            STR("Followed, it ended otherwise than the timed runs did: what it did "
                "then is not told.");
    }
}

static void ask(struct work *w, uint32_t command)
{
    const struct series_of *of = &w->series->of[command];

    w->command = command;
    if (of->runs > 0 && series_more(w->series, command, run_traced, w, w->err))
        ask_python(w, &w->why[command], series_spread(of, MEASURE_WALL, w->arena).mean);
}

static void take_changes(struct work *w, const struct diff *d)
{
    const struct compared *total = compare_total(d->functions);
    double most =
        fmax(total->figures[SIDE_BEFORE].self, total->figures[SIDE_AFTER].self);
    struct time_function *changed =
        arena_array(w->arena, FUNCTIONS_KEPT, sizeof *changed);
    uint32_t kept = 0;

    for (uint32_t i = 0; i < d->rows && kept < FUNCTIONS_KEPT; i++) {
        const struct compared *row = d->row[i].compared;
        double before = row->figures[SIDE_BEFORE].self;
        double after = row->figures[SIDE_AFTER].self;
        const struct function *f = row->function[SIDE_AFTER]
                                       ? row->function[SIDE_AFTER]
                                       : row->function[SIDE_BEFORE];

        if (!f || fabs(after - before) < CHANGE_LEAST * most)
            break;
        changed[kept] = function_of(w, f, 1);
        changed[kept].before_ns = (uint64_t)before;
        changed[kept].self_ns = (uint64_t)after;
        changed[kept++].calls = row->figures[SIDE_AFTER].calls;
    }
    w->report->changed = changed;
    w->report->changes = kept;
}

/* The first two, where both were recorded. */
static void compare(struct work *w)
{
    struct sides_options options = { .runs = { 1, 1 } };
    struct err e = { 0 };
    bool ok = true;

    if (w->series->commands < 2 || !w->recording[0] || !w->recording[1])
        return;
    struct sides *s = sides_open(&options, w->arena);
    for (int side = 0; ok && side < SIDES; side++) {
        char *file[] = { (char *)w->recording[side], NULL };

        ok = sides_add(s, (enum side)side, (struct words){ 1, file }, &e);
    }
    if (ok) {
        sides_pair(s);
        struct diff_options by_change = { .limit = -1, .unit = UNIT_NS };
        struct diff *d = diff_open(s->functions, NULL, &by_change, &e);

        if (d)
            take_changes(w, d);
        diff_close(d);
    }
    sides_close(s);
}

bool time_why(struct series *s, struct time_report *r, struct err *e)
{
    struct work w = { .series = s, .report = r, .arena = r->arena, .err = e };
    struct progress progress = progress_of("finding out why");

    w.why = arena_array(r->arena, s->commands, sizeof *w.why);
    w.recording = arena_array(r->arena, s->commands, sizeof *w.recording);
    w.sonde = machine_executable(r->arena);
    w.folder = trial_folder(r->arena);
    for (uint32_t i = 0; i < s->commands && !e->code && !command_stopped_by(); i++) {
        progress_at(&progress, i, s->commands);
        ask(&w, i);
    }
    if (!command_stopped_by() && !e->code)
        compare(&w);
    progress_end(&progress);
    for (uint32_t i = 0; *w.folder && i < s->commands; i++)
        trial_remove(arena_printf(r->arena, "%s/%u.sonde", w.folder, i).at, r->arena);
    trial_remove(w.folder, r->arena);
    r->why = w.why;
    return !e->code;
}
