/* SPDX-License-Identifier: Apache-2.0 */
/* endings.c - the ends of a process that run no code of ours: os._exit and
 * os.abort, whose C functions we stand before; exec and signals to oneself,
 * which are audited. The last moment, and what a processor spent until then, is to
 * be told; and where the tape is copied out now and then, what was counted. */
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"

typedef PyObject *fast_function(PyObject *module, PyObject *const *args,
                                Py_ssize_t count, PyObject *keywords);

static fast_function *real_exit;
static PyCFunction real_abort;

static PyObject *save_and_exit(PyObject *module, PyObject *const *args,
                               Py_ssize_t count, PyObject *keywords)
{
    agent_save();
    return real_exit(module, args, count, keywords);
}

static PyObject *save_and_abort(PyObject *module, PyObject *unused)
{
    agent_save();
    return real_abort(module, unused);
}

/* The method table's row of a function of posix; NULL: not one as we know it. */
static PyMethodDef *row_of(PyObject *posix, const char *name, int flags)
{
    PyObject *function = PyObject_GetAttrString(posix, name);
    PyMethodDef *row = function && PyCFunction_CheckExact(function)
                           ? ((PyCFunctionObject *)function)->m_ml
                           : NULL;

    Py_XDECREF(function); /* its row stays: it is the module's */
    return row && row->ml_flags == flags ? row : NULL;
}

static void stand_before(PyObject *posix)
{
    PyMethodDef *row = row_of(posix, "_exit", METH_FASTCALL | METH_KEYWORDS);

    if (row) {
        real_exit = (fast_function *)(void (*)(void))row->ml_meth;
        row->ml_meth = (PyCFunction)(void (*)(void))save_and_exit;
    }
    row = row_of(posix, "abort", METH_NOARGS);
    if (row) {
        real_abort = row->ml_meth;
        row->ml_meth = save_and_abort;
    }
}

void endings_watch(void)
{
    static bool watching;
    PyObject *type, *value, *traceback;

    if (watching)
        return;
    watching = true;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed, as what is in it */
    PyObject *posix = modules ? PyDict_GetItemString(modules, "posix") : NULL;
    if (posix)
        stand_before(posix);
    PyErr_Restore(type, value, traceback);
}

static bool kills_us(PyObject *args)
{
    PyObject *pid = PyTuple_GET_SIZE(args) > 0 ? PyTuple_GET_ITEM(args, 0) : NULL;
    long number = pid && PyLong_Check(pid) ? PyLong_AsLong(pid) : 0;

    if (number == -1 && PyErr_Occurred())
        PyErr_Clear();
    return number <= 0 || number == getpid();
}

void endings_heard(const char *event, PyObject *args)
{
    if (!calls.tape.base)
        return;
    if (strcmp(event, "os.exec") == 0 || strcmp(event, "os.killpg") == 0 ||
        (strcmp(event, "os.kill") == 0 && kills_us(args)))
        agent_save();
}
