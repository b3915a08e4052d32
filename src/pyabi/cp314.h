/* SPDX-License-Identifier: Apache-2.0 */
/* cp314.h - CPython 3.14: as 3.13, but what a frame refers to is tagged in its
 * two lowest bits, and frames of the interpreter's own come in two kinds. */
#ifndef PYABI_CP314_H
#define PYABI_CP314_H

struct pyabi_frame {
    uintptr_t executable; /* tagged */
    struct pyabi_frame *previous;
    uintptr_t function; /* tagged */
    PyObject *globals, *builtins, *locals;
    PyFrameObject *object;
    uint16_t *instr_ptr;
    uintptr_t *stackpointer;
    uint16_t return_offset;
    char owner;
    uint8_t visited;
    uintptr_t localsplus[1]; /* tagged */
};

/* The object behind a tagged reference; NULL: none, or a number in its place. */
static inline PyObject *pyabi_untagged(uintptr_t reference)
{
    enum { TAG_BITS = 3, COUNTED = 0, BORROWED = 1 };
    uintptr_t tag = reference & TAG_BITS;

    return tag == COUNTED || tag == BORROWED
               ? (PyObject *)(reference & ~(uintptr_t)TAG_BITS)
               : NULL;
}

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
    enum { OWNED_BY_INTERPRETER = 3 }; /* and above: by the C stack */
    PyObject *executable = pyabi_untagged(frame->executable);

    if (frame->owner >= OWNED_BY_INTERPRETER || !executable ||
        !PyCode_Check(executable))
        return NULL;
    return (PyCodeObject *)executable;
}

static inline PyObject *pyabi_function(const struct pyabi_frame *frame)
{
    return pyabi_untagged(frame->function);
}

static inline PyObject *pyabi_local(const struct pyabi_frame *frame, int index)
{
    return pyabi_untagged(frame->localsplus[index]);
}

#endif
