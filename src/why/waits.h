/* SPDX-License-Identifier: Apache-2.0 */
/* waits.h - what a thread waits for in a system call. */
#ifndef WHY_WAITS_H
#define WHY_WAITS_H

#include <stdint.h>
#include <sys/types.h>

/* In the order in which one explains another: a process that waits for a child waits
 * for what that child waits for. */
enum wait_kind {
    WAIT_DISK,
    WAIT_NETWORK,
    WAIT_SLEEP,
    WAIT_TERMINAL,
    WAIT_OTHER,
    WAIT_PIPE, /* or a socket of this machine */
    WAIT_LOCK, /* or another thread */
    WAIT_CHILD,
    WAITS
};

/* "the disk", "a pipe" */
const char *wait_name(enum wait_kind k);

struct waited {
    uint32_t number; /* of the system call, as this machine's own programs have it */
    uint64_t args[6];
    int64_t result; /* < 0: -errno */
};

/* tid stands still at the end of that call. */
enum wait_kind wait_of(pid_t tid, const struct waited *w);

#endif
