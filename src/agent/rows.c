/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - method tables of modules that are imported already. */
#include <string.h>

#include "agent/children.h"

static PyMethodDef *row_of(PyObject *module, const char *name, int flags)
{
    PyObject *function = PyObject_GetAttrString(module, name);
    PyMethodDef *row = function && PyCFunction_CheckExact(function)
                           ? ((PyCFunctionObject *)function)->m_ml
                           : NULL;

    Py_XDECREF(function); /* its row stays: it is the module's */
    return row && row->ml_flags == flags && strcmp(row->ml_name, name) == 0 ? row
                                                                            : NULL;
}

PyMethodDef *rows_find(const char *module, const char *name, int flags)
{
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed, as what is in it */
    PyObject *found = modules && PyDict_CheckExact(modules)
                          ? PyDict_GetItemString(modules, module)
                          : NULL;
    PyMethodDef *row =
        found && PyModule_CheckExact(found) ? row_of(found, name, flags) : NULL;
    PyErr_Restore(type, value, traceback);
    return row;
}
