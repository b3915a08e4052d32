/* SPDX-License-Identifier: Apache-2.0 */
/* compare.h - two tables function by function, in pstats' manner of printing. */
#ifndef PSTATS_COMPARE_H
#define PSTATS_COMPARE_H

#include "pstats/restrict.h"

/* The largest change of internal time first. What only its line tells from a function
 * of the other table is that function, moved. Restrictions choose among all. */
bool compare_print(const struct pstats_table *before, const struct pstats_table *after,
                   struct restrictions r, struct out *o, struct err *e);

#endif
