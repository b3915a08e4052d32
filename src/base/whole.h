/* SPDX-License-Identifier: Apache-2.0 */
/* whole.h - a file's bytes, all of them, copied into memory: what another process
 * does to the file meanwhile cannot hurt who reads them. */
#ifndef BASE_WHOLE_H
#define BASE_WHOLE_H

#include "base/arena.h"
#include "base/err.h"

/* Also of pipes. More than `most` bytes are refused, and so is a directory. `what`
 * begins the error: "cannot read profile". */
bool whole_read(const char *path, const char *what, uint64_t most, struct arena *a,
                struct str *bytes, struct err *e);

/* Up to so many bytes that a regular file begins with; returns how many there are. */
size_t whole_begin(const char *path, char *to, size_t most);

#endif
