/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - any file sonde reads as pstats has it: what a profiler of Python dumped as
 * it is, a recording through its profile. NULL or false, and e, on failure. */
#ifndef OPEN_TABLE_H
#define OPEN_TABLE_H

#include "model/choose.h"
#include "pstats/load.h"

struct open_as {
    enum load_how how;
    bool as_cprofile;            /* a recording: counted as cProfile counts */
    const struct choice *choice; /* of which processes; NULL: of all */
};

struct pstats_table *open_table(const char *path, const struct open_as *as,
                                struct err *e);
/* Stats.add of it; where it fails the table is of no use any more. */
bool open_table_into(struct pstats_table *t, const char *path, const struct open_as *as,
                     struct err *e);
/* Whether it is a recording that can be read. */
bool open_is_recording(const char *path);

#endif
