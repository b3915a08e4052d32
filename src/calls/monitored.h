/* SPDX-License-Identifier: Apache-2.0 */
/* monitored.h - calls on Python 3.12 and later, as sys.monitoring tells them.
 * Pushed by PY_START, PY_RESUME, PY_THROW; popped by PY_RETURN, PY_YIELD, PY_UNWIND;
 * a C call by CALL and C_RETURN or C_RAISE. The depth CPython keeps says at every event
 * where the stack should be; where it is not, it is mended. `switching` is constant
 * in callbacks: where greenlet is, the frames must fit as well. */
#ifndef CALLS_MONITORED_H
#define CALLS_MONITORED_H

#include "calls/event.h"

/* The event's frame and depth; the block it is for, its stack mended if need be. */
struct place {
    struct thread *thread;
    struct pyabi_frame *frame;
    uint32_t depth;
};

static inline struct place monitored_place(struct thread *t)
{
    PyThreadState *state = pyabi_thread();

    return (struct place){ t, pyabi_current(state), pyabi_depth(state) };
}

/* The block, its stack mended; NULL: the event is not counted. Of a place the parts:
 * a struct would be passed in memory. */
struct thread *monitored_mend_enter(struct thread *t, struct pyabi_frame *frame,
                                    uint32_t depth);
struct thread *monitored_mend_leave(struct thread *t, struct pyabi_frame *frame,
                                    uint32_t depth);
struct thread *monitored_mend_call(struct thread *t, struct pyabi_frame *frame,
                                   uint32_t depth);
struct thread *monitored_mend_end(struct thread *t, struct pyabi_frame *frame,
                                  uint32_t depth);

/* A thread with an empty stack is where its frames say: no call is counted. */
void monitored_find(struct thread *t, PyThreadState *state);

/* Whether the entry is that of a frame's caller. */
static ALWAYS_INLINE bool monitored_is_caller(const struct entry *top, struct place p,
                                              bool switching)
{
    if (UNLIKELY((top->tag | 1) != p.depth * 2 - 1))
        return false;
    return !switching || LIKELY(top->frame == pyabi_previous(p.frame)) ||
           top->frame == pyabi_real(pyabi_previous(p.frame));
}

static ALWAYS_INLINE void monitored_enter(struct thread *t, PyObject *code,
                                          bool resumes, bool switching)
{
    struct place p = monitored_place(t);

    if (UNLIKELY(!monitored_is_caller(p.thread->top, p, switching))) {
        p.thread = monitored_mend_enter(p.thread, p.frame, p.depth);
        if (!p.thread)
            return;
    }
    event_push(p.thread, p.depth * 2, resumes, p.frame, code, code);
}

/* Whether the entry is that of the frame which returns. */
static ALWAYS_INLINE bool monitored_is_leaving(const struct entry *top, struct place p)
{
    return LIKELY(top->tag == p.depth * 2 && top->frame == p.frame);
}

static ALWAYS_INLINE void monitored_leave(struct thread *t)
{
    struct place p = monitored_place(t);

    if (UNLIKELY(!monitored_is_leaving(p.thread->top, p))) {
        p.thread = monitored_mend_leave(p.thread, p.frame, p.depth);
        if (!p.thread)
            return;
    }
    event_pop(p.thread);
}

/* key: the identity of what is called. */
static ALWAYS_INLINE void monitored_call(struct thread *t, void *key,
                                         PyObject *callable, bool switching)
{
    struct place p = monitored_place(t);
    const struct entry *top = p.thread->top;

    if (UNLIKELY(top->tag != p.depth * 2 || (switching && top->frame != p.frame))) {
        p.thread = monitored_mend_call(p.thread, p.frame, p.depth);
        if (!p.thread)
            return;
    }
    event_push(p.thread, p.depth * 2 + 1, false, p.frame, key, callable);
}

/* Callables that were not entered match no entry; a Python frame's has none. */
static ALWAYS_INLINE void monitored_end(struct thread *t, PyObject *callable)
{
    if (t->top->callable == callable)
        event_pop(t);
}

/* The same where greenlet is: it may be another one's, whose switch() returns. */
static ALWAYS_INLINE void monitored_end_switching(struct thread *t, PyObject *callable)
{
    struct place p = monitored_place(t);

    if (UNLIKELY(t->top->frame != p.frame) && t->top->tag != TAG_NOTHING) {
        t = monitored_mend_end(t, p.frame, p.depth);
        if (!t)
            return;
    }
    monitored_end(t, callable);
}

#endif
