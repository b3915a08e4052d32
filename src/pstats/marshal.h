/* SPDX-License-Identifier: Apache-2.0 */
/* marshal.h - what profilers of Python dump: one dict, in the marshal format of any
 * Python from 2.7 on. Every byte is hostile: each length is checked against what is
 * left before anything is made of it, nesting is bounded, and what refers to itself is
 * refused. An error names the byte. */
#ifndef PSTATS_MARSHAL_H
#define PSTATS_MARSHAL_H

#include "pstats/table.h"

/* Into a table that is empty, or was told to add. name: of the file, for the error.
 * borrowed: the bytes stay as long as the table; else names are copied. */
bool marshal_read(struct str bytes, const char *name, bool borrowed,
                  struct pstats_table *t, struct err *e);
/* Whether bytes begin as such a dict does. */
bool marshal_begins(struct str bytes);

#endif
