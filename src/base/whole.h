/* SPDX-License-Identifier: Apache-2.0 */
/* whole.h - a file's bytes, all of them: copied into memory, so that what another
 * process does to the file meanwhile cannot hurt who reads them; or mapped, which is
 * quicker by the copying, for commands that read a file and end. */
#ifndef BASE_WHOLE_H
#define BASE_WHOLE_H

#include "base/arena.h"
#include "base/err.h"

/* Also of pipes. More than `most` bytes are refused, and so is a directory. `what`
 * begins the error: "cannot read profile". */
bool whole_read(const char *path, const char *what, uint64_t most, struct arena *a,
                struct str *bytes, struct err *e);

/* The same, mapped until the process ends where the file is a regular one. Bytes may
 * change under the reader; where the file becomes shorter they read as 0, and
 * whole_is_torn says so. Not in a process that has other uses for SIGBUS. */
bool whole_map(const char *path, const char *what, uint64_t most, struct arena *a,
               struct str *bytes, struct err *e);
bool whole_is_torn(void);

/* Up to so many bytes that a regular file begins with; returns how many there are. */
size_t whole_begin(const char *path, char *to, size_t most);

#endif
