/* SPDX-License-Identifier: Apache-2.0 */
/* load.h - a table out of a file, or out of bytes in memory. */
#ifndef PSTATS_LOAD_H
#define PSTATS_LOAD_H

#include "pstats/table.h"

enum load_how {
    LOAD_COPY, /* the file may go or change afterwards */
    LOAD_MAP,  /* quicker, for commands that print and end: see base/whole.h */
};

/* The bytes alone. */
bool load_whole(const char *path, enum load_how how, struct arena *a, struct str *bytes,
                struct err *e);
/* With the line that pstats prints above its figures; NULL and e on failure. */
struct pstats_table *load_file(const char *path, enum load_how how, struct err *e);
/* Stats.add of a file; where it fails the table is of no use any more. */
bool load_add(struct pstats_table *t, const char *path, enum load_how how,
              struct err *e);
/* Whether all files that were mapped stayed what they were; else e says which way. */
bool load_held(const struct pstats_table *t, struct err *e);
/* Copies the bytes; no such line. name: for errors. */
struct pstats_table *load_bytes(struct str bytes, const char *name, struct err *e);
/* "Sat Nov 28 18:20:23 2026    app.prof": when it was written, as pstats has it; where
 * that is not known the path alone. */
struct str load_title(const char *path, struct arena *a);

#endif
