/* SPDX-License-Identifier: Apache-2.0 */
/* timeit.c - sonde timeit: statements timed beside each other, as timeit times one. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "report/timeit.h"
#include "run/enter.h"
#include "run/target.h"
#include "why/timing.h"

enum {
    KEY_PYTHON = 256,
    KEY_ACROSS,
    KEY_PRECISE,
    KEY_JSON,
    KEY_MARKDOWN,
    KEY_LIMIT,
    KEY_STEPS,
    KEY_NO_WHY,
    KEY_WITH_TEXT
};

enum { SETUPS_MAX = 256, LIMIT_SECONDS = 60, STEPS_NS = 2000000000, LOOPS_STEPPED = 6 };
#define STEP_NS_MOST 20000ull /* many times what one takes */

struct timeit_args {
    long number, repeat, steps;
    const char *setup[SETUPS_MAX];
    int setups, unit, verbose;
    bool process, precise, json, markdown, with_text, no_why;
    const char *python, *across, *output;
    double limit; /* seconds, 0: LIMIT_SECONDS */
};

static const struct argp_option options[] = {
    { "number", 'n', "N", 0, "loops of each launch (default: as many as it takes)", 0 },
    { "repeat", 'r', "N", 0, "launches: fresh Pythons (default: 6)", 0 },
    { "setup", 's', "S", 0, "done once before the loops (repeatable: lines)", 0 },
    { "process", 'p', NULL, 0, "the CPU time of the whole process", 0 },
    { "unit", 'u', "UNIT", 0, "nsec, usec, msec or sec", 0 },
    { "verbose", 'v', NULL, 0, "figures of each launch; repeat for more digits", 0 },
    { "precise", KEY_PRECISE, NULL, 0, "take more time, to prove less of a difference",
      0 },
    { "python", KEY_PYTHON, "PATH", 0, "the Python to time: 3.11, or a path", 0 },
    { "across", KEY_ACROSS, "LIST", 0, "several: 3.11,3.13 or paths", 0 },
    { "limit", KEY_LIMIT, "SECONDS", 0, "for one loop (default: 60)", 0 },
    { "steps", KEY_STEPS, "N", 0, "to find out why, at most (default: 2 s of them)",
      0 },
    { "no-why", KEY_NO_WHY, NULL, 0, "time them, and step none", 0 },
    { "json", KEY_JSON, NULL, 0, "as JSON", 0 },
    { "markdown", KEY_MARKDOWN, NULL, 0, "as a table for a pull request", 0 },
    { "output", 'o', "FILE", 0, "default: stdout", 0 },
    { "with-text", KEY_WITH_TEXT, NULL, OPTION_HIDDEN, "the text in the JSON", 0 },
    { 0 },
};

static bool take_setup(struct timeit_args *a, const char *value, struct err *e)
{
    if (a->setups == SETUPS_MAX)
        return err_set(e, ERR_USAGE, "too many: -s %s: %d are enough", value,
                       SETUPS_MAX);
    a->setup[a->setups++] = value;
    return true;
}

static bool take_unit(struct timeit_args *a, const char *value, struct err *e)
{
    static const char *const names[] = { "nsec", "usec", "msec", "sec" };

    for (int i = 0; i < 4; i++)
        if (strcmp(value, names[i]) == 0) {
            a->unit = i + 1;
            return true;
        }
    return err_set(e, ERR_USAGE, "bad value: -u %s: nsec, usec, msec or sec", value);
}

static bool take_limit(struct timeit_args *a, const char *value, struct err *e)
{
    char *end;

    a->limit = strtod(value, &end);
    return (end != value && *end == '\0' && a->limit > 0 && a->limit < 1e7) ||
           err_set(e, ERR_USAGE, "bad value: --limit %s: seconds, more than 0", value);
}

static bool take_text(struct timeit_args *a, int key, const char *value, struct err *e)
{
    switch (key) {
    case 's':
        return take_setup(a, value, e);
    case 'u':
        return take_unit(a, value, e);
    case 'o':
        a->output = value;
        return true;
    case KEY_PYTHON:
        a->python = value;
        return true;
    case KEY_ACROSS:
        a->across = value;
        return true;
    }
    return take_limit(a, value, e);
}

static bool option(void *args, int key, const char *value, struct err *e)
{
    struct timeit_args *a = args;

    switch (key) {
    case 'n':
        return options_number("-n", value, 0, &a->number, e);
    case 'r': /* timeit takes what is not above 0 for 1 */
        return options_number("-r", value, -TIMING_LAUNCHES, &a->repeat, e) &&
               ((a->repeat = a->repeat > 0 ? a->repeat : 1) <= TIMING_LAUNCHES ||
                err_set(e, ERR_USAGE,
                        "too many: -r %s: each is a Python of its own, "
                        "and %d are enough",
                        value, TIMING_LAUNCHES));
    case KEY_STEPS:
        return options_number("--steps", value, 1, &a->steps, e);
    case 'v':
        a->verbose++;
        return true;
    }
    if (value)
        return take_text(a, key, value, e);
    a->process = a->process || key == 'p';
    a->precise = a->precise || key == KEY_PRECISE;
    a->json = a->json || key == KEY_JSON || key == KEY_WITH_TEXT;
    a->with_text = a->with_text || key == KEY_WITH_TEXT;
    a->no_why = a->no_why || key == KEY_NO_WHY;
    a->markdown = a->markdown || key == KEY_MARKDOWN;
    return true;
}

/* "app.py:parse" and "app.py:Feed.parse(3)", where that file is there. */
static bool of_file(const char *word, struct timing_statement *s, struct arena *a)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_.";
    const char *colon = strstr(word, ".py:");

    if (!colon || !colon[4] || strchr(word, '\n'))
        return false;
    const char *file = arena_cstr(a, (struct str){ word, (size_t)(colon - word) + 3 });
    if (access(file, R_OK) != 0)
        return false;
    const char *function = colon + 4;
    bool bare = function[strspn(function, letters)] == '\0';
    s->file = file;
    s->code = arena_printf(a, bare ? "%s()" : "%s", function);
    return true;
}

static bool take_statements(struct words words, struct timing_order *o, struct arena *a,
                            struct err *e)
{
    struct timing_statement *s = arena_array(a, (size_t)words.count + 1, sizeof *s);

    if (words.count == 0)
        return err_set(e, ERR_USAGE,
                       "nothing to time: no statement was given (sonde timeit "
                       "'STATEMENT')");
    if (words.count > TIMING_STATEMENTS)
        return err_set(
            e, ERR_USAGE,
            "too many statements: %d: each word is one, %d at most (lines of "
            "one statement are one word)",
            words.count, TIMING_STATEMENTS);
    for (int i = 0; i < words.count; i++) {
        s[i].shown = str_of(words.at[i]);
        if (!of_file(words.at[i], &s[i], a))
            s[i].code = s[i].shown;
    }
    o->statement = s;
    o->statements = (uint32_t)words.count;
    return true;
}

/* The last of those that match, by version. */
static const char *newest(const char *pattern, struct arena *a)
{
    const char *found = NULL;
    glob_t g;

    if (glob(pattern, 0, NULL, &g) != 0)
        return NULL;
    for (size_t i = 0; i < g.gl_pathc; i++)
        if (!found || strverscmp(g.gl_pathv[i], found) > 0)
            found = arena_cstr(a, str_of(g.gl_pathv[i]));
    globfree(&g);
    return found;
}

/* "3.11", "3.11.7", a name on PATH or a path. */
static const char *python_named(const char *word, struct arena *a, struct err *e)
{
    const char *why, *found = NULL;

    if (word[0] == '3' && word[strspn(word, "0123456789.")] == '\0') {
        const char *root = getenv("PYENV_ROOT"), *home = getenv("HOME");

        found = target_on_path(arena_printf(a, "python%s", word).at, a);
        if (found && strstr(found, "/shims/")) /* pyenv's: they start another */
            found = NULL;
        if (!root)
            root = arena_printf(a, "%s/.pyenv", home ? home : "").at;
        if (!found)
            found =
                newest(arena_printf(a, "%s/versions/%s/bin/python3", root, word).at, a);
        if (!found)
            found = newest(
                arena_printf(a, "%s/versions/%s.*/bin/python3", root, word).at, a);
        return found ? found
                     : (err_set(e, ERR_TARGET,
                                "no such Python: %s: no python%s on PATH (a path "
                                "names one as well)",
                                word, word),
                        NULL);
    }
    return target_python(word, &why, a, e);
}

static bool take_across(const char *list, struct timing_order *o, struct arena *a,
                        struct err *e)
{
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, ",");
        const char *word = arena_cstr(a, (struct str){ at, len });

        if (o->pythons == TIMING_PYTHONS)
            return err_set(e, ERR_USAGE, "too many Pythons: --across %s: %d at most",
                           list, TIMING_PYTHONS);
        const char *path = len > 0 ? python_named(word, a, e) : NULL;
        if (len > 0 && !path)
            return false;
        if (path)
            o->python[o->pythons++].path = path;
        at += len + (at[len] == ',');
    }
    return o->pythons > 0 ||
           err_set(e, ERR_USAGE, "bad value: --across '%s': Pythons, such as 3.11,3.13",
                   list);
}

static bool take_pythons(const struct timeit_args *args, struct timing_order *o,
                         struct arena *a, struct err *e)
{
    const char *why;

    o->python = arena_array(a, TIMING_PYTHONS, sizeof *o->python);
    if (args->across && args->python)
        return err_set(e, ERR_USAGE,
                       "--python and --across do not go together (leave one out)");
    if (args->across)
        return take_across(args->across, o, a, e);
    const char *path = args->python ? python_named(args->python, a, e)
                                    : target_python(NULL, &why, a, e);
    if (path)
        o->python[o->pythons++].path = path;
    return path != NULL;
}

static struct str joined(const struct timeit_args *args, struct arena *a)
{
    struct str all = args->setups > 0 ? str_of(args->setup[0]) : STR("pass");

    for (int i = 1; i < args->setups; i++)
        all = arena_printf(a, "%.*s\n%s", (int)all.len, all.at, args->setup[i]);
    return all;
}

static bool prepare(const struct timeit_args *args, struct words words,
                    struct timing_order *o, struct arena *a, struct err *e)
{
    if (args->json && args->markdown)
        return err_set(e, ERR_USAGE,
                       "--json and --markdown do not go together (leave one out)");
    if (!take_statements(words, o, a, e) || !take_pythons(args, o, a, e))
        return false;
    const char *hook = enter_hook(SONDE_PACKAGE, a, e);
    if (!hook)
        return false;
    o->scripts = arena_printf(a, "%s/../timing", hook).at;
    o->setup = joined(args, a);
    o->number = (uint64_t)args->number;
    o->launches = (uint32_t)args->repeat;
    o->precise = args->precise;
    o->process = args->process;
    o->limit_ns = (uint64_t)((args->limit > 0 ? args->limit : LIMIT_SECONDS) * 1e9);
    return true;
}

static struct str text_of(const struct timeit_report *r)
{
    struct screen s = { .out = out_memory() };

    timeit_text(r, &s);
    struct str text = arena_str(r->arena, out_text(s.out));
    out_abandon(s.out);
    return text;
}

static bool show(const struct timeit_args *args, const struct timeit_report *r,
                 struct err *e)
{
    const char *path = args->output ? args->output : "-";
    struct out *o = out_open(path, e);

    if (!o)
        return false;
    if (args->json) {
        timeit_json(r, args->with_text ? text_of(r) : (struct str){ 0 }, o);
    } else if (args->markdown) {
        timeit_markdown(r, o);
    } else {
        struct screen s = screen_on(o, args->output ? -1 : STDOUT_FILENO);
        timeit_text(r, &s);
    }
    return out_close(o, e);
}

/* What Python prints of an error above its last line. */
static void show_failure(const struct timing_failure *f, struct arena *a)
{
    struct str rest = f->lines;

    while (rest.len > 0) {
        struct str safe = screen_safe(str_take_line(&rest), a);

        dprintf(STDERR_FILENO, "%.*s\n", (int)safe.len, safe.at);
    }
}

/* With --steps it is their number that counts: time is there to end what goes on for
 * ever without a step. */
static const struct explain *explain(const struct timeit_args *args,
                                     const struct timing_order *order,
                                     const struct verdicts *v, struct arena *a)
{
    struct explain *x = arena_alloc(a, sizeof *x);
    const char *package = arena_printf(a, "%s/..", order->scripts).at;
    uint64_t steps = (uint64_t)args->steps;
    struct explain_order o = {
        .timing = order,
        .package = package,
        .steps_ns = STEPS_NS + steps * STEP_NS_MOST,
        .steps = steps,
        .loops = LOOPS_STEPPED,
    };

    explain_run(&o, v, x, a);
    return x;
}

static int run(const void *args_of, struct words words, struct err *e)
{
    const struct timeit_args *args = args_of;
    struct arena *a = arena_open();
    struct timing_order order = { 0 };
    struct timing timing;
    struct timing_failure failure = { 0 };
    struct verdicts verdicts;
    bool ok = prepare(args, words, &order, a, e);

    if (ok) {
        ok = timing_run(&order, &timing, &failure, a, e);
        show_failure(&failure, a);
    }
    if (ok) {
        verdicts_of(&timing, &verdicts, a);
        struct timeit_report r = {
            .timing = &timing,
            .verdicts = &verdicts,
            .explain = args->no_why ? NULL : explain(args, &order, &verdicts, a),
            .arena = a,
            .unit = args->unit,
            .verbose = args->verbose,
        };
        ok = show(args, &r, e);
    }
    arena_close(a);
    return ok ? 0 : 1;
}

const struct cmd cmd_timeit = {
    .name = "timeit",
    .help = "time statements beside each other: which is faster, and why",
    .usage = "[OPTIONS] STATEMENT... | FILE.py:FUNCTION...",
    .options = options,
    .more =
        "Each word is a statement of its own (python -m timeit takes words as lines "
        "of\n"
        "one): several are timed in turn and compared. FILE.py:FUNCTION calls one.\n"
        "They run in fresh Pythons, GC off, stdin empty; what they print is dropped.",
    .examples =
        "sonde timeit -s 'import time, datetime' 'time.time()' "
        "'datetime.date.today()'\n"
        "sonde timeit 'sorted(l)' -s 'l = list(range(100))' --across 3.11,3.13\n"
        "sonde timeit app.py:parse --json",
    .args_size = sizeof(struct timeit_args),
    .option = option,
    .run = run,
};
