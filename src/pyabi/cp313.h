/* SPDX-License-Identifier: Apache-2.0 */
/* cp313.h - CPython 3.13: as 3.12, the current frame one step nearer, and a
 * frame's executable need not be code. */
#ifndef PYABI_CP313_H
#define PYABI_CP313_H

struct pyabi_frame {
    PyObject *executable;
    struct pyabi_frame *previous;
    PyObject *function, *globals, *builtins, *locals;
    PyFrameObject *object;
    uint16_t *instr_ptr;
    int stacktop;
    uint16_t return_offset;
    char owner;
    PyObject *localsplus[1];
};

static inline PyThreadState *pyabi_thread(void)
{
    return PyThreadState_GetUnchecked();
}

static inline struct pyabi_frame *pyabi_current(PyThreadState *thread)
{
    return (struct pyabi_frame *)thread->current_frame;
}

static inline PyCodeObject *pyabi_code(const struct pyabi_frame *frame)
{
    enum { OWNED_BY_CSTACK = 3 };
    if (frame->owner == OWNED_BY_CSTACK || !PyCode_Check(frame->executable))
        return NULL;
    return (PyCodeObject *)frame->executable;
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
