/* SPDX-License-Identifier: Apache-2.0 */
/* key.c - a type stands for its constructor, and for the calls of its objects. */
#include "profile/key.h"

void *key_of_object(PyObject *callable)
{
    PyTypeObject *type = Py_TYPE(callable);

    if (type == &PyFunction_Type || type == &PyMethod_Type ||
        type == &PyMethodDescr_Type || PyCFunction_Check(callable))
        return NULL; /* functions, or our own */
    if (type == calls.method_wrapper)
        return pyabi_wrapped(callable);
    if (type == &PyWrapperDescr_Type)
        return callable;
    if (PyType_Check(callable))
        type = (PyTypeObject *)callable;
    else if (!type->tp_call) /* about to be refused */
        return NULL;
    return type->tp_dealloc == calls.python_class_dealloc ? NULL : type;
}
