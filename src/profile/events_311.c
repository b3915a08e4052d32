/* SPDX-License-Identifier: Apache-2.0 */
/* events_311.c - calls on Python 3.11, told by the C profile function of each thread
 * that is counted, and by type's slots. */
#include "calls/event.h"
#include "calls/profiled.h"
#include "profile/key.h"
#include "profile/link_311.h"

struct happening {
    int what; /* PyTrace_* */
    struct pyabi_frame *frame;
    PyObject *object; /* what is called, or was */
};

static void *wanted_key(const struct block *b, PyObject *callable)
{
    return b->builtins ? key_of(callable) : NULL;
}

/* Whether an event will count in a block, whose clock is then to be read. */
static bool is_counted(const struct block *b, const struct happening *h,
                       const void *key)
{
    const struct entry *top = b->thread.top;

    switch (h->what) {
    case PyTrace_CALL:
        return true;
    case PyTrace_RETURN:
        return top->frame == h->frame && !top->callable &&
               top->node != b->thread.stack->node;
    case PyTrace_C_CALL:
        return key != NULL;
    }
    return top->callable == h->object;
}

static void count(struct block *b, const struct happening *h)
{
    struct thread *t = &b->thread;
    void *key = h->what == PyTrace_C_CALL ? wanted_key(b, h->object) : NULL;

    if (b->owner->timer && is_counted(b, h, key) && !timer_tick(b))
        return;
    switch (h->what) {
    case PyTrace_CALL:
        profiled_enter(t, h->frame);
        break;
    case PyTrace_RETURN:
        profiled_leave(t, h->frame);
        break;
    case PyTrace_C_CALL:
        if (key)
            profiled_call(t, h->frame, key, h->object);
        break;
    default:
        profiled_end(t, h->frame, h->object);
    }
}

/* In a thread of several blocks, of none, of none yet, or of one with wishes. */
static __attribute__((noinline)) void count_specially(const struct happening *h)
{
    if (timer_runs() || (thread_now == &thread_nothing && !starts_join()))
        return;
    for (struct block *b = line_begin(); b; b = b->outer)
        if (b->on)
            count(b, h);
    line_settle();
}

static void count_plainly(struct thread *t, const struct happening *h)
{
    void *key;

    switch (h->what) {
    case PyTrace_CALL:
        profiled_enter(t, h->frame);
        break;
    case PyTrace_RETURN:
        profiled_leave(t, h->frame);
        break;
    case PyTrace_C_CALL:
        key = key_of(h->object);
        if (key)
            profiled_call(t, h->frame, key, h->object);
        break;
    default:
        profiled_end(t, h->frame, h->object);
    }
}

void link_event(PyFrameObject *object, int what, PyObject *argument)
{
    struct happening h = { what, pyabi_of_object(object), argument };

    if (what == PyTrace_EXCEPTION || what == PyTrace_LINE || what == PyTrace_OPCODE)
        return;
    if (what == PyTrace_C_EXCEPTION)
        constructors_failed(h.frame);
    if (UNLIKELY(thread_now->special))
        count_specially(&h);
    else
        count_plainly(thread_now, &h);
}

/* Of types that their blocks want, and not while a profile function runs. */
static bool counts_types(const struct block *b)
{
    return b->on && b->constructors && !timer_runs() && !pyabi_thread()->tracing;
}

bool front_enter_type(struct pyabi_frame *frame, PyObject *type)
{
    bool entered = false;

    for (struct block *b = line_begin(); b; b = b->outer)
        if (counts_types(b) && (!b->owner->timer || timer_tick(b)))
            entered = profiled_enter_type(&b->thread, frame, type) || entered;
    return entered;
}

bool front_leave_type(struct pyabi_frame *frame, PyObject *type)
{
    bool left = false;

    for (struct block *b = line_begin(); b; b = b->outer)
        if (counts_types(b) && b->thread.top->callable == type &&
            (!b->owner->timer || timer_tick(b)))
            left = profiled_leave_type(&b->thread, frame, type) || left;
    return left;
}

void front_look_again(void)
{
    /* Nothing of the program's takes a thread's function away but for good. */
}

void front_switching(void)
{
    /* Frames are compared anyway. */
}

bool events_prepare(void)
{
    return links_prepare();
}

bool events_adjust(void)
{
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    links_adjust();
    if (session_wants().types > 0)
        constructors_start();
    else
        constructors_stop();
    PyErr_Restore(type, value, traceback);
    return true;
}

void events_check(void)
{
    /* The running thread's function is put there by events_adjust() in any case. */
}

void events_after_fork(void)
{
    /* Nothing is done halfway. */
}
