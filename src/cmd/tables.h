/* SPDX-License-Identifier: Apache-2.0 */
/* tables.h - what is named on the command line as pstats has it. */
#ifndef CMD_TABLES_H
#define CMD_TABLES_H

#include "cmd/cmd.h"
#include "model/choose.h"
#include "pstats/table.h"

/* All of them as pstats.Stats(*files) would have them, added in its order. None: the
 * newest recording here, named on stderr. They are mapped: load_held before what is
 * printed is believed. */
struct pstats_table *tables_open(struct words files, const struct choice *choice,
                                 bool as_cprofile, struct err *e);

#endif
