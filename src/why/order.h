/* SPDX-License-Identifier: Apache-2.0 */
/* order.h - what a timed Python is told to do (sonde/timing/sonde_loops.py reads it),
 * and running one. */
#ifndef WHY_ORDER_H
#define WHY_ORDER_H

#include "base/out.h"
#include "run/guard.h"
#include "why/timing.h"

struct order {
    struct out *text;
};

/* mode: "time", "step" or "kernel". Statements and setup are in it. */
struct order order_open(const char *mode, const struct timing_order *o);
void order_text(struct order *o, const char *key, struct str value);
void order_number(struct order *o, const char *key, uint64_t value);

struct order_run {
    const char *python;
    bool loud;  /* what it prints on stderr is let through */
    bool fixed; /* each run as the one before: layout, hashes, environment */
    uint64_t quiet_ns;
};
/* Runs it and closes it. false and e: it could not be started. */
bool order_run(struct order *o, const struct timing_order *of,
               const struct order_run *r, struct guarded *end, struct arena *a,
               struct err *e);
/* What ran when it ended: a statement, -1 the setup, -2 nothing yet. */
int order_ran(const struct guarded *end);

/* Why there is no "end" in what it told, as e and failure; always false. */
bool order_failed(const struct timing_order *o, const struct order_run *r,
                  const struct guarded *end, struct timing_failure *failure,
                  struct arena *a, struct err *e);
/* It ended as it should. */
bool order_is_done(const struct guarded *end);

#endif
