/* SPDX-License-Identifier: Apache-2.0 */
/* probe_calls.c - calls on Python 3.12 and later, told by sys.monitoring to
 * callables of our own type: its vectorcall slot is the cheapest way in.
 *
 * Pushed by PY_START, PY_RESUME, PY_THROW; popped by PY_RETURN, PY_YIELD,
 * PY_UNWIND; a C call by CALL and C_RETURN or C_RAISE. The depth CPython keeps
 * says at every event where the stack should be; where it is not, stack.c. */
#include "agent/agent.h"
#include "agent/event.h"

enum { TOOL_FIRST = 4, TOOL_LAST = 3 }; /* 0, 1, 2, 5 have owners by name */

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

static __attribute__((noinline)) struct thread *mend_push(struct place p)
{
    struct thread *t = agent_enter_thread();

    if (t)
        stack_sync_push(t, p.frame, p.depth);
    return t;
}

static inline void enter(PyObject *code, bool resumes)
{
    struct place p = place_now();

    if (UNLIKELY((p.thread->top->tag | 1) != p.depth * 2 - 1)) {
        p.thread = mend_push(p);
        if (!p.thread)
            return;
    }
    event_push(p.thread, p.depth * 2, resumes, p.frame, code, code);
}

static __attribute__((noinline)) struct thread *mend_pop(struct place p)
{
    struct thread *t = agent_enter_thread();

    return t && stack_sync_pop(t, p.depth) ? t : NULL;
}

static inline void leave(void)
{
    struct place p = place_now();
    const struct entry *top = p.thread->top;

    if (UNLIKELY(top->tag != p.depth * 2 || top->frame != p.frame)) {
        p.thread = mend_pop(p);
        if (!p.thread)
            return;
    }
    event_pop(p.thread);
}

static PyObject *on_start(PyObject *self, PyObject *const *args, size_t count,
                          PyObject *keywords)
{
    (void)self, (void)count, (void)keywords;
    enter(args[0], false);
    return Py_None;
}

static PyObject *on_resume(PyObject *self, PyObject *const *args, size_t count,
                           PyObject *keywords)
{
    (void)self, (void)count, (void)keywords;
    enter(args[0], true);
    return Py_None;
}

static PyObject *on_leave(PyObject *self, PyObject *const *args, size_t count,
                          PyObject *keywords)
{
    (void)self, (void)args, (void)count, (void)keywords;
    leave();
    return Py_None;
}

static __attribute__((noinline)) struct thread *mend_call(struct place p)
{
    struct thread *t = agent_enter_thread();

    if (t)
        stack_sync_call(t, p.frame, p.depth);
    return t;
}

static PyObject *on_call(PyObject *self, PyObject *const *args, size_t count,
                         PyObject *keywords)
{
    (void)self, (void)count, (void)keywords;
    void *key = event_key(args[2]);

    if (!key)
        return Py_None;
    struct place p = place_now();
    if (UNLIKELY(p.thread->top->tag != p.depth * 2)) {
        p.thread = mend_call(p);
        if (!p.thread)
            return Py_None;
    }
    event_push(p.thread, p.depth * 2 + 1, false, p.frame, key, args[2]);
    return Py_None;
}

/* Callables that were not entered match no entry; a Python frame's has none. */
static PyObject *on_call_end(PyObject *self, PyObject *const *args, size_t count,
                             PyObject *keywords)
{
    struct thread *t = agent_thread;

    (void)self, (void)count, (void)keywords;
    if (t->top->callable == args[2])
        event_pop(t);
    return Py_None;
}

static struct event {
    const char *name;
    handler *call;
    bool builtins; /* only when C functions are counted */
    bool along;    /* comes with CALL, is not asked for by itself */
    struct callback *callback;
} events[] = {
    { "PY_START", on_start, false, false, NULL },
    { "PY_RESUME", on_resume, false, false, NULL },
    { "PY_THROW", on_resume, false, false, NULL },
    { "PY_RETURN", on_leave, false, false, NULL },
    { "PY_YIELD", on_leave, false, false, NULL },
    { "PY_UNWIND", on_leave, false, false, NULL },
    { "CALL", on_call, true, false, NULL },
    { "C_RETURN", on_call_end, true, true, NULL },
    { "C_RAISE", on_call_end, true, true, NULL },
};
enum { EVENTS = sizeof events / sizeof *events };

static int tool = -1;

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
        events[i].callback->call = events[i].call;
    }
    return true;
}

static bool call_void(PyObject *object, const char *method, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    PyObject *bound = PyObject_GetAttrString(object, method);
    PyObject *tuple = bound ? Py_VaBuildValue(format, args) : NULL;
    va_end(args);
    PyObject *result = tuple ? PyObject_CallObject(bound, tuple) : NULL;
    Py_XDECREF(bound);
    Py_XDECREF(tuple);
    Py_XDECREF(result);
    return result != NULL;
}

/* The value of sys.monitoring.events.NAME; -1 with an error set. */
static long event_bit(PyObject *monitoring, const char *name)
{
    PyObject *names = PyObject_GetAttrString(monitoring, "events");
    PyObject *value = names ? PyObject_GetAttrString(names, name) : NULL;
    long bit = value ? PyLong_AsLong(value) : -1;

    Py_XDECREF(names);
    Py_XDECREF(value);
    return bit;
}

static bool claim_tool(PyObject *monitoring)
{
    for (int id = TOOL_FIRST; id >= TOOL_LAST; id--) {
        if (call_void(monitoring, "use_tool_id", "(is)", id, "sonde")) {
            tool = id;
            return true;
        }
        if (id > TOOL_LAST)
            PyErr_Clear();
    }
    return false;
}

static bool listen(PyObject *monitoring)
{
    long wanted = 0;

    for (int i = 0; i < EVENTS; i++) {
        if (events[i].builtins && !agent.options.builtins)
            continue;
        long bit = event_bit(monitoring, events[i].name);
        if (bit < 0 || !call_void(monitoring, "register_callback", "(ilO)", tool, bit,
                                  (PyObject *)events[i].callback))
            return false;
        if (!events[i].along)
            wanted |= bit;
    }
    return call_void(monitoring, "set_events", "(il)", tool, wanted);
}

bool probe_start(void)
{
    PyObject *monitoring = PySys_GetObject("monitoring"); /* borrowed */

    if (!monitoring || !claim_tool(monitoring))
        return false;
    if (listen(monitoring))
        return true;
    PyObject *error = PyErr_GetRaisedException();
    probe_stop();
    PyErr_SetRaisedException(error);
    return false;
}

void probe_stop(void)
{
    PyObject *monitoring = PySys_GetObject("monitoring");

    if (!monitoring || tool < 0)
        return;
    if (!call_void(monitoring, "set_events", "(ii)", tool, 0))
        PyErr_Clear();
    for (int i = 0; i < EVENTS; i++) {
        long bit = event_bit(monitoring, events[i].name);
        if (bit < 0 ||
            !call_void(monitoring, "register_callback", "(ilO)", tool, bit, Py_None))
            PyErr_Clear();
    }
    if (!call_void(monitoring, "free_tool_id", "(i)", tool))
        PyErr_Clear();
    tool = -1;
}

void probe_replaced(void)
{
    /* It has a place of its own beside sys.monitoring's tools. */
}
