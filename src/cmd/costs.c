/* SPDX-License-Identifier: Apache-2.0 */
/* costs.c - the cache's files. The first lines say what was measured, and are
 * compared whole: an interpreter, agent or machine that changed is another. */
#include "cmd/costs.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/host.h"
#include "cmd/measure.h"
#include "cmd/pythons.h"
#include "run/enter.h"

enum { FILE_MAX = 8192 };
#define COST_MOST 1e5 /* ns: what is above was not measured by us */
#define SLOW_MOST 20

struct finding {
    const char *hook; /* NULL: there is none */
    struct arena *arena;
    bool measure;
    struct err why;
};

/* "" where there is none. */
static const char *cache_folder(bool make, struct arena *a)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

    if (!cache || *cache != '/')
        cache = home && *home == '/' ? arena_printf(a, "%s/.cache", home).at : NULL;
    if (!cache)
        return "";
    if (make)
        mkdir(cache, 0700);
    const char *folder = arena_printf(a, "%s/sonde", cache).at;
    if (make)
        mkdir(folder, 0700);
    return folder;
}

/* "PATH SIZE SECONDS.NANOSECONDS" */
static struct str file_state(const char *path, struct arena *a)
{
    struct stat s;

    if (stat(path, &s) != 0)
        return STR("");
    return arena_printf(a, "%s %lld %lld.%09ld", path, (long long)s.st_size,
                        (long long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
}

static struct str identity(const struct measured *m, struct arena *a)
{
    return arena_printf(a,
                        "sonde probe cost 2\nmachine %016llx\npython %08x %s\n"
                        "agent %s\noptions %s\n",
                        (unsigned long long)host_id(), m->version,
                        file_state(m->python, a).at, file_state(m->agent, a).at,
                        m->options);
}

static const char *file_of(struct str who, bool make, struct arena *a)
{
    const char *folder = cache_folder(make, a);

    return *folder ? arena_printf(a, "%s/cost-%016llx", folder,
                                  (unsigned long long)str_hash(who))
                         .at
                   : "";
}

static bool read_figure(const char **text, double least, double most, double *figure)
{
    char *end;

    *figure = strtod(*text, &end);
    bool ok = end != *text && isfinite(*figure) && *figure >= least && *figure <= most;
    *text = end;
    return ok;
}

static bool parse(const char *text, struct str who, struct probe_cost *cost)
{
    bool ok = strncmp(text, who.at, who.len) == 0;

    text += ok ? who.len : 0;
    ok = ok && read_figure(&text, 1, SLOW_MOST, &cost->slow);
    for (int i = 0; ok && i < PROBE_CALLEES; i++)
        ok = read_figure(&text, 0, COST_MOST, &cost->inside[i]) &&
             read_figure(&text, 0, COST_MOST, &cost->outside[i]);
    if (!ok)
        *cost = (struct probe_cost){ .slow = 0 };
    return ok;
}

static bool kept(struct str who, struct probe_cost *cost, struct arena *a)
{
    char text[FILE_MAX];
    struct stat s;
    ssize_t got = -1;
    int fd =
        open(file_of(who, false, a), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return false;
    if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_uid == geteuid())
        got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    return parse(text, who, cost);
}

/* Written beside its place and renamed; where that fails nothing is kept. */
static void keep(struct str who, const struct probe_cost *cost, struct arena *a)
{
    const char *path = file_of(who, true, a);
    char *beside = arena_cstr(a, arena_printf(a, "%s.XXXXXX", path));
    struct str text = arena_printf(a, "%s%.17g\n", who.at, cost->slow);

    for (int i = 0; i < PROBE_CALLEES; i++)
        text = arena_printf(a, "%s%.17g %.17g\n", text.at, cost->inside[i],
                            cost->outside[i]);
    int fd = *path && text.len < FILE_MAX ? mkostemp(beside, O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    bool ok = write(fd, text.at, text.len) == (ssize_t)text.len;
    close(fd);
    if (!ok || rename(beside, path) != 0)
        unlink(beside);
}

static bool measure_now(const struct finding *f, const struct measured *m,
                        struct probe_cost *cost, struct err *e)
{
    bool told = isatty(STDERR_FILENO);

    if (told)
        dprintf(STDERR_FILENO, "sonde: measuring what a call costs (once) ...");
    bool ok = measure_cost(m, f->hook, cost, f->arena, e);
    if (told)
        dprintf(STDERR_FILENO, "\r\033[K");
    if (ok)
        keep(identity(m, f->arena), cost, f->arena);
    return ok;
}

static bool is_word(const char *path)
{
    return path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789/._+-")] == '\0';
}

static bool same_clock(uint32_t clock)
{
    return clock == CLOCK_KIND_THREAD_CPU ||
           clock == (clock_trusts_tsc() ? CLOCK_KIND_TSC : CLOCK_KIND_MONOTONIC);
}

static bool find(struct finding *f, const struct probed *p, struct probe_cost *cost)
{
    struct arena *a = f->arena;
    struct measured m = { arena_cstr(a, p->executable), p->python, NULL, "" };
    struct err *e = &f->why;

    if (p->machine != host_id())
        return err_set(e, ERR_TARGET,
                       p->machine ? "Recorded on another machine: what the probe cost "
                                    "there is not known."
                                  : "It is not known where this was recorded, nor what "
                                    "the probe cost there.");
    if (!same_clock(p->clock))
        return err_set(e, ERR_TARGET,
                       "It was recorded with a clock this machine has "
                       "no more: the probe's cost is not known.");
    m.agent = f->hook ? measure_agent(f->hook, p->python, a) : NULL;
    m.options =
        arena_printf(a, "%sbuiltins=%d",
                     p->clock == CLOCK_KIND_THREAD_CPU ? "clock=cpu," : "", p->builtins)
            .at;
    if (m.agent && kept(identity(&m, a), cost, a))
        return true;
    if (!m.agent || (f->measure && access(m.python, X_OK) != 0))
        return err_set(e, ERR_TARGET,
                       "The Python that was recorded is no longer here: the probe's "
                       "cost is not known.");
    if (f->measure && pythons_leads_to(m.python, a))
        return measure_now(f, &m, cost, e);
    return err_set(e, ERR_TARGET, "Probe cost not measured: sonde selftest --python %s",
                   is_word(m.python) ? m.python : "PATH");
}

static bool same(const struct probed *a, const struct probed *b)
{
    return a->python == b->python && a->clock == b->clock &&
           a->builtins == b->builtins && a->machine == b->machine &&
           str_eq(a->executable, b->executable);
}

struct costs costs_of(const struct profile *p, bool measure, struct arena *a)
{
    uint32_t count = profile_processes(p);
    struct probe_cost *cost = arena_array(a, count, sizeof *cost);
    struct finding f = { .arena = a, .measure = measure };
    struct costs costs = { .of = cost, .all = true };
    struct err none = { 0 };

    f.hook = enter_hook(SONDE_PACKAGE, a, &none);
    for (process_id i = 0; i < count; i++) {
        const struct process *process = profile_process(p, i);
        process_id before = 0;

        if (!process->entered || process->pid == 0)
            continue;
        while (before < i &&
               !same(&process->probed, &profile_process(p, before)->probed))
            before++;
        if (before < i)
            cost[i] = cost[before];
        else
            find(&f, &process->probed, &cost[i]);
        costs.any = costs.any || cost[i].slow >= 1;
        costs.all = costs.all && cost[i].slow >= 1;
    }
    if (!costs.all)
        costs.why = arena_cstr(a, str_of(f.why.text));
    return costs;
}

bool costs_renew(const struct measured *m, const char *hook, struct truth *t,
                 struct arena *a, struct err *e)
{
    struct probe_cost cost;
    bool ok =
        t ? measure_truth(m, hook, &cost, t, a, e) : measure_cost(m, hook, &cost, a, e);

    if (ok)
        keep(identity(m, a), &cost, a);
    return ok;
}
