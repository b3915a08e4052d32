/* SPDX-License-Identifier: Apache-2.0 */
/* sort.h - the order of rows: pstats' thirteen keys and every abbreviation it
 * accepts. Times and counts go down, texts and lines up; several keys follow
 * one another, and what they leave equal keeps its place. */
#ifndef REPORT_SORT_H
#define REPORT_SORT_H

#include "base/err.h"
#include "report/rows.h"

enum { SORT_KEYS_MAX = 13 };

struct sort { /* columns to compare, one after the other */
    unsigned char field[3 * SORT_KEYS_MAX];
    int fields;
};

/* Adds "cumulative" or "cumt,nfl"; a usage error when a key is unknown. */
bool sort_parse(const char *keys, struct sort *sort, struct err *e);
/* What reports do unless asked: by self time, then what makes it definite. */
struct sort sort_default(void);
void sort_rows(const struct sort *sort, struct rows rows);

#endif
