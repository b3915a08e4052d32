/* SPDX-License-Identifier: Apache-2.0 */
/* frames.h - the ranges that .eh_frame tells of: every function of a compiled file. */
#ifndef NATIVE_FRAMES_H
#define NATIVE_FRAMES_H

#include "base/str.h"

struct frames {
    struct str bytes; /* of the section */
    uint64_t address; /* where it is loaded */
    size_t at;        /* 0 at first */
};

struct frames_range {
    uint64_t start, end;
    bool part; /* its frame is set up already where it begins */
};

/* The next one; false: no more, or none that can be read. */
bool frames_next(struct frames *f, struct frames_range *range);

#endif
