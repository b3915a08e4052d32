/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c - what all parts share, and landmarks of CPython's that are read off one
 * of each kind. */
#include "calls/calls.h"

struct calls calls;

/* What every class made in Python is freed by, and what every built-in type's
 * __new__ is. */
bool calls_prepare(void)
{
    PyObject *class = PyObject_CallFunction((PyObject *)&PyType_Type, "s(){}", "probe");
    PyObject *new = PyObject_GetAttrString((PyObject *)&PyBaseObject_Type, "__new__");
    PyObject *wrapper = new ? PyObject_GetAttrString(new, "__str__") : NULL;

    if (class)
        calls.python_class_dealloc =
            Py_TYPE(class) == &PyType_Type ? ((PyTypeObject *)class)->tp_dealloc : NULL;
    if (new &&PyCFunction_Check(new))
        calls.new_method = ((PyCFunctionObject *)new)->m_ml;
    if (wrapper)
        calls.method_wrapper = Py_TYPE(wrapper);
    Py_XDECREF(class);
    Py_XDECREF(new);
    Py_XDECREF(wrapper);
    return calls.python_class_dealloc && calls.new_method && calls.method_wrapper;
}
