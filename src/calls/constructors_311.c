/* SPDX-License-Identifier: Apache-2.0 */
/* constructors_311.c - calls of C types on Python 3.11, whose profile function
 * is not told of them: `T(x)` goes through type's tp_call or T's tp_vectorcall,
 * and both are wrapped while they are counted. Who else wraps them, above or below,
 * may come and go in any order: what is not on top stays, and passes on. */
#include "calls/front.h"

enum { TYPES_MAX = 64 };

static struct {
    PyTypeObject *type;
    vectorcallfunc original;
    bool there; /* ours is, though another may be on top of it */
} wrapped[TYPES_MAX];
static int wrapped_count;
/* Type's own, as far as we know; kept, since metaclasses made meanwhile inherit ours.
 */
static ternaryfunc type_call;
static bool type_call_there; /* ours is */
static bool wrapping;

static PyObject *call(PyObject *type, PyObject *args, PyObject *keywords);
static PyObject *vectorcall(PyObject *type, PyObject *const *args, size_t count,
                            PyObject *keywords);

/* The instruction whose C call has failed: the exception is made next, at it. */
static __thread const void *failed __attribute__((tls_model("initial-exec")));

void constructors_failed(const struct pyabi_frame *frame)
{
    failed = frame->prev_instr;
}

/* Made by the interpreter, of an error told as a type and a text? */
static bool is_made_of_error(PyObject *type, const struct pyabi_frame *frame)
{
    bool just_failed = failed == frame->prev_instr && PyExceptionClass_Check(type);

    if (just_failed)
        failed = NULL;
    return just_failed;
}

/* Only calls that Python code makes: map(int, ...) is map's own affair. */
static bool enter_type(PyObject *type)
{
    PyThreadState *state = pyabi_thread();

    if (!wrapping)
        return false;
    if (UNLIKELY(!state->c_profilefunc))
        front_look_again();
    struct pyabi_frame *frame = pyabi_current(state);
    if (((PyTypeObject *)type)->tp_dealloc == calls.python_class_dealloc || !frame ||
        !pyabi_calls(frame) || is_made_of_error(type, frame))
        return false;
    return front_enter_type(frame, type);
}

static void leave_type(PyObject *type, PyObject *result)
{
    struct pyabi_frame *frame = pyabi_current(pyabi_thread());

    if (frame && front_leave_type(frame, type) && !result)
        constructors_failed(frame);
}

/* What was not on top when it was to go, goes as soon as it is. */
static void leave_slot(int i)
{
    if (!wrapping && wrapped[i].there && wrapped[i].type->tp_vectorcall == vectorcall) {
        wrapped[i].type->tp_vectorcall = wrapped[i].original;
        wrapped[i].there = false;
    }
}

static void leave_type_call(void)
{
    if (!wrapping && type_call_there && PyType_Type.tp_call == call) {
        PyType_Type.tp_call = type_call;
        type_call_there = false;
    }
}

static PyObject *call(PyObject *type, PyObject *args, PyObject *keywords)
{
    leave_type_call();
    bool entered = enter_type(type);
    PyObject *result = type_call(type, args, keywords);

    if (entered)
        leave_type(type, result);
    return result;
}

static PyObject *vectorcall(PyObject *type, PyObject *const *args, size_t count,
                            PyObject *keywords)
{
    int i = 0;

    while (wrapped[i].type != (PyTypeObject *)type)
        i++;
    leave_slot(i);
    bool entered = enter_type(type);
    PyObject *result = wrapped[i].original(type, args, count, keywords);
    if (entered)
        leave_type(type, result);
    return result;
}

/* The table stays, and is filled the same way again: a wrapper may be under way in
 * another thread. */
static void wrap(PyTypeObject *type)
{
    int i = 0;

    while (i < wrapped_count && wrapped[i].type != type)
        i++;
    if (i == TYPES_MAX || (i < wrapped_count && wrapped[i].there) ||
        !type->tp_vectorcall || type->tp_dealloc == calls.python_class_dealloc)
        return;
    wrapped[i].type = type;
    wrapped[i].original = type->tp_vectorcall;
    wrapped[i].there = true;
    type->tp_vectorcall = vectorcall;
    if (i == wrapped_count)
        wrapped_count++;
}

void constructors_start(void)
{
    PyObject *builtins = PyEval_GetBuiltins(), *name, *value; /* all borrowed */
    Py_ssize_t at = 0;

    if (wrapping)
        return;
    wrapping = true;
    if (!type_call_there) {
        type_call = PyType_Type.tp_call;
        PyType_Type.tp_call = call;
        type_call_there = true;
    }
    while (builtins && PyDict_Next(builtins, &at, &name, &value))
        if (PyType_Check(value))
            wrap((PyTypeObject *)value);
}

void constructors_stop(void)
{
    if (!wrapping)
        return;
    wrapping = false;
    for (int i = 0; i < wrapped_count; i++)
        leave_slot(i);
    leave_type_call();
}
