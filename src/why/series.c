/* SPDX-License-Identifier: Apache-2.0 */
/* series.c - by turns: first each command once, then each once more, so that what
 * changes on the machine meanwhile does so for all. */
#include "why/series.h"

#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"

enum { RUNS_USUAL = 10, STDIN_MOST = 1 << 30, PATIENCE_MS = 2000 };
#define SPAN_USUAL_NS 3000000000u

struct work {
    struct series *series;
    struct progress progress;
    uint64_t *spent_ns; /* by command */
    bool *has_run;      /* by command */
    uint32_t done, room;
};

/* Each run is to get it, so its end is waited for. */
static bool keep_pipe(struct command_files *f, struct err *e)
{
    char bytes[1 << 13];
    struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
    bool told = false;
    off_t all = 0;

    f->in = memfd_create("stdin", MFD_CLOEXEC);
    while (f->in >= 0) {
        int ready = poll(&p, 1, told ? -1 : PATIENCE_MS);

        if (command_stopped_by())
            break;
        if (ready == 0) {
            dprintf(STDERR_FILENO,
                    "sonde: waiting for the end of stdin, which each run "
                    "is to read (-r 1 or </dev/null does not)\n");
            told = true;
        }
        if (ready <= 0)
            continue;
        ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
        if (got <= 0)
            break;
        all += got;
        if (all > STDIN_MOST || write(f->in, bytes, (size_t)got) != got)
            return err_set(e, ERR_IO,
                           "too much on stdin: each run is to read it, and 1 GiB is "
                           "kept at most (give a file, or -r 1)");
    }
    return true;
}

/* A file is read by each run from where it stands, what comes through a pipe is kept, a
 * terminal is not read; all else, and nothing at all, is the runs' as it is ours. */
static bool open_input(struct command_files *f, bool inherit, struct err *e)
{
    struct stat s;

    *f = (struct command_files){ .in = -1, .inherit = inherit };
    if (inherit || isatty(STDIN_FILENO))
        return true;
    if (fstat(STDIN_FILENO, &s) == 0 && S_ISREG(s.st_mode)) {
        f->in = STDIN_FILENO;
        f->start = lseek(STDIN_FILENO, 0, SEEK_CUR);
        return true;
    }
    if (fstat(STDIN_FILENO, &s) == 0 && (S_ISFIFO(s.st_mode) || S_ISSOCK(s.st_mode)))
        return keep_pipe(f, e);
    f->inherit = true;
    return true;
}

static bool run_line(const struct series *s, const char *line, const char *option,
                     struct err *e)
{
    char *argv[] = { (char *)s->order->shell, (char *)"-c", (char *)line, NULL };
    struct command c = { .argv = argv };
    struct command_files f = { .in = -1, .shown = s->order->show_output };
    struct command_run r;

    if (!line)
        return true;
    if (!command_run(&c, &f, &r, e))
        return false;
    if (r.status != 0 && !command_stopped_by())
        return err_set(e, ERR_TARGET, "%s failed: %s: status %d", option, line,
                       command_shell_status(r.status));
    return true;
}

/* A signal that came meanwhile ends the series before the command is run. */
static bool prepare(struct series *s, const struct command *c, struct err *e)
{
    if (!run_line(s, c->prepare, "--prepare", e))
        return false;
    s->ended = s->ended || command_stopped_by();
    return !s->ended;
}

static bool run_once(struct work *w, uint32_t number, bool counts, struct err *e)
{
    struct series_of *s = &w->series->of[number];
    struct command_files f = w->series->files;
    struct command_run r = { 0 };

    f.shown = w->series->order->show_output ||
              (w->series->order->pass_output && !w->has_run[number]);
    f.errors = w->series->order->pass_errors && !w->has_run[number];
    w->has_run[number] = true;
    if (!prepare(w->series, s->command, e))
        return !e->code;
    bool ok = command_run(s->command, &f, &r, e);
    w->series->status = r.status;
    if (!ok)
        return false;
    if (r.status != 0 && !w->series->order->go_on)
        w->series->ended = true;
    if (command_stopped_by())
        w->series->ended = true;
    w->series->ended_before = w->series->ended && !counts;
    w->spent_ns[number] += r.wall_ns;
    if (counts) {
        s->run[s->runs++] = r;
        s->failed += r.status != 0;
    }
    return run_line(w->series, s->command->conclude, "--conclude", e);
}

static bool wants_more(const struct work *w, uint32_t number)
{
    const struct series_of *s = &w->series->of[number];

    if (w->series->order->runs > 0)
        return s->runs < w->series->order->runs;
    return s->runs == 0 ||
           (s->runs < RUNS_USUAL && w->spent_ns[number] < SPAN_USUAL_NS);
}

/* One more of each that wants one; false: none does, or something went wrong. */
static bool turn(struct work *w, bool *ok, struct err *e)
{
    bool any = false;

    for (uint32_t i = 0; *ok && i < w->series->commands && !w->series->ended; i++) {
        if (!wants_more(w, i))
            continue;
        any = true;
        *ok = run_once(w, i, true, e);
        w->done++;
        if (w->series->order->progress)
            progress_at(&w->progress, w->done, w->series->commands * w->room);
    }
    return any && *ok && !w->series->ended;
}

static bool run_all(struct work *w, struct err *e)
{
    struct series *s = w->series;
    bool ok = true;

    s->set_up = true;
    for (uint32_t i = 0; ok && i < s->commands; i++)
        ok = run_line(s, s->of[i].command->setup, "--setup", e);
    s->ended = command_stopped_by() != 0;
    for (uint32_t n = 0; ok && n < w->series->order->warmup; n++)
        for (uint32_t i = 0; ok && i < s->commands && !s->ended; i++)
            ok = run_once(w, i, false, e);
    for (uint32_t i = 0; i < s->commands; i++)
        w->spent_ns[i] = 0;
    while (ok && !s->ended && turn(w, &ok, e))
        continue;
    progress_end(&w->progress);
    return ok;
}

bool series_run(const struct series_order *o, struct series *s, struct arena *a,
                struct err *e)
{
    struct work w = { .series = s };

    *s = (struct series){ .order = o, .commands = o->commands };
    s->of = arena_array(a, o->commands, sizeof *s->of);
    w.spent_ns = arena_array(a, o->commands, sizeof *w.spent_ns);
    w.has_run = arena_array(a, o->commands, sizeof *w.has_run);
    w.progress = progress_of("timing");
    w.room = o->runs > 0 ? o->runs : RUNS_USUAL;
    for (uint32_t i = 0; i < o->commands; i++) {
        s->of[i].command = &o->command[i];
        s->of[i].run = arena_array(a, w.room, sizeof *s->of[i].run);
    }
    command_signals_ours();
    if (!open_input(&s->files, o->inherit, e))
        return false;
    s->ended = command_stopped_by() != 0;
    return s->ended || run_all(&w, e);
}

bool series_more(struct series *s, uint32_t command,
                 void (*run)(void *with, const struct command *c,
                             const struct command_files *f),
                 void *with, struct err *e)
{
    const struct command *c = s->of[command].command;
    struct command_files f = s->files;

    if (!prepare(s, c, e))
        return false;
    run(with, c, &f);
    return run_line(s, c->conclude, "--conclude", e) && !command_stopped_by();
}

bool series_end(struct series *s, struct err *e)
{
    bool ok = true;

    for (uint32_t i = 0; ok && s->set_up && i < s->commands; i++)
        ok = run_line(s, s->of[i].command->cleanup, "--cleanup", e);
    command_signals_back();
    return ok;
}
