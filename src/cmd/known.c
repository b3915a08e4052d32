/* SPDX-License-Identifier: Apache-2.0 */
/* known.c - sonde/selftest/known.py tells the truth about itself on stdout; its
 * recording is read as any other. */
#include "cmd/known.h"

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/costs.h"
#include "cmd/trial.h"
#include "model/from_tape.h"
#include "model/stats.h"
#include "run/capture.h"
#include "run/enter.h"
#include "tape/read.h"

enum { ANSWER = 8192, SECONDS_MAX = 60, AGAIN = 3, VITAL = 12, SPEEDS = 3, STARTS = 8 };

struct testing {
    const struct python *python;
    const char *hook;
    bool quick;
    struct known *rows;
    struct arena *arena;
};

/* One program's run under the probe. */
struct trial {
    char answer[ANSWER];     /* what it printed */
    struct profile *profile; /* NULL: nothing was recorded */
    struct tape_header header;
};

static struct known_row *row(const struct testing *t, const char *name,
                             const char *unit, double measured, double promised)
{
    struct known_row *r = &t->rows->at[t->rows->count++];

    *r = (struct known_row){ .name = name,
                             .unit = unit,
                             .measured = measured,
                             .promised = promised,
                             .ok = promised < 0 || measured <= promised };
    return r;
}

static void run_program(const struct testing *t, char **environment, const char *mode,
                        const char *more, char *answer)
{
    const char *script = arena_printf(t->arena, "%s/../selftest/known.py", t->hook).at;
    char *argv[] = { (char *)t->python->path, (char *)script, (char *)mode,
                     (char *)more, NULL };
    struct capture c = { .argv = argv,
                         .environment = environment,
                         .seconds = SECONDS_MAX };

    capture(&c, answer, ANSWER);
}

static void peek_header(const char *folder, struct tape_header *header, struct arena *a)
{
    DIR *d = opendir(folder);

    for (struct dirent *n; d && (n = readdir(d));) {
        struct err none = { 0 };

        if (str_ends(str_of(n->d_name), STR(".tape")))
            tape_peek(arena_printf(a, "%s/%s", folder, n->d_name).at, header, &none);
    }
    if (d)
        closedir(d);
}

static struct trial record(const struct testing *t, const char *mode)
{
    struct trial trial = { .profile = NULL };
    const char *folder = trial_folder(t->arena);
    struct build *b = build_open(UNIT_NS);
    struct err none = { 0 };

    if (*folder)
        run_program(t, enter_environment(t->hook, folder, "", t->arena), mode, NULL,
                    trial.answer);
    if (*folder && from_recording(folder, b, &none))
        trial.profile = build_finish(b);
    else
        build_abandon(b);
    peek_header(folder, &trial.header, t->arena);
    trial_remove(folder, t->arena);
    return trial;
}

static const struct stat_row *stat_named(const struct profile *p, const struct stats *s,
                                         const char *name)
{
    for (function_id f = 0; p && f < profile_functions(p); f++)
        if (str_eq(profile_function(p, f)->qualname, str_of(name)))
            return stats_of(s, f);
    return NULL;
}

/* "calls NAME CALLS RESUMES" against what was counted; the first that differs is
 * told. No line is a difference too: the program must have run. */
static void test_counts(const struct testing *t, const char *mode, const char *name)
{
    struct trial trial = record(t, mode);
    struct stats *s = trial.profile ? stats_open(trial.profile) : NULL;
    unsigned long long calls, resumes;
    const char *text = trial.answer, *note = NULL;
    char function[64];
    int used, wrong = 0, lines = 0;

    for (; sscanf(text, " calls %63s %llu %llu%n", function, &calls, &resumes, &used) ==
           3;
         text += used, lines++) {
        const struct stat_row *stat = stat_named(trial.profile, s, function);
        uint64_t counted = stat ? stat->calls : 0, resumed = stat ? stat->resumes : 0;

        if (counted == calls && resumed == resumes)
            continue;
        wrong++;
        if (!note)
            note = arena_printf(t->arena,
                                "%s: %llu calls and %llu resumptions counted, %llu and "
                                "%llu made",
                                function, (unsigned long long)counted,
                                (unsigned long long)resumed, calls, resumes)
                       .at;
    }
    struct known_row *r = row(t, name, "wrong", lines ? wrong : 1, 0);
    r->vital = true;
    r->note = lines ? note : "the program did not run, or nothing was recorded";
    stats_close(s);
    profile_close(trial.profile);
}

struct durations {
    double calls, sum; /* errors, in percent */
    double drift;      /* millionths */
};

/* All ticks are taken to be as long as this process finds them to be. */
static double drift_of(const struct tape_header *h, struct clock_pair begin)
{
    struct clock_pair end = clock_pair_now(CLOCK_KIND_TSC);
    double told = tape_ns_per_tick(h);

    if (h->clock != CLOCK_KIND_TSC || told <= 0 || end.ticks <= begin.ticks)
        return 0;
    return fabs(told * (double)(end.ticks - begin.ticks) / (double)(end.ns - begin.ns) -
                1) *
           1e6;
}

static struct durations durations_once(const struct testing *t)
{
    struct durations d = { 100, 100, 0 };
    struct clock_pair begin = clock_pair_now(CLOCK_KIND_TSC);
    struct trial trial = record(t, "times");
    struct stats *s = trial.profile ? stats_open(trial.profile) : NULL;
    const struct stat_row *module = stat_named(trial.profile, s, "<module>");
    const char *text = trial.answer;
    double ns, worst = 0;
    char name[64];
    int used, lines = 0;

    for (; sscanf(text, " %63s %lf%n", name, &ns, &used) == 2; text += used, lines++) {
        const struct stat_row *stat = stat_named(trial.profile, s, name);
        double error = stat ? 100 * fabs((double)stat->cumulative / ns - 1) : 100;

        worst = error > worst ? error : worst;
    }
    if (lines == 2 && module && module->cumulative > 0) {
        d.calls = worst;
        d.sum =
            100 * fabs((double)stats_total(s)->self / (double)module->cumulative - 1);
    }
    d.drift = drift_of(&trial.header, begin);
    stats_close(s);
    profile_close(trial.profile);
    return d;
}

/* What disturbs a measurement makes its error larger: the best one counts. */
static void test_times(const struct testing *t)
{
    struct durations best = { 100, 100, 1e6 };

    for (int i = 0; i < VITAL; i++) {
        bool right = best.calls <= 1 && best.sum <= 0.1;

        if (right && (best.drift <= 50 || i >= AGAIN))
            break;
        struct durations d = durations_once(t);

        best.calls = fmin(best.calls, d.calls);
        best.sum = fmin(best.sum, d.sum);
        best.drift = fmin(best.drift, d.drift);
    }
    row(t, "times of a loop and a sleep of known length, error", "%", best.calls, 1)
        ->vital = true;
    row(t, "sum of self times against the whole, error", "%", best.sum, 0.1)->vital =
        true;
    row(t, "clock against CLOCK_MONOTONIC", "ppm", best.drift, 50);
}

enum { PROGRAMS = 3 };

/* The least that each program took; what did not run stays infinite. */
static void least(const char *answer, double ns[PROGRAMS], const char *names[PROGRAMS])
{
    char name[16];
    double value;
    int used;

    for (; sscanf(answer, " %15s %lf%n", name, &value, &used) == 2; answer += used)
        for (int i = 0; i < PROGRAMS; i++)
            if (strcmp(name, names[i]) == 0 && value < ns[i])
                ns[i] = value;
}

static void test_speed(const struct testing *t)
{
    const char *names[PROGRAMS] = { "fib", "methods", "builtins" };
    double bare[PROGRAMS], cprofile[PROGRAMS], sonde[PROGRAMS], share = 0;
    bool old = strncmp(t->python->version, "3.11.", 5) == 0;
    char answer[ANSWER];

    for (int i = 0; i < PROGRAMS; i++)
        bare[i] = cprofile[i] = sonde[i] = INFINITY;
    for (int i = 0; i < (t->quick ? 1 : SPEEDS); i++) {
        run_program(t, NULL, "speed", NULL, answer);
        least(answer, bare, names);
        run_program(t, NULL, "speed", "cprofile", answer);
        least(answer, cprofile, names);
        struct trial trial = record(t, "speed");
        least(trial.answer, sonde, names);
        profile_close(trial.profile);
    }
    for (int i = 0; i < PROGRAMS; i++) {
        row(t, arena_printf(t->arena, "%s: time with sonde over without", names[i]).at,
            "x", sonde[i] / bare[i], -1);
        share += (sonde[i] - bare[i]) / (cprofile[i] - bare[i]) / PROGRAMS;
    }
    row(t, "added time over cProfile's, mean of these", "x", share, old ? 0.8 : 0.5);
}

static double child_cpu_ms(void)
{
    struct rusage u;

    getrusage(RUSAGE_CHILDREN, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static double start_ms(const struct testing *t, char **environment)
{
    char *argv[] = { (char *)t->python->path, "-c", "pass", NULL };
    struct capture c = { .argv = argv,
                         .environment = environment,
                         .seconds = SECONDS_MAX };
    char answer[64];
    double before = child_cpu_ms();

    capture(&c, answer, sizeof answer);
    return child_cpu_ms() - before;
}

static void test_start(const struct testing *t)
{
    double bare = INFINITY, sonde = INFINITY;

    for (int i = 0; i < (t->quick ? 3 : STARTS); i++) {
        const char *folder = trial_folder(t->arena);

        bare = fmin(bare, start_ms(t, NULL));
        sonde =
            fmin(sonde, start_ms(t, enter_environment(t->hook, folder, "", t->arena)));
        trial_remove(folder, t->arena);
    }
    row(t, "added to the start of Python", "ms", sonde > bare ? sonde - bare : 0, 3);
}

static uint32_t hexversion(const struct testing *t)
{
    char answer[64];
    char *argv[] = { (char *)t->python->path,
                     "-I",
                     "-S",
                     "-c",
                     "import sys; print(sys.hexversion)",
                     NULL };
    struct capture c = { .argv = argv, .folder = "/", .seconds = SECONDS_MAX };

    return capture_good(&c, answer, sizeof answer) ? (uint32_t)strtoul(answer, NULL, 10)
                                                   : 0;
}

static double percent_off(double ratio)
{
    return 100 * fabs(ratio - 1);
}

static const char *signed_note(const struct testing *t, double ratio)
{
    return arena_printf(t->arena, "%+.0f %%", 100 * (ratio - 1)).at;
}

enum { NEAR_PERCENT = 15, NEAR_LOOP_PERCENT = 25 };

static void test_corrected(const struct testing *t)
{
    char real[PATH_MAX];
    struct measured m = { realpath(t->python->path, real) ? real : t->python->path,
                          hexversion(t), NULL, "builtins=1" };
    struct truth truth;
    struct err e = { 0 };

    m.agent = measure_agent(t->hook, m.version, t->arena);
    if (!m.agent || !costs_renew(&m, t->hook, &truth, t->arena, &e)) {
        struct known_row *r = row(t, "corrected times", "", 0, -1);

        r->ok = false;
        r->note = e.code ? arena_cstr(t->arena, str_of(e.text)) : "no agent";
        return;
    }
    row(t, "corrected self time of a recursion, error", "%",
        percent_off(truth.recursive), NEAR_PERCENT)
        ->note = signed_note(t, truth.recursive);
    row(t, "... of a one-line function", "%", percent_off(truth.callee), NEAR_PERCENT)
        ->note = signed_note(t, truth.callee);
    row(t, "... of the loop that calls it", "%", percent_off(truth.caller),
        NEAR_LOOP_PERCENT)
        ->note = signed_note(t, truth.caller);
    if (t->quick)
        return;
    m.options = "builtins=0";
    costs_renew(&m, t->hook, NULL, t->arena, &e);
    m.options = "clock=cpu,builtins=1";
    costs_renew(&m, t->hook, NULL, t->arena, &e);
}

void known_test(const struct python *p, const char *hook, bool quick,
                struct known *rows, struct arena *a)
{
    struct testing t = { p, hook, quick, rows, a };

    rows->count = 0;
    test_counts(&t, "counts", "counts of calls and resumptions that are wrong");
    test_counts(&t, "kill", "... of a program that is killed (SIGKILL)");
    test_times(&t);
    test_corrected(&t);
    test_speed(&t);
    test_start(&t);
}
