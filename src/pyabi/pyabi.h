/* SPDX-License-Identifier: Apache-2.0 */
/* pyabi.h - all that the agent knows of CPython's insides, one file a version.
 * A version's file lays out the first fields of its frame as CPython has them
 * and says how to reach the current one. Everything is read; written is the
 * profile function of 3.11 alone. Called with the GIL held. No code outside this
 * folder compares versions. */
#ifndef PYABI_PYABI_H
#define PYABI_PYABI_H

#include <Python.h>
#include <stdbool.h>

#ifdef Py_GIL_DISABLED
#error "sonde's agent needs a CPython with the GIL"
#elif PY_VERSION_HEX >= 0x03100000
#error "sonde's agent does not know this CPython yet: 3.15 is the newest it does"
#elif PY_VERSION_HEX >= 0x030f0000
#include "pyabi/cp315.h"
#elif PY_VERSION_HEX >= 0x030e0000
#include "pyabi/cp314.h"
#elif PY_VERSION_HEX >= 0x030d0000
#include "pyabi/cp313.h"
#elif PY_VERSION_HEX >= 0x030c0000
#include "pyabi/cp312.h"
#elif PY_VERSION_HEX >= 0x030b0000
#include "pyabi/cp311.h"
#else
#error "sonde's agent needs CPython 3.11 or newer"
#endif

/* Each file defines, inline:
 *   struct pyabi_frame
 *   PyThreadState *pyabi_thread(void)
 *   struct pyabi_frame *pyabi_current(PyThreadState *)
 *   PyCodeObject *pyabi_code(frame)       NULL: not a Python function's frame
 *   PyObject *pyabi_function(frame)       borrowed
 *   PyObject *pyabi_local(frame, index)   borrowed, may be NULL
 * and what else only that version has. */

static inline struct pyabi_frame *pyabi_previous(const struct pyabi_frame *frame)
{
    return frame->previous;
}

/* This frame, or the nearest below it that is a Python function's. */
static inline struct pyabi_frame *pyabi_real(struct pyabi_frame *frame)
{
    while (frame && !pyabi_code(frame))
        frame = pyabi_previous(frame);
    return frame;
}

#if PY_VERSION_HEX >= 0x030c0000

/* Python frames entered, exact. */
static inline uint32_t pyabi_depth(const PyThreadState *thread)
{
    return (uint32_t)(thread->py_recursion_limit - thread->py_recursion_remaining);
}

/* Whether a frame is linked, and yet not running. */
static inline bool pyabi_suspended(const struct pyabi_frame *frame)
{
    (void)frame;
    return false; /* never asked where it could be: the depth tells */
}

#endif

/* Python code cannot be relied on any more. */
static inline bool pyabi_finalizing(void)
{
#if PY_VERSION_HEX >= 0x030d0000
    return Py_IsFinalizing();
#else
    return _Py_IsFinalizing();
#endif
}

/* Whether repr() of a type's method or slot says whose it is. */
static inline bool pyabi_repr_names(const PyTypeObject *owner)
{
    return PY_VERSION_HEX < 0x030f0000 || owner != &PyBaseObject_Type;
}

/* The slot wrapper behind `instance.__slot__`: the first field of it. */
static inline PyObject *pyabi_wrapped(PyObject *method_wrapper)
{
    struct pyabi_method_wrapper {
        PyObject_HEAD
        PyObject *descriptor;
    };
    return ((struct pyabi_method_wrapper *)(void *)method_wrapper)->descriptor;
}

#endif
