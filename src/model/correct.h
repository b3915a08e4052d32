/* SPDX-License-Identifier: Apache-2.0 */
/* correct.h - a profile without what the probe itself cost: a new one with the
 * same ids, counts and texts, and smaller times; the old one stays.
 * Between two events lies the end of one and the beginning of the next, so a
 * call costs its own node and its caller's. A node never falls below 0. What was
 * given without paths stays as it is. */
#ifndef MODEL_CORRECT_H
#define MODEL_CORRECT_H

#include "base/arena.h"
#include "model/profile.h"

enum probe_callee {               /* what is called: each is told by other means */
                    PROBE_PYTHON, /* by Python code: the call itself is an event as well
                                   */
                    PROBE_RECURSION, /* by itself, another figure for the processor */
                    PROBE_FROM_C,    /* Python code by C code, such as a key function */
                    PROBE_RESUME,    /* a generator goes on */
                    PROBE_FUNCTION,  /* built-in functions */
                    PROBE_METHOD,    /* methods of types made in C */
                    PROBE_TYPE,      /* their constructors, and other objects */
                    PROBE_CALLEES,
};

/* In ns, of one call; not known: slow is 0. */
struct probe_cost {
    double inside[PROBE_CALLEES];  /* in the callee's time */
    double outside[PROBE_CALLEES]; /* in the caller's */
    /* Byte code takes so many times as long while it is watched (3.11). Believed
     * of the first PROBE_SLOW_NS after an event alone: what goes on longer may
     * be C code. At least 1. */
    double slow;
};

enum { PROBE_SLOW_NS = 500 };

/* cost: by process. Where it is not known times stay. */
struct profile *correct(const struct profile *p, const struct probe_cost *cost);
/* What correct takes from each function's self time, by function. */
uint64_t *correct_taken(const struct profile *p, const struct probe_cost *cost,
                        struct arena *a);

#endif
