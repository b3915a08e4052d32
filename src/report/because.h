/* SPDX-License-Identifier: Apache-2.0 */
/* because.h - why one statement takes longer than another, or what one is made of, in
 * one to three plain sentences: the kernel first, which most suspect, then what is most
 * of it, then Python's own part, the negative too. */
#ifndef REPORT_BECAUSE_H
#define REPORT_BECAUSE_H

#include "why/explain.h"

enum { BECAUSE_MOST = 3 };

struct because {
    const struct contrast *contrast;
    struct str slow, fast;       /* names; fast is empty where there is but one */
    const struct estimate *time; /* of the slow one */
    struct str sentence[BECAUSE_MOST];
    uint32_t count;
    bool shareless; /* shares of so small a difference, or of a negative one, mislead */
};

void because_of(struct because *b, struct arena *a);

/* "libc's localtime_r", "datetime.datetime.now" */
struct str because_function(const struct split_row *r, struct arena *a);

#endif
