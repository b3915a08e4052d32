/* SPDX-License-Identifier: Apache-2.0 */
/* costs.h - what the probe cost in each process of a profile: kept in the user's
 * cache directory, one small file for each interpreter and way of recording.
 * A recording's word starts nothing: measured are only Pythons that sonde finds
 * by itself, and only for recordings of this machine. */
#ifndef CMD_COSTS_H
#define CMD_COSTS_H

#include "base/arena.h"
#include "base/err.h"
#include "cmd/measure.h"
#include "model/correct.h"

struct costs {
    const struct probe_cost *of; /* by process; slow is 0 where not known */
    bool any, all;               /* known, of processes that ran Python */
    const char *why;             /* not all: a sentence */
};

/* measure: those that are not kept and may be; it takes half a second each. */
struct costs costs_of(const struct profile *p, bool measure, struct arena *a);

/* Measures this Python now, whatever is kept, and keeps it; t: and how true times
 * corrected by that are, NULL: no matter. */
bool costs_renew(const struct measured *m, const char *hook, struct truth *t,
                 struct arena *a, struct err *e);

#endif
