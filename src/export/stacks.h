/* SPDX-License-Identifier: Apache-2.0 */
/* stacks.h - a profile as stacks and what each cost by itself, for formats that hold
 * nothing else. What files tell without paths becomes stacks of a caller and its
 * callee: self times of functions stay exact. */
#ifndef EXPORT_STACKS_H
#define EXPORT_STACKS_H

#include "base/arena.h"
#include "model/profile.h"

struct stack {
    const function_id *at; /* the outermost first; FUNCTION_NONE: paths not kept */
    uint32_t depth;        /* at least 1 */
    thread_id thread;
    uint64_t calls, self;
};

/* Of each stack that has a cost or calls, those of a thread one after another. */
void stacks_tell(const struct profile *p, struct arena *a,
                 void (*tell)(void *with, const struct stack *s), void *with);

#endif
