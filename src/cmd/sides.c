/* SPDX-License-Identifier: Apache-2.0 */
/* sides.c - looks at each run before it goes to its side. */
#include "cmd/sides.h"

#include <string.h>
#include <sys/stat.h>

#include "cmd/costs.h"
#include "cmd/reading.h"
#include "model/fold.h"

enum { NOTES_MAX = 64, PYTHONS_MAX = 16 };

/* A run that was read: its file, and what no other run has. */
struct seen {
    const char *file;
    enum side side;
    dev_t device;
    ino_t inode;       /* 0: unknown */
    uint64_t identity; /* 0: it has none */
};

void sides_note(struct sides *w, struct str sentence)
{
    for (uint32_t i = 0; i < w->notes; i++)
        if (str_eq(w->note[i], sentence))
            return;
    if (w->notes < NOTES_MAX)
        w->note[w->notes++] = arena_str(w->arena, sentence);
}

static struct mode mode_of(const struct sides *w, const struct profile *p,
                           const char *file)
{
    const struct quality *q = profile_quality(p);
    struct mode m = {
        .file = file,
        .unit = profile_unit(p),
        .clock = arena_str(w->arena, profile_run(p)->clock),
        .sampled = q->sampled,
        .given = given_by_files(p),
        .timed = q->timed_callers,
        .counted = q->counted_callers,
    };

    m.builtins = true; /* of a file that does not say */
    for (process_id i = 0; i < profile_processes(p); i++) {
        const struct probed *probed = &profile_process(p, i)->probed;

        m.builtins = m.builtins && (probed->builtins || probed->python == 0);
    }
    return m;
}

static const char *writer_of(const struct mode *m)
{
    return !m->given    ? "by sonde"
           : m->timed   ? "by cProfile"
           : m->counted ? "by the module profile"
                        : "a file of calls and callers";
}

/* cProfile's time is wall time, profile's CPU time, unless a timer was given. */
static bool unlike_writers(const struct mode *a, const struct mode *b)
{
    bool cprofile = a->timed || b->timed || !a->given || !b->given;

    return (a->counted || b->counted) && cprofile && !(a->timed && a->counted) &&
           !(b->timed && b->counted);
}

static bool differ(const struct mode *a, const struct mode *b, const char *what_a,
                   const char *what_b, const char *advice, struct err *e)
{
    return err_set(e, ERR_USAGE, "cannot compare: %s: %s, %s: %s (%s)", a->file, what_a,
                   b->file, what_b, advice);
}

static bool alike(const struct sides *w, const struct mode *m, struct err *e)
{
    static const char *const unit[] = { "times", "samples", "bytes" };
    const struct mode *f = &w->first;

    if (f->unit != m->unit)
        return differ(f, m, unit[f->unit], unit[m->unit], "compare like with like", e);
    if (f->sampled != m->sampled)
        return differ(f, m, f->sampled ? "sampled" : "counted",
                      m->sampled ? "sampled" : "counted", "compare like with like", e);
    if (f->given != m->given && !w->options->as_cprofile)
        return differ(f, m, writer_of(f), writer_of(m),
                      "--as-cprofile counts both that way", e);
    if (unlike_writers(f, m))
        return differ(f, m, writer_of(f), writer_of(m),
                      "one tells wall time, the other CPU time", e);
    if (f->given != m->given)
        return true;
    if (run_clocks_differ(f->clock, m->clock))
        return differ(f, m, str_eq(f->clock, STR("cpu")) ? "CPU time" : "wall time",
                      str_eq(m->clock, STR("cpu")) ? "CPU time" : "wall time",
                      "record both with the same --clock", e);
    if (f->builtins != m->builtins)
        return differ(f, m, f->builtins ? "with builtins" : "without builtins",
                      m->builtins ? "with builtins" : "without",
                      "record both with or both without --no-builtins", e);
    return true;
}

static void remember_pythons(struct sides *w, enum side side, const struct profile *p)
{
    struct diff_side *s = &w->shown[side];
    struct str *python = (struct str *)s->python;

    for (uint32_t i = 0; i < profile_run(p)->pythons; i++) {
        struct str version = profile_run(p)->python[i];
        uint32_t known = 0;

        while (known < s->pythons && !str_eq(python[known], version))
            known++;
        if (known == s->pythons && known < PYTHONS_MAX)
            python[s->pythons++] = arena_str(w->arena, version);
    }
}

static bool correct_times(struct profile **p, const char *file, struct arena *a,
                          struct err *e)
{
    struct costs costs = costs_of(*p, true, a);

    if (!costs.any || !costs.all)
        return err_set(e, ERR_TARGET, "no corrected times: %s: %s", file,
                       costs.why && *costs.why
                           ? costs.why
                           : "such a file does not tell what its profiler cost");
    struct profile *corrected = correct(*p, costs.of);
    profile_close(*p);
    *p = corrected;
    return true;
}

/* As asked for, or e. */
static bool prepare(const struct sides *w, struct profile **p, const char *file,
                    struct err *e)
{
    const struct sides_options *a = w->options;

    if (a->tree && !profile_has_paths(*p) && given_by_files(*p))
        return err_set(e, ERR_FORMAT,
                       "no call paths: %s: such a file holds functions and callers "
                       "alone (leave --tree out)",
                       file);
    if (a->corrected && !correct_times(p, file, w->arena, e))
        return false;
    return !a->as_cprofile || reading_folds_as_cprofile(p, file, e);
}

static void add_profile(struct sides *w, enum side side, const struct profile *p)
{
    const struct quality *q = profile_quality(p);

    for (uint32_t i = 0; i < q->notes; i++)
        sides_note(w, q->note[i]);
    remember_pythons(w, side, p);
    compare_add(w->functions, side, p);
    if (w->paths)
        compare_add(w->paths, side, p);
}

static struct str pythons_of(const struct sides *w, enum side side)
{
    const struct diff_side *s = &w->shown[side];
    struct str list = STR("");

    for (uint32_t i = 0; i < s->pythons; i++)
        list =
            arena_printf(w->arena, "%.*s%s%.*s", (int)list.len, list.at,
                         i > 0 ? " and " : "", (int)s->python[i].len, s->python[i].at);
    return list;
}

static uint64_t mixed(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15;
    return hash ^ hash >> 29;
}

/* Of recordings by their processes, of other files by their figures: no two runs have
 * the same times, to the nanosecond, in every function. */
static uint64_t identity_of(const struct profile *p)
{
    uint64_t hash = 0, times = 0;

    for (process_id i = 0; i < profile_processes(p); i++) {
        const struct process *process = profile_process(p, i);

        if (process->pid != 0)
            hash = mixed(mixed(hash + 1, process->pid), process->started_ns);
    }
    for (uint32_t i = 0; i < given_rows(p); i++) {
        const struct given *g = given_row(p, i);

        hash = mixed(mixed(mixed(hash + 1, g->stat.calls), g->stat.self),
                     g->stat.cumulative);
        times += g->stat.self;
    }
    return given_rows(p) > 0 && times == 0 ? 0 : hash;
}

/* A run that counts twice makes chance look like proof. One file with itself, one run a
 * side, is a question that has an answer. */
static bool is_new(struct sides *w, const struct seen *run, struct err *e)
{
    const uint32_t *runs = w->options->runs;
    bool several = runs[SIDE_BEFORE] > 1 || runs[SIDE_AFTER] > 1;

    for (uint32_t i = 0; i < w->seen_count && several; i++) {
        const struct seen *s = &w->seen[i];
        bool same =
            run->inode != 0 && run->inode == s->inode && run->device == s->device;
        bool alike = run->identity != 0 && run->identity == s->identity;

        if (same || alike)
            return err_set(e, ERR_USAGE,
                           "the same run twice: %s%s%s%s (name each run once)",
                           run->file, strcmp(run->file, s->file) ? " is " : "",
                           strcmp(run->file, s->file) ? s->file : "",
                           run->side != s->side ? ", on both sides" : "");
    }
    w->seen[w->seen_count++] = *run;
    return true;
}

static void show_file(struct diff_side *s, const char *title, const char *file,
                      struct arena *a)
{
    const char **files = (const char **)s->file;

    files[s->files++] = file;
    s->title = s->files == 1
                   ? title
                   : arena_printf(a, "%s and %u more", files[0], s->files - 1).at;
}

bool sides_add(struct sides *w, enum side side, struct words files, struct err *e)
{
    const char *title, *file = files.at[0];
    struct seen run = { .file = file, .side = side };
    struct stat s;

    if (stat(file, &s) == 0) {
        run.device = s.st_dev;
        run.inode = s.st_ino;
    }
    struct profile *p =
        reading_open(files, w->options->choice, false, &title, w->arena, e);
    bool ok = p != NULL;
    if (ok) {
        struct mode mode = mode_of(w, p, file);

        run.identity = identity_of(p);
        if (!w->first.file)
            w->first = mode;
        ok = alike(w, &mode, e) && is_new(w, &run, e) && prepare(w, &p, file, e);
        w->first.timed |= mode.timed;
        w->first.counted |= mode.counted;
        w->shown[side].clock = mode.clock;
    }
    if (ok) {
        show_file(&w->shown[side], title, file, w->arena);
        add_profile(w, side, p);
    }
    profile_close(p);
    return ok;
}

struct sides *sides_open(const struct sides_options *o, struct arena *a)
{
    struct sides *s = arena_alloc(a, sizeof *s);

    s->options = o;
    s->arena = a;
    s->note = arena_array(a, NOTES_MAX, sizeof *s->note);
    s->seen =
        arena_array(a, o->runs[SIDE_BEFORE] + o->runs[SIDE_AFTER], sizeof *s->seen);
    s->functions =
        compare_open((struct compare_options){ .cumulative = o->cumulative });
    if (o->tree)
        s->paths = compare_open((struct compare_options){ .paths = true });
    for (int side = 0; side < SIDES; side++) {
        s->shown[side].python = arena_array(a, PYTHONS_MAX, sizeof(struct str));
        s->shown[side].file = arena_array(a, o->runs[side], sizeof(char *));
    }
    return s;
}

void sides_close(struct sides *s)
{
    compare_close(s->functions);
    compare_close(s->paths);
}

void sides_pair(struct sides *w)
{
    struct str before = pythons_of(w, SIDE_BEFORE), after = pythons_of(w, SIDE_AFTER);

    compare_pair(w->functions);
    if (w->paths)
        compare_pair(w->paths);
    if (before.len > 0 && after.len > 0 && !str_eq(before, after))
        sides_note(w, arena_printf(w->arena, "Python %s before, %s after.", before.at,
                                   after.at));
}
