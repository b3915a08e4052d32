/* SPDX-License-Identifier: Apache-2.0 */
/* module.c - sonde._profile: the type Profiler, as _lsprof's, and what belongs to it.
 */
#include "profile/functions.h"
#include "profile/results.h"

static PyTypeObject *profiler_type;

static struct profiler *of(PyObject *self)
{
    return (struct profiler *)self;
}

static PyObject *profiler_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    PyObject *self = type->tp_alloc(type, 0);

    (void)args, (void)keywords;
    if (self)
        of(self)->subcalls = of(self)->builtins = true;
    return self;
}

PyDoc_STRVAR(
    profiler_doc,
    "Profiler(timer=None, timeunit=0.0, subcalls=True, builtins=True,\n"
    "         constructors=False)\n--\n\n"
    "Counts the calls of the thread that enables it, and of threads started\n"
    "from there while it is on. timer: a callable, in place of our clock; its\n"
    "integers are units of timeunit seconds, where that is given.\n"
    "constructors: calls of types made in C, which cProfile does not see, are\n"
    "counted as well.");

static int profiler_init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static char *names[] = { "timer",    "timeunit",     "subcalls",
                             "builtins", "constructors", NULL };
    struct profiler *p = of(self);
    PyObject *timer = NULL;
    double unit = 0;
    int subcalls = 1, builtins = 1, constructors = 0;

    events_sweep();
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|Odppp:Profiler", names, &timer,
                                     &unit, &subcalls, &builtins, &constructors) ||
        !session_disable(p) || !session_clear(p))
        return -1;
    PyObject *old = p->timer;
    p->timer = timer == Py_None ? NULL : Py_XNewRef(timer);
    p->unit = unit;
    p->subcalls = subcalls;
    p->builtins = builtins;
    p->constructors = constructors;
    Py_XDECREF(old);
    return 0;
}

static int profiler_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(of(self)->timer);
    return 0;
}

static int profiler_clear(PyObject *self)
{
    PyObject *timer = of(self)->timer;

    session_forget(of(self)); /* it counts by a timer it has no more */
    of(self)->timer = NULL;
    Py_XDECREF(timer);
    return 0;
}

static void profiler_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *error, *value, *traceback;

    PyObject_GC_UnTrack(self);
    PyErr_Fetch(&error, &value, &traceback);
    profiler_clear(self);
    PyErr_Restore(error, value, traceback);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Both are as they are where nothing is said. */
static bool set_wishes(struct profiler *p, PyObject *args, PyObject *keywords)
{
    static char *names[] = { "subcalls", "builtins", NULL };
    int subcalls = p->subcalls, builtins = p->builtins;

    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|pp:enable", names, &subcalls,
                                     &builtins))
        return false;
    p->subcalls = subcalls;
    p->builtins = builtins;
    return true;
}

PyDoc_STRVAR(enable_doc, "enable(subcalls=True, builtins=True)\n--\n\n"
                         "Count from here on, in this thread and those it starts.");

static PyObject *enable(PyObject *self, PyObject *args, PyObject *keywords)
{
    events_sweep();
    if (!set_wishes(of(self), args, keywords) || !session_enable(of(self)))
        return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(disable_doc,
             "disable()\n--\n\n"
             "Stop counting, in all threads where this one, or the one that\n"
             "started it, began; called by any other thread, everywhere.");

static PyObject *disable(PyObject *self, PyObject *unused)
{
    (void)unused;
    events_sweep();
    if (!session_disable(of(self)))
        return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(clear_doc, "clear()\n--\n\nForget all that was counted.");

static PyObject *clear(PyObject *self, PyObject *unused)
{
    (void)unused;
    events_sweep();
    if (!session_clear(of(self)))
        return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    getstats_doc,
    "getstats()\n--\n\n"
    "A list of profiler_entry(code, callcount, reccallcount, totaltime,\n"
    "inlinetime, calls), one a function, also while counting goes on. calls is\n"
    "None or a list of profiler_subentry, of what it called. Each has resumes,\n"
    "too: how many times a generator or coroutine went on.");

static PyObject *getstats(PyObject *self, PyObject *unused)
{
    (void)unused;
    events_sweep();
    return results_entries(of(self));
}

PyDoc_STRVAR(
    snapshot_doc,
    "_snapshot()\n--\n\n"
    "What pstats calls stats: {(file, line, name): (primitive calls, calls, own\n"
    "time, cumulative time, {caller: (calls, primitive calls, own time,\n"
    "cumulative time)})}. Functions that share a key are one.");

static PyObject *snapshot(PyObject *self, PyObject *unused)
{
    (void)unused;
    events_sweep();
    return results_stats(of(self));
}

static PyObject *enter(PyObject *self, PyObject *unused)
{
    (void)unused;
    events_sweep();
    return session_enable(of(self)) ? Py_NewRef(self) : NULL;
}

static PyObject *leave(PyObject *self, PyObject *unused)
{
    return disable(self, unused);
}

PyDoc_STRVAR(runcall_doc, "runcall(func, /, *args, **kw)\n--\n\n"
                          "Profile a single function call.");

static PyObject *runcall(PyObject *self, PyObject *args, PyObject *keywords)
{
    PyObject *type, *value, *traceback;

    if (PyTuple_GET_SIZE(args) == 0) {
        PyErr_SetString(PyExc_TypeError,
                        "runcall() missing 1 required positional argument: 'func'");
        return NULL;
    }
    PyObject *rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    if (!rest || !session_enable(of(self))) {
        Py_XDECREF(rest);
        return NULL;
    }
    PyObject *result = PyObject_Call(PyTuple_GET_ITEM(args, 0), rest, keywords);
    PyErr_Fetch(&type, &value, &traceback);
    bool disabled = session_disable(of(self));
    if (type || disabled)
        PyErr_Restore(type, value, traceback);
    else
        Py_CLEAR(result);
    Py_DECREF(rest);
    return result;
}

PyDoc_STRVAR(hide_doc,
             "hide(function)\n--\n\n"
             "Its calls leave no trace in any profile: what it calls, its caller\n"
             "calls. Returns it. For sonde's own code.");

static PyObject *hide(PyObject *module, PyObject *function)
{
    (void)module;
    if (!PyFunction_Check(function)) {
        PyErr_SetString(PyExc_TypeError, "hide() wants a Python function");
        return NULL;
    }
    if (!functions_hide(PyFunction_GET_CODE(function))) {
        PyErr_SetString(PyExc_RuntimeError, "hide() comes too late for this function");
        return NULL;
    }
    return Py_NewRef(function);
}

PyDoc_STRVAR(aside_doc,
             "aside(function)\n--\n\n"
             "Calls it, with nothing counted and no time of any profile's in this\n"
             "thread. Returns what it returns. For sonde's own code.");

static PyObject *aside(PyObject *module, PyObject *function)
{
    (void)module;
    return aside_call(function);
}

PyDoc_STRVAR(unseen_doc, "The same, and no call in any profile.");

#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function)

/* One array, so that one comparison tells what is ours: the type's, of which the first
 * PROFILER_SEEN are calls of the program's as in cProfile, and the module's. */
enum { OF_MODULE = 11 };
PyMethodDef profiler_methods[PROFILER_METHODS] = {
    { "enable", KEYWORDS(enable), METH_VARARGS | METH_KEYWORDS, enable_doc },
    { "disable", disable, METH_NOARGS, disable_doc },
    { "clear", clear, METH_NOARGS, clear_doc },
    { "getstats", getstats, METH_NOARGS, getstats_doc },
    { "_enable", KEYWORDS(enable), METH_VARARGS | METH_KEYWORDS, unseen_doc },
    { "_disable", disable, METH_NOARGS, unseen_doc },
    { "_snapshot", snapshot, METH_NOARGS, snapshot_doc },
    { "__enter__", enter, METH_NOARGS, NULL },
    { "__exit__", leave, METH_VARARGS, NULL },
    { "runcall", KEYWORDS(runcall), METH_VARARGS | METH_KEYWORDS, runcall_doc },
    { NULL, NULL, 0, NULL },
    [OF_MODULE] = { "hide", hide, METH_O, hide_doc },
    { "aside", aside, METH_O, aside_doc },
    { NULL, NULL, 0, NULL },
};

static PyObject *get_lost(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromUnsignedLongLong(of(self)->lost);
}

static PyGetSetDef profiler_attributes[] = {
    { "lost", get_lost, NULL, "Calls that were not counted, for want of memory.",
      NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot profiler_slots[] = {
    { Py_tp_doc, (void *)(uintptr_t)profiler_doc },
    { Py_tp_new, (void *)(uintptr_t)profiler_new },
    { Py_tp_init, (void *)(uintptr_t)profiler_init },
    { Py_tp_traverse, (void *)(uintptr_t)profiler_traverse },
    { Py_tp_clear, (void *)(uintptr_t)profiler_clear },
    { Py_tp_dealloc, (void *)(uintptr_t)profiler_dealloc },
    { Py_tp_methods, profiler_methods },
    { Py_tp_getset, profiler_attributes },
    { 0, NULL },
};

static PyType_Spec profiler_spec = {
    .name = "sonde._profile.Profiler",
    .basicsize = sizeof(struct profiler),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = profiler_slots,
};

/* Statics are of the process: one interpreter has them. */
static bool is_main_interpreter(void)
{
    if (PyInterpreterState_Get() == PyInterpreterState_Main())
        return true;
    PyErr_SetString(PyExc_ImportError, "sonde.Profile counts in the main interpreter "
                                       "alone: this is a subinterpreter");
    return false;
}

static bool prepare(void)
{
    if (calls_prepare() && line_prepare() && events_prepare())
        return true;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ImportError, "sonde: no thread key is left");
    return false;
}

static int execute(PyObject *module)
{
    if (!is_main_interpreter() || (!profiler_type && !prepare()))
        return -1;
    if (!profiler_type)
        profiler_type =
            (PyTypeObject *)PyType_FromModuleAndSpec(module, &profiler_spec, NULL);
    return profiler_type && results_prepare(module) && events_publish(module) &&
                   PyModule_AddType(module, profiler_type) == 0
               ? 0
               : -1;
}

static PyModuleDef_Slot slots[] = {
    { Py_mod_exec, (void *)(uintptr_t)execute },
#ifdef Py_mod_multiple_interpreters
    { Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED },
#endif
    { 0, NULL },
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "sonde._profile",
    .m_doc = "The engine of sonde.Profile.",
    .m_methods = profiler_methods + OF_MODULE,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__profile(void);
PyMODINIT_FUNC PyInit__profile(void)
{
    return PyModuleDef_Init(&definition);
}
