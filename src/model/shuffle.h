/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle.h - how often two groups of weighted values would differ as much had they
 * been dealt by chance: all ways to deal them where those are few, else so many of
 * them, the same ones each time. */
#ifndef MODEL_SHUFFLE_H
#define MODEL_SHUFFLE_H

#include <stdbool.h>
#include <stdint.h>

enum { SHUFFLE_RUNS_MAX = 4096 };

struct shuffle {
    uint32_t first, second; /* group sizes; the first group's values come first */
    const double *value, *weight;
};

/* Second group's weighted mean less the first's. */
double shuffle_difference(const struct shuffle *s);
/* The chance of a difference as large, either way or (signed) as large upwards. */
double shuffle_chance(const struct shuffle *s, bool either_way);
/* The least chance there is with groups of these sizes, either way. */
double shuffle_least(uint32_t first, uint32_t second);

#endif
