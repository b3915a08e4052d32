/* SPDX-License-Identifier: Apache-2.0 */
/* diff.h - a comparison as text for people, as Markdown for a pull request, or as JSON.
 * It borrows the comparisons; what it computes lives until diff_close. */
#ifndef REPORT_DIFF_H
#define REPORT_DIFF_H

#include "base/arena.h"
#include "model/compare.h"
#include "model/rows.h"
#include "report/match.h"
#include "report/screen.h"
#include "report/sort.h"

struct diff_side {
    const char *title; /* "app.sonde", "a.sonde and 9 more" */
    struct str clock;
    const struct str *python; /* versions, each once */
    uint32_t pythons;
    const char *const *file; /* as named on the command line */
    uint32_t files;
};

struct diff_options {
    struct sort sort; /* no fields: by the change */
    double limit;     /* -n: rows, or below 1 a share of them; < 0 not given */
    const struct filter *filter;
    uint32_t filters;
    bool reverse, strip_dirs, cumulative;
    bool at_prompt; /* no word on options */
    double above;   /* --fail-above, 0: not given */
    enum unit unit;
    struct diff_side side[SIDES];
    uint32_t notes;
    const struct str *note; /* sentences */
};

struct diff_row {
    const struct compared *compared;
    double change; /* of the time, as far as is known */
};

struct diff {
    const struct diff_options *options;
    struct arena *arena;
    const struct compare *functions;
    const struct compare *paths; /* NULL: not asked for */
    struct diff_row *row;        /* functions chosen, in order, not yet limited */
    uint32_t rows;
    uint32_t *parts; /* by row of `functions`: places_parts */
};

/* Both are paired already, and are finished here, as what is not chosen has nothing to
 * prove. NULL and e: a bad expression. */
struct diff *diff_open(struct compare *functions, struct compare *paths,
                       const struct diff_options *o, struct err *e);
void diff_close(struct diff *d); /* NULL is allowed */

void diff_text(const struct diff *d, const struct screen *s);
void diff_markdown(const struct diff *d, struct out *o);
void diff_json(const struct diff *d, struct out *o);

/* Whether there is anything that --fail-above guards; else e. */
bool diff_guards(const struct diff *d, struct err *e);
/* What is slower than --fail-above allows: a line without an end, empty: nothing. */
struct str diff_too_slow(const struct diff *d);

#endif
