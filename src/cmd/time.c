/* SPDX-License-Identifier: Apache-2.0 */
/* time.c - sonde time: a command timed as time(1) times it, many runs, and why. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/time_why.h"
#include "report/time.h"
#include "run/launch.h"

enum {
    KEY_WARMUP = 256,
    KEY_SETUP,
    KEY_PREPARE,
    KEY_CONCLUDE,
    KEY_CLEANUP,
    KEY_SHELL,
    KEY_PARAMETER,
    KEY_SHOW_OUTPUT,
    KEY_NO_WHY,
    KEY_PYTHON,
    KEY_JSON,
    KEY_MARKDOWN,
    KEY_EXPORT_JSON,
    KEY_EXPORT_CSV,
    KEY_EXPORT_MARKDOWN,
};

struct time_args {
    const char *text[COMMANDS_MAX];
    struct commands_asked asked;
    long runs, warmup;
    const char *format; /* as GNU time's; NULL: ours */
    const char *output;
    const char *export_json, *export_csv, *export_markdown;
    bool append, quiet, ignore, show_output, no_why, json, markdown;
    bool portable, verbose;
};

static const struct argp_option options[] = {
    { "runs", 'r', "N", 0, "of each command (default: 10, or for 3 s)", 0 },
    { "command", 'c', "CMD", 0, "a command as a shell takes it (repeatable)", 0 },
    { "warmup", KEY_WARMUP, "N", 0, "runs before, not counted", 0 },
    { "prepare", KEY_PREPARE, "CMD", 0, "before each run; --conclude: after it", 0 },
    { "conclude", KEY_CONCLUDE, "CMD", OPTION_HIDDEN, "after each run", 0 },
    { "setup", KEY_SETUP, "CMD", 0, "before all runs; --cleanup: after them", 0 },
    { "cleanup", KEY_CLEANUP, "CMD", OPTION_HIDDEN, "after all runs", 0 },
    { "shell", KEY_SHELL, "SHELL", 0, "for -c; none: none (default: sh if need be)",
      0 },
    { "parameter-list", KEY_PARAMETER, "V=A,B", 0, "runs with {V} as each (repeatable)",
      0 },
    { "ignore-failure", 'i', NULL, 0, "go on when a run fails", 0 },
    { "show-output", KEY_SHOW_OUTPUT, NULL, 0, "of all runs, not the first alone", 0 },
    { "no-why", KEY_NO_WHY, NULL, 0, "time it, and run it for nothing else", 0 },
    { "python", KEY_PYTHON, "PATH", 0, "the Python for .py files", 0 },
    { "portability", 'p', NULL, 0, "once, real, user and sys as POSIX has them", 0 },
    { "format", 'f', "FORMAT", 0, "once, printed as GNU time's -f does", 0 },
    { "verbose", 'v', NULL, 0, "once, all that GNU time's -v has", 0 },
    { "quiet", 'q', NULL, 0, "with these: no line on a status that is not 0", 0 },
    { "output", 'o', "FILE", 0, "default: stderr", 0 },
    { "append", 'a', NULL, 0, "to that file", 0 },
    { "json", KEY_JSON, NULL, 0, "as JSON, to stdout; --markdown likewise", 0 },
    { "markdown", KEY_MARKDOWN, NULL, OPTION_HIDDEN, "as a table, to stdout", 0 },
    { "export-json", KEY_EXPORT_JSON, "FILE", 0, "as well; also -csv, -markdown", 0 },
    { "export-csv", KEY_EXPORT_CSV, "FILE", OPTION_HIDDEN, "as well", 0 },
    { "export-markdown", KEY_EXPORT_MARKDOWN, "FILE", OPTION_HIDDEN, "as well", 0 },
    { 0 },
};

static bool take_command(struct time_args *a, const char *value, struct err *e)
{
    if (a->asked.texts == COMMANDS_MAX)
        return err_set(e, ERR_USAGE, "too many commands: -c %s: %d at most", value,
                       COMMANDS_MAX);
    a->text[a->asked.texts++] = value;
    return true;
}

static bool take_parameter(struct time_args *a, const char *value, struct err *e)
{
    if (a->asked.parameters == COMMANDS_PARAMETERS)
        return err_set(e, ERR_USAGE, "too many parameters: %s: %d at most", value,
                       COMMANDS_PARAMETERS);
    a->asked.parameter[a->asked.parameters++] = value;
    return true;
}

/* Where an option's value is kept as it is. */
static const char **text_of(struct time_args *a, int key)
{
    switch (key) {
    case KEY_SETUP:
        return &a->asked.setup;
    case KEY_PREPARE:
        return &a->asked.prepare;
    case KEY_CONCLUDE:
        return &a->asked.conclude;
    case KEY_CLEANUP:
        return &a->asked.cleanup;
    case KEY_SHELL:
        return &a->asked.shell;
    case KEY_PYTHON:
        return &a->asked.python;
    case KEY_EXPORT_JSON:
        return &a->export_json;
    case KEY_EXPORT_CSV:
        return &a->export_csv;
    case KEY_EXPORT_MARKDOWN:
        return &a->export_markdown;
    case 'f':
        return &a->format;
    default:
        return &a->output;
    }
}

static bool take_flag(struct time_args *a, int key)
{
    switch (key) {
    case 'p':
        a->portable = true;
        break;
    case 'v':
        a->verbose = true;
        break;
    case 'q':
        a->quiet = true;
        break;
    case 'a':
        a->append = true;
        break;
    case 'i':
        a->ignore = true;
        break;
    case KEY_SHOW_OUTPUT:
        a->show_output = true;
        break;
    case KEY_NO_WHY:
        a->no_why = true;
        break;
    case KEY_JSON:
        a->json = true;
        break;
    default:
        a->markdown = true;
    }
    return true;
}

static bool option(void *args, int key, const char *value, struct err *e)
{
    struct time_args *a = args;

    switch (key) {
    case 'r':
        return options_number("-r", value, 1, &a->runs, e) &&
               (a->runs <= COMMAND_RUNS_MAX ||
                err_set(e, ERR_USAGE, "too many: -r %s: %d at most", value,
                        COMMAND_RUNS_MAX));
    case KEY_WARMUP:
        return options_number("--warmup", value, 0, &a->warmup, e);
    case 'c':
        return take_command(a, value, e);
    case KEY_PARAMETER:
        return take_parameter(a, value, e);
    }
    if (!value)
        return take_flag(a, key);
    *text_of(a, key) = value;
    return true;
}

/* Of several -v is meant, then -f, as under GNU time; -p is as quiet. */
static const char *format_of(const struct time_args *a)
{
    return a->verbose    ? time_format_verbose
           : a->format   ? a->format
           : a->portable ? time_format_posix
                         : NULL;
}

static bool heeded(const struct time_args *a, struct err *e)
{
    if (a->json && a->markdown)
        return err_set(e, ERR_USAGE,
                       "--json and --markdown do not go together (leave one out)");
    if (format_of(a) && (a->json || a->markdown))
        return err_set(
            e, ERR_USAGE,
            "-p, -f and -v print a format of their own: --%s does not go with "
            "them (leave one out)",
            a->json ? "json" : "markdown");
    if (a->append && !a->output)
        return err_set(e, ERR_USAGE, "-a appends to a file: none is named (-o FILE)");
    return true;
}

/* -a: what is there already stays in front. */
static bool keep_before(const char *path, struct out *o, struct err *e)
{
    char bytes[1 << 13];
    size_t got;
    FILE *f = fopen(path, "rbe");

    if (!f)
        return true; /* it is new */
    while ((got = fread(bytes, 1, sizeof bytes, f)) > 0)
        out_bytes(o, bytes, got);
    bool ok = !ferror(f);
    fclose(f);
    return ok || err_set(e, ERR_IO, "cannot read: %s", path);
}

static void write_text(const struct time_args *a, const struct time_report *r,
                       const struct screen *s)
{
    const struct series *all = r->series;
    const char *format = format_of(a);

    if (!format) {
        time_text(r, s);
        return;
    }
    for (uint32_t i = 0; i < all->commands; i++)
        for (uint32_t n = 0; n < all->of[i].runs; n++) {
            if (!a->quiet && format != time_format_posix)
                time_failed(&all->of[i].run[n], s->out);
            time_format(all->of[i].command, &all->of[i].run[n], str_of(format), s->out);
        }
}

static void write_json(const struct time_args *a, const struct time_report *r,
                       const struct screen *s)
{
    (void)a;
    time_json(r, s->out);
}

static void write_csv(const struct time_args *a, const struct time_report *r,
                      const struct screen *s)
{
    (void)a;
    time_csv(r, s->out);
}

static void write_markdown(const struct time_args *a, const struct time_report *r,
                           const struct screen *s)
{
    (void)a;
    time_markdown(r, s->out);
}

/* Where a report goes: opened before anything is run, so that none is run for nothing.
 */
struct place {
    struct out *out; /* NULL: to fd, what is no file of its own */
    int fd;
    void (*write)(const struct time_args *a, const struct time_report *r,
                  const struct screen *s);
};

enum { PLACES_MOST = 4 };

struct places {
    struct place at[PLACES_MOST];
    int count;
};

/* A device or a pipe is written to as it is; all else is a file, whole or not at all.
 */
static bool open_place(struct places *p, const char *path, bool append, struct err *e)
{
    struct place *at = &p->at[p->count];
    struct stat s;

    at->fd = -1;
    if (strcmp(path, "-") != 0 && stat(path, &s) == 0 && !S_ISREG(s.st_mode) &&
        !S_ISDIR(s.st_mode)) {
        at->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
        p->count++;
        return at->fd >= 0 ||
               err_set(e, ERR_IO, "cannot write: %s: %s", path, strerror(errno));
    }
    at->out = out_open(path, e);
    p->count++;
    return at->out && (!append || keep_before(path, at->out, e));
}

static bool open_places(const struct time_args *a, struct places *p, struct err *e)
{
    const struct {
        const char *path;
        void (*write)(const struct time_args *a, const struct time_report *r,
                      const struct screen *s);
    } more[] = { { a->export_json, write_json },
                 { a->export_csv, write_csv },
                 { a->export_markdown, write_markdown } };

    p->at[0].fd = STDERR_FILENO; /* stdout is the command's */
    p->at[0].write = a->json ? write_json : a->markdown ? write_markdown : write_text;
    if (!a->output && !a->json && !a->markdown)
        p->count = 1;
    else if (!open_place(p, a->output ? a->output : "-", a->append, e))
        return false;
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        if (!more[i].path)
            continue;
        p->at[p->count].write = more[i].write;
        if (!open_place(p, more[i].path, false, e))
            return false;
    }
    return true;
}

static void leave_places(struct places *p)
{
    for (int i = 0; i < p->count; i++)
        if (p->at[i].out)
            out_abandon(p->at[i].out);
}

/* What takes nothing any more, such as a stderr that is closed, loses the rest. */
static void write_all(int fd, struct str text)
{
    while (text.len > 0) {
        ssize_t put = write(fd, text.at, text.len);

        if (put <= 0)
            break;
        text.at += put;
        text.len -= (size_t)put;
    }
}

static bool show(const struct time_args *a, const struct time_report *r,
                 struct places *p, struct err *e)
{
    bool ok = true;

    for (int i = 0; i < p->count; i++) {
        struct place *at = &p->at[i];
        struct screen s = at->out ? (struct screen){ .out = at->out }
                                  : screen_on(out_memory(), at->fd);

        at->write(a, r, &s);
        if (at->out) {
            ok = out_close(at->out, e) && ok;
            at->out = NULL;
            continue;
        }
        write_all(at->fd, out_text(s.out));
        out_abandon(s.out);
    }
    return ok;
}

static struct series_order order_of(const struct time_args *a, const struct commands *c)
{
    bool once = a->runs == 1 || (format_of(a) && a->runs == 0);

    return (struct series_order){
        .command = c->at,
        .commands = c->count,
        .runs = once ? 1 : (uint32_t)a->runs,
        .warmup = (uint32_t)a->warmup,
        .shell = a->asked.shell && strcmp(a->asked.shell, "none") != 0 ? a->asked.shell
                                                                       : "/bin/sh",
        .pass_output = !a->json && !a->markdown,
        .pass_errors = true,
        .show_output = a->show_output,
        .go_on = a->ignore,
        .inherit = once && c->count == 1,
        .progress = !a->show_output,
    };
}

static int time_all(const struct time_args *a, const struct commands *c,
                    struct arena *arena, struct err *e)
{
    struct series_order order = order_of(a, c);
    struct series series;
    struct places places = { .count = 0 };
    struct time_report r = { .series = &series,
                             .planned = order.runs > 0 ? order.runs : UINT32_MAX,
                             .arena = arena };
    struct err last = { 0 };

    if (!open_places(a, &places, e)) {
        leave_places(&places);
        return 1;
    }
    bool ran = series_run(&order, &series, arena, e);
    if (ran && !a->no_why && order.runs != 1 && !series.ended)
        time_why(&series, &r, e);
    bool ended = series_end(&series, &last);
    int signal = command_stopped_by();
    bool any = series.of && series.of[0].runs > 0;
    if (any || ran)
        show(a, &r, &places, e->code ? &last : e);
    leave_places(&places);
    if (signal)
        launch_end_as(signal); /* a status of wait's is one */
    if (!ended && !e->code)
        *e = last;
    if (!ran && series.status)
        return command_shell_status(series.status);
    return e->code ? 1 : command_shell_status(series.status);
}

static int run(const void *args, struct words words, struct err *e)
{
    const struct time_args *a = args;
    struct arena *arena = arena_open();
    struct commands_asked asked = a->asked;
    struct commands commands;
    int status = 2;

    asked.words = words;
    asked.text = a->text;
    if (heeded(a, e))
        status = commands_of(&asked, &commands, arena, e);
    if (!e->code)
        status = time_all(a, &commands, arena, e);
    arena_close(arena);
    return status;
}

const struct cmd cmd_time = {
    .name = "time",
    .help = "time a command as time(1) does, many runs, and say why",
    .usage = "[OPTIONS] CMD ARGS... | -c CMD...",
    .options = options,
    .ordered = true,
    .more =
        "What it prints is shown of the first run; the report goes to stderr. -r 1,\n"
        "-p, -f and -v run it once, with our stdin. The status is the last run's.",
    .examples = "sonde time python app.py\n"
                "sonde time -c 'sort big.txt' -c 'LC_ALL=C sort big.txt'\n"
                "sonde time --parameter-list n=10,100 app.py {n}\n"
                "sonde time -f '%e s %M KB' make",
    .args_size = sizeof(struct time_args),
    .option = option,
    .run = run,
};
