/* SPDX-License-Identifier: Apache-2.0 */
/* compare.h - two sides of one or more runs each: what each function, or each call
 * path, cost before and after. Open, add runs, pair (then rows are there), leave out
 * what is not asked for, finish (then figures are), read. A profile is needed while it
 * is added, not after. Rows are in no order of interest, but for paths: there a row's
 * parent comes before it. */
#ifndef MODEL_COMPARE_H
#define MODEL_COMPARE_H

#include "model/evidence.h"
#include "model/profile.h"

struct compare;

enum change {
    CHANGE_NEW,     /* in no run before */
    CHANGE_GONE,    /* in no run after */
    CHANGE_CHANGED, /* called more or less often, or of a different time */
    CHANGE_SAME,
};

#define COMPARED_NONE UINT32_MAX

struct figures {       /* of the runs of a side: medians */
    uint64_t calls;    /* resumptions are none */
    double time, self; /* time: what was asked for, self or cumulative */
};

struct compared {
    uint32_t row;                           /* its own number */
    const struct function *function[SIDES]; /* NULL: not there, or a folded path */
    uint32_t parent, depth;                 /* of a path: the row above, and how deep; a
                                               thread's first functions have none, 0 */
    uint32_t function_row; /* of a path: the row of its function where functions of the
                              same runs are compared; COMPARED_NONE: folded */
    bool folded;           /* the mark of paths that were not kept */
    struct figures figures[SIDES];
    bool calls_differ; /* each run after has more than each before, or less */
    enum change change;
    struct effect effect; /* of the time */
};

struct compare_options {
    bool cumulative; /* time with callees, not self; of paths always */
    bool paths;      /* rows are call paths, of all threads together */
};

struct compare *compare_open(struct compare_options o);
void compare_add(struct compare *c, enum side side, const struct profile *p);
void compare_pair(struct compare *c);
/* Nothing is to be proven of this row: so more can be of others. */
void compare_leave_out(struct compare *c, uint32_t row);
/* above: 0.05 asks what is slower by more than 5 %. */
void compare_finish(struct compare *c, double above);
void compare_close(struct compare *c); /* NULL is allowed */

uint32_t compare_runs(const struct compare *c, enum side side);
uint32_t compare_rows(const struct compare *c);
const struct compared *compare_row(const struct compare *c, uint32_t row);
/* All functions' self times, and all calls. */
const struct compared *compare_total(const struct compare *c);
/* What is common to all functions: the machine, Python, or how it was built. */
const struct effect *compare_common(const struct compare *c);
/* Runs of the two sides were made in turn, as far as is known: a machine that became
 * slower meanwhile did so for both. */
bool compare_in_turn(const struct compare *c);
/* Of that row's time in one run. */
double compare_time(const struct compare *c, uint32_t row, enum side side,
                    uint32_t run);

#endif
