/* SPDX-License-Identifier: Apache-2.0 */
/* key.c - of callables that are neither functions nor methods of the usual kind. */
#include "agent/key.h"

void *key_of_other(PyObject *callable)
{
    PyTypeObject *type = Py_TYPE(callable);

    if (PyType_Check(callable))
        type = (PyTypeObject *)callable;
    if (type->tp_dealloc == calls.python_class_dealloc)
        return NULL;
    if (type == calls.method_wrapper)
        return pyabi_wrapped(callable);
    if (type == &PyWrapperDescr_Type)
        return callable;
    if (PyCFunction_Check(callable))
        return ((PyCFunctionObject *)callable)->m_ml;
    if (!type->tp_call && !PyType_Check(callable)) /* about to be refused */
        return NULL;
    return type;
}
