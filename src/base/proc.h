/* SPDX-License-Identifier: Apache-2.0 */
/* proc.h - what the kernel tells of a process in /proc/PID. Allocates nothing. */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdbool.h>
#include <stdint.h>

struct proc_stat {
    uint32_t parent;
    uint64_t user,
        system;     /* processor time of all its threads, in sysconf(_SC_CLK_TCK) */
    uint64_t start; /* in the same, since boot: tells a pid used again */
};

/* pid 0: this process. false: it is not there, or there is no /proc. */
bool proc_stat(uint32_t pid, struct proc_stat *s);

struct proc_ran {              /* of a thread */
    uint64_t ran_ns, ready_ns; /* on a processor; waiting for one */
    uint64_t times;            /* it began to run */
};

/* fd: its schedstat, open; -1: it is opened for this. */
bool proc_ran(uint32_t tid, int fd, struct proc_ran *r);

#endif
