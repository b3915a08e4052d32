/* SPDX-License-Identifier: Apache-2.0 */
/* asking.h - what sonde stop, start and reset have in common: ask the processes of
 * recordings, wait a moment for their answers, and say who has not given one. */
#ifndef CMD_ASKING_H
#define CMD_ASKING_H

#include "cmd/cmd.h"
#include "tape/ask.h"

struct asking {
    enum ask_what what;
    const char *doing;         /* "stopping" */
    const char *done;          /* "stopped" */
    const char *one, *several; /* what those that wait will do: "stops", "stop" */
    const char *own;    /* what becomes of those that the program stopped itself */
    const char *nobody; /* where no Python runs at present */
};

/* The words: recordings; none: the newest here. Returns the exit status. */
int asking_run(const struct asking *how, struct words words, struct err *e);

#endif
