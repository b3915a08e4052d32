/* SPDX-License-Identifier: Apache-2.0 */
/* profiled.c - finds a frame's place in the stack. */
#include "calls/profiled.h"

#include "calls/event.h"
#include "calls/front.h"

/* Frames from here down: to one that is near the stack's top, mostly, else all. */
static uint32_t depth_of(const struct thread *t, const struct pyabi_frame *frame)
{
    enum { NEAR = 8 };
    uint32_t above = 0;

    for (; frame; frame = pyabi_previous(frame)) {
        if (pyabi_suspended(frame))
            continue;
        const struct entry *e = above < NEAR ? t->top : t->stack;
        for (int i = 0; i < NEAR && e > t->stack; i++, e--)
            if (e->frame == frame)
                return e->tag / 2 + above;
        above++;
    }
    return above;
}

/* A stack that is full and may not grow: the calls above it are only counted. */
static bool is_full(struct thread *t)
{
    if (t->top != t->limit) {
        t->unplaced = 0;
        return false;
    }
    return t->refused > 1;
}

static struct thread *lose_above(struct thread *t)
{
    t->refused--;
    front_lose(t);
    return NULL;
}

static bool in_stack(const struct thread *t, const struct pyabi_frame *frame)
{
    for (const struct entry *e = t->top; e > t->stack; e--)
        if (e->frame == frame)
            return true;
    return false;
}

/* The block with the stack of the greenlet whose frame this is, NULL for one that
 * begins. *fresh: its frames are not on it. */
static struct thread *settle(struct thread *t, struct pyabi_frame *near, bool *fresh)
{
    t = front_thread(t);
    *fresh = t && calls.switching && greenlet_switch(t, near);
    return t;
}

static __attribute__((noinline)) struct thread *mend_enter(struct thread *t,
                                                           struct pyabi_frame *frame)
{
    bool fresh;

    t = settle(t, pyabi_previous(frame), &fresh);
    if (!t) {
        front_missed();
        return NULL;
    }
    if (is_full(t)) {
        t->unplaced++;
        return lose_above(t);
    }
    if (t->top->frame != pyabi_previous(frame))
        stack_sync_push(t, frame, depth_of(t, pyabi_previous(frame)) + 1);
    return t;
}

void profiled_enter(struct thread *t, struct pyabi_frame *frame)
{
    PyObject *code = (PyObject *)pyabi_code(frame);

    if (UNLIKELY(t->top->frame != pyabi_previous(frame))) {
        t = mend_enter(t, frame);
        if (!t)
            return;
    }
    event_push(t, (t->top->tag & ~1u) + 2, !pyabi_starts(frame), frame, code, code);
    if (UNLIKELY(t->top->frame != frame) && t->top == t->limit)
        t->unplaced++;
}

static __attribute__((noinline)) struct thread *mend_leave(struct thread *t,
                                                           struct pyabi_frame *frame)
{
    bool fresh;

    t = settle(t, frame, &fresh);
    if (t && t->unplaced > 0 && t->top == t->limit) {
        t->unplaced--;
        return NULL;
    }
    if (!t || !in_stack(t, frame))
        return NULL;
    return stack_sync_pop(t, frame, depth_of(t, frame)) ? t : NULL;
}

void profiled_leave(struct thread *t, struct pyabi_frame *frame)
{
    if (UNLIKELY(t->top->frame != frame || t->top->callable)) {
        t = mend_leave(t, frame);
        if (!t)
            return;
    }
    event_pop(t);
}

static __attribute__((noinline)) struct thread *mend_call(struct thread *t,
                                                          struct pyabi_frame *frame)
{
    bool fresh;

    t = settle(t, frame, &fresh);
    if (!t) {
        front_missed();
        return NULL;
    }
    if (is_full(t))
        return lose_above(t);
    stack_sync_call(t, frame, depth_of(t, frame));
    return t;
}

void profiled_call(struct thread *t, struct pyabi_frame *frame, void *key,
                   PyObject *callable)
{
    if (UNLIKELY(t->top->frame != frame || t->top->callable)) {
        t = mend_call(t, frame);
        if (!t)
            return;
    }
    event_push(t, t->top->tag + 1, false, frame, key, callable);
}

/* The first that is told of a greenlet that goes on: its switch() returns. */
static __attribute__((noinline)) struct thread *mend_end(struct thread *t,
                                                         struct pyabi_frame *frame)
{
    bool fresh;

    t = settle(t, frame, &fresh);
    if (t && fresh)
        stack_sync_call(t, frame, depth_of(t, frame));
    return t;
}

void profiled_end(struct thread *t, struct pyabi_frame *frame, PyObject *callable)
{
    if (UNLIKELY(calls.switching) && t->top->frame != frame &&
        t->top->tag != TAG_NOTHING)
        t = mend_end(t, frame);
    if (t && t->top->callable == callable)
        event_pop(t);
}

bool profiled_enter_type(struct thread *t, struct pyabi_frame *frame, PyObject *type)
{
    if (t->from_here && t->top == t->stack)
        stack_sync_call(t, frame, depth_of(t, frame));
    if (t->top == t->stack || t->top->callable || t->top->frame != frame)
        return false;
    event_push(t, t->top->tag + 1, false, frame, type, type);
    return true;
}

bool profiled_leave_type(struct thread *t, struct pyabi_frame *frame, PyObject *type)
{
    if (t->top->callable != type || (calls.switching && t->top->frame != frame))
        return false;
    event_pop(t);
    return true;
}

void profiled_find(struct thread *t, PyThreadState *state)
{
    struct pyabi_frame *frame = pyabi_current(state);

    t->unplaced = 0;
    if (frame)
        stack_sync_call(t, frame, depth_of(t, frame));
}
