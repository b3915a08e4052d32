/* SPDX-License-Identifier: Apache-2.0 */
/* tool.c - asks sys.monitoring through its functions, which are looked up once. */
#include "calls/tool.h"

#include <stddef.h>

enum { TOOLS = 6 }; /* 6 and 7 are sys.setprofile's and sys.settrace's */

struct callback {
    PyObject_HEAD
    vectorcallfunc call;
};

static const PyTypeObject fresh_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "sonde.callback",
    .tp_basicsize = sizeof(struct callback),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(struct callback, call),
    .tp_call = PyVectorcall_Call,
};
static PyTypeObject callback_type; /* what Python has made of it */

static struct event {
    const char *name;
    bool along; /* comes with CALL, is not asked for by itself */
    struct callback *callback;
    PyObject *bit; /* of sys.monitoring */
    bool registered;
} events[TOOL_EVENTS] = {
    [TOOL_START] = { .name = "PY_START" },
    [TOOL_RESUME] = { .name = "PY_RESUME" },
    [TOOL_THROW] = { .name = "PY_THROW" },
    [TOOL_RETURN] = { .name = "PY_RETURN" },
    [TOOL_YIELD] = { .name = "PY_YIELD" },
    [TOOL_UNWIND] = { .name = "PY_UNWIND" },
    [TOOL_CALL] = { .name = "CALL" },
    [TOOL_C_RETURN] = { .name = "C_RETURN", .along = true },
    [TOOL_C_RAISE] = { .name = "C_RAISE", .along = true },
};

/* What is asked of sys.monitoring: ours as long as Python is there. */
static struct {
    const char *name;
    PyObject *function;
} asked[] = {
    { "use_tool_id", NULL }, { "free_tool_id", NULL }, { "register_callback", NULL },
    { "set_events", NULL },  { "get_tool", NULL },     { "get_events", NULL },
};
enum question { USE_TOOL_ID, FREE_TOOL_ID, REGISTER, SET_EVENTS, GET_TOOL, GET_EVENTS };

static PyObject *tool_name, *nothing; /* a string; 0 */
static PyObject *ids[TOOLS];
static int tool = -1;
/* Sets of events: all that were asked for; what begins alone. */
static PyObject *all, *begins;
static PyObject *wanted; /* one of the two; NULL: none */
static bool looked_up;

void tool_forget(void)
{
    for (int i = 0; i < TOOL_EVENTS; i++) {
        events[i].callback = NULL;
        events[i].bit = NULL;
        events[i].registered = false;
    }
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        asked[i].function = NULL;
    for (int i = 0; i < TOOLS; i++)
        ids[i] = NULL;
    tool_name = nothing = NULL;
    tool = -1;
    all = begins = wanted = NULL;
    looked_up = false;
}

bool tool_prepare(const char *name)
{
    if (!events[0].callback)
        callback_type = fresh_type;
    if (PyType_Ready(&callback_type) < 0)
        return false;
    for (int i = 0; i < TOOL_EVENTS; i++)
        if (!events[i].callback)
            events[i].callback = PyObject_New(struct callback, &callback_type);
    if (!tool_name)
        tool_name = PyUnicode_InternFromString(name);
    if (!nothing)
        nothing = PyLong_FromLong(0);
    for (int i = 0; i < TOOLS; i++)
        if (!ids[i])
            ids[i] = PyLong_FromLong(i);
    return !PyErr_Occurred();
}

void tool_tell(enum tool_event event, tool_handler *handler)
{
    if (events[event].callback)
        events[event].callback->call = handler;
}

/* Its answer; NULL with an error set. */
static PyObject *ask(enum question what, PyObject *const *args, size_t count)
{
    return PyObject_Vectorcall(asked[what].function, args, count, NULL);
}

static PyObject *ask_of(enum question what, int id)
{
    return ask(what, &ids[id], 1);
}

static bool tell(PyObject *result)
{
    Py_XDECREF(result);
    return result != NULL;
}

static PyObject *put(const struct event *e, PyObject *callback)
{
    PyObject *args[] = { ids[tool], e->bit, callback };

    return ask(REGISTER, args, 3);
}

static bool set_events(PyObject *set)
{
    PyObject *args[] = { ids[tool], set };

    return tell(ask(SET_EVENTS, args, 2));
}

static bool use(int id)
{
    PyObject *args[] = { ids[id], tool_name };

    return tell(ask(USE_TOOL_ID, args, 2));
}

/* Once: looking things up in sys may fail, and be told of, where there is no memory. */
static bool look_up(void)
{
    bool done = looked_up;
    PyObject *monitoring = done ? NULL : PySys_GetObject("monitoring"); /* borrowed */
    PyObject *names = monitoring ? PyObject_GetAttrString(monitoring, "events") : NULL;

    for (size_t i = 0; names && i < sizeof asked / sizeof *asked; i++)
        if (!asked[i].function)
            asked[i].function = PyObject_GetAttrString(monitoring, asked[i].name);
    for (int i = 0; names && i < TOOL_EVENTS; i++)
        if (!events[i].bit)
            events[i].bit = PyObject_GetAttrString(names, events[i].name);
    looked_up = done = done || (names && !PyErr_Occurred());
    Py_XDECREF(names);
    if (!done && !PyErr_Occurred())
        PyErr_SetString(PyExc_RuntimeError, "there is no sys.monitoring");
    return done;
}

/* Of six: 0, 1 and 2 have owners by name, debuggers, coverage and profilers. */
bool tool_claim(void)
{
    static const int ours[] = { 4, 3, 5 };

    if (!look_up())
        return false;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (use(ours[i])) {
            tool = ours[i];
            return true;
        }
        if (!PyErr_ExceptionMatches(PyExc_ValueError))
            return false;
        PyErr_Clear();
    }
    PyErr_SetString(PyExc_RuntimeError,
                    "sys.monitoring's tools 3, 4 and 5 are taken by others");
    return false;
}

void tool_release(void)
{
    if (tool >= 0)
        tell(ask_of(FREE_TOOL_ID, tool));
    PyErr_Clear();
    tool = -1;
}

bool tool_is_claimed(void)
{
    return tool >= 0;
}

static bool register_upto(int end)
{
    for (int i = 0; i < end; i++) {
        if (events[i].registered)
            continue;
        if (!tell(put(&events[i], (PyObject *)events[i].callback)))
            return false;
        events[i].registered = true;
    }
    return true;
}

/* Those before that one, as a set in place of another. */
static bool make_set(PyObject **set, int end)
{
    long bits = 0;

    for (int i = 0; i < end; i++)
        bits |= events[i].along ? 0 : PyLong_AsLong(events[i].bit);
    Py_XSETREF(*set, PyLong_FromLong(bits));
    return *set != NULL;
}

static bool want(PyObject *set)
{
    if (!set_events(set))
        return false;
    wanted = set;
    return true;
}

bool tool_listen(bool builtins)
{
    int end = builtins ? TOOL_EVENTS : TOOL_CALL;

    return register_upto(end) && make_set(&begins, TOOL_THROW) && make_set(&all, end) &&
           want(all);
}

/* Whose the tool is now: 1 ours, 0 nobody's, -1 another's. */
static int owner(void)
{
    PyObject *name = ask_of(GET_TOOL, tool);
    int whose = name == NULL || name == Py_None ? 0 : -1;

    if (name && PyUnicode_Check(name) && PyUnicode_Compare(name, tool_name) == 0)
        whose = 1;
    Py_XDECREF(name);
    PyErr_Clear();
    return whose;
}

bool tool_narrow(void)
{
    return tool < 0 || owner() != 1 || want(begins);
}

bool tool_widen(void)
{
    return tool < 0 || owner() != 1 || want(all);
}

static bool has_wanted_events(void)
{
    PyObject *set = ask_of(GET_EVENTS, tool);
    bool same = set && wanted && PyLong_AsLong(set) == PyLong_AsLong(wanted);

    Py_XDECREF(set);
    PyErr_Clear();
    return same;
}

/* Whether a callback is ours. It stays, or is taken away; another's stays, but
 * where the tool's id is ours again. */
static bool is_registered(const struct event *e, bool stays, bool ours)
{
    PyObject *old = put(e, Py_None);
    bool same = old == (PyObject *)e->callback;

    if (old && old != Py_None && (same ? stays : !ours))
        tell(put(e, old));
    Py_XDECREF(old);
    PyErr_Clear();
    return same;
}

/* A program that uses our tool's id gets the better of us. */
bool tool_stop(void)
{
    if (tool < 0)
        return true;
    int whose = owner();
    bool intact = whose == 1 && has_wanted_events();
    if (whose == 0) /* to be able to take the events off it */
        whose = use(tool);
    if (whose == 1)
        set_events(nothing);
    PyErr_Clear();
    for (int i = 0; i < TOOL_EVENTS; i++) {
        if (events[i].registered)
            intact = is_registered(&events[i], false, whose == 1) && intact;
        events[i].registered = false;
    }
    if (whose == 1)
        tell(ask_of(FREE_TOOL_ID, tool));
    PyErr_Clear();
    tool = -1;
    wanted = NULL;
    return intact;
}

bool tool_is_held(void)
{
    return owner() == 1 && has_wanted_events();
}

bool tool_is_intact(void)
{
    bool intact = tool_is_held();

    for (int i = 0; i < TOOL_EVENTS; i++)
        if (events[i].registered)
            intact = is_registered(&events[i], true, false) && intact;
    return intact;
}

bool tool_is_alone(void)
{
    bool alone = true;

    for (int id = 0; id < TOOLS && alone; id++) {
        PyObject *set = id == tool ? NULL : ask_of(GET_EVENTS, id);
        alone = !set || PyObject_IsTrue(set) != 1;
        Py_XDECREF(set);
    }
    PyErr_Clear();
    return alone;
}
