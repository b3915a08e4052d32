/* SPDX-License-Identifier: Apache-2.0 */
/* stepper.h - steps this process from straight run to straight run of instructions.
 * Where a run ends a breakpoint is put; the handler of SIGTRAP does what stood there,
 * writes an event (step/log.h) and sees to it that the next run ends in one as well.
 * One thread is logged, the one that starts; others are stepped as well. Only in a
 * process made for it. Nothing here calls another library: its code is patched too. */
#ifndef STEP_STEPPER_H
#define STEP_STEPPER_H

#include <stdbool.h>
#include <stdint.h>

#include "step/log.h"

struct stepper_plan {
    struct log_header *log; /* the whole file is mapped, `room` bytes of it */
    uint64_t room;
    int log_file;      /* grows under the events; may be closed by the statement */
    uint64_t mark;     /* code: a loop begins where it is entered */
    uint64_t *left;    /* set to 1 when no more is stepped */
    uint32_t loops;    /* whole loops to step */
    uint64_t limit_ns; /* of processor time, from the start */
    uint64_t
        steps; /* the handler runs so often at most; 0: as often as there is time */
};

/* A function whose arguments are wanted: what the log is told when it is entered. */
enum stepper_figure {
    STEPPER_FIRST, /* the first argument */
    STEPPER_SECOND,
    STEPPER_PRODUCT, /* of both */
    STEPPER_TYPE,    /* of the object that is the first argument */
};

/* False, and why (a static text), where this machine or process cannot be stepped. */
bool stepper_open(const struct stepper_plan *plan, const char **why);
void stepper_wants(uint64_t function, enum log_asked asked, enum stepper_figure figure);
void stepper_start(void); /* returns stepped */
void stepper_stop(void);  /* returns at full speed; nothing is patched any more */
bool stepper_runs(void);

#endif
