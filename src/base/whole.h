/* SPDX-License-Identifier: Apache-2.0 */
/* whole.h - a file's bytes, all of them: copied into memory, so that what another
 * process does to the file meanwhile cannot hurt who reads them; or mapped, which is
 * quicker by the copying, for commands that read a file and end. */
#ifndef BASE_WHOLE_H
#define BASE_WHOLE_H

#include "base/arena.h"
#include "base/err.h"

/* What is to be read. */
struct whole_kind {
    const char *what;  /* begins the error: "cannot read profile" */
    uint64_t most;     /* more bytes are refused */
    bool page_by_page; /* mapped pages come as they are read, for what is read once */
    /* Whether what begins so may be one; name is for the error. NULL: anything may. */
    bool (*may_begin)(struct str begin, const char *name, struct err *e);
};

/* Of regular files and of pipes: of those, step by step, as long as it may be one;
 * nobody writes to it: refused, not waited for. So are directories and devices. */
bool whole_read(const char *path, const struct whole_kind *k, struct arena *a,
                struct str *bytes, struct err *e);
/* The same, mapped until the process ends where the file is a regular one. Bytes may
 * change under the reader; where the file becomes shorter they read as 0, and
 * whole_is_torn says so. Not in a process that has other uses for SIGBUS. */
bool whole_map(const char *path, const struct whole_kind *k, struct arena *a,
               struct str *bytes, struct err *e);
bool whole_is_torn(void);
/* Of what was mapped these bytes need not stay in memory; they can be read again. */
void whole_forget(const char *at, size_t len);

/* Up to so many bytes that it begins with; false: no regular file that can be read. */
bool whole_begin(const char *path, char *to, size_t most, struct str *head);
/* Where a path is one of our own descriptors (/dev/stdin, /dev/fd/63) and a pipe: all
 * of it into memory, which the path stands for from then on, as a file's. */
bool whole_keep_pipe(const char *path, struct err *e);
bool whole_is_pipe(const char *path);

#endif
