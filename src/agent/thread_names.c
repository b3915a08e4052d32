/* SPDX-License-Identifier: Apache-2.0 */
/* thread_names.c - what threading calls the running thread, read without a call. */
#include <unistd.h>

#include "agent/agent.h"

/* threading.Thread._bootstrap is the first frame of its threads, self its first
 * local, _name a plain attribute of it. */
static tape_text threading_name(PyObject *thread)
{
    PyObject *type, *value, *traceback;
    tape_text found = 0;

    PyErr_Fetch(&type, &value, &traceback); /* the event may be an exception's */
    PyObject *name = PyObject_GenericGetAttr(thread, agent.name_attribute);
    if (name)
        found = names_of_string(name);
    Py_XDECREF(name);
    PyErr_Restore(type, value, traceback);
    return found;
}

tape_text thread_name(void)
{
    if (gettid() == getpid())
        return writer_text(&calls.tape, "MainThread", sizeof "MainThread" - 1);
    struct pyabi_frame *frame = pyabi_current(pyabi_thread()), *outermost = NULL;
    for (; frame; frame = pyabi_previous(frame))
        if (pyabi_code(frame))
            outermost = frame;
    if (!outermost)
        return 0;
    PyCodeObject *code = pyabi_code(outermost);
    if (PyUnicode_CompareWithASCIIString(code->co_name, "_bootstrap") == 0 &&
        names_begin_with(code->co_localsplusnames, "self")) {
        PyObject *thread = pyabi_local(outermost, 0);
        return thread ? threading_name(thread) : 0;
    }
    return 0;
}
