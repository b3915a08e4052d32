/* SPDX-License-Identifier: Apache-2.0 */
/* monitored.c - the block of an event that does not fit, with its stack mended. */
#include "calls/monitored.h"

#include "calls/front.h"

/* The stack of the greenlet whose frame this is. near: the innermost frame that
 * should have its entry already, at that depth. true: its frames are not on it. */
static bool settle(struct thread *t, struct pyabi_frame *near, uint32_t depth)
{
    if (!calls.switching || !greenlet_switch(t, near))
        return false;
    for (; near; near = pyabi_real(pyabi_previous(near)))
        depth--;
    t->stack->tag = depth * 2; /* what there is below is another greenlet's */
    return true;
}

struct thread *monitored_mend_enter(struct thread *t, struct pyabi_frame *frame,
                                    uint32_t depth)
{
    t = front_thread(t);
    if (!t) {
        front_missed();
        return NULL;
    }
    settle(t, pyabi_real(pyabi_previous(frame)), depth - 1);
    stack_sync_push(t, frame, depth);
    return t;
}

struct thread *monitored_mend_leave(struct thread *t, struct pyabi_frame *frame,
                                    uint32_t depth)
{
    t = front_thread(t);
    if (!t)
        return NULL;
    settle(t, frame, depth);
    return stack_sync_pop(t, frame, depth) ? t : NULL;
}

struct thread *monitored_mend_call(struct thread *t, struct pyabi_frame *frame,
                                   uint32_t depth)
{
    t = front_thread(t);
    if (!t) {
        front_missed();
        return NULL;
    }
    settle(t, frame, depth);
    stack_sync_call(t, frame, depth);
    return t;
}

/* The first that is told of a greenlet that goes on: its switch() returns. */
struct thread *monitored_mend_end(struct thread *t, struct pyabi_frame *frame,
                                  uint32_t depth)
{
    t = front_thread(t);
    if (t && settle(t, frame, depth))
        stack_sync_call(t, frame, depth);
    return t;
}

void monitored_find(struct thread *t, PyThreadState *state)
{
    struct pyabi_frame *frame = pyabi_real(pyabi_current(state));

    if (frame)
        stack_sync_call(t, frame, pyabi_depth(state));
}
