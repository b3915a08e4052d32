/* SPDX-License-Identifier: Apache-2.0 */
/* asking.c - a recording at a time; each has its line on stderr. */
#include "cmd/asking.h"

#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/progress.h"
#include "report/units.h"
#include "tape/recording.h"

enum { PAUSE_FIRST_NS = 1000000, PAUSE_MAX_NS = 20000000 };

/* Who has not answered by then waits. Where that changes nothing it is not worth more
 * than a moment. */
static const uint64_t patience_ns = 2000000000, moment_ns = 300000000;

static struct ask_answers wait_for_answers(const struct asking *how, struct ask *a)
{
    uint64_t begin = clock_monotonic_ns();
    struct progress progress = progress_of(how->doing);
    struct timespec pause = { .tv_nsec = PAUSE_FIRST_NS };
    struct ask_answers n = ask_look(a);

    while (n.waiting > 0 &&
           clock_monotonic_ns() - begin < (n.later > 0 ? patience_ns : moment_ns)) {
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < PAUSE_MAX_NS)
            pause.tv_nsec *= 2;
        progress_at(&progress, n.living - n.waiting, n.living);
        n = ask_look(a);
    }
    progress_end(&progress);
    return n;
}

/* "4107, 4109, ..." */
static const char *pids(const struct ask_answers *n, struct arena *a)
{
    const char *text = "";

    for (uint32_t i = 0; i < n->waiting && i < ASK_NAMED; i++)
        if (n->pid[i] != 0)
            text = arena_printf(a, "%s%s%u", text, *text ? ", " : "", n->pid[i]).at;
    if (n->waiting > ASK_NAMED)
        text = arena_printf(a, "%s, ...", text).at;
    return text;
}

/* "; 1 of them waits in a call (pid 4107)", or "; 1 waits in a call and starts at its
 * next event (pid 4107)" */
static const char *who_waits(const struct asking *how, const struct ask_answers *n,
                             struct arena *a)
{
    bool one = n->waiting == 1;
    const char *then = arena_printf(a, " and %s at %s", one ? how->one : how->several,
                                    one ? "its next event" : "their next events")
                           .at;

    if (n->waiting == 0)
        return "";
    return arena_printf(a, "; %s %s%s%s (%s %s)", units_count(n->waiting).text,
                        n->later > 0 ? "" : "of them ",
                        one ? "waits in a call" : "wait in calls",
                        n->later > 0 ? then : "", one ? "pid" : "pids", pids(n, a))
        .at;
}

/* "2 of 3 processes started; ..." */
static void tell(const struct asking *how, const char *recording,
                 const struct ask_answers *n, struct arena *a)
{
    uint32_t done = n->done + (n->later > 0 ? 0 : n->waiting);
    const char *of = "", *own = "";

    if (done < n->living)
        of = arena_printf(a, " of %s", units_count(n->living).text).at;
    if (n->own > 0)
        own = arena_printf(a, "; %s %s", units_count(n->own).text, how->own).at;
    if (n->living == 0)
        cmd_say("%s: %s", recording, how->nobody);
    else
        cmd_say("%s: %s%s process%s %s%s%s", recording, units_count(done).text, of,
                n->living == 1 ? "" : "es", how->done, who_waits(how, n, a), own);
}

static bool ask_one(const struct asking *how, const char *recording, struct arena *a,
                    struct err *e)
{
    struct ask *asked = ask_open(recording, how->what, e);

    if (!asked)
        return false;
    struct ask_answers n = wait_for_answers(how, asked);
    ask_close(asked);
    tell(how, recording, &n, a);
    return true;
}

int asking_run(const struct asking *how, struct words words, struct err *e)
{
    struct arena *a = arena_open();
    bool ok = true;
    const char *newest = words.count > 0 ? NULL : recording_newest_unpacked(".", a);

    if (words.count == 0)
        ok = newest ? ask_one(how, newest, a, e)
                    : err_set(e, ERR_IO,
                              "no recording here: .: no *.sonde in this directory "
                              "(sonde run app.py makes one)");
    for (int i = 0; i < words.count; i++) {
        struct err why = { 0 };

        if (ask_one(how, words.at[i], a, &why))
            continue;
        ok = false;
        if (words.count == 1)
            *e = why;
        else
            cmd_say("%s", why.text);
    }
    arena_close(a);
    return ok ? 0 : 1;
}
