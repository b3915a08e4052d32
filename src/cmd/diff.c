/* SPDX-License-Identifier: Apache-2.0 */
/* diff.c - sonde diff: what changed from one run to another, or from some runs to
 * others; for people, pull requests, programs and, by its status, for CI. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/reading.h"
#include "cmd/sides.h"

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

struct work {
    const struct diff_args *args;
    struct arena *arena;
    struct sides_options options;
    struct sides *sides;
    struct side_args side[SIDES];
};

static bool add_runs(struct work *w, struct err *e)
{
    bool ok = true;

    for (int side = 0; ok && side < SIDES; side++)
        for (int i = 0; ok && i < w->side[side].files; i++) {
            char *name[] = { (char *)w->side[side].file[i], NULL };

            ok = sides_add(w->sides, side, (struct words){ 1, name }, e);
        }
    return ok;
}

static void note_choice(const struct work *w)
{
    const struct choice *c = &w->args->reading.choice;
    struct str globs = STR("");

    for (uint32_t i = 0; i < c->globs; i++)
        globs = arena_printf(w->arena, "%.*s --process '%s'", (int)globs.len, globs.at,
                             c->glob[i]);
    if (c->globs > 0)
        sides_note(w->sides,
                   arena_printf(w->arena, "Of the processes alone that%.*s names.",
                                (int)globs.len, globs.at));
}

static void add_notes(const struct work *w)
{
    struct sides *s = w->sides;
    uint32_t before_runs = s->shown[SIDE_BEFORE].files;
    uint32_t after_runs = s->shown[SIDE_AFTER].files;
    uint32_t fewer = before_runs < after_runs ? before_runs : after_runs;

    note_choice(w);
    if (fewer > 1 && !compare_in_turn(s->functions))
        sides_note(s, STR("The sides were not run in turn (before, after, before, "
                          "...): what changed on the machine meanwhile looks like a "
                          "change of the program."));
    if (w->args->above > 0 && fewer < evidence_runs_needed(1))
        sides_note(s, arena_printf(w->arena,
                                   "--fail-above goes by what was measured: it takes "
                                   "%u runs a side to prove anything.",
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
        .unit = w->sides->first.unit,
        .side = { w->sides->shown[SIDE_BEFORE], w->sides->shown[SIDE_AFTER] },
        .note = w->sides->note,
        .notes = w->sides->notes,
    };
    struct diff *d = diff_open(w->sides->functions, w->sides->paths, &o, e);
    int status = 1;

    if (d && write_diff(w, d, e) && diff_guards(d, e)) {
        struct str slow = diff_too_slow(d);

        status = slow.len > 0 ? STATUS_SLOWER : 0;
        if (slow.len > 0)
            cmd_say("%s", slow.at);
    }
    diff_close(d);
    return status;
}

/* What goes unheeded is refused: paths have an order of their own. */
static bool heeded(const struct diff_args *a, struct err *e)
{
    const struct reading *r = &a->reading;
    const char *option = r->sort.fields > 0 ? "--sort"
                         : r->reverse       ? "--reverse"
                                            : NULL;

    if (a->markdown && (r->json || a->tree))
        return err_set(e, ERR_USAGE,
                       "%s and --markdown do not go together (leave one out)",
                       r->json ? "--json" : "--tree");
    if (a->tree && !r->json && option)
        return err_set(e, ERR_USAGE, "--tree does not heed %s (leave one out)", option);
    return true;
}

/* BEFORE AFTER as words, or runs of both sides as options. */
static bool take_words(struct work *w, struct words words, struct err *e)
{
    bool named = w->side[SIDE_BEFORE].files > 0 || w->side[SIDE_AFTER].files > 0;

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
    if (heeded(a, e) && take_words(w, words, e)) {
        w->options = (struct sides_options){
            .choice = &w->args->reading.choice,
            .tree = a->tree,
            .cumulative = a->cumulative,
            .as_cprofile = a->as_cprofile,
            .corrected = a->corrected,
            .runs = { (uint32_t)w->side[SIDE_BEFORE].files,
                      (uint32_t)w->side[SIDE_AFTER].files },
        };
        w->sides = sides_open(&w->options, arena);
        status = 1;
    }
    if (status == 1 && add_runs(w, e)) {
        sides_pair(w->sides);
        add_notes(w);
        status = show(w, e);
    }
    if (w->sides)
        sides_close(w->sides);
    arena_close(arena);
    return status;
}

const struct cmd cmd_diff = {
    .name = "diff",
    .help = "what changed between runs, and whether it is chance",
    .usage = "[OPTIONS] BEFORE AFTER",
    .options = options,
    .shared = reading_options + READING_BY,
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
