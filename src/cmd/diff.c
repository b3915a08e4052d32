/* SPDX-License-Identifier: Apache-2.0 */
/* diff.c - sonde diff: what changed from one run to another, or from some runs to
 * others; for people, pull requests, programs and, by its status, for CI. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/costs.h"
#include "cmd/reading.h"
#include "model/fold.h"
#include "report/diff.h"

enum {
    KEY_BEFORE = 256,
    KEY_AFTER,
    KEY_TREE,
    KEY_CUMULATIVE,
    KEY_AS_CPROFILE,
    KEY_CORRECTED,
    KEY_FAIL_ABOVE,
    KEY_MARKDOWN,
    RUNS_MAX = 1000, /* of a side */
    STATUS_SLOWER = 3,
};

struct side_args {
    const char *file[RUNS_MAX];
    int files;
};

struct diff_args {
    struct reading reading;
    struct side_args side[SIDES];
    double above; /* 0.05: 5 % */
    bool tree, cumulative, as_cprofile, corrected, markdown;
};

static const struct argp_option options[] = {
    { "before", KEY_BEFORE, "FILE", 0, "a run before (repeatable)", 0 },
    { "after", KEY_AFTER, "FILE", 0, "a run after (repeatable)", 0 },
    { "tree", KEY_TREE, NULL, 0, "call paths instead of functions", 0 },
    { "cumulative", KEY_CUMULATIVE, NULL, 0, "times with callees, not self times", 0 },
    { "fail-above", KEY_FAIL_ABOVE, "PERCENT", 0,
      "status 3 when the total is slower by more than that; with --only, one of those "
      "functions",
      0 },
    { "markdown", KEY_MARKDOWN, NULL, 0, "as a table for a pull request", 0 },
    { "as-cprofile", KEY_AS_CPROFILE, NULL, 0,
      "count recordings as cProfile does: beside .pstats files", 0 },
    { "corrected", KEY_CORRECTED, NULL, 0, "times less what counting cost", 0 },
    { 0 },
};

static bool take_file(struct side_args *s, const char *file, struct err *e)
{
    if (s->files == RUNS_MAX)
        return err_set(e, ERR_USAGE, "too many runs: %s: %d of a side are enough", file,
                       RUNS_MAX);
    s->file[s->files++] = file;
    return true;
}

/* "5%" or "5" */
static bool take_percent(double *share, const char *value, struct err *e)
{
    char *end;
    double percent = strtod(value, &end);
    bool digits = *value && strspn(value, "0123456789.") == (size_t)(end - value);

    if (!digits || (strcmp(end, "") != 0 && strcmp(end, "%") != 0) || percent <= 0 ||
        percent > 1e6)
        return err_set(e, ERR_USAGE,
                       "bad value: --fail-above '%s': a percentage, such "
                       "as 5%%",
                       value);
    *share = percent / 100;
    return true;
}

static bool option(void *args, int key, const char *value, struct err *e)
{
    struct diff_args *a = args;

    switch (key) {
    case KEY_BEFORE:
        return take_file(&a->side[SIDE_BEFORE], value, e);
    case KEY_AFTER:
        return take_file(&a->side[SIDE_AFTER], value, e);
    case KEY_TREE:
        a->tree = true;
        return true;
    case KEY_CUMULATIVE:
        a->cumulative = true;
        return true;
    case KEY_AS_CPROFILE:
        a->as_cprofile = true;
        return true;
    case KEY_CORRECTED:
        a->corrected = true;
        return true;
    case KEY_FAIL_ABOVE:
        return take_percent(&a->above, value, e);
    case KEY_MARKDOWN:
        a->markdown = true;
        return true;
    }
    return reading_option(&a->reading, key, value, e);
}

/* How a run was counted: only what was counted alike can be compared. */
struct mode {
    const char *file;
    enum unit unit;
    struct str clock;
    bool sampled, given, builtins;
};

struct work {
    const struct diff_args *args;
    struct arena *arena;
    struct compare *functions, *paths; /* paths: NULL unless asked for */
    struct mode first;                 /* of the first run that was read */
    struct side_args side[SIDES];
    struct diff_side shown[SIDES];
    struct str *note;
    uint32_t notes;
};

enum { NOTES_MAX = 64, PYTHONS_MAX = 16 };

static void add_note(struct work *w, struct str sentence)
{
    for (uint32_t i = 0; i < w->notes; i++)
        if (str_eq(w->note[i], sentence))
            return;
    if (w->notes < NOTES_MAX)
        w->note[w->notes++] = arena_str(w->arena, sentence);
}

static struct mode mode_of(const struct work *w, const struct profile *p,
                           const char *file)
{
    struct mode m = {
        .file = file,
        .unit = profile_unit(p),
        .clock = arena_str(w->arena, profile_run(p)->clock),
        .sampled = profile_quality(p)->sampled,
        .given = given_rows(p) > 0,
    };

    for (process_id i = 0; i < profile_processes(p); i++)
        m.builtins = m.builtins || profile_process(p, i)->probed.builtins;
    return m;
}

static bool differ(const struct mode *a, const struct mode *b, const char *what_a,
                   const char *what_b, const char *advice, struct err *e)
{
    return err_set(e, ERR_USAGE, "cannot compare: %s: %s, %s: %s (%s)", a->file, what_a,
                   b->file, what_b, advice);
}

static bool alike(const struct work *w, const struct mode *m, struct err *e)
{
    static const char *const unit[] = { "times", "samples", "bytes" };
    const struct mode *f = &w->first;

    if (f->unit != m->unit)
        return differ(f, m, unit[f->unit], unit[m->unit], "compare like with like", e);
    if (f->sampled != m->sampled)
        return differ(f, m, f->sampled ? "sampled" : "counted",
                      m->sampled ? "sampled" : "counted", "compare like with like", e);
    if (f->given != m->given)
        return w->args->as_cprofile ||
               differ(f, m, f->given ? "counted by cProfile" : "by sonde",
                      m->given ? "counted by cProfile" : "by sonde",
                      "--as-cprofile counts both that way", e);
    if (!str_eq(f->clock, m->clock))
        return differ(f, m, str_eq(f->clock, STR("cpu")) ? "CPU time" : "wall time",
                      str_eq(m->clock, STR("cpu")) ? "CPU time" : "wall time",
                      "record both with the same --clock", e);
    if (f->builtins != m->builtins)
        return differ(f, m, f->builtins ? "with builtins" : "without builtins",
                      m->builtins ? "with builtins" : "without",
                      "record both with or both without --no-builtins", e);
    return true;
}

static void remember_pythons(struct work *w, enum side side, const struct profile *p)
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
                           : "a .pstats file does not tell what its profiler cost");
    struct profile *corrected = correct(*p, costs.of);
    profile_close(*p);
    *p = corrected;
    return true;
}

/* As asked for, or e. */
static bool prepare(const struct work *w, struct profile **p, const char *file,
                    struct err *e)
{
    const struct diff_args *a = w->args;

    if (a->tree && !profile_has_paths(*p) && given_rows(*p) > 0)
        return err_set(e, ERR_FORMAT,
                       "no call paths: %s: a .pstats file holds functions and callers "
                       "alone (leave --tree out)",
                       file);
    if (a->corrected && !correct_times(p, file, w->arena, e))
        return false;
    return !a->as_cprofile || reading_folds_as_cprofile(p, file, e);
}

static void add_profile(struct work *w, enum side side, const struct profile *p)
{
    const struct quality *q = profile_quality(p);

    for (uint32_t i = 0; i < q->notes; i++)
        add_note(w, q->note[i]);
    remember_pythons(w, side, p);
    compare_add(w->functions, side, p);
    if (w->paths)
        compare_add(w->paths, side, p);
}

static bool add_run(struct work *w, enum side side, const char *file, struct err *e)
{
    char *name[] = { (char *)file, NULL };
    const char *title;
    struct profile *p =
        reading_open((struct words){ 1, name }, &w->args->reading.choice, false, &title,
                     w->arena, e);
    bool ok = p != NULL;

    if (ok) {
        struct mode mode = mode_of(w, p, file);

        if (!w->first.file)
            w->first = mode;
        ok = alike(w, &mode, e) && prepare(w, &p, file, e);
        w->shown[side].clock = mode.clock;
    }
    if (ok)
        add_profile(w, side, p);
    profile_close(p);
    return ok;
}

static bool add_runs(struct work *w, struct err *e)
{
    bool ok = true;

    for (int side = 0; ok && side < SIDES; side++) {
        struct side_args *s = &w->side[side];

        w->shown[side].python = arena_array(w->arena, PYTHONS_MAX, sizeof(struct str));
        w->shown[side].file = s->file;
        w->shown[side].files = (uint32_t)s->files;
        w->shown[side].title =
            s->files == 1
                ? s->file[0]
                : arena_printf(w->arena, "%s and %d more", s->file[0], s->files - 1).at;
        for (int i = 0; ok && i < s->files; i++)
            ok = add_run(w, side, s->file[i], e);
    }
    return ok;
}

static struct str pythons_of(const struct work *w, enum side side)
{
    const struct diff_side *s = &w->shown[side];
    struct str list = STR("");

    for (uint32_t i = 0; i < s->pythons; i++)
        list =
            arena_printf(w->arena, "%.*s%s%.*s", (int)list.len, list.at,
                         i > 0 ? " and " : "", (int)s->python[i].len, s->python[i].at);
    return list;
}

static void note_choice(struct work *w)
{
    const struct choice *c = &w->args->reading.choice;
    struct str globs = STR("");

    for (uint32_t i = 0; i < c->globs; i++)
        globs = arena_printf(w->arena, "%.*s --process '%s'", (int)globs.len, globs.at,
                             c->glob[i]);
    if (c->globs > 0)
        add_note(w, arena_printf(w->arena, "Of the processes alone that%.*s names.",
                                 (int)globs.len, globs.at));
}

static void add_notes(struct work *w)
{
    struct str before = pythons_of(w, SIDE_BEFORE), after = pythons_of(w, SIDE_AFTER);
    uint32_t before_runs = w->shown[SIDE_BEFORE].files;
    uint32_t after_runs = w->shown[SIDE_AFTER].files;
    uint32_t fewer = before_runs < after_runs ? before_runs : after_runs;

    note_choice(w);
    if (before.len > 0 && after.len > 0 && !str_eq(before, after))
        add_note(w, arena_printf(w->arena, "Python %s before, %s after.", before.at,
                                 after.at));
    if (fewer > 1 && !compare_in_turn(w->functions))
        add_note(w, STR("The sides were not run in turn (before, after, before, ...): "
                        "what changed on the machine meanwhile looks like a change of "
                        "the program."));
    if (w->args->above > 0 && fewer < evidence_runs_needed(1))
        add_note(w, arena_printf(w->arena,
                                 "--fail-above goes by what was measured: it takes %u "
                                 "runs a side to prove anything.",
                                 evidence_runs_needed(1)));
}

static bool write_diff(const struct work *w, const struct diff *d, struct err *e)
{
    const struct reading *r = &w->args->reading;
    struct out *o = r->output ? out_open(r->output, e) : out_stdout();

    if (!o)
        return false;
    if (r->json)
        diff_json(d, o);
    else if (w->args->markdown)
        diff_markdown(d, o);
    else {
        struct screen s = screen_on(o, r->output ? -1 : STDOUT_FILENO);

        diff_text(d, &s);
    }
    return out_close(o, e);
}

static int show(struct work *w, struct err *e)
{
    const struct reading *r = &w->args->reading;
    struct diff_options o = {
        .sort = r->sort,
        .limit = r->limited ? r->limit : -1,
        .filter = r->filter,
        .filters = r->filters,
        .reverse = r->reverse,
        .strip_dirs = r->strip_dirs,
        .cumulative = w->args->cumulative,
        .above = w->args->above,
        .unit = w->first.unit,
        .side = { w->shown[SIDE_BEFORE], w->shown[SIDE_AFTER] },
        .note = w->note,
        .notes = w->notes,
    };
    struct diff *d = diff_open(w->functions, w->paths, &o, e);
    int status = 1;

    if (d && write_diff(w, d, e)) {
        struct str slow = diff_too_slow(d);

        status = slow.len > 0 ? STATUS_SLOWER : 0;
        if (slow.len > 0)
            cmd_say("%s", slow.at);
    }
    diff_close(d);
    return status;
}

/* BEFORE AFTER as words, or runs of both sides as options. */
static bool take_words(struct work *w, struct words words, struct err *e)
{
    bool named = w->side[SIDE_BEFORE].files > 0 || w->side[SIDE_AFTER].files > 0;
    const struct reading *r = &w->args->reading;

    if (r->by != BY_FUNCTION)
        return err_set(e, ERR_USAGE, "sonde diff does not heed --by (leave it out)");
    if (r->json && w->args->markdown)
        return err_set(e, ERR_USAGE,
                       "--json and --markdown do not go together (leave "
                       "one out)");
    if (words.count > 0 && named)
        return err_set(e, ERR_USAGE,
                       "one word too many: %s (either BEFORE AFTER, or --before FILE "
                       "--after FILE)",
                       words.at[0]);
    if (!named && words.count != 2)
        return err_set(e, ERR_USAGE,
                       "two files are compared: %s (sonde diff BEFORE "
                       "AFTER, or --before FILE --after FILE ...)",
                       words.count == 0   ? "none was named"
                       : words.count == 1 ? "one was named"
                                          : "more were named");
    if (!named)
        return take_file(&w->side[SIDE_BEFORE], words.at[0], e) &&
               take_file(&w->side[SIDE_AFTER], words.at[1], e);
    if (w->side[SIDE_BEFORE].files == 0 || w->side[SIDE_AFTER].files == 0)
        return err_set(e, ERR_USAGE, "a side is missing: %s FILE (repeatable)",
                       w->side[SIDE_AFTER].files > 0 ? "--before" : "--after");
    return true;
}

static int run(const void *args, struct words words, struct err *e)
{
    const struct diff_args *a = args;
    struct arena *arena = arena_open();
    struct work *w = arena_alloc(arena, sizeof *w);
    int status = 2;

    w->args = a;
    w->arena = arena;
    w->side[SIDE_BEFORE] = a->side[SIDE_BEFORE];
    w->side[SIDE_AFTER] = a->side[SIDE_AFTER];
    w->note = arena_array(arena, NOTES_MAX, sizeof *w->note);
    if (take_words(w, words, e)) {
        w->functions =
            compare_open((struct compare_options){ .cumulative = a->cumulative });
        if (a->tree)
            w->paths = compare_open((struct compare_options){ .paths = true });
        status = 1;
    }
    if (status == 1 && add_runs(w, e)) {
        compare_pair(w->functions);
        if (w->paths)
            compare_pair(w->paths);
        add_notes(w);
        status = show(w, e);
    }
    compare_close(w->functions);
    compare_close(w->paths);
    arena_close(arena);
    return status;
}

const struct cmd cmd_diff = {
    .name = "diff",
    .help = "what changed between runs, and whether it is chance",
    .usage = "[OPTIONS] BEFORE AFTER",
    .options = options,
    .shared = reading_options,
    .reads = true,
    .more =
        "Functions are found again when they moved to other lines, other files or\n"
        "another folder. Of several runs a side (--before FILE --after FILE, best 10\n"
        "or more, made in turn) it tells what is proven, at 99 %.",
    .examples =
        "sonde diff before.sonde after.sonde\n"
        "sonde diff --tree before.sonde after.sonde\n"
        "sonde diff --before b1.sonde --before b2.sonde --after a1.sonde ...\n"
        "sonde diff --fail-above 5% --markdown -o diff.md main.sonde branch.sonde",
    .args_size = sizeof(struct diff_args),
    .option = option,
    .run = run,
};
