/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - sonde report: tables, callers, callees, trees, processes, JSON. */
#include <unistd.h>

#include "cmd/as_pstats.h"
#include "cmd/costs.h"
#include "cmd/reading.h"

enum {
    KEY_CALLERS = 256,
    KEY_CALLEES,
    KEY_TREE,
    KEY_PROCESSES,
    KEY_WHY,
    KEY_CORRECTED,
    KEY_PSTATS,
    KEY_ALL,
    KEY_AS_CPROFILE,
};

struct report_args {
    struct reading reading;
    struct typed typed[TYPED_MAX]; /* -s -n --only --not: read when it is known how */
    int count;
    bool callers, callees, tree, processes, as_cprofile, corrected, pstats, all;
};

static const struct argp_option options[] = {
    { "callers", KEY_CALLERS, NULL, 0, "who called each function, and for how much",
      0 },
    { "callees", KEY_CALLEES, NULL, 0, "whom each function called", 0 },
    { "tree", KEY_TREE, NULL, 0, "the call paths that cost most", 0 },
    { "processes", KEY_PROCESSES, NULL, 0, "the tree of processes", 0 },
    { "as-cprofile", KEY_AS_CPROFILE, NULL, 0,
      "count as cProfile does: resumptions are calls, constructors made in C are not",
      0 },
    { "corrected", KEY_CORRECTED, NULL, 0,
      "a column with self times less what counting cost", 0 },
    { "why", KEY_WHY, NULL, OPTION_HIDDEN, NULL, 0 },
    { "pstats", KEY_PSTATS, NULL, 0,
      "byte for byte what pstats prints: neither sorted nor cut unless asked; -n, "
      "--only "
      "and --not in the order typed",
      0 },
    { "all", KEY_ALL, NULL, 0,
      "nine tables as pstats prints them: by each key, callers and callees, 100 rows "
      "each but the first",
      0 },
    { 0 },
};

static bool not_yet(const char *option, const char *why, struct err *e)
{
    return err_set(e, ERR_USAGE, "not in this version yet: %s: %s", option, why);
}

static bool option(void *args, int key, const char *value, struct err *e)
{
    struct report_args *a = args;

    switch (key) {
    case KEY_CALLERS:
        a->callers = true;
        return true;
    case KEY_CALLEES:
        a->callees = true;
        return true;
    case KEY_TREE:
        a->tree = true;
        return true;
    case KEY_PROCESSES:
        a->processes = true;
        return true;
    case KEY_AS_CPROFILE:
        a->as_cprofile = true;
        return true;
    case KEY_WHY:
        return not_yet("--why", "recordings hold no states so far", e);
    case KEY_CORRECTED:
        a->corrected = true;
        return true;
    case KEY_PSTATS:
        a->pstats = true;
        return true;
    case KEY_ALL:
        a->all = true;
        return true;
    case 's':
    case 'n':
    case READING_ONLY:
    case READING_NOT:
        if (a->count == TYPED_MAX)
            return err_set(e, ERR_USAGE,
                           "too many of -s -n --only --not: %d are enough", TYPED_MAX);
        a->typed[a->count++] = (struct typed){ key, value };
        return true;
    }
    return reading_option(&a->reading, key, value, e);
}

static struct out *open_output(const struct report_args *a, struct err *e)
{
    return a->reading.output ? out_open(a->reading.output, e) : out_stdout();
}

static bool write_report(const struct report_args *a, const struct report *r,
                         struct err *e)
{
    struct out *o = open_output(a, e);

    if (!o)
        return false;
    if (a->reading.json) {
        report_json(r, o);
    } else {
        struct screen s = screen_on(o, a->reading.output ? -1 : STDOUT_FILENO);

        report_text(r, &s);
    }
    return out_close(o, e);
}

/* Both profiles as asked for; the corrected one may be NULL. */
struct pair {
    struct profile *raw, *corrected;
};

static bool report(const struct report_args *a, const struct pair *pair,
                   const char *title, const char *no_cost, struct err *e)
{
    const struct profile *p = pair->raw;
    struct report_options o = reading_report(&a->reading);

    o.callers = a->callers;
    o.callees = a->callees;
    o.tree = a->tree;
    o.processes = a->processes;
    o.title = title;
    o.corrected = pair->corrected;
    o.no_cost = no_cost;
    o.show_corrected = a->corrected;
    struct report *r = report_open(p, &o, e);
    bool ok = r && write_report(a, r, e);
    report_close(r);
    return ok;
}

static bool go_together(const struct report_args *a, struct err *e)
{
    static const struct {
        const char *option, *what;
    } none[] = {
        { "--tree", "call paths" },
        { "--callers", "callers" },
        { "--callees", "callees" },
        { "--processes", "processes" },
    };
    const bool asked[] = { a->tree, a->callers, a->callees, a->processes };

    for (int i = 0; i < 4 && a->reading.by != BY_FUNCTION && !a->reading.json; i++)
        if (asked[i])
            return err_set(e, ERR_USAGE,
                           "--by and %s do not go together: groups have no %s (leave "
                           "one out)",
                           none[i].option, none[i].what);
    return true;
}

/* What no view asked for has a use for is refused, not passed over: paths have an
 * order of their own, and so have processes, which are no functions. JSON gives all. */
static bool heeded(const struct report_args *a, struct err *e)
{
    const struct reading *r = &a->reading;
    bool whole = a->processes && !a->tree;
    const char *option = r->sort.fields > 0        ? "--sort"
                         : r->reverse              ? "--reverse"
                         : whole && r->filters > 0 ? "--only and --not"
                                                   : NULL;

    if (!(a->tree || a->processes) || a->callers || a->callees || r->json || !option)
        return true;
    return err_set(e, ERR_USAGE, "%s does not heed %s (leave one out)",
                   whole ? "--processes" : "--tree", option);
}

/* What files without paths cannot tell is refused. */
static bool is_known(const struct report_args *a, const struct profile *p,
                     const char *title, struct err *e)
{
    bool paths = profile_has_paths(p) || !given_by_files(p);

    if (a->tree && !paths)
        return err_set(e, ERR_FORMAT,
                       "no call paths: %s: such a file holds functions and callers "
                       "alone (--callers and --callees show those)",
                       title);
    if (a->corrected && !paths)
        return err_set(e, ERR_FORMAT,
                       "no corrected times: %s: such a file does not tell what its "
                       "profiler cost (sonde run makes recordings that do)",
                       title);
    return true;
}

/* What --pstats has no use for; and --all, which has its own order. */
static bool is_of_pstats(const struct report_args *a, struct err *e)
{
    const struct reading *r = &a->reading;
    const char *option = a->tree                ? "--tree"
                         : a->processes         ? "--processes"
                         : a->corrected         ? "--corrected"
                         : r->json              ? "--json"
                         : r->by != BY_FUNCTION ? "--by"
                         : a->all && a->callers ? "--callers"
                         : a->all && a->callees ? "--callees"
                         : a->all && r->reverse ? "--reverse"
                                                : NULL;

    for (int i = 0; i < a->count && a->all && !option; i++)
        if (a->typed[i].key == 's')
            option = "--sort";
    return !option || err_set(e, ERR_USAGE, "%s does not heed %s (leave one out)",
                              a->all ? "--all" : "--pstats", option);
}

static int report_as_pstats(const struct report_args *a, struct words words,
                            struct err *e)
{
    struct as_pstats asked = {
        .typed = a->typed,
        .count = a->count,
        .all = a->all,
        .callers = a->callers,
        .callees = a->callees,
        .reverse = a->reading.reverse,
        .strip_dirs = a->reading.strip_dirs,
        .as_cprofile = a->as_cprofile,
        .choice = &a->reading.choice,
        .output = a->reading.output,
    };

    if (!is_of_pstats(a, e))
        return 2;
    return as_pstats(&asked, words, e) ? 0 : 1;
}

static bool needs_callers(const struct report_args *a)
{
    enum by by = a->reading.by;

    return a->callers || a->callees || a->reading.json || by == BY_FILE ||
           by == BY_MODULE || by == BY_PACKAGE || by == BY_CLASS || by == BY_CYCLE;
}

static int run(const void *args, struct words words, struct err *e)
{
    struct report_args typed = *(const struct report_args *)args;
    const struct report_args *a = &typed;

    if (a->pstats || a->all)
        return report_as_pstats(a, words, e);
    for (int i = 0; i < a->count; i++)
        if (!reading_option(&typed.reading, a->typed[i].key, a->typed[i].value, e))
            return 2;
    if (!go_together(a, e) || !heeded(a, e))
        return 2;
    struct arena *arena = arena_open();
    const char *title = "";
    struct pair pair = { .raw = reading_open(words, &a->reading.choice,
                                             needs_callers(a), &title, arena, e) };
    bool ok = pair.raw && is_known(a, pair.raw, title, e);

    if (ok) {
        struct costs costs = costs_of(pair.raw, true, arena);

        if (costs.any)
            pair.corrected = correct(pair.raw, costs.of);
        ok = !a->as_cprofile || (reading_folds_as_cprofile(&pair.raw, title, e) &&
                                 reading_folds_as_cprofile(&pair.corrected, title, e));
        ok = ok && report(a, &pair, title, costs.why, e);
    }
    profile_close(pair.raw);
    profile_close(pair.corrected);
    arena_close(arena);
    return ok ? 0 : 1;
}

const struct cmd cmd_report = {
    .name = "report",
    .help = "tables, callers, callees, call paths, processes",
    .usage = "[OPTIONS] [FILE...]",
    .options = options,
    .shared = reading_options,
    .reads = true,
    .more =
        "FILE is anything sonde formats lists (default: the newest recording in this\n"
        "directory); several are read as one.",
    .examples = "sonde report\n"
                "sonde report --callers --only parse_line\n"
                "sonde report -s cumulative -n 50 orders.sonde\n"
                "sonde report --process 'worker*' orders.sonde\n"
                "sonde report --json orders.sonde",
    .args_size = sizeof(struct report_args),
    .option = option,
    .run = run,
};
