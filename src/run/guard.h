/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h - runs a program of ours that runs code of the user's, and outlives whatever
 * that code does: it ends in time, with all it started, also when this process is
 * interrupted or killed meanwhile.
 * It is the leader of a process group; stdin and stdout are empty. It gets two more
 * descriptors, their numbers as its last words: its orders, a file that it may write to
 * as well, and a pipe to tell of what it did. */
#ifndef RUN_GUARD_H
#define RUN_GUARD_H

#include <signal.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct guard {
    const char *const
        *words; /* words[0] is the file, no search on PATH; ends in NULL */
    char *const *environment;
    struct str orders;
    bool fixed; /* its memory is laid out as each time */
    bool loud;  /* stderr is ours, else it goes nowhere */
    /* It is killed when it tells nothing for so long: to begin with, and later. */
    uint64_t start_ns, quiet_ns;
};

struct guarded {
    int status; /* as wait(2) has it */
    bool late;  /* it was killed for its silence */
    struct str told;
    struct str orders; /* as they are at the end */
};

/* false and e: it could not be started. */
bool guard_run(const struct guard *g, struct guarded *end, struct arena *a,
               struct err *e);

#endif
