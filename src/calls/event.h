/* SPDX-License-Identifier: Apache-2.0 */
/* event.h - the hot path: what every event does, inlined into its callback.
 * Time since a thread's last event belongs to the node it was in: one clock
 * reading an event, and self times sum to the total by construction. */
#ifndef CALLS_EVENT_H
#define CALLS_EVENT_H

#include "calls/calls.h"
#ifdef __x86_64__
#include <x86intrin.h>
#endif

void event_charge(struct thread *t);
void event_push_other(struct thread *t, uint32_t tag, bool resumes, void *frame,
                      void *key, PyObject *object);
void event_pop_slowly(struct thread *t);

/* Ticks since the thread's last event; negative: go the slow way, as always
 * where the clock is no instruction, or the tape must be copied out at times; and
 * while somebody asks for something. */
static inline int64_t event_span(const struct thread *t, uint64_t *now)
{
#ifdef __x86_64__
    *now = __rdtsc();
    if (LIKELY(*t->quick))
        return (int64_t)(*now - t->cell->last);
#endif
    (void)t;
    *now = 0;
    return -1;
}

/* Enters a node as the new top; false: nothing was done, go the slow way. */
static inline bool event_enter(struct thread *t, uint32_t tag, bool resumes,
                               void *frame, PyObject *object, uint32_t id)
{
    struct entry *top = t->top;
    uint64_t now;
    struct tape_thread *cell = t->cell;
    int64_t span = event_span(t, &now);

    if (UNLIKELY(span < 0 || top == t->limit))
        return false;
    tree_node(top->node)->self += (uint64_t)span;
    cell->last = now;
    cell->current = id;
    top[1].tag = tag;
    top[1].node = id;
    top[1].frame = frame;
    top[1].callable = tag & 1 ? object : NULL;
    t->top = top + 1;
    if (resumes)
        tree_node(id)->resumes++;
    else
        tree_node(id)->calls++;
    return true;
}

/* Enters a callee of the top entry: a Python frame where tag is even, a C call
 * where it is odd. key is the callee's identity, object the code or callable
 * that names it. A generator that resumes is no new call. */
static inline void event_push(struct thread *t, uint32_t tag, bool resumes, void *frame,
                              void *key, PyObject *object)
{
    uint32_t id = tree_node(t->top->node)->recent;

    if (UNLIKELY(tree_node(id)->key != (uintptr_t)key) ||
        UNLIKELY(!event_enter(t, tag, resumes, frame, object, id)))
        event_push_other(t, tag, resumes, frame, key, object);
}

static inline void event_pop(struct thread *t)
{
    struct entry *top = t->top;
    uint64_t now;
    struct tape_thread *cell = t->cell;
    int64_t span = event_span(t, &now);

    if (UNLIKELY(span < 0)) {
        event_pop_slowly(t);
        return;
    }
    tree_node(top->node)->self += (uint64_t)span;
    cell->last = now;
    cell->current = top[-1].node;
    t->top = top - 1;
}

#endif
