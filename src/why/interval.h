/* SPDX-License-Identifier: Apache-2.0 */
/* interval.h - where the middle of something measured many times lies, with no belief
 * about how its noise is distributed.
 * Values come in groups: those of one process share its luck (where its memory lies,
 * how its hashes fall), so many of them tell less than they seem to. An interval holds
 * both what the values tell and what the groups tell. */
#ifndef WHY_INTERVAL_H
#define WHY_INTERVAL_H

#include "base/arena.h"

struct values {
    double *at;      /* in the order measured, group by group */
    uint32_t *group; /* of each, 0 and up, never less than the one before */
    uint32_t count;
};

enum level { LEVEL_95, LEVEL_99, LEVELS };

struct interval {
    double middle; /* the median */
    double low[LEVELS], high[LEVELS];
    bool known[LEVELS]; /* else there are too few values; low and high span them all */
    uint32_t count, groups;
    uint32_t above, below; /* groups whose own median is above 0, or below */
};

enum { INTERVAL_GROUPS_MAX = 256 };

/* At least one value. */
struct interval interval_of(const struct values *v, struct arena *a);

/* Of how much `with` is above `of`, where they were measured apart, so that their
 * groups have nothing in common; above or below: all groups are, or none is. */
struct interval interval_apart(const struct values *of, const struct values *with,
                               struct arena *a);

/* Sorts them. 0 of none. */
double interval_median(double *values, uint32_t count);
/* So many values of a side, and all of one side's are below the other's: how likely
 * that is where nothing differs, either way round. */
double interval_chance_apart(uint32_t a, uint32_t b);

#endif
