/* SPDX-License-Identifier: Apache-2.0 */
/* cp312.h - CPython 3.12: the C stack owns shim frames that are no function's;
 * py_recursion_remaining counts exactly the Python frames entered. */
#ifndef PYABI_CP312_H
#define PYABI_CP312_H

struct pyabi_frame {
    PyCodeObject *code;
    struct pyabi_frame *previous;
    PyObject *function, *globals, *builtins, *locals;
    PyFrameObject *object;
    uint16_t *prev_instr;
    int stacktop;
    uint16_t return_offset;
    char owner;
    PyObject *localsplus[1];
};

static inline PyThreadState *pyabi_thread(void)
{
    return _PyThreadState_UncheckedGet();
}

static inline struct pyabi_frame *pyabi_current(PyThreadState *thread)
{
    return (struct pyabi_frame *)thread->cframe->current_frame;
}

static inline PyCodeObject *pyabi_code(const struct pyabi_frame *frame)
{
    enum { OWNED_BY_CSTACK = 3 };
    return frame->owner == OWNED_BY_CSTACK ? NULL : frame->code;
}

static inline PyObject *pyabi_function(const struct pyabi_frame *frame)
{
    return frame->function;
}

static inline PyObject *pyabi_local(const struct pyabi_frame *frame, int index)
{
    return frame->localsplus[index];
}

#endif
