/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h - what a timed statement's loop is made of: its split, and what each part
 * of it takes, which is an estimate. A loop is stepped in a process of its own;
 * instructions are counted, not timed. The statement's time, measured elsewhere, is
 * laid out over them: what it waits is known, the kernel's share is measured, a clock
 * read through the vDSO has a price of its own, and the rest is taken to run equally
 * fast. */
#ifndef WHY_EXPLAIN_H
#define WHY_EXPLAIN_H

#include "why/split.h"
#include "why/verdict.h"

struct explained {
    const struct split *split;   /* the empty loop is taken off; NULL: there is none */
    struct str refused;          /* then why */
    double part_ns[SPLIT_PARTS]; /* with waiting_ns they sum to the statement's time;
                                    SPLIT_KERNEL_ENTRY: all time in the kernel */
    double waiting_ns;
    bool kernel_measured; /* by the kernel's own accounting, else about */
};

struct explain_order {
    const struct timing_order *timing;
    const char *package; /* the folder of the extensions sonde._step */
    uint64_t steps_ns;   /* for one statement, of processor time */
    uint64_t steps; /* the same, so many at most; 0: as many as there is time for */
    uint32_t loops; /* to step */
};

struct explain {
    struct explained *at; /* Python by Python, statement by statement */
    double clock_ns;      /* a clock read through the vDSO */
};

/* Steps all statements, one Python after another. What cannot be is refused by name, in
 * each statement's entry. */
void explain_run(const struct explain_order *o, const struct verdicts *v,
                 struct explain *x, struct arena *a);

const struct explained *explain_at(const struct explain *x, const struct verdicts *v,
                                   uint32_t python, uint32_t statement);

/* of - with (which may be NULL), part by part, row by row. */
struct contrast {
    const struct explained *of, *with;
    int64_t total, part[SPLIT_PARTS]; /* the difference, in instructions ... */
    double part_ns[SPLIT_PARTS], waiting_ns, all_ns; /* ... and in time */
    bool by_time; /* shares are of time: instructions are not what it is about */
};
void explain_contrast(const struct explained *of, const struct explained *with,
                      struct contrast *c);
/* The share that a part, or so many instructions of it, has of the whole; the same for
 * waiting. */
double contrast_share(const struct contrast *c, enum split_part part);
double contrast_share_of(const struct contrast *c, int64_t of, int64_t with);
double contrast_waiting(const struct contrast *c);
/* What one instruction of a statement's own code takes; 0: there are none. */
double explained_instruction_ns(const struct explained *x);

#endif
