/* SPDX-License-Identifier: Apache-2.0 */
/* because_body.h - what the files that make the sentences share. */
#ifndef REPORT_BECAUSE_BODY_H
#define REPORT_BECAUSE_BODY_H

#include "report/because.h"

#define BECAUSE_MOST_OF_IT 0.5 /* of the difference: then it is "most" of it */
#define BECAUSE_LITTLE 0.1     /* a share that is told for being small */
#define BECAUSE_NEARLY_ALL 0.9

bool because_is_single(const struct because *b);
const char *because_times(int64_t count, struct arena *a); /* "once", "5 times" */

/* System calls in a loop. */
int64_t because_calls(const struct explained *x);
/* The kernel's part in it, a sentence. */
struct str because_kernel(const struct because *b, struct arena *a);
/* More than half of its time it waits; and the sentence for that. */
bool because_waits(const struct because *b);
struct str because_waiting(const struct because *b, struct arena *a);

#endif
