/* SPDX-License-Identifier: Apache-2.0 */
/* print.h - what Stats.print_stats, print_callers and print_callees print, byte for
 * byte; of what 3.15's sampler wrote as 3.15 does. False and e when a pattern takes
 * too long. Names are written raw: who shows them on a terminal escapes them. */
#ifndef PSTATS_PRINT_H
#define PSTATS_PRINT_H

#include "base/out.h"
#include "pstats/restrict.h"
#include "pstats/table.h"

bool print_stats(const struct pstats_table *t, struct restrictions r, struct out *o,
                 struct err *e);
bool print_callers(const struct pstats_table *t, struct restrictions r, struct out *o,
                   struct err *e);
/* Makes the table's picture of callees, where it has none. */
bool print_callees(struct pstats_table *t, struct restrictions r, struct out *o,
                   struct err *e);

#endif
