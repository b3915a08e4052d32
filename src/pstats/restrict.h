/* SPDX-License-Identifier: Apache-2.0 */
/* restrict.h - what is left of a list when print_stats(*restrictions) is through with
 * it, and the lines it says so in. */
#ifndef PSTATS_RESTRICT_H
#define PSTATS_RESTRICT_H

#include "base/out.h"
#include "pstats/table.h"

enum restriction_kind {
    RESTRICT_COUNT, /* the first `count`; of none below 0 pstats takes notice */
    RESTRICT_SHARE, /* of those there are; so of any not in [0, 1) */
    RESTRICT_MATCH, /* those whose standard name matches the text */
    RESTRICT_DROP,  /* ours: those whose does not */
};

struct restriction {
    enum restriction_kind kind;
    int64_t count;
    double share;
    struct str text;
};

struct restrictions {
    const struct restriction *at;
    uint32_t count;
};

/* As the prompt takes a word: an integer, a fraction, else a regular expression.
 * false: a fraction that is not in [0, 1]. */
bool restriction_of(struct str word, struct restriction *r);

/* Functions in the table's order, less what the restrictions take; lines are written
 * to o. False and e when a pattern takes too long. */
struct listed {
    uint32_t *at;
    uint32_t count;
};
bool restrict_list(const struct pstats_table *t, struct restrictions r,
                   struct listed *list, struct out *o, struct arena *a, struct err *e);

#endif
