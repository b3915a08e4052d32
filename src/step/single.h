/* SPDX-License-Identifier: Apache-2.0 */
/* single.h - the way to step where breakpoints cannot be put: each instruction by
 * ptrace, from the process that waits. The same log, but for what functions were asked;
 * fifty times as long a loop takes, so loops are few. */
#ifndef STEP_SINGLE_H
#define STEP_SINGLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "step/log.h"

struct single_plan {
    struct log_header *log;
    uint64_t room;
    int log_file;
    uint32_t loops;
    uint64_t limit_ns;
};

enum single_end {
    SINGLE_UNABLE, /* the reason is in the log; the child is left stopped */
    SINGLE_GOES_ON,
    SINGLE_GONE, /* status is its last */
};

/* The child has stopped itself by SIGSTOP to be stepped. Until it is done nobody else
 * may wait for it; the alarm clock of this process is used. */
enum single_end single_run(pid_t child, const struct single_plan *plan, int *status);

#endif
