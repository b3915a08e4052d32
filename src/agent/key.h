/* SPDX-License-Identifier: Apache-2.0 */
/* key.h - the identity of a callable made in C. */
#ifndef AGENT_KEY_H
#define AGENT_KEY_H

#include "agent/agent.h"

void *key_of_other(PyObject *callable);

/* NULL: Python code will show itself. */
static inline void *key_of(PyObject *callable)
{
    PyTypeObject *type = Py_TYPE(callable);

    if (type == &PyMethodDescr_Type)
        return ((PyMethodDescrObject *)callable)->d_method;
    if (type == &PyFunction_Type || type == &PyMethod_Type)
        return NULL;
    if (LIKELY(type == &PyCFunction_Type)) {
        PyMethodDef *method = ((PyCFunctionObject *)callable)->m_ml;
        if (UNLIKELY(method == calls.new_method)) /* of which type, then? */
            return (char *)((PyCFunctionObject *)callable)->m_self + 1;
        if (UNLIKELY((uintptr_t)method - (uintptr_t)agent_methods <
                     AGENT_METHODS_BYTES))
            return NULL; /* ours: not the program's doing */
        return method;
    }
    return key_of_other(callable);
}

#endif
