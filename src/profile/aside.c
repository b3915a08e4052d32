/* SPDX-License-Identifier: Apache-2.0 */
/* aside.c - work of sonde's own inside what is profiled, such as printing an inner
 * profile: no event of this thread is told meanwhile, and the time is nobody's. */
#include "calls/event.h"
#include "calls/front.h"
#include "profile/profile.h"

/* Its clock read now; false: it does not count any more. */
static bool is_counting(struct block *b)
{
    return b->on && (!b->thread.any_clock || timer_tick(b));
}

static void charge_mine(void)
{
    for (struct block *b = line_begin(); b; b = b->outer)
        if (is_counting(b))
            event_charge(&b->thread);
}

static void skip_mine(void)
{
    for (struct block *b = line_begin(); b; b = b->outer)
        if (is_counting(b))
            b->thread.cell->last = front_now(&b->thread);
}

PyObject *aside_call(PyObject *function)
{
    PyThreadState *state = PyThreadState_Get();
    PyObject *type, *value, *traceback;

    charge_mine();
    PyThreadState_EnterTracing(state);
    PyObject *result = PyObject_CallNoArgs(function);
    PyThreadState_LeaveTracing(state);
    PyErr_Fetch(&type, &value, &traceback);
    skip_mine();
    PyErr_Restore(type, value, traceback);
    return result;
}
