/* SPDX-License-Identifier: Apache-2.0 */
/* reading.c - options of the reading commands, and files into one profile. */
#include "cmd/reading.h"

#include <stdlib.h>
#include <string.h>

#include "base/whole.h"
#include "import/import.h"
#include "model/fold.h"
#include "tape/recording.h"

enum {
    KEY_JSON = READING_NOT + 1,
    KEY_REVERSE,
    KEY_STRIP_DIRS,
    KEY_BY,
    KEY_PROCESS,
};

const struct argp_option reading_options[] = {
    { "by", KEY_BY, "WHAT", 0,
      "function, file, module, package, class, cycle, thread, process, role", 0 },
    { "sort", 's', "KEYS", 0,
      "calls, cumulative, filename, line, module, name, nfl, pcalls, stdname, time, as "
      "pstats has them; several with commas (default: time)",
      0 },
    { "limit", 'n', "N", 0, "so many rows, or a share of them such as 0.5", 0 },
    { "only", READING_ONLY, "REGEX", 0, "rows whose name or file matches (repeatable)",
      0 },
    { "not", READING_NOT, "REGEX", 0, "rows whose name and file do not (repeatable)",
      0 },
    { "process", KEY_PROCESS, "GLOB", 0,
      "processes of that name, role or pid alone (repeatable)", 0 },
    { "reverse", KEY_REVERSE, NULL, 0, "the other way round", 0 },
    { "strip-dirs", KEY_STRIP_DIRS, NULL, 0, "file names without their folders", 0 },
    { "json", KEY_JSON, NULL, 0, "as JSON, all rows unless -n is given", 0 },
    { "output", 'o', "FILE", 0, "write it there, not to stdout", 0 },
    { 0 },
};

static bool take_filter(struct reading *r, const char *pattern, bool drop,
                        struct err *e)
{
    if (r->filters == READING_FILTERS_MAX)
        return err_set(e, ERR_USAGE, "too many --only and --not: %d are enough",
                       READING_FILTERS_MAX);
    r->filter[r->filters++] = (struct filter){ .pattern = pattern, .drop = drop };
    return true;
}

/* A count, or a share below 1, as pstats has it. */
static bool take_limit(struct reading *r, const char *value, struct err *e)
{
    char *end;
    double limit = strtod(value, &end);
    bool digits = *value && value[strspn(value, "0123456789.")] == '\0';

    if (!digits || *end || limit > UINT32_MAX || (limit >= 1 && strchr(value, '.')))
        return err_set(e, ERR_USAGE,
                       "bad value: -n '%s': a number of rows, or a share "
                       "below 1 such as 0.5",
                       value);
    r->limited = true;
    r->limit = limit;
    return true;
}

static bool take_by(struct reading *r, const char *value, struct err *e)
{
    static const char *const names[] = { "function", "file",  "module", "package",
                                         "class",    "cycle", "thread", "process",
                                         "role",     NULL };

    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], value) == 0) {
            r->by = (enum by)i;
            return true;
        }
    const char *near = help_nearest(value, names);
    return err_set(e, ERR_USAGE,
                   "bad value: --by %s: function, file, module, package, "
                   "class, cycle, thread, process or role%s%s%s",
                   value, near ? " (did you mean " : "", near ? near : "",
                   near ? "?)" : "");
}

bool reading_take_process(struct choice *c, const char *glob, struct err *e)
{
    if (!*glob)
        return err_set(e, ERR_USAGE, "bad value: --process '': a name, role or pid");
    if (c->globs == CHOICE_MAX)
        return err_set(e, ERR_USAGE, "too many --process: %d are enough", CHOICE_MAX);
    c->glob[c->globs++] = glob;
    return true;
}

bool reading_option(struct reading *r, int key, const char *value, struct err *e)
{
    switch (key) {
    case 's':
        return sort_parse(value, &r->sort, e);
    case 'n':
        return take_limit(r, value, e);
    case 'o':
        r->output = value;
        return true;
    case READING_ONLY:
        return take_filter(r, value, false, e);
    case READING_NOT:
        return take_filter(r, value, true, e);
    case KEY_BY:
        return take_by(r, value, e);
    case KEY_PROCESS:
        return reading_take_process(&r->choice, value, e);
    case KEY_REVERSE:
        r->reverse = true;
        return true;
    case KEY_STRIP_DIRS:
        r->strip_dirs = true;
        return true;
    case KEY_JSON:
        r->json = true;
        return true;
    }
    return true;
}

/* "orders.sonde", or "orders.sonde and 2 more". */
static const char *title_of(struct words files, struct arena *a)
{
    char *first = arena_cstr(a, str_of(files.at[0]));
    size_t len = strlen(first);

    while (len > 1 && first[len - 1] == '/')
        first[--len] = '\0';
    if (files.count == 1)
        return first;
    return arena_printf(a, "%s and %d more", first, files.count - 1).at;
}

/* Its base name, or all of it where another file has the same. */
static struct str process_name(struct words files, int file)
{
    struct str path = str_of(files.at[file]), name = str_basename(path);

    for (int i = 0; i < files.count; i++)
        if (i != file && str_eq(str_basename(str_of(files.at[i])), name))
            return path;
    return name;
}

bool reading_newest(char *newest[2], struct arena *a, struct err *e)
{
    newest[0] = recording_newest(".", a);
    if (!newest[0])
        return err_set(e, ERR_IO,
                       "no recording here: .: no *.sonde in this directory (sonde "
                       "run app.py makes one)");
    cmd_say("%s", newest[0]);
    return true;
}

/* "orders.sonde --process 'worker*'", as typed. */
static const char *chosen_title(const char *title, const struct choice *c,
                                struct arena *a)
{
    for (uint32_t i = 0; i < c->globs; i++)
        title = arena_printf(a, "%s --process '%s'", title, c->glob[i]).at;
    return title;
}

struct profile *reading_open(struct words files, const struct choice *choice,
                             bool callers, const char **title, struct arena *a,
                             struct err *e)
{
    static const struct choice all = { .globs = 0 };
    const struct choice *c = choice ? choice : &all;
    char *newest[2] = { NULL, NULL };
    bool ok = true;

    if (files.count == 0) {
        if (!reading_newest(newest, a, e))
            return NULL;
        files = (struct words){ 1, newest };
    }
    *title = title_of(files, a);
    for (int i = 0; ok && i < files.count; i++) {
        if (strcmp(files.at[i], "-") == 0)
            files.at[i] = "/dev/stdin";
        ok = whole_keep_pipe(files.at[i], e);
    }
    struct build *b = build_open(UNIT_NS);
    if (!callers)
        build_spare_edges(b);
    /* Recordings first: see import.h. */
    for (int i = 0; ok && i < 2 * files.count; i++) {
        char *file = files.at[i % files.count];

        if ((import_for(file) == NULL) == (i < files.count))
            ok = choose_can(c, import_for(file) == NULL, file, e) &&
                 import_file(file, process_name(files, i % files.count), b, e);
    }
    if (!ok) {
        build_abandon(b);
        return NULL;
    }
    struct profile *p = choose(build_finish(b), c, *title, e);
    *title = chosen_title(*title, c, a);
    return p;
}

void reading_tell_notes(const struct profile *p)
{
    const struct quality *q = profile_quality(p);

    for (uint32_t i = 0; i < q->notes; i++)
        cmd_say("%.*s", (int)q->note[i].len, q->note[i].at);
}

/* A constructor that cProfile would not see; rows without paths cannot be folded. */
static bool has_constructors(const struct profile *p)
{
    for (uint32_t i = 0; i < given_rows(p); i++) {
        const struct given *given = given_row(p, i);
        enum function_kind kind = profile_function(p, given->function)->kind;

        if (kind == FUNCTION_TYPE || kind == FUNCTION_OBJECT)
            return true;
    }
    return false;
}

bool reading_folds_as_cprofile(struct profile **p, const char *title, struct err *e)
{
    if (*p && has_constructors(*p))
        return err_set(e, ERR_FORMAT,
                       "cannot count as cProfile does: %s: a .pstats file holds "
                       "constructors, and not whose time is theirs (sonde convert "
                       "--as-cprofile makes it of a recording)",
                       title);
    struct profile *folded = *p ? fold(*p, FOLD_AS_CPROFILE) : NULL;
    profile_close(*p);
    *p = folded;
    return true;
}

struct report_options reading_report(const struct reading *r)
{
    return (struct report_options){
        .sort = r->sort,
        .limit = r->limited ? r->limit : -1,
        .filter = r->filter,
        .filters = r->filters,
        .by = r->by,
        .reverse = r->reverse,
        .strip_dirs = r->strip_dirs,
        .json = r->json,
    };
}
