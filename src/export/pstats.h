/* SPDX-License-Identifier: Apache-2.0 */
/* pstats.h - a profile as a table of pstats. Functions that share file, line and name
 * are one there: fold with FOLD_NAMES first, so that recursion and callers come right.
 * Order: that of the functions' ids. */
#ifndef EXPORT_PSTATS_H
#define EXPORT_PSTATS_H

#include "base/err.h"
#include "model/profile.h"
#include "pstats/table.h"

/* NULL and e: its figures are no times. */
struct pstats_table *pstats_of(const struct profile *p, struct err *e);

#endif
