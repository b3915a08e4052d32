/* SPDX-License-Identifier: Apache-2.0 */
/* output.h - the directory a run records into: made 0700 at a place where
 * nothing was, or where a recording was. That older one is put aside, and goes
 * (output_keep) or comes back (output_undo). */
#ifndef RUN_OUTPUT_H
#define RUN_OUTPUT_H

#include "base/arena.h"
#include "base/err.h"

struct output {
    const char *path;  /* absolute */
    const char *shown; /* as the user would type it */
    int fd;            /* the directory, O_CLOEXEC; -1: none */
    const char *aside; /* path of the older recording, NULL: there was none */
};

/* asked: -o's value, or NULL for "PROGRAM-date-time.sonde" in this directory. */
bool output_make(struct output *o, const char *asked, const char *program,
                 struct arena *a, struct err *e);
void output_keep(struct output *o);
void output_undo(struct output *o);

/* Is this value of -o one that can be meant? */
bool output_checked(const char *asked, struct err *e);

#endif
