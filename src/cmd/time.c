/* SPDX-License-Identifier: Apache-2.0 */
/* time.c - sonde time: a command timed as time(1) times it, many runs, and why. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/time_why.h"
#include "report/time.h"

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
        a->format = time_format_posix;
        a->quiet = true; /* as GNU time's */
        break;
    case 'v':
        a->format = time_format_verbose;
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

static bool heeded(const struct time_args *a, struct err *e)
{
    if (a->json && a->markdown)
        return err_set(e, ERR_USAGE,
                       "--json and --markdown do not go together (leave one out)");
    if (a->format && (a->json || a->markdown))
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
    char bytes[1 << 14];
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

typedef void writer(const struct time_args *a, const struct time_report *r,
                    const struct screen *s);

static void write_text(const struct time_args *a, const struct time_report *r,
                       const struct screen *s)
{
    const struct series *all = r->series;

    if (!a->format) {
        time_text(r, s);
        return;
    }
    for (uint32_t i = 0; i < all->commands; i++)
        for (uint32_t n = 0; n < all->of[i].runs; n++) {
            if (!a->quiet)
                time_failed(&all->of[i].run[n], s->out);
            time_format(all->of[i].command, &all->of[i].run[n], str_of(a->format),
                        s->out);
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

static bool write_file(const struct time_args *a, const struct time_report *r,
                       const char *path, writer *write, bool append, struct err *e)
{
    struct out *o = out_open(path, e);

    if (!o)
        return false;
    if (append && !keep_before(path, o, e)) {
        out_abandon(o);
        return false;
    }
    struct screen s = { .out = o };
    write(a, r, &s);
    return out_close(o, e);
}

/* The report's own place is stderr: stdout is the command's. */
static bool write_stderr(const struct time_args *a, const struct time_report *r,
                         struct err *e)
{
    struct screen s = screen_on(out_memory(), STDERR_FILENO);

    write_text(a, r, &s);
    struct str text = out_text(s.out);
    while (text.len > 0) {
        ssize_t put = write(STDERR_FILENO, text.at, text.len);

        if (put <= 0)
            break; /* it is closed: the command's status is told all the same */
        text.at += put;
        text.len -= (size_t)put;
    }
    out_abandon(s.out);
    (void)e;
    return true;
}

static bool show(const struct time_args *a, const struct time_report *r, struct err *e)
{
    writer *write = a->json ? write_json : a->markdown ? write_markdown : write_text;
    bool ok = true;

    if (a->output)
        ok = write_file(a, r, a->output, write, a->append, e);
    else if (a->json || a->markdown)
        ok = write_file(a, r, "-", write, false, e);
    else
        ok = write_stderr(a, r, e);
    if (ok && a->export_json)
        ok = write_file(a, r, a->export_json, write_json, false, e);
    if (ok && a->export_csv)
        ok = write_file(a, r, a->export_csv, write_csv, false, e);
    if (ok && a->export_markdown)
        ok = write_file(a, r, a->export_markdown, write_markdown, false, e);
    return ok;
}

static struct series_order order_of(const struct time_args *a, const struct commands *c)
{
    bool once = a->runs == 1 || (a->format && a->runs == 0);

    return (struct series_order){
        .command = c->at,
        .commands = c->count,
        .runs = once ? 1 : (uint32_t)a->runs,
        .warmup = (uint32_t)a->warmup,
        .shell = a->asked.shell && strcmp(a->asked.shell, "none") != 0 ? a->asked.shell
                                                                       : "/bin/sh",
        .pass_output = !a->json && !a->markdown,
        .show_output = a->show_output,
        .go_on = a->ignore,
        .inherit = once && c->count == 1,
        .progress = !a->show_output,
    };
}

static _Noreturn void end_by(int signal)
{
    sigset_t one;

    sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
    sigemptyset(&one);
    sigaddset(&one, signal);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    raise(signal);
    _exit(128 + signal);
}

static int time_all(const struct time_args *a, const struct commands *c,
                    struct arena *arena, struct err *e)
{
    struct series_order order = order_of(a, c);
    struct series series;
    struct time_report r = { .series = &series, .arena = arena };
    bool ok = series_run(&order, &series, arena, e);
    bool why = ok && !a->no_why && order.runs != 1 && !series.ended;

    if (!ok)
        return series.status ? command_shell_status(series.status) : 1;
    if (why)
        time_why(c, &series.files, &r);
    if (!show(a, &r, e))
        return 1;
    if (series.stopped_by)
        end_by(series.stopped_by);
    return command_shell_status(series.status);
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
