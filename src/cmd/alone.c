/* SPDX-License-Identifier: Apache-2.0 */
/* alone.c - sonde without a command: three sentences on the newest recording of
 * this directory and what to type next; help where there is none. */
#include <unistd.h>

#include "cmd/costs.h"
#include "cmd/reading.h"
#include "report/summary.h"
#include "tape/recording.h"

static int run(const void *args, struct words words, struct err *e)
{
    struct arena *arena = arena_open();
    char *newest[2] = { recording_newest(".", arena), NULL };
    const char *title = "";
    bool ok;

    (void)args;
    (void)words;
    if (!newest[0]) {
        arena_close(arena);
        return help_all(e) ? 0 : 1;
    }
    struct profile *p =
        reading_open((struct words){ 1, newest }, NULL, true, &title, arena, e);
    ok = p != NULL;
    if (ok) {
        struct out *o = out_stdout();
        struct screen s = screen_on(o, STDOUT_FILENO);

        struct costs costs = costs_of(p, false, arena);
        struct profile *corrected = costs.any ? correct(p, costs.of) : NULL;

        summary_alone(p, corrected, title, &s);
        profile_close(corrected);
        ok = out_close(o, e);
    }
    profile_close(p);
    arena_close(arena);
    return ok ? 0 : 1;
}

const struct cmd cmd_alone = {
    .name = "",
    .help = "three sentences on the newest recording here",
    .usage = "",
    .run = run,
};
