/* SPDX-License-Identifier: Apache-2.0 */
/* probe_calls.c - calls on Python 3.12 and later, told by sys.monitoring to
 * callables of our own type: its vectorcall slot is the cheapest way in.
 *
 * Pushed by PY_START, PY_RESUME, PY_THROW; popped by PY_RETURN, PY_YIELD,
 * PY_UNWIND; a C call by CALL and C_RETURN or C_RAISE. The depth CPython keeps
 * says at every event where the stack should be; where it is not, stack.c. */
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/event.h"

enum { TOOLS = 6 }; /* 6 and 7 are sys.setprofile's and sys.settrace's */

typedef PyObject *handler(PyObject *self, PyObject *const *args, size_t count,
                          PyObject *keywords);

struct callback {
    PyObject_HEAD
    vectorcallfunc call;
};

static PyTypeObject callback_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "sonde.callback",
    .tp_basicsize = sizeof(struct callback),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(struct callback, call),
    .tp_call = PyVectorcall_Call,
};

/* The event's frame and depth; the thread's block, its stack mended if need be. */
struct place {
    struct thread *thread;
    struct pyabi_frame *frame;
    uint32_t depth;
};

static inline struct place place_now(void)
{
    PyThreadState *state = pyabi_thread();

    return (struct place){ agent_thread, pyabi_current(state), pyabi_depth(state) };
}

/* The stack of the greenlet whose frame this is. near: the innermost frame that
 * should have its entry already, at that depth. true: its frames are not on it. */
static bool settle(struct thread *t, struct pyabi_frame *near, uint32_t depth)
{
    if (!agent.switching || !greenlet_switch(t, near))
        return false;
    for (; near; near = pyabi_real(pyabi_previous(near)))
        depth--;
    t->stack->tag = depth * 2; /* what there is below is another greenlet's */
    return true;
}

static __attribute__((noinline)) struct thread *mend_push(struct place p)
{
    struct thread *t = agent_enter_thread();

    if (!t)
        return agent_lose();
    settle(t, pyabi_real(pyabi_previous(p.frame)), p.depth - 1);
    stack_sync_push(t, p.frame, p.depth);
    return t;
}

/* Whether the entry is that of a frame's caller. */
static ALWAYS_INLINE bool is_caller(const struct entry *top, struct place p,
                                    bool switching)
{
    if (UNLIKELY((top->tag | 1) != p.depth * 2 - 1))
        return false;
    return !switching || LIKELY(top->frame == pyabi_previous(p.frame)) ||
           top->frame == pyabi_real(pyabi_previous(p.frame));
}

static ALWAYS_INLINE PyObject *enter(PyObject *code, bool resumes, bool switching)
{
    struct place p = place_now();

    if (UNLIKELY(!is_caller(p.thread->top, p, switching))) {
        p.thread = mend_push(p);
        if (!p.thread)
            return Py_None;
    }
    event_push(p.thread, p.depth * 2, resumes, p.frame, code, code);
    return Py_None;
}

static __attribute__((noinline)) struct thread *mend_pop(struct place p)
{
    struct thread *t = agent_enter_thread();

    if (!t)
        return NULL;
    settle(t, p.frame, p.depth);
    return stack_sync_pop(t, p.frame, p.depth) ? t : NULL;
}

static PyObject *on_leave(PyObject *self, PyObject *const *args, size_t count,
                          PyObject *keywords)
{
    struct place p = place_now();
    const struct entry *top = p.thread->top;

    (void)self, (void)args, (void)count, (void)keywords;
    if (UNLIKELY(top->tag != p.depth * 2 || top->frame != p.frame)) {
        p.thread = mend_pop(p);
        if (!p.thread)
            return Py_None;
    }
    event_pop(p.thread);
    return Py_None;
}

static __attribute__((noinline)) struct thread *mend_call(struct place p)
{
    struct thread *t = agent_enter_thread();

    if (!t)
        return agent_lose();
    settle(t, p.frame, p.depth);
    stack_sync_call(t, p.frame, p.depth);
    return t;
}

static ALWAYS_INLINE PyObject *call(PyObject *callable, bool switching)
{
    void *key = event_key(callable);

    if (!key)
        return Py_None;
    struct place p = place_now();
    const struct entry *top = p.thread->top;
    if (UNLIKELY(top->tag != p.depth * 2 || (switching && top->frame != p.frame))) {
        p.thread = mend_call(p);
        if (!p.thread)
            return Py_None;
    }
    event_push(p.thread, p.depth * 2 + 1, false, p.frame, key, callable);
    return Py_None;
}

/* Callables that were not entered match no entry; a Python frame's has none. */
static ALWAYS_INLINE PyObject *end_call(struct thread *t, PyObject *callable)
{
    if (t->top->callable == callable)
        event_pop(t);
    return Py_None;
}

/* The first that is told of a greenlet that goes on: its switch() returns. */
static __attribute__((noinline)) struct thread *mend_end(struct place p)
{
    struct thread *t = agent_enter_thread();

    if (t && settle(t, p.frame, p.depth))
        stack_sync_call(t, p.frame, p.depth);
    return t;
}

/* Each event's handler, and what takes its place where greenlet is: there the
 * frames must fit as well. */
#define HANDLER(name, body)                                                            \
    static PyObject *name(PyObject *self, PyObject *const *args, size_t count,         \
                          PyObject *keywords)                                          \
    {                                                                                  \
        (void)self, (void)count, (void)keywords;                                       \
        body                                                                           \
    }

HANDLER(on_start, return enter(args[0], false, false);)
HANDLER(on_start_switching, return enter(args[0], false, true);)
HANDLER(on_resume, return enter(args[0], true, false);)
HANDLER(on_resume_switching, return enter(args[0], true, true);)
HANDLER(on_call, return call(args[2], false);)
HANDLER(on_call_switching, return call(args[2], true);)
HANDLER(on_call_end, return end_call(agent_thread, args[2]);)

static PyObject *on_call_end_switching(PyObject *self, PyObject *const *args,
                                       size_t count, PyObject *keywords)
{
    struct place p = place_now();

    (void)self, (void)count, (void)keywords;
    if (UNLIKELY(p.thread->top->frame != p.frame) &&
        p.thread->top->tag != TAG_NOTHING) {
        p.thread = mend_end(p);
        if (!p.thread)
            return Py_None;
    }
    return end_call(p.thread, args[2]);
}

static struct event {
    const char *name;
    handler *call, *switching;
    bool builtins; /* only when C functions are counted */
    bool along;    /* comes with CALL, is not asked for by itself */
    struct callback *callback;
    long bit; /* of sys.monitoring, where it is listened to */
} events[] = {
    { "PY_START", on_start, on_start_switching, false, false, NULL, 0 },
    { "PY_RESUME", on_resume, on_resume_switching, false, false, NULL, 0 },
    { "PY_THROW", on_resume, on_resume_switching, false, false, NULL, 0 },
    { "PY_RETURN", on_leave, on_leave, false, false, NULL, 0 },
    { "PY_YIELD", on_leave, on_leave, false, false, NULL, 0 },
    { "PY_UNWIND", on_leave, on_leave, false, false, NULL, 0 },
    { "CALL", on_call, on_call_switching, true, false, NULL, 0 },
    { "C_RETURN", on_call_end, on_call_end_switching, true, true, NULL, 0 },
    { "C_RAISE", on_call_end, on_call_end_switching, true, true, NULL, 0 },
};
enum { EVENTS = sizeof events / sizeof *events };

static PyObject *monitoring; /* sys.monitoring; ours to the end of the process */
static int tool = -1;
static long wanted; /* events */

bool probe_prepare(void)
{
    if (PyType_Ready(&callback_type) < 0)
        return false;
    for (int i = 0; i < EVENTS; i++) {
        if (events[i].callback)
            continue;
        events[i].callback = PyObject_New(struct callback, &callback_type);
        if (!events[i].callback)
            return false;
        events[i].callback->call =
            agent.switching ? events[i].switching : events[i].call;
    }
    return true;
}

void probe_switching(void)
{
    for (int i = 0; i < EVENTS && events[i].callback; i++)
        events[i].callback->call = events[i].switching;
}

/* A function of sys.monitoring; NULL with an error set. */
static PyObject *ask(const char *method, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    PyObject *bound = PyObject_GetAttrString(monitoring, method);
    PyObject *tuple = bound ? Py_VaBuildValue(format, args) : NULL;
    va_end(args);
    PyObject *result = tuple ? PyObject_CallObject(bound, tuple) : NULL;
    Py_XDECREF(bound);
    Py_XDECREF(tuple);
    return result;
}

static bool tell(PyObject *result)
{
    Py_XDECREF(result);
    return result != NULL;
}

/* The value of sys.monitoring.events.NAME; -1 with an error set. */
static long event_bit(const char *name)
{
    PyObject *names = PyObject_GetAttrString(monitoring, "events");
    PyObject *value = names ? PyObject_GetAttrString(names, name) : NULL;
    long bit = value ? PyLong_AsLong(value) : -1;

    Py_XDECREF(names);
    Py_XDECREF(value);
    return bit;
}

/* Of six: 0, 1 and 2 have owners by name, debuggers, coverage and profilers. */
bool probe_claim(void)
{
    static const int ids[] = { 4, 3, 5 };

    if (!monitoring)
        monitoring = Py_XNewRef(PySys_GetObject("monitoring"));
    for (size_t i = 0; monitoring && i < sizeof ids / sizeof *ids; i++) {
        if (tell(ask("use_tool_id", "(is)", ids[i], "sonde"))) {
            tool = ids[i];
            return true;
        }
        PyErr_Clear();
    }
    PyErr_SetString(PyExc_RuntimeError,
                    "sys.monitoring's tools 3, 4 and 5 are taken by others");
    return false;
}

void probe_release(void)
{
    if (tool >= 0)
        tell(ask("free_tool_id", "(i)", tool));
    PyErr_Clear();
    tool = -1;
}

static bool listen(void)
{
    wanted = 0;
    for (int i = 0; i < EVENTS; i++)
        events[i].bit = 0;
    for (int i = 0; i < EVENTS; i++) {
        if (events[i].builtins && !agent.options.builtins)
            continue;
        long bit = event_bit(events[i].name);
        if (bit < 0 || !tell(ask("register_callback", "(ilO)", tool, bit,
                                 (PyObject *)events[i].callback)))
            return false;
        events[i].bit = bit;
        if (!events[i].along)
            wanted |= bit;
    }
    return tell(ask("set_events", "(il)", tool, wanted));
}

bool probe_start(void)
{
    if (listen())
        return true;
    PyObject *error = PyErr_GetRaisedException();
    probe_stop();
    PyErr_SetRaisedException(error);
    return false;
}

/* Whose the tool is now: 1 ours, 0 nobody's, -1 another's. */
static int owner(void)
{
    PyObject *name = ask("get_tool", "(i)", tool);
    int whose = name == NULL || name == Py_None ? 0 : -1;

    if (name && PyUnicode_Check(name) &&
        PyUnicode_CompareWithASCIIString(name, "sonde") == 0)
        whose = 1;
    Py_XDECREF(name);
    PyErr_Clear();
    return whose;
}

static bool has_wanted_events(void)
{
    PyObject *set = ask("get_events", "(i)", tool);
    bool same = set && PyLong_AsLong(set) == wanted;

    Py_XDECREF(set);
    PyErr_Clear();
    return same;
}

/* Whether a callback is ours. It stays, or is taken away; another's stays, but
 * where the tool's id is ours again. */
static bool is_registered(const struct event *e, bool stays, bool ours)
{
    PyObject *old = ask("register_callback", "(ilO)", tool, e->bit, Py_None);
    bool same = old == (PyObject *)e->callback;

    if (old && old != Py_None && (same ? stays : !ours))
        tell(ask("register_callback", "(ilO)", tool, e->bit, old));
    Py_XDECREF(old);
    PyErr_Clear();
    return same;
}

static void tell_replaced(void)
{
    if (agent.on && agent.tape.base && !agent.forked)
        writer_header(&agent.tape)->flags |= TAPE_REPLACED;
}

/* A program that uses our tool's id gets the better of us. The report says so. */
void probe_stop(void)
{
    if (tool < 0)
        return;
    int whose = owner();
    bool intact = whose == 1 && has_wanted_events();
    if (whose == 0) /* to be able to take the events off it */
        whose = tell(ask("use_tool_id", "(is)", tool, "sonde"));
    if (whose == 1)
        tell(ask("set_events", "(ii)", tool, 0));
    PyErr_Clear();
    for (int i = 0; i < EVENTS; i++)
        if (events[i].bit != 0)
            intact = is_registered(&events[i], false, whose == 1) && intact;
    if (whose == 1)
        tell(ask("free_tool_id", "(i)", tool));
    PyErr_Clear();
    tool = -1;
    if (!intact)
        tell_replaced();
}

/* The interpreter ends, and with it what is recorded without a stop. */
void probe_end(void)
{
    if (tool < 0 || !agent.on || PyInterpreterState_Get() != PyInterpreterState_Main())
        return;
    bool intact = owner() == 1 && has_wanted_events();
    for (int i = 0; i < EVENTS; i++)
        if (events[i].bit != 0)
            intact = is_registered(&events[i], true, false) && intact;
    if (!intact)
        tell_replaced();
}

void probe_look_again(void)
{
    /* Nothing of the program's takes an event away. */
}

/* Is there another tool that has events of its own? Then it is as without us. */
static bool others_listen(void)
{
    bool found = false;

    for (int id = 0; id < TOOLS && !found; id++) {
        PyObject *set = id == tool ? NULL : ask("get_events", "(i)", id);
        found = set && PyObject_IsTrue(set) == 1;
        Py_XDECREF(set);
    }
    PyErr_Clear();
    return found;
}

static bool quiet; /* the main thread's events are off until call_is_over */

static int call_is_over(void *state)
{
    PyThreadState_LeaveTracing(state);
    quiet = false;
    struct place p = place_now();
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
        !by_setprofile(place_now()) || others_listen())
        return;
    if (Py_AddPendingCall(call_is_over, state) != 0)
        return;
    quiet = true;
    PyThreadState_EnterTracing(state);
}
