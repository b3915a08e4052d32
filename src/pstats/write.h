/* SPDX-License-Identifier: Apache-2.0 */
/* write.h - a table as marshal, so that every Python from 3.4 on, and what else reads
 * such files, reads it: no references, no type that came later. Functions and callers
 * stand in the table's order. */
#ifndef PSTATS_WRITE_H
#define PSTATS_WRITE_H

#include "base/out.h"
#include "pstats/table.h"

void write_table(const struct pstats_table *t, struct out *o);

#endif
