/* SPDX-License-Identifier: Apache-2.0 */
/* calls.h - counts the calls of a program from inside: what its parts share.
 * Built into the agent and into sonde.Profile, each with statics of its own; what
 * the two do differently is in front.h. All with the GIL held unless said otherwise.
 * It never raises, prints, signals, allocates from Python or the heap, or fails the
 * program: what finds no room is counted as lost. */
#ifndef CALLS_CALLS_H
#define CALLS_CALLS_H

#include <Python.h>

#include "calls/thread.h"
#include "pyabi/pyabi.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE inline __attribute__((always_inline))

struct calls {
    struct writer tape;
    bool switching; /* greenlet is there: frames are compared at every event */
    /* At most, of a process. */
    uint64_t max_paths, max_functions;
    uint32_t nodes; /* so far */
    /* Cells of the functions that stand for others; 0: none yet. Their addresses
     * are the keys of their nodes. */
    uint32_t more_functions, folded;
    destructor python_class_dealloc; /* tp_dealloc of every class made in Python */
    PyMethodDef *new_method;         /* what all tp_new wrappers share */
    PyTypeObject *method_wrapper;    /* of `instance.__slot__` */
};

extern struct calls calls __attribute__((visibility("hidden")));

/* calls.c: reads the last three off one of each; false, perhaps with a Python error */
bool calls_prepare(void);

static inline struct tape_node *tree_node(uint32_t cell)
{
    return writer_cell(&calls.tape, cell);
}

/* tree.c: nodes */
static inline uint32_t tree_hash(uint64_t key, uint32_t parent)
{
    uint64_t h = ((key >> 4) ^ (uint64_t)parent << 40 ^ parent) * 0x9e3779b97f4a7c15u;

    return (uint32_t)(h >> 32);
}
/* Head of the chain a child of parent is in, if there is one. */
static inline uint32_t *tree_bucket(const struct thread *t, uint32_t parent,
                                    const void *key)
{
    return &t->index[tree_hash((uintptr_t)key, parent) & (t->index_size - 1)];
}
bool tree_index_open(struct thread *t);
void tree_index_close(struct thread *t);
void tree_index_empty(struct thread *t); /* of a tree whose nodes are gone */
uint32_t tree_root(struct thread *t);
/* The child of a node for a callee, made when new; 0: out of room, TREE_NO_TRACE:
 * there shall be none. object is the code or the callable, key its identity. */
#define TREE_NO_TRACE UINT32_MAX
uint32_t tree_child(struct thread *t, uint32_t parent, void *key, PyObject *object);
uint32_t tree_find(struct thread *t, uint32_t parent, const void *key); /* 0: none */
uint32_t tree_new(struct thread *t, uint32_t parent, void *key, uint32_t function,
                  uint32_t fold);
/* Of a node whose key has died: no address has this bit, so nothing finds it. */
#define TREE_HIDDEN ((uint64_t)1 << 63)
/* Takes a node from the index and puts it there under another key. */
void tree_rekey(struct thread *t, uint32_t id, const void *key);

/* fold.c: whether the tree is as large as it may be; the node that stands for a
 * callee then */
bool fold_wanted(const struct thread *t);
uint32_t fold_child(struct thread *t, uint32_t parent, void *key, uint32_t function);

/* known.c: functions by the address of what is alive */
uint32_t known_find(const void *key); /* 0: none */
bool known_room(void);                /* for one more; before known_add */
void known_add(const void *key, uint32_t function);
uint32_t known_forget(const void *key); /* which it was; 0: none */
void known_drop(void);

/* names.c: fills in a function's record */
void names_of(struct tape_function *f, PyObject *object);
tape_text names_of_string(PyObject *s); /* 0: it is none */
/* The same text, cut to fit with a NUL behind it. */
void names_bytes(PyObject *s, char *to, size_t room);
bool names_begin_with(PyObject *names, const char *name); /* a tuple of them */

/* stack.c: the shadow stack where it does not fit the event */
static inline struct stack *stack_of(const struct thread *t)
{
    return (struct stack *)(void *)((char *)t->stack - offsetof(struct stack, entries));
}
void stack_open(struct thread *t);  /* the first, in the block's own mapping */
void stack_close(struct thread *t); /* and all others of the thread */
struct stack *stack_take(struct thread *t, uint32_t size); /* NULL: no room */
void stack_give(struct thread *t, struct stack *s);
void stack_use(struct thread *t, struct stack *s, struct entry *top);
bool stack_grow(struct thread *t);
/* Makes the entry of the frame that calls frame (at depth - 1) the top. */
void stack_sync_push(struct thread *t, struct pyabi_frame *frame, uint32_t depth);
/* Makes the entry of the frame at depth the top; false: it was never pushed. */
bool stack_sync_pop(struct thread *t, struct pyabi_frame *frame, uint32_t depth);
void stack_sync_call(struct thread *t, struct pyabi_frame *frame, uint32_t depth);

/* greenlet.c: a stack for each greenlet */
/* Makes the stack that a frame is on the thread's: near is the innermost frame
 * that has its entry there already, NULL for none. true: the stack is a new one,
 * or an empty one that was anybody's; the caller says how deep it begins. */
bool greenlet_switch(struct thread *t, struct pyabi_frame *near);
void greenlet_forget(struct thread *t);     /* all that wait */
void greenlet_look(void);                   /* whether greenlet is imported already */
void greenlet_watch_import(PyObject *args); /* of the audit event "import" */

/* constructors_311.c: sees calls of types, which that version does not tell */
void constructors_start(void);
void constructors_stop(void);
void constructors_failed(const struct pyabi_frame *frame); /* what it called, in C */

#endif
