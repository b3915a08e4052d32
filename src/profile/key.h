/* SPDX-License-Identifier: Apache-2.0 */
/* key.h - the identity of a callable made in C, as cProfile sees it: functions and
 * methods alone. */
#ifndef PROFILE_KEY_H
#define PROFILE_KEY_H

#include "profile/profile.h"

/* Our own methods are not the program's doing, but for those that cProfile counts. */
static inline void *key_of_method(PyMethodDef *method)
{
    uintptr_t unseen = (uintptr_t)(profiler_methods + PROFILER_SEEN);
    bool ours = (uintptr_t)method - unseen <
                (PROFILER_METHODS - PROFILER_SEEN) * sizeof *profiler_methods;

    return UNLIKELY(ours) ? NULL : method;
}

/* NULL: none, or Python code will show itself. */
static inline void *key_of(PyObject *callable)
{
    PyTypeObject *type = Py_TYPE(callable);

    if (type == &PyMethodDescr_Type)
        return key_of_method(((PyMethodDescrObject *)callable)->d_method);
    if (type == &PyFunction_Type || type == &PyMethod_Type)
        return NULL;
    if (LIKELY(type == &PyCFunction_Type) || PyCFunction_Check(callable))
        return key_of_method(((PyCFunctionObject *)callable)->m_ml);
    return NULL;
}

/* Of what cProfile does not see: types made in C and other objects that are called. */
void *key_of_object(PyObject *callable);

#endif
