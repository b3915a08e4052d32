/* SPDX-License-Identifier: Apache-2.0 */
/* in_own.h - what those share that open and inflate an input: in_file.c here, and
 * the page's, which has no files. */
#ifndef BASE_IN_OWN_H
#define BASE_IN_OWN_H

#include "base/arena.h"
#include "base/in.h"

struct in {
    struct arena *arena; /* its own, which holds itself */
    const char *memory;  /* NULL: read() brings it */
    /* len bytes from `at` on, at most what is left; false: in_fail told why. */
    bool (*read)(struct in *i, char *to, size_t len);
    int fd; /* read's; -1: none */
    uint64_t size, at;
    const char *fault;
};

struct in *in_new(uint64_t size);
bool in_fail(struct in *i, const char *why); /* false; the first fault stays */

#endif
