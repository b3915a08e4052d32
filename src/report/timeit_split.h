/* SPDX-License-Identifier: Apache-2.0 */
/* timeit_split.h - what loops are made of, as a table and as trees. */
#ifndef REPORT_TIMEIT_SPLIT_H
#define REPORT_TIMEIT_SPLIT_H

#include "report/because.h"
#include "report/timeit.h"

/* Two statements beside each other, or one: contrast->with is NULL, fast empty. */
struct split_table {
    const struct timeit_report *report;
    const struct screen *screen;
    const struct contrast *contrast;
    struct str slow, fast; /* names */
    bool shareless;
    bool turned; /* the slow one stands first, as it was typed first */
};

void timeit_split(const struct split_table *t);
/* Calls inside of native code, opcodes and objects, system calls: all of one. */
void timeit_split_all(const struct timeit_report *r, const struct screen *s,
                      const struct explained *x, struct str name);

#endif
