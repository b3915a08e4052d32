/* SPDX-License-Identifier: Apache-2.0 */
/* deaths.c - the deaths of code and types, of the one interpreter that is recorded.
 * Others of the process share these types, and may run at the same time as ours
 * (3.12 and later): what dies in them is none of ours. */
#include "agent/agent.h"

/* The address of code, and of a type, is used again at once: its death must be
 * known. A type stands for its constructor and, one byte on, for its __new__. */
static destructor code_dealloc, type_dealloc;

static PyInterpreterState *recorded;

bool deaths_elsewhere(void)
{
    PyThreadState *thread = recorded ? pyabi_thread() : NULL;

    return thread && PyThreadState_GetInterpreter(thread) != recorded;
}

static void on_code_dealloc(PyObject *code)
{
    if (!deaths_elsewhere())
        functions_forget(code);
    code_dealloc(code);
}

static void on_type_dealloc(PyObject *type)
{
    if (!deaths_elsewhere()) {
        functions_forget(type);
        functions_forget((char *)type + 1);
    }
    type_dealloc(type);
}

bool deaths_listening(void)
{
    return code_dealloc != NULL;
}

void deaths_listen(void)
{
    code_dealloc = PyCode_Type.tp_dealloc;
    PyCode_Type.tp_dealloc = on_code_dealloc;
    type_dealloc = PyType_Type.tp_dealloc;
    PyType_Type.tp_dealloc = on_type_dealloc;
}

void deaths_begin(void)
{
    recorded = PyInterpreterState_Get();
    if (PyInterpreterState_Next(PyInterpreterState_Head()))
        deaths_several();
}

void deaths_several(void)
{
    if (calls.tape.base && !agent.forked)
        __atomic_fetch_or(&writer_header(&calls.tape)->flags, TAPE_SEVERAL,
                          __ATOMIC_RELAXED);
}
