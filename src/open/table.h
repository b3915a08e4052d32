/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - any file sonde reads as pstats has it: what a profiler of Python dumped as
 * it is, a recording through its profile. as_cprofile: the latter counted as cProfile
 * counts. NULL or false, and e, on failure. */
#ifndef OPEN_TABLE_H
#define OPEN_TABLE_H

#include "pstats/load.h"

struct pstats_table *open_table(const char *path, enum load_how how, bool as_cprofile,
                                struct err *e);
/* Stats.add of it; where it fails the table is of no use any more. */
bool open_table_into(struct pstats_table *t, const char *path, enum load_how how,
                     bool as_cprofile, struct err *e);
/* Whether it is a recording that can be read. */
bool open_is_recording(const char *path);

#endif
