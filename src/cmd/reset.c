/* SPDX-License-Identifier: Apache-2.0 */
/* reset.c - sonde reset: counters to 0, in all processes of a recording. */
#include "cmd/asking.h"

static int run(const void *args, struct words words, struct err *e)
{
    static const struct asking how = {
        .what = ASK_RESET,
        .doing = "resetting",
        .done = "reset",
        .one = "is reset",
        .several = "are reset",
        .own = "stopped itself and is reset when it starts again",
        .nobody = "no Python runs at present; what had ended is forgotten",
    };

    (void)args;
    return asking_run(&how, words, e);
}

const struct cmd cmd_reset = {
    .name = "reset",
    .help = "forget what a recording under way has counted",
    .usage = "[RECORDING...]",
    .reads = true,
    .more = "Sets all counters of RECORDING to 0: it tells what happens from now on.\n"
            "Processes that have ended are forgotten, calls that are under way are\n"
            "running already.  What was counted is gone: sonde pack keeps it.\n"
            "A process does it at its next call or return: one that waits in a call\n"
            "has counted nothing since it was asked.\n"
            "Default: the newest recording here.",
    .examples = "sonde reset orders.sonde; sleep 60; sonde report  # just this minute\n"
                "sonde pack -o hour-1.pack.sonde && sonde reset    # an hour each",
    .run = run,
};
