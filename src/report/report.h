/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - a profile as text for people or as JSON.
 * A report borrows its profile; what it computes lives until report_close. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/arena.h"
#include "model/rows.h"
#include "model/stats.h"
#include "report/match.h"
#include "report/screen.h"
#include "report/sort.h"

struct report_options {
    struct sort sort; /* no fields: the default order */
    double limit;     /* -n: rows, or below 1 a share of them; < 0 not given */
    const struct filter *filter;
    uint32_t filters;
    enum by by;
    bool reverse, strip_dirs;
    bool callers, callees, tree, processes;
    bool json;         /* is to be written: report_json needs everything */
    const char *title; /* what the profile was read from */
    /* The same without the probe's cost (model/correct.h), NULL: not known, and
     * no_cost may say why. It is shown where asked for. */
    const struct profile *corrected;
    const char *no_cost;
    bool show_corrected;
};

struct report {
    const struct report_options *options;
    const struct profile *profile;
    struct stats *stats;
    struct stats *corrected; /* NULL: not known */
    struct arena *arena;
    struct rows rows;      /* chosen and in order, not yet limited */
    uint32_t rows_of;      /* so many there were before --only and --not */
    const uint32_t *parts; /* by function: places_parts; of a text alone */
};

enum { REPORT_ROWS = 25 }; /* unless -n says otherwise */

struct report *report_open(const struct profile *p, const struct report_options *o,
                           struct err *e);
void report_close(struct report *r); /* NULL is allowed */

/* How many of them to show when `unasked` is what is shown without -n. */
uint32_t report_limit(const struct report_options *o, uint32_t rows, uint32_t unasked);

/* What a call cost the probe, on the average; 0: not known. */
double report_probe_ns(const struct report *r);
/* Where that cost matters, but is not known: why; else NULL. */
const char *report_no_cost(const struct report *r);

void report_text(const struct report *r, const struct screen *s);
void report_json(const struct report *r, struct out *o);

#endif
