/* SPDX-License-Identifier: Apache-2.0 */
/* traced.h - one run of a command, followed from system call to system call: which it
 * makes, how long they take, and what it waits for while none of its threads runs. */
#ifndef WHY_TRACED_H
#define WHY_TRACED_H

#include "why/command.h"
#include "why/waits.h"

struct traced_call {
    struct str name;
    uint64_t calls, failed;
    uint64_t cpu_ns;  /* less what tracing takes; an estimate */
    uint64_t wait_ns; /* that the thread stood still in it */
};

struct traced {
    bool done;
    struct str refused;       /* why it was not done, or not to the end: a sentence */
    struct traced_call *call; /* what takes the longest first */
    uint32_t kinds;           /* of calls */
    uint64_t calls, cpu_ns;   /* of all */
    uint32_t threads;         /* that there were, of all processes */
    int status;               /* of the command, as wait(2) has it */
    uint64_t wall_ns;
    uint64_t
        waited_ns[WAITS]; /* while no thread ran: sums to what of wall_ns was waiting */
    uint64_t waited_all_ns;
};

/* usual_ns: what a run takes when it is not traced; where this one takes far more it
 * goes on without us. It must not be called while other children of ours run. */
void traced_run(const struct command *c, const struct command_files *f,
                uint64_t usual_ns, struct traced *t, struct arena *a);

#endif
