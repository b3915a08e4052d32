/* SPDX-License-Identifier: Apache-2.0 */
/* cp311.h - CPython 3.11: frames chain through C calls without a gap, the
 * recursion counter counts C calls too and is of no use as a depth. */
#ifndef PYABI_CP311_H
#define PYABI_CP311_H

struct pyabi_frame {
    PyObject *function, *globals, *builtins, *locals;
    PyCodeObject *code;
    PyFrameObject *object;
    struct pyabi_frame *previous;
    uint16_t *prev_instr; /* the instruction before the next one */
    int stacktop;
    bool is_entry;
    char owner;
    PyObject *localsplus[1];
};

/* The head of an interpreter's struct. */
struct pyabi_interpreter {
    void *next;
    uint64_t newest_thread; /* the id of the thread state that was made last */
};

static inline uint64_t pyabi_newest_thread(const PyInterpreterState *interpreter)
{
    return ((const struct pyabi_interpreter *)(const void *)interpreter)->newest_thread;
}

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
    return frame->code;
}

static inline PyObject *pyabi_function(const struct pyabi_frame *frame)
{
    return frame->function;
}

static inline PyObject *pyabi_local(const struct pyabi_frame *frame, int index)
{
    return frame->localsplus[index];
}

/* What a call event means: at RESUME 0 a function starts, at any other RESUME
 * a generator goes on, anywhere else one is thrown into. */
static inline bool pyabi_starts(const struct pyabi_frame *frame)
{
    enum { RESUME = 151, RESUME_QUICK = 150 };
    uint16_t at = *frame->prev_instr;

    return ((at & 0xff) == RESUME || (at & 0xff) == RESUME_QUICK) && (at >> 8 & 3) == 0;
}

/* Linked and yet not running: a generator that hands a throw on to the one it
 * yields from. A frame that calls is at its call. */
static inline bool pyabi_suspended(const struct pyabi_frame *frame)
{
    enum { YIELD_VALUE = 86 };

    return (*frame->prev_instr & 0xff) == YIELD_VALUE;
}

/* Is the instruction that runs one that calls? At all others it is the
 * interpreter that makes objects: exceptions, mostly. */
static inline bool pyabi_calls(const struct pyabi_frame *frame)
{
    enum {
        CALL = 171,
        CALL_ADAPTIVE = 22,
        CALL_PY_EXACT_ARGS = 23,
        CALL_PY_WITH_DEFAULTS = 24,
        CALL_FUNCTION_EX = 142
    };
    switch (*frame->prev_instr & 0xff) {
    case CALL:
    case CALL_ADAPTIVE:
    case CALL_PY_EXACT_ARGS:
    case CALL_PY_WITH_DEFAULTS:
    case CALL_FUNCTION_EX:
        return true;
    }
    return false;
}

/* As _PyEval_SetProfile does, but for its audit event: an audit hook in Python
 * lets other threads run, and the one at hand may end. */
static inline void pyabi_set_profile(PyThreadState *thread, Py_tracefunc function)
{
    bool wanted = function || thread->c_tracefunc;

    thread->c_profilefunc = function;
    thread->cframe->use_tracing = wanted && thread->tracing == 0 ? 255 : 0;
}

/* Where the profile function gets its frame object from. */
static inline struct pyabi_frame *pyabi_of_object(PyFrameObject *object)
{
    struct pyabi_frame_object {
        PyObject_HEAD
        PyFrameObject *back;
        struct pyabi_frame *frame;
    };
    return ((struct pyabi_frame_object *)(void *)object)->frame;
}

#endif
