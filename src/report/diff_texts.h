/* SPDX-License-Identifier: Apache-2.0 */
/* diff_texts.h - the parts of a comparison's text, and words they share. */
#ifndef REPORT_DIFF_TEXTS_H
#define REPORT_DIFF_TEXTS_H

#include "report/diff.h"
#include "report/label.h"
#include "report/units.h"

/* The function as it is after, or as it was. */
const struct function *diff_function(const struct compared *c);
double diff_change(const struct compared *c);
/* For qsort(3) of struct diff_row: the largest first. */
int diff_by_change(const void *one, const void *other);
bool diff_is_proven(const struct compared *c);
/* One run a side: nothing can be proven, all is as measured. */
bool diff_is_single(const struct diff *d);
/* What is worth a row unasked. */
bool diff_is_telling(const struct diff *d, const struct compared *c);

struct figure diff_signed(struct column column, double change); /* "+0.21 s" */
struct figure diff_time(struct column column, const struct compared *c, enum side side);
struct figure diff_percent(const struct compared *c); /* "-38.7 %", "new", "gone" */
/* "3.0 M more calls, each 1.3 x": why it changed, as far as calls tell; or empty.
 * brief: how many calls alone. */
struct str diff_reason(const struct compared *c, bool brief, struct arena *a);
/* "-40.1 to -37.2 %": where the change lies in 95 of 100 cases; empty: not known. */
struct str diff_interval(const struct effect *e, struct arena *a);
/* "27 % less, proven over 10 runs a side (-29.1 to -25.4 %)" */
struct str diff_verdict(const struct diff *d, struct arena *a);
/* What is common to all functions, a sentence; empty: nothing is proven of it. */
struct str diff_common(const struct diff *d, struct arena *a);
/* How many of the functions are what. */
struct diff_counts {
    uint32_t slower, faster, appeared, gone, calls, rest;
};
struct diff_counts diff_count(const struct diff *d);

void diff_tree(const struct diff *d, const struct screen *s);

#endif
