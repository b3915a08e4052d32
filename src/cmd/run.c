/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - sonde run: the program as it is, and a recording beside it.
 * Once the program has started its status is ours, whatever becomes of us. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "cmd/cmd.h"
#include "cmd/costs.h"
#include "model/from_tape.h"
#include "report/summary.h"
#include "report/units.h"
#include "run/enter.h"
#include "run/launch.h"
#include "run/output.h"
#include "run/record.h"
#include "run/target.h"
#include "tape/fault.h"

enum {
    KEY_CALLS = 256,
    KEY_LINES,
    KEY_MEMORY,
    KEY_SAMPLE,
    KEY_PYTHON,
    KEY_NO_BUILTINS,
    KEY_CLOCK,
    KEY_NO_CHILDREN,
    KEY_CHILDREN,
    KEY_IO,
    KEY_STEP,
    KEY_MAX_PATHS
};

enum { PATHS_MOST = 200000000, CHILDREN_MOST = 256 }; /* that an agent has room for */

struct run_args {
    const char *output, *module, *code, *python, *step, *children;
    enum writer_io io;
    uint64_t max_paths; /* 0: the agent's own */
    bool cpu, no_builtins, verbose, quiet;
};

static const struct argp_option options[] = {
    { NULL, 'm', "MODULE", CMD_OPTION_LAST, "run a module, as python -m", 0 },
    { NULL, 'c', "CODE", CMD_OPTION_LAST, "run this code, as python -c", 0 },
    { "output", 'o', "NAME", 0,
      "the recording, a directory (default: PROGRAM-date-time.sonde; a recording of "
      "that"
      " name is replaced)",
      0 },
    { "python", KEY_PYTHON, "PYTHON", 0,
      "path or name (default: that of $VIRTUAL_ENV, the one beside sonde, python3)",
      0 },
    { "calls", KEY_CALLS, NULL, 0, "count and time every call (the default)", 0 },
    { "lines", KEY_LINES, "GLOB", OPTION_ARG_OPTIONAL | OPTION_HIDDEN, NULL, 0 },
    { "memory", KEY_MEMORY, "all", OPTION_ARG_OPTIONAL | OPTION_HIDDEN, NULL, 0 },
    { "sample", KEY_SAMPLE, "RATE", OPTION_ARG_OPTIONAL | OPTION_HIDDEN, NULL, 0 },
    { "no-builtins", KEY_NO_BUILTINS, NULL, 0, "leave out functions made in C", 0 },
    { "clock", KEY_CLOCK, "wall|cpu", 0, "what time is (default: wall)", 0 },
    { "no-children", KEY_NO_CHILDREN, NULL, 0, "leave out the processes it starts", 0 },
    { "children", KEY_CHILDREN, "GLOB", 0,
      "of those only ones whose command, or multiprocessing target or name, matches",
      0 },
    { "io", KEY_IO, "mapped|pwrite", 0,
      "how the recording is written (default: as its file system allows)", 0 },
    { "step", KEY_STEP, "BYTES", OPTION_HIDDEN, NULL, 0 }, /* tests of full disks */
    { "max-paths", KEY_MAX_PATHS, "N", 0,
      "call paths kept of a process, 64 bytes each; what goes beyond is folded to "
      "caller and callee (default: 4194304)",
      0 },
    { "verbose", 'v', NULL, 0, "say what is done", 0 },
    { "quiet", 'q', NULL, 0, "say nothing", 0 },
    { 0 },
};

static bool not_yet(const char *option, struct err *e)
{
    return err_set(e, ERR_USAGE,
                   "not in this version yet: %s (sonde " SONDE_VERSION
                   " counts and times calls)",
                   option);
}

static bool take_clock(struct run_args *a, const char *value, struct err *e)
{
    if (strcmp(value, "counted") == 0)
        return not_yet("--clock counted", e);
    a->cpu = strcmp(value, "cpu") == 0;
    return a->cpu || strcmp(value, "wall") == 0 ||
           err_set(e, ERR_USAGE, "bad value: --clock %s: it is wall or cpu", value);
}

static bool take_io(struct run_args *a, const char *value, struct err *e)
{
    a->io = strcmp(value, "mapped") == 0 ? WRITER_MAPPED : WRITER_PWRITE;
    return a->io == WRITER_MAPPED || strcmp(value, "pwrite") == 0 ||
           err_set(e, ERR_USAGE, "bad value: --io %s: it is mapped or pwrite", value);
}

static bool take_max_paths(struct run_args *a, const char *value, struct err *e)
{
    char *end;

    errno = 0;
    a->max_paths = *value >= '0' && *value <= '9' ? strtoull(value, &end, 10) : 0;
    return (a->max_paths >= 1 && a->max_paths <= PATHS_MOST && *end == '\0') ||
           err_set(e, ERR_USAGE, "bad value: --max-paths %s: a number from 1 to %d",
                   value, PATHS_MOST);
}

/* "0" means none to the agent: --no-children, value NULL. */
static bool take_children(struct run_args *a, const char *value, struct err *e)
{
    if (a->children && (value || strcmp(a->children, "0") != 0))
        return err_set(e, ERR_USAGE,
                       "--children %s: it was given already (one glob, or "
                       "--no-children)",
                       value ? value : "0");
    a->children = !value ? "0" : strcmp(value, "0") == 0 ? "[0]" : value;
    return !value ||
           (*value && strncmp(value, "0,", 2) != 0 && strlen(value) < CHILDREN_MOST) ||
           err_set(e, ERR_USAGE,
                   "bad value: --children '%s': a glob of 1 to %d bytes, as 'worker*'",
                   value, CHILDREN_MOST - 1);
}

static bool option(void *args, int key, const char *value, struct err *e)
{
    struct run_args *a = args;

    switch (key) {
    case 'm':
        a->module = value;
        return *value || err_set(e, ERR_USAGE, "bad value: -m '': a module's name");
    case 'c':
        a->code = value;
        return true;
    case 'o':
        a->output = value;
        return output_checked(value, e);
    case KEY_PYTHON:
        a->python = value;
        return *value ||
               err_set(e, ERR_USAGE, "bad value: --python '': a path or a name");
    case KEY_LINES:
        return not_yet("--lines", e);
    case KEY_MEMORY:
        return not_yet("--memory", e);
    case KEY_SAMPLE:
        return not_yet("--sample", e);
    case KEY_CLOCK:
        return take_clock(a, value, e);
    case KEY_NO_CHILDREN:
    case KEY_CHILDREN:
        return take_children(a, value, e);
    case KEY_IO:
        return take_io(a, value, e);
    case KEY_STEP:
        a->step = value;
        return true;
    case KEY_MAX_PATHS:
        return take_max_paths(a, value, e);
    }
    a->no_builtins = a->no_builtins || key == KEY_NO_BUILTINS;
    a->verbose = a->verbose || key == 'v';
    a->quiet = a->quiet || key == 'q';
    return true; /* --calls */
}

/* All of one run. */
struct session {
    const struct run_args *args;
    struct arena *arena;
    struct target target;
    const char *hook;
    struct output output; /* fd -1: no recording */
    struct record record;
    struct launch launch;
};

static const char *agent_options(const struct run_args *a, struct arena *arena)
{
    static const char *const io[] = { "", ",io=mapped", ",io=pwrite" };
    struct str text = arena_printf(arena, "%s%s%s%s%s", a->cpu ? ",clock=cpu" : "",
                                   a->no_builtins ? ",builtins=0" : "", io[a->io],
                                   a->step ? ",step=" : "", a->step ? a->step : "");

    if (a->max_paths != 0)
        text = arena_printf(arena, "%.*s,paths=%llu", (int)text.len, text.at,
                            (unsigned long long)a->max_paths);
    if (a->children) /* the last: it may hold anything */
        text = arena_printf(arena, "%.*s,children=%s", (int)text.len, text.at,
                            a->children);
    return text.len ? text.at + 1 : "";
}

/* What stands in the way of recording is told; the program runs all the same. */
static void problem(const struct session *s, const struct err *e)
{
    if (!s->args->quiet)
        cmd_say("%s; the program runs unprofiled", e->text);
}

static bool prepare(struct session *s)
{
    struct err e = { 0 };

    s->hook = enter_hook(SONDE_PACKAGE, s->arena, &e);
    if (!s->hook ||
        !output_make(&s->output, s->args->output, s->target.name, s->arena, &e)) {
        problem(s, &e);
        return false;
    }
    if (!record_open(&s->record, &s->output, s->args->io, &e)) {
        output_undo(&s->output);
        problem(s, &e);
        return false;
    }
    return true;
}

static void tell_start(const struct session *s)
{
    if (!s->args->verbose)
        return;
    if (s->target.python)
        cmd_say("python: %s (%s)", s->target.python, s->target.why);
    else
        cmd_say("command: %s", s->target.file);
    if (s->output.fd >= 0) {
        cmd_say("hook: %s", s->hook);
        cmd_say("recording: %s", s->output.path);
    }
}

static int start(struct session *s, struct err *e)
{
    char **environment = environ;

    if (s->output.fd >= 0)
        environment = enter_environment(s->hook, s->output.path,
                                        agent_options(s->args, s->arena), s->arena);
    return launch_start(&s->launch, s->target.file, s->target.argv, environment, e);
}

/* "3.11-3.13" of the agents that are there. */
static const char *agent_range(const struct session *s)
{
    const char *const *v = enter_agents(s->hook, s->arena);
    const char *last = *v;

    if (!last)
        return "none";
    while (v[1] && (last = *++v))
        continue;
    v = enter_agents(s->hook, s->arena);
    return v[1] ? arena_printf(s->arena, "%s-%s", v[0], last).at : last;
}

/* note: "python VERSION EXECUTABLE"; a free-threaded VERSION ends in t. */
static void tell_no_agent(const struct session *s, const struct record_found *found)
{
    const char *at = found->note;
    const char *whose = found->tapes > 0 ? "that process" : found->whose;

    at += strcspn(at, " ");
    at += strspn(at, " ");
    size_t version = strcspn(at, " ");
    const char *executable = at + version + strspn(at + version, " ");
    bool threaded = version > 0 && at[version - 1] == 't';
    cmd_say(
        "no agent for this Python: %s is %.*s%s (sonde has %s%s; %s ran unprofiled)",
        executable, (int)version, at, threaded ? ", free-threaded" : "", agent_range(s),
        threaded ? ", with the GIL" : "", whose);
}

/* An agent that is not there is one thing, one that fails is another. */
static bool agent_is_missing(const char *why)
{
    static const char *const absent[] = { "FileNotFoundError", "OSError", "KeyError",
                                          "ImportError", "ModuleNotFoundError" };

    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        if (str_begins(str_of(why), str_of(absent[i])))
            return true;
    return why[0] == '\0';
}

static void tell_note(const struct session *s, const struct record_found *found)
{
    const char *why = found->why;

    if (agent_is_missing(why)) {
        tell_no_agent(s, found);
        return;
    }
    if (str_begins(str_of(why), STR("agent: ")))
        why += strlen("agent: ");
    cmd_say("cannot record: %s: %s (%s ran unprofiled)", s->target.name, why,
            found->whose);
}

static void tell_nothing(const struct session *s, const struct record_found *found)
{
    if (found->fault)
        cmd_say("nothing recorded: %s: %s%s", s->output.shown, fault_text(found->fault),
                fault_remedy(found->fault));
    else
        cmd_say("nothing recorded: %s: no Python was entered (not a Python program, or"
                " one started with -I, -E or -S, or as another user)",
                s->target.name);
}

/* One line, whatever was lost. */
static void tell_lost(const struct session *s, const struct record_found *found)
{
    const char *why = fault_text(found->fault);

    if (found->lost > 0)
        cmd_say("recording: %s: %s: %s call%s not counted%s", s->output.shown, why,
                units_count(found->lost).text, found->lost == 1 ? " was" : "s were",
                fault_remedy(found->fault));
    else if (found->behind > 0 && found->fault != 0)
        cmd_say("recording: %s: %s: what was counted last is not in it%s",
                s->output.shown, why, fault_remedy(found->fault));
}

static void tell_end(const struct session *s)
{
    int status = s->launch.status;

    if (WIFSIGNALED(status))
        cmd_say("%s: killed by signal %d (%s)", s->target.name, WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    else
        cmd_say("%s: exit status %d", s->target.name, WEXITSTATUS(status));
}

/* What the recording shows, for people who watch, or ask by -v. */
static void write_summary(const struct session *s)
{
    struct build *b = build_open(UNIT_NS);
    struct err e = { 0 };

    if (!from_recording(s->output.path, b, &e)) {
        build_abandon(b);
        cmd_say("%s", e.text);
        return;
    }
    struct profile *p = build_finish(b);
    struct arena *a = arena_open();
    struct costs costs = costs_of(p, false, a);
    struct profile *corrected = costs.any ? correct(p, costs.of) : NULL;
    struct out *o = out_memory();
    struct screen screen = screen_on(o, STDERR_FILENO);
    summary_of_run(p, corrected, s->output.shown, &screen);
    struct str text = out_text(o);
    while (text.len > 0) {
        ssize_t n = write(STDERR_FILENO, text.at, text.len);

        if (n <= 0 && errno != EINTR)
            break;
        text.at += n > 0 ? n : 0;
        text.len -= n > 0 ? (size_t)n : 0;
    }
    out_abandon(o);
    profile_close(corrected);
    profile_close(p);
    arena_close(a);
}

/* In a process of its own: neither a key pressed nor a fault in reading what
 * was recorded may change the status we end with. */
static void tell_summary(const struct session *s)
{
    pid_t pid = fork();

    if (pid == 0) {
        sigprocmask(SIG_SETMASK, &s->launch.mask, NULL);
        write_summary(s);
        _exit(0);
    }
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static void tell_result(const struct session *s)
{
    struct record_found found;

    if (s->args->quiet)
        return;
    if (s->args->verbose)
        tell_end(s);
    if (s->output.fd < 0)
        return;
    found = record_look(&s->record, &s->output, s->arena);
    bool watched = s->args->verbose || isatty(STDERR_FILENO);
    if (found.replaced)
        cmd_say("recording gone: %s: it was moved or removed while the program ran",
                s->output.shown);
    else if (found.notes > 0 &&
             (watched || found.tapes == 0 || !agent_is_missing(found.why)))
        tell_note(s, &found);
    else if (found.tapes == 0 && !found.reset)
        tell_nothing(s, &found);
    else
        tell_lost(s, &found);
    if (!found.replaced && found.tapes > 0 && watched)
        tell_summary(s);
}

static void stay(struct session *s)
{
    int keep[2], kept = 0;

    if (s->output.fd >= 0) {
        keep[kept++] = s->output.fd;
        keep[kept++] = s->record.writer.fd;
        output_keep(&s->output);
        record_started(&s->record, &s->launch, s->target.name);
    }
    launch_let_go(keep, kept);
    launch_wait(&s->launch);
    record_ended(&s->record, &s->launch);
}

/* There is no room for a child beside us: the program takes our place. */
static void run_alone(const struct session *s, bool said)
{
    if (!s->args->quiet && !said)
        cmd_say("cannot record: %s: %s; the program runs unprofiled", s->output.shown,
                strerror(s->launch.no_room));
    execvpe(s->target.file, s->target.argv, environ);
}

/* Does not return once the program has started. */
static int run_session(struct session *s, const struct target_words *w, struct err *e)
{
    int status = target_find(&s->target, w, s->arena, e);

    if (status != 0)
        return status;
    prepare(s);
    tell_start(s);
    status = start(s, e);
    if (status != 0) {
        bool said = s->output.fd < 0; /* that nothing is recorded */
        writer_forget(&s->record.writer);
        if (!said)
            output_undo(&s->output);
        if (s->launch.no_room)
            run_alone(s, said);
        return status;
    }
    stay(s);
    tell_result(s);
    launch_end_as(s->launch.status);
}

static int run(const void *args, struct words words, struct err *e)
{
    const struct run_args *a = args;
    struct session s = { .args = a, .arena = arena_open() };
    struct target_words w = { a->module, a->code, a->python, words.count, words.at };

    s.output.fd = s.record.writer.fd = -1;
    int status = run_session(&s, &w, e);
    arena_close(s.arena);
    return status;
}

const struct cmd cmd_run = {
    .name = "run",
    .help = "profile a program and all it starts",
    .usage = "[OPTIONS] APP.py|-m MODULE|-c CODE|COMMAND [ARGS...]",
    .options = options,
    .ordered = true,
    .more =
        "A .py file, a zip archive, a folder with __main__.py or a text file is run\n"
        "by the Python chosen; anything executable runs as it is, by its own\n"
        "interpreter.  Options end at the first other word, or at --.  The exit "
        "status\n"
        "is the program's.",
    .examples = "sonde run app.py --its option\n"
                "sonde run -o before.sonde -m pytest -x\n"
                "sonde run pytest -x\n"
                "sonde run --python python3.12 app.py",
    .args_size = sizeof(struct run_args),
    .option = option,
    .run = run,
};
