/* SPDX-License-Identifier: Apache-2.0 */
/* match.h - regular expressions that keep rows (--only) or drop them (--not):
 * searched as Python's re.search would, in what pstats prints of a function or
 * in the name sonde shows. */
#ifndef REPORT_MATCH_H
#define REPORT_MATCH_H

#include "base/err.h"
#include "model/rows.h"

struct filter {
    const char *pattern;
    bool drop;          /* --not */
    const char *called; /* in errors; NULL: by the option */
};

/* Applies them in their order; what is left keeps its order. */
bool match_rows(const struct filter *filters, uint32_t count, struct rows *rows,
                struct err *e);

#endif
