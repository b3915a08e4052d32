/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.h - what the blocks of a timing come to: what each statement takes, and which
 * is faster, if that is proven.
 * Statements are compared round by round, so that what slowed a whole round down is
 * common to both; the better of a round's two blocks counts. A difference is proven
 * when its 99 % interval lies beyond what two copies of one statement may differ by
 * where their code and data happen to lie (the dead zone), in nearly every launch. */
#ifndef WHY_VERDICT_H
#define WHY_VERDICT_H

#include "why/timing.h"

enum timed_clock { CLOCK_CPU, CLOCK_WALL };

struct estimate { /* ns a loop; what the loop itself takes is off */
    double median, mean, least, low, high; /* low to high: 95 %; NAN where not known */
    double gross;                          /* the median with the loop */
    double timeit;    /* what timeit would print: the least, wall time, with the loop */
    double wall, cpu; /* medians, net, whatever the clock is */
    double slow;      /* share of the blocks that took more than 1.5 medians */
    double busy;      /* wall over CPU time, median */
    double faults;    /* page faults a loop */
    bool waits;       /* it gives the processor up by itself, for more than a tenth */
    uint32_t blocks;
    uint64_t loops; /* of a block */
};

enum verdict_word { VERDICT_NONE, VERDICT_A, VERDICT_B };

struct comparison {
    uint32_t python_a, a, python_b, b; /* statements */
    bool known;              /* else A takes next to nothing: there is no ratio */
    double ratio, low, high; /* of what B takes to what A takes; low to high: 95 % */
    double within; /* no difference proven: it is below that, 0.008 for 0.8 % */
    double difference_ns;
    enum timed_clock clock;
    enum verdict_word faster;
    bool few; /* there are too few rounds to prove anything */
};

struct verdicts {
    const struct timing *timing;
    struct estimate *estimate; /* Python by Python, statement by statement */
    double *loop_ns;           /* by Python: an empty turn */
    struct comparison *comparison;
    uint32_t comparisons;
    double slow; /* of all blocks, the share that took more than 1.5 medians */
    double busy; /* the most that a statement that does not wait took of wall to CPU
                    time */
    bool noisy;
};

/* The timing's figures and its comparisons: of one Python each later statement against
 * the first; of several also each statement's on the first Python against the others'.
 */
void verdicts_of(const struct timing *t, struct verdicts *v, struct arena *a);

const struct estimate *verdicts_estimate(const struct verdicts *v, uint32_t python,
                                         uint32_t statement);

#endif
