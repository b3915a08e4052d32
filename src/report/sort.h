/* SPDX-License-Identifier: Apache-2.0 */
/* sort.h - the order of rows: by pstats' keys (pstats/sortkey.h), which may follow
 * one another; what they leave equal keeps its place. */
#ifndef REPORT_SORT_H
#define REPORT_SORT_H

#include "base/err.h"
#include "model/rows.h"
#include "pstats/sortkey.h"

struct sort {                             /* columns to compare, one after the other */
    unsigned char field[SORT_FIELDS_MAX]; /* enum sort_field */
    int fields;
};

/* Adds "cumulative" or "cumt,nfl"; a usage error when a key is unknown. */
bool sort_parse(const char *keys, struct sort *sort, struct err *e);
/* What reports do unless asked: by self time, then what makes it definite. */
struct sort sort_default(void);
void sort_rows(const struct sort *sort, struct rows rows);

#endif
