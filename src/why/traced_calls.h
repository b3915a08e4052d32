/* SPDX-License-Identifier: Apache-2.0 */
/* traced_calls.h - system calls of a followed run, by their numbers. */
#ifndef WHY_TRACED_CALLS_H
#define WHY_TRACED_CALLS_H

#include "base/pile.h"
#include "why/traced.h"

enum { TRACED_CALLS_MOST = 1024 };

struct traced_calls {
    struct pile all;                        /* struct traced_call */
    uint32_t row_of[TRACED_CALLS_MOST + 1]; /* number to its place + 1 */
};

struct traced_calls traced_calls_on(struct arena *a);
/* own: the number is one of this machine's own programs. */
struct traced_call *traced_calls_of(struct traced_calls *c, uint32_t number, bool own);
/* Into t->call, sums in it; cost_ns is taken off each. */
void traced_calls_sum(const struct traced_calls *c, uint64_t cost_ns, struct traced *t);

#endif
