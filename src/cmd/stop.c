/* SPDX-License-Identifier: Apache-2.0 */
/* stop.c - sonde stop: no more is counted, in all processes of a recording. */
#include "cmd/asking.h"

static int run(const void *args, struct words words, struct err *e)
{
    static const struct asking how = {
        .what = ASK_STOP,
        .doing = "stopping",
        .done = "stopped",
        .one = "stops",
        .several = "stop",
        .own = "stopped itself before",
        .nobody = "no Python runs at present; what starts from now on is stopped",
    };

    (void)args;
    return asking_run(&how, words, e);
}

const struct cmd cmd_stop = {
    .name = "stop",
    .help = "pause a recording under way",
    .usage = "[RECORDING...]",
    .reads = true,
    .more =
        "Counts nothing more in any process of RECORDING, nor in those that\n"
        "begin from now on, until sonde start.  What was counted stays, and every\n"
        "command reads it.  A process does it at its next call or return: one that\n"
        "waits in a call has counted nothing since it was asked.\n"
        "Default: the newest recording here.",
    .examples = "sonde stop orders.sonde\n"
                "sonde report orders.sonde         # while it is stopped, or runs\n"
                "sonde start orders.sonde          # go on",
    .run = run,
};
