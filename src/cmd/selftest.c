/* SPDX-License-Identifier: Apache-2.0 */
/* selftest.c - sonde selftest: programs of known truth on this machine, measured
 * error and overhead beside the promises. */
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/known.h"
#include "run/enter.h"
#include "run/target.h"

enum { KEY_JSON = 256, KEY_PYTHON, KEY_QUICK };

struct selftest_args {
    bool json, quick;
    const char *python;
};

struct tested {
    struct python python;
    struct known known; /* no rows: it was not tested, python.why */
};

struct tests {
    struct tested at[PYTHONS_MAX];
    int count;
};

static const struct argp_option options[] = {
    { "python", KEY_PYTHON, "PATH", 0,
      "this Python alone (default: all that are found)", 0 },
    { "quick", KEY_QUICK, NULL, 0, "a second a Python: dearness is told less surely",
      0 },
    { "json", KEY_JSON, NULL, 0, "as JSON", 0 },
    { 0 },
};

static bool option(void *args, int key, const char *value, struct err *e)
{
    struct selftest_args *a = args;

    (void)e;
    if (key == KEY_PYTHON)
        a->python = value;
    a->json = a->json || key == KEY_JSON;
    a->quick = a->quick || key == KEY_QUICK;
    return true;
}

static bool find(const struct selftest_args *args, const char *hook,
                 struct pythons *found, struct arena *a, struct err *e)
{
    const char *why, *path = args->python;

    if (!path) {
        *found = pythons_find(hook, a);
        return found->count > 0 ||
               err_set(e, ERR_TARGET,
                       "no Python found: none on PATH (--python names one)");
    }
    if (!(path = target_python(path, &why, a, e)))
        return false;
    found->count = 1;
    return pythons_try(path, hook, &found->at[0], a) ||
           err_set(e, ERR_TARGET, "not a Python: %s: it does not run", path);
}

static void test_all(const struct selftest_args *args, const struct pythons *found,
                     const char *hook, struct tests *tests, struct arena *a)
{
    bool watched = isatty(STDERR_FILENO);

    for (int i = 0; i < found->count; i++) {
        struct tested *t = &tests->at[tests->count++];

        t->python = found->at[i];
        if (!t->python.works)
            continue;
        if (watched)
            dprintf(STDERR_FILENO, "\r\033[Ksonde: testing Python %s (%d of %d) ...",
                    t->python.version, i + 1, found->count);
        known_test(&t->python, hook, args->quick, &t->known, a);
    }
    if (watched)
        dprintf(STDERR_FILENO, "\r\033[K");
}

/* Nothing that was measured is wrong, and something was. */
static bool all_right(const struct tests *tests, bool named)
{
    int tested = 0;

    for (int i = 0; i < tests->count; i++) {
        const struct tested *t = &tests->at[i];

        tested += t->known.count > 0;
        if (named && t->known.count == 0)
            return false;
        for (int k = 0; k < t->known.count; k++)
            if (t->known.at[k].vital && !t->known.at[k].ok)
                return false;
    }
    return tested > 0;
}

static void write_row(const struct known_row *r, struct out *o)
{
    char promised[32] = "";

    if (r->promised >= 0)
        snprintf(promised, sizeof promised, "%.3g %s", r->promised, r->unit);
    out_printf(o, "  %-6s %9.3g %-5s %9s   %s",
               r->ok      ? "ok"
               : r->vital ? "WRONG"
                          : "worse",
               r->measured, r->unit, promised, r->name);
    if (r->note)
        out_printf(o, " (%s)", r->note);
    out_char(o, '\n');
}

static void write_text(const struct tests *tests, bool right, struct out *o)
{
    for (int i = 0; i < tests->count; i++) {
        const struct tested *t = &tests->at[i];

        out_printf(o, "Python %s  %s\n", t->python.version, t->python.path);
        if (t->known.count == 0) {
            out_printf(o, "  not tested: %s\n\n", t->python.why);
            continue;
        }
        out_text_of(o, "          measured         promised\n");
        for (int k = 0; k < t->known.count; k++)
            write_row(&t->known.at[k], o);
        out_char(o, '\n');
    }
    out_text_of(o, right
                       ? "What sonde counts and times here is right.\n"
                       : "What sonde tells here is not all right: see WRONG above.\n");
}

static void write_json(const struct tests *tests, bool right, struct out *o)
{
    struct json j = json_on(o);

    json_object(&j, NULL);
    json_text(&j, "schema", "sonde.selftest/1");
    json_text(&j, "version", SONDE_VERSION);
    json_array(&j, "pythons");
    for (int i = 0; i < tests->count; i++) {
        const struct tested *t = &tests->at[i];

        json_object(&j, NULL);
        json_text(&j, "path", t->python.path);
        json_text(&j, "version", t->python.version);
        json_text(&j, "why", t->known.count ? NULL : t->python.why);
        json_array(&j, "rows");
        for (int k = 0; k < t->known.count; k++) {
            const struct known_row *r = &t->known.at[k];

            json_object(&j, NULL);
            json_text(&j, "name", r->name);
            json_text(&j, "unit", r->unit);
            json_double(&j, "measured", r->measured);
            if (r->promised >= 0)
                json_double(&j, "promised", r->promised);
            else
                json_null(&j, "promised");
            json_bool(&j, "vital", r->vital);
            json_bool(&j, "ok", r->ok);
            json_text(&j, "note", r->note);
            json_end(&j);
        }
        json_end(&j);
        json_end(&j);
    }
    json_end(&j);
    json_bool(&j, "right", right);
    json_end(&j);
    out_char(o, '\n');
}

static int run(const void *args_of, struct words words, struct err *e)
{
    const struct selftest_args *args = args_of;

    if (words.count > 0) {
        err_set(e, ERR_USAGE, "one word too many: %s (sonde selftest takes none)",
                words.at[0]);
        return 2;
    }
    struct arena *a = arena_open();
    struct pythons *found = arena_alloc(a, sizeof *found);
    struct tests *tests = arena_alloc(a, sizeof *tests);
    const char *hook = enter_hook(SONDE_PACKAGE, a, e);
    bool ok = hook && find(args, hook, found, a, e);

    if (ok) {
        test_all(args, found, hook, tests, a);
        bool right = all_right(tests, args->python != NULL);
        struct out *o = out_stdout();
        if (args->json)
            write_json(tests, right, o);
        else
            write_text(tests, right, o);
        ok = out_close(o, e) && right;
    }
    arena_close(a);
    return ok ? 0 : 1;
}

const struct cmd cmd_selftest = {
    .name = "selftest",
    .help = "programs of known truth on this machine: measured beside promised",
    .usage = "[--python PATH] [--quick] [--json]",
    .options = options,
    .more =
        "It also measures what a call costs each Python, for sonde report "
        "--corrected.\n"
        "The exit status is 1 where a count or a time is wrong. What is only dearer\n"
        "than promised is marked: other work on the machine may be the reason.",
    .examples = "sonde selftest\n"
                "sonde selftest --python /opt/python3.13/bin/python3",
    .args_size = sizeof(struct selftest_args),
    .option = option,
    .run = run,
};
