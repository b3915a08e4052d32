/* SPDX-License-Identifier: Apache-2.0 */
/* probe_calls.c - calls on Python 3.12 and later, told by sys.monitoring. */
#include <string.h>
#include <unistd.h>

#include "agent/children.h"
#include "agent/key.h"
#include "calls/monitored.h"
#include "calls/tool.h"

static ALWAYS_INLINE PyObject *call(PyObject *callable, bool switching)
{
    void *key = key_of(callable);

    if (key)
        monitored_call(thread_now, key, callable, switching);
    return Py_None;
}

/* Each event's handler, and what takes its place where greenlet is. */
#define HANDLER(name, body)                                                            \
    static PyObject *name(PyObject *self, PyObject *const *args, size_t count,         \
                          PyObject *keywords)                                          \
    {                                                                                  \
        (void)self, (void)args, (void)count, (void)keywords;                           \
        body;                                                                          \
        return Py_None;                                                                \
    }

HANDLER(on_start, monitored_enter(thread_now, args[0], false, false))
HANDLER(on_start_switching, monitored_enter(thread_now, args[0], false, true))
HANDLER(on_resume, monitored_enter(thread_now, args[0], true, false))
HANDLER(on_resume_switching, monitored_enter(thread_now, args[0], true, true))
HANDLER(on_leave, monitored_leave(thread_now))
HANDLER(on_call, call(args[2], false))
HANDLER(on_call_switching, call(args[2], true))
HANDLER(on_call_end, monitored_end(thread_now, args[2]))
HANDLER(on_call_end_switching, monitored_end_switching(thread_now, args[2]))

/* Stopped from outside: see heed.c. */
static ALWAYS_INLINE void begin_held(PyObject *code, bool resumes)
{
    if (heed_is_wanted() && heed_held())
        monitored_enter(thread_now, code, resumes, calls.switching);
    else if (roles_may_begin((PyCodeObject *)code))
        roles_held(code);
}

HANDLER(on_held, (void)0)
HANDLER(on_held_start, begin_held(args[0], false))
HANDLER(on_held_resume, begin_held(args[0], true))

static const struct {
    tool_handler *call, *switching, *held;
} handlers[TOOL_EVENTS] = {
    [TOOL_START] = { on_start, on_start_switching, on_held_start },
    [TOOL_RESUME] = { on_resume, on_resume_switching, on_held_resume },
    [TOOL_THROW] = { on_resume, on_resume_switching, on_held },
    [TOOL_RETURN] = { on_leave, on_leave, on_held },
    [TOOL_YIELD] = { on_leave, on_leave, on_held },
    [TOOL_UNWIND] = { on_leave, on_leave, on_held },
    [TOOL_CALL] = { on_call, on_call_switching, on_held },
    [TOOL_C_RETURN] = { on_call_end, on_call_end_switching, on_held },
    [TOOL_C_RAISE] = { on_call_end, on_call_end_switching, on_held },
};

static void tell(bool held)
{
    for (enum tool_event e = 0; e < TOOL_EVENTS; e++)
        tool_tell(e, held              ? handlers[e].held
                     : calls.switching ? handlers[e].switching
                                       : handlers[e].call);
}

void front_switching(void)
{
    tell(agent.held);
}

bool probe_prepare(void)
{
    if (!tool_prepare("sonde"))
        return false;
    front_switching();
    return true;
}

bool probe_claim(void)
{
    return tool_claim();
}

void probe_unclaim(void)
{
    tool_release();
}

bool probe_start(void)
{
    if (tool_listen(agent.options.builtins))
        return true;
    PyObject *error = PyErr_GetRaisedException();
    probe_stop();
    PyErr_SetRaisedException(error);
    return false;
}

void probe_hold(void)
{
    tell(true);
    if (!tool_narrow())
        PyErr_Clear(); /* all events are told of as before: dearer, not wrong */
}

bool probe_release(void)
{
    if (!tool_widen())
        return false;
    tell(false);
    return true;
}

void probe_find(struct thread *t, PyThreadState *state)
{
    monitored_find(t, state);
}

static void tell_replaced(void)
{
    if (agent.on && calls.tape.base && !agent.forked)
        writer_header(&calls.tape)->flags |= TAPE_REPLACED;
}

/* A program that uses our tool's id gets the better of us. The report says so. */
void probe_stop(void)
{
    if (!tool_stop())
        tell_replaced();
}

/* The interpreter ends, and with it what is recorded without a stop. */
void probe_end(void)
{
    if (tool_is_claimed() && agent.on &&
        PyInterpreterState_Get() == PyInterpreterState_Main() && !tool_is_intact())
        tell_replaced();
}

void probe_forget(void)
{
    tool_forget();
}

void front_look_again(void)
{
    /* Nothing of the program's takes an event away. */
}

static bool quiet; /* the main thread's events are off until call_is_over */

static int call_is_over(void *state)
{
    PyThreadState_LeaveTracing(state);
    quiet = false;
    struct place p = monitored_place(thread_now);
    if (agent.on && p.thread->top->tag == p.depth * 2 + 1 &&
        p.thread->top->frame == p.frame)
        event_pop(p.thread);
    return 0;
}

/* Is sys.setprofile what runs? Behind a call of it pending calls are made at once. */
static bool by_setprofile(struct place p)
{
    const struct entry *top = p.thread->top;

    return top->tag == p.depth * 2 + 1 && top->frame == p.frame &&
           PyCFunction_Check((PyObject *)top->callable) &&
           strcmp(((PyCFunctionObject *)top->callable)->m_ml->ml_name, "setprofile") ==
               0;
}

/* Where calls are watched, a profile function is told how the call ends that put it
 * there: an event it would not see without us, and that profile.Profile dies of. So
 * nobody is told until pending calls are made, which is in the main thread alone:
 * elsewhere that one event more remains. */
void probe_replaced(void)
{
    PyThreadState *state = pyabi_thread();

    if (!agent.on || quiet || state->tracing || gettid() != getpid() ||
        PyInterpreterState_Get() != PyInterpreterState_Main() ||
        !by_setprofile(monitored_place(thread_now)) || !tool_is_alone())
        return;
    if (Py_AddPendingCall(call_is_over, state) != 0)
        return;
    quiet = true;
    PyThreadState_EnterTracing(state);
}
