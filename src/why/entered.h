/* SPDX-License-Identifier: Apache-2.0 */
/* entered.h - what a part of a split comes to by the functions through which each
 * library was entered: what localtime_r has others in libc do for it is localtime_r's,
 * what it has the kernel or another library do is not. */
#ifndef WHY_ENTERED_H
#define WHY_ENTERED_H

#include "why/split.h"

struct entered {
    const struct split_row *row;
    int64_t instructions; /* of its own and of its library below it, of that part */
    int64_t calls;
};

struct entries {
    struct entered *at;
    uint32_t count;
};

struct entries entered_of(const struct split *s, enum split_part part, struct arena *a);
/* The one of the same function, or NULL. */
const struct entered *entered_like(const struct entries *in, const struct split_row *r);

#endif
