/* SPDX-License-Identifier: Apache-2.0 */
/* constructors_311.c - calls of C types on Python 3.11, whose profile function
 * is not told of them: `T(x)` goes through type's tp_call or T's tp_vectorcall,
 * and both are wrapped while the agent records. */
#include "agent/agent.h"
#include "agent/event.h"

enum { TYPES_MAX = 64 };

static struct {
    PyTypeObject *type;
    vectorcallfunc original;
} wrapped[TYPES_MAX];
static int wrapped_count;
static ternaryfunc type_call; /* type's own; kept after a stop as well */
static bool wrapping;
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
    struct thread *t = agent_thread;

    if (UNLIKELY(!state->c_profilefunc))
        probe_look_again();
    if (!agent.on || t->top == t->stack || t->top->callable || t->resuming ||
        ((PyTypeObject *)type)->tp_dealloc == agent.python_class_dealloc ||
        pyabi_current(state) != t->top->frame || !pyabi_calls(t->top->frame) ||
        is_made_of_error(type, t->top->frame))
        return false;
    event_push(t, t->top->tag + 1, false, t->top->frame, type, type);
    return true;
}

static void leave_type(PyObject *type, PyObject *result)
{
    struct thread *t = agent_thread;

    if (t->top->callable != type ||
        (agent.switching && pyabi_current(pyabi_thread()) != t->top->frame))
        return;
    event_pop(t);
    if (!result)
        constructors_failed(t->top->frame);
}

static PyObject *call(PyObject *type, PyObject *args, PyObject *keywords)
{
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
    bool entered = enter_type(type);
    PyObject *result = wrapped[i].original(type, args, count, keywords);
    if (entered)
        leave_type(type, result);
    return result;
}

static void wrap(PyTypeObject *type)
{
    for (int i = 0; i < wrapped_count; i++)
        if (wrapped[i].type == type) {
            type->tp_vectorcall = vectorcall;
            return;
        }
    if (!type->tp_vectorcall || type->tp_vectorcall == vectorcall ||
        wrapped_count == TYPES_MAX || type->tp_dealloc == agent.python_class_dealloc)
        return;
    wrapped[wrapped_count].type = type;
    wrapped[wrapped_count++].original = type->tp_vectorcall;
    type->tp_vectorcall = vectorcall;
}

void constructors_start(void)
{
    PyObject *builtins = PyEval_GetBuiltins(), *name, *value; /* all borrowed */
    Py_ssize_t at = 0;

    if (wrapping)
        return;
    wrapping = true;
    type_call = PyType_Type.tp_call;
    PyType_Type.tp_call = call;
    while (builtins && PyDict_Next(builtins, &at, &name, &value))
        if (PyType_Check(value))
            wrap((PyTypeObject *)value);
}

/* The table stays, and is filled the same way again: a wrapper may be under way
 * in another thread. */
void constructors_stop(void)
{
    if (!wrapping)
        return;
    for (int i = 0; i < wrapped_count; i++)
        wrapped[i].type->tp_vectorcall = wrapped[i].original;
    PyType_Type.tp_call = type_call;
    wrapping = false;
}
