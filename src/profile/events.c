/* SPDX-License-Identifier: Apache-2.0 */
/* events.c - calls on Python 3.12 and later, told by sys.monitoring for all threads. A
 * thread with one block of the usual kind takes the short way, as the agent's do. */
#include <unistd.h>

#include "calls/monitored.h"
#include "calls/tool.h"
#include "profile/key.h"

enum kind { ENTER, LEAVE, CALL, END };

struct happening {
    enum kind kind;
    bool resumes;
    PyObject *object; /* the code that is entered; what is called, or was */
};

/* Whether an event will count in a block, whose clock is then to be read. */
static bool is_counted(struct block *b, const struct happening *h, const void *key)
{
    const struct entry *top = b->thread.top;

    switch (h->kind) {
    case ENTER:
        return true;
    case LEAVE:
        return monitored_is_leaving(top, monitored_place(&b->thread)) &&
               top->node != b->thread.stack->node;
    case CALL:
        return key != NULL;
    case END:
        return top->callable == h->object;
    }
    return false;
}

static void *wanted_key(const struct block *b, PyObject *callable)
{
    void *key = b->builtins ? key_of(callable) : NULL;

    return key || !b->constructors ? key : key_of_object(callable);
}

static void count(struct block *b, const struct happening *h)
{
    struct thread *t = &b->thread;
    void *key = h->kind == CALL ? wanted_key(b, h->object) : NULL;

    if (b->owner->timer && is_counted(b, h, key) && !timer_tick(b))
        return;
    switch (h->kind) {
    case ENTER:
        monitored_enter(t, h->object, h->resumes, calls.switching);
        break;
    case LEAVE:
        monitored_leave(t);
        break;
    case CALL:
        if (key)
            monitored_call(t, key, h->object, calls.switching);
        break;
    case END:
        if (calls.switching)
            monitored_end_switching(t, h->object);
        else
            monitored_end(t, h->object);
        break;
    }
}

/* In a thread of several blocks, of none, of none yet, or of one with wishes. */
static __attribute__((noinline)) void count_specially(struct happening h)
{
    if (thread_now == &line_nobody || timer_runs())
        return;
    if (thread_now == &thread_nothing && !starts_join())
        return;
    for (struct block *b = line_begin(); b; b = b->outer)
        if (b->on)
            count(b, &h);
    line_settle();
}

static ALWAYS_INLINE void enter(PyObject *code, bool resumes, bool switching)
{
    struct thread *t = thread_now;

    if (UNLIKELY(t->special))
        count_specially((struct happening){ ENTER, resumes, code });
    else
        monitored_enter(t, code, resumes, switching);
}

static ALWAYS_INLINE void leave(void)
{
    struct thread *t = thread_now;

    if (UNLIKELY(t->special))
        count_specially((struct happening){ LEAVE, false, NULL });
    else
        monitored_leave(t);
}

static ALWAYS_INLINE void call(PyObject *callable, bool switching)
{
    struct thread *t = thread_now;

    if (UNLIKELY(t->special)) {
        count_specially((struct happening){ CALL, false, callable });
        return;
    }
    void *key = key_of(callable);
    if (key)
        monitored_call(t, key, callable, switching);
}

static ALWAYS_INLINE void end(PyObject *callable, bool switching)
{
    struct thread *t = thread_now;

    if (UNLIKELY(t->special))
        count_specially((struct happening){ END, false, callable });
    else if (switching)
        monitored_end_switching(t, callable);
    else
        monitored_end(t, callable);
}

/* Each event's handler, and what takes its place where greenlet is. */
#define HANDLER(name, body)                                                            \
    static PyObject *name(PyObject *self, PyObject *const *args, size_t argc,          \
                          PyObject *keywords)                                          \
    {                                                                                  \
        (void)self, (void)args, (void)argc, (void)keywords;                            \
        body;                                                                          \
        return Py_None;                                                                \
    }

HANDLER(on_start, enter(args[0], false, false))
HANDLER(on_start_switching, enter(args[0], false, true))
HANDLER(on_resume, enter(args[0], true, false))
HANDLER(on_resume_switching, enter(args[0], true, true))
HANDLER(on_leave, leave())
HANDLER(on_call, call(args[2], false))
HANDLER(on_call_switching, call(args[2], true))
HANDLER(on_call_end, end(args[2], false))
HANDLER(on_call_end_switching, end(args[2], true))

static const struct {
    tool_handler *call, *switching;
} handlers[TOOL_EVENTS] = {
    [TOOL_START] = { on_start, on_start_switching },
    [TOOL_RESUME] = { on_resume, on_resume_switching },
    [TOOL_THROW] = { on_resume, on_resume_switching },
    [TOOL_RETURN] = { on_leave, on_leave },
    [TOOL_YIELD] = { on_leave, on_leave },
    [TOOL_UNWIND] = { on_leave, on_leave },
    [TOOL_CALL] = { on_call, on_call_switching },
    [TOOL_C_RETURN] = { on_call_end, on_call_end_switching },
    [TOOL_C_RAISE] = { on_call_end, on_call_end_switching },
};

void front_switching(void)
{
    for (enum tool_event e = 0; e < TOOL_EVENTS; e++)
        tool_tell(e, calls.switching ? handlers[e].switching : handlers[e].call);
}

bool events_prepare(void)
{
    if (!tool_prepare("sonde.Profile"))
        return false;
    front_switching();
    return true;
}

/* What is told of at present; the program has taken the tool, or its events, from us.
 */
static bool listening, with_builtins, taken;
/* sys.monitoring calls audit hooks, and those in Python let other threads run. */
static bool changing;
static unsigned long changer;

static bool is_as_wanted(void)
{
    struct session_wants w = session_wants();

    return listening == (w.calls > 0 && !taken) &&
           (!listening || with_builtins == (w.builtins + w.types > 0));
}

static bool change(void)
{
    struct session_wants w = session_wants();

    if (w.calls == 0 || taken) {
        tool_stop();
        listening = taken = false;
        return true;
    }
    if (!listening && !tool_claim())
        return false;
    with_builtins = w.builtins + w.types > 0;
    listening = tool_listen(with_builtins);
    if (listening)
        return true;
    PyObject *error = PyErr_GetRaisedException();
    tool_stop();
    PyErr_SetRaisedException(error);
    return false;
}

/* One change at a time. Who comes to one of its own thread's leaves it what is to be
 * done: that one looks again before it ends. */
static bool adjust(void)
{
    unsigned long me = PyThread_get_thread_ident();
    bool done = true;

    while (changing && changer != me) {
        Py_BEGIN_ALLOW_THREADS usleep(100);
        Py_END_ALLOW_THREADS
    }
    if (changing)
        return true;
    changing = true;
    changer = me;
    while (done && !is_as_wanted())
        done = change();
    changing = false;
    return done;
}

bool events_adjust(void)
{
    PyObject *type, *value, *traceback;

    if ((!changing && is_as_wanted()) || pyabi_finalizing())
        return true;
    PyErr_Fetch(&type, &value, &traceback);
    bool done = adjust();
    if (type)
        PyErr_Restore(type, value, traceback); /* in place of one of ours, if any */
    return done;
}

void events_after_fork(void)
{
    changing = false; /* by a thread that is not here */
}

void events_check(void)
{
    taken = listening && !changing && !tool_is_held();
}

void events_touch(const struct block *b)
{
    (void)b; /* all threads are told of */
}

void events_sweep(void)
{
    /* Nobody refers to a profile because it is on. */
}

bool events_publish(PyObject *module)
{
    (void)module;
    return true;
}
