/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h - what the probe costs in one Python: loops run bare and watched in
 * turn, for half a second, in a process of their own that imports nothing. */
#ifndef CMD_MEASURE_H
#define CMD_MEASURE_H

#include "base/arena.h"
#include "base/err.h"
#include "model/correct.h"

struct measured {
    const char *python;  /* is started: one the user chose, never one a file names */
    uint32_t version;    /* its PY_VERSION_HEX: any other is refused */
    const char *agent;   /* measure_agent's */
    const char *options; /* "clock=cpu,builtins=0" or less, as in enter_environment */
};

bool measure_cost(const struct measured *m, const char *hook, struct probe_cost *cost,
                  struct arena *a, struct err *e);

/* Corrected self times over the unprofiled truth: 1 is right. Measured in the same
 * rounds as the cost that they are corrected by: the machine's speed may be another
 * in the next second, which is no error of the correction. */
struct truth {
    double recursive;      /* a recursive function */
    double callee, caller; /* a one-line function, and the loop that calls it */
};
bool measure_truth(const struct measured *m, const char *hook, struct probe_cost *cost,
                   struct truth *t, struct arena *a, struct err *e);

/* The agent that a Python of this PY_VERSION_HEX loads; NULL: there is none. */
const char *measure_agent(const char *hook, uint32_t python, struct arena *a);

#endif
