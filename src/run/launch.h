/* SPDX-License-Identifier: Apache-2.0 */
/* launch.h - starts the program and stays with it to its end.
 * The program is a child in our process group that inherits everything as we
 * did: mask, dispositions, descriptors, limits. Signals meant for the group
 * reach it without us, those sent to us alone are passed on, stops and
 * continues are shared. From launch_start on all signals are blocked here. */
#ifndef RUN_LAUNCH_H
#define RUN_LAUNCH_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct launch {
    pid_t pid;
    int no_room; /* errno where a descriptor or process of ours was wanting; else 0 */
    char *const *argv;
    pid_t witness; /* 0 or -1: none */
    pid_t waker;   /* the last one: its SIGCONT was for us alone */
    sigset_t mask; /* as we got it */
    struct sigaction on_child;
    uint64_t start_ns, end_ns; /* CLOCK_MONOTONIC */
    int status;                /* as wait(2) */
    uint64_t cpu_ns, max_rss_bytes;
};

/* file is found as execvp(3) does. 0, or 126/127 with e filled: nothing ran. */
int launch_start(struct launch *l, const char *file, char *const *argv,
                 char *const *environment, struct err *e);
/* Closes what we inherited and only the program needs: readers of its pipes
 * must see its end, not ours. Those of `keep` and stderr stay. */
void launch_let_go(const int *keep, int count);
void launch_wait(struct launch *l);
/* Ends this process as the program ended. */
_Noreturn void launch_end_as(int status);

#endif
