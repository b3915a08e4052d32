/* SPDX-License-Identifier: Apache-2.0 */
/* tables.h - what is named on the command line as pstats has it. */
#ifndef CMD_TABLES_H
#define CMD_TABLES_H

#include "cmd/cmd.h"
#include "pstats/table.h"

/* One file: what a profiler of Python dumped, or a recording. as_cprofile: the latter
 * counted as cProfile counts. NULL and e on failure; table_close it. */
struct pstats_table *tables_read(const char *path, bool as_cprofile, struct err *e);
/* Whether it is a recording: a directory with a tape, or a tape. */
bool tables_is_recording(const char *path);
/* All of them as pstats.Stats(*files) would have them, added in its order. None: the
 * newest recording here, named on stderr. They are mapped: load_held before what is
 * printed is believed. */
struct pstats_table *tables_open(struct words files, bool as_cprofile, struct err *e);

#endif
