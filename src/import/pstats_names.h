/* SPDX-License-Identifier: Apache-2.0 */
/* pstats_names.h - functions as the model has them, out of pstats' (file, line, name):
 * builtins are given the names that recordings have for them. */
#ifndef IMPORT_PSTATS_NAMES_H
#define IMPORT_PSTATS_NAMES_H

#include "base/arena.h"
#include "model/profile.h"
#include "pstats/table.h"

/* Its texts are the table's or the arena's. */
struct function pstats_function_of(struct pstats_name name, struct arena *a);

#endif
