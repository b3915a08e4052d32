/* SPDX-License-Identifier: Apache-2.0 */
/* marshal.h - what profilers of Python dump: one dict, in the marshal format of any
 * Python from 2.7 on. Every byte is hostile: each length is checked against what is
 * left before anything is made of it, nesting is bounded, and what refers to itself is
 * refused. An error names the byte. */
#ifndef PSTATS_MARSHAL_H
#define PSTATS_MARSHAL_H

#include "pstats/table.h"

/* Into a table that is empty, or was told to add. The bytes and their name, of the
 * file, stay as long as the table: its names are borrowed from them. */
bool marshal_read(struct str bytes, const char *name, struct pstats_table *t,
                  struct err *e);
/* Lays out the callers at that byte, for the function that was put last. objects: how
 * many were before them; PSTATS_NONE: not known. */
struct reader;
void marshal_callers(struct reader *r, uint32_t at, uint32_t objects);
/* Whether bytes that are not all there yet may go on as a dump; else e says at which
 * byte they cannot. */
bool marshal_may_go_on(struct str bytes, const char *name, struct err *e);
/* Whether bytes begin as such a dict does. */
bool marshal_begins(struct str bytes);

#endif
