/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - sonde start: goes on after sonde stop, in all processes of a recording. */
#include "cmd/asking.h"

static int run(const void *args, struct words words, struct err *e)
{
    static const struct asking how = {
        .what = ASK_START,
        .doing = "starting",
        .done = "started",
        .one = "starts",
        .several = "start",
        .own = "stopped itself and starts at its own sonde.start()",
        .nobody = "no Python runs at present; what starts from now on is recorded",
    };

    (void)args;
    return asking_run(&how, words, e);
}

const struct cmd cmd_start = {
    .name = "start",
    .help = "go on with a recording that was stopped",
    .usage = "[RECORDING...]",
    .reads = true,
    .more = "Goes on counting in all processes of RECORDING, after sonde stop.  Calls\n"
            "that are under way are running already: their time counts, they do not.\n"
            "A process does it at its next call, in all its threads at once; sonde\n"
            "says how many wait in one.\n"
            "Default: the newest recording here.",
    .examples = "sonde stop orders.sonde; sleep 60; sonde start orders.sonde",
    .run = run,
};
