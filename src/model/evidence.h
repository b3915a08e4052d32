/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.h - whether something takes longer on one side than on the other, told from
 * few noisy runs of each and without an assumption on what the noise is like: had the
 * two sides been dealt among the runs by chance, how often would they differ as much?
 * Each run's own speed is taken off before, as far as other items tell it. All verdicts
 * together are wrong in one of a hundred comparisons at most. */
#ifndef MODEL_EVIDENCE_H
#define MODEL_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

enum side { SIDE_BEFORE, SIDE_AFTER, SIDES };

enum verdict {
    VERDICT_NONE, /* nothing so small can be proven with so few runs */
    VERDICT_SLOWER,
    VERDICT_FASTER,
    VERDICT_NO_DIFFERENCE, /* none is proven */
};

struct effect {
    enum verdict verdict;
    bool above; /* proven to be slower by more than was asked for */
    /* After by before, and where it lies in 95 of 100 cases: 0 where nothing tells. */
    double ratio, low, high;
};

struct item {
    const double *value; /* by run, before's first; all above 0 */
    double share;        /* of the total, 0 to 1: what is large is easier to prove */
    /* The same of what it shares with no other item, such as self times: by those is
     * told how fast each run was. NULL: it has none in some run. */
    const double *self;
    double self_share;
    bool asked; /* else it is here for its self alone, and has no value */
};

struct trial {
    uint32_t runs[SIDES]; /* at least 1 */
    uint32_t items;
    const struct item *item;
    const double *total; /* by run */
    double above;        /* 0.05: is it slower by more than 5 %? */
    /* Runs were made in turn: what is common to all items is no matter of when. */
    bool in_turn;
};

struct findings {
    struct effect *of; /* by item; room is the caller's */
    struct effect total;
    struct effect common; /* of all items alike */
};

void evidence_find(const struct trial *t, struct findings *f);

/* The least number of runs a side that can prove anything of an item of that share;
 * 1 and more: of the total. */
uint32_t evidence_runs_needed(double share);

#endif
