/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h - what the parts of the agent share: one agent a process, one thread
 * block a thread of the program.
 * Everything here runs inside the program, with its GIL held unless said
 * otherwise. It never raises, prints, signals, allocates from Python or the
 * heap, or fails the program: what finds no room is counted as lost. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <Python.h>

#include "pyabi/pyabi.h"
#include "tape/write.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* One call that has not ended yet. */
struct entry {
    uint32_t tag;   /* depth * 2 for a Python frame, * 2 + 1 for a C call in it */
    uint32_t node;  /* cell of its node */
    void *frame;    /* C call: of the Python frame that made it */
    void *callable; /* C call: what was called; Python frame: NULL */
};
#define TAG_NOTHING UINT32_MAX /* matches no event: sends it the slow way */

/* Room for the calls of a thread, or of a greenlet of it. */
struct stack {
    struct stack *chain;         /* of its bucket, or of the spare ones of its size */
    struct stack *older, *newer; /* of those that wait */
    struct entry *top;           /* while it waits */
    uint32_t size;               /* so many doublings of STACK_BYTES */
    struct entry entries[];
};
enum { STACK_BYTES = 1024, STACK_SMALL = 6, THREAD_BYTES = 4096 };

/* The stacks of a thread's greenlets that do not run: greenlet.c. */
struct waiting {
    struct stack **buckets; /* by the frame they will go on in */
    struct stack *oldest, *newest;
    uint32_t size, count;
    size_t bytes;
};

struct thread {
    struct entry *top;   /* the stack's bottom entry is the thread itself */
    struct entry *limit; /* the last entry there is room for */
    struct tape_thread *cell;
    struct entry *stack; /* of a struct stack */
    struct stack *spare[STACK_SMALL];
    void *slab; /* what small stacks are cut from; its first word: the one before */
    size_t slab_used;
    uint32_t unplaced; /* 3.11: frames above a full stack */
    uint32_t refused;  /* growing the stack was: do without so many times */
    struct waiting waiting;
    uint32_t *index; /* buckets of nodes, chained in the nodes */
    uint32_t index_size, nodes_used;
    struct writer_block nodes;
    uint32_t cell_id;
    uint32_t marker, marker_from, markers; /* fold.c: last used, from where; made */
    bool resuming;                         /* its stack is to be found anew */
    bool abandoned;                        /* of a tape that is closed */
    int dead; /* set by the ending thread, without the GIL */
    struct thread *next;
};

/* A function while its key is alive. */
struct known {
    uint64_t key;      /* address of the code, method or type; 0: empty */
    uint32_t function; /* cell; 0: died */
};

enum {
    AGENT_PATHS = 1 << 22, /* 256 MB of nodes */
    AGENT_FUNCTIONS = 1 << 20,
    AGENT_TEXT_BYTES = 1 << 28,
    AGENT_THREADS = 1 << 17,
};

struct options {
    enum clock_kind clock;
    bool builtins, children;
    enum writer_io io;
    size_t step; /* struct writer_how: tests of full disks */
    uint64_t paths, functions, text_bytes, threads; /* at most, of a process */
};

struct agent {
    struct writer tape;
    bool quick;            /* the clock is an instruction, the tape keeps by itself */
    bool on;               /* events are wanted */
    bool off;              /* no tape could be made: never try again */
    bool forked;           /* the tape is the parent's */
    bool changing;         /* a start or stop is under way */
    unsigned long changer; /* the thread that does it */
    bool switching;        /* greenlet is there: frames are compared at every event */
    struct options options;
    char directory[4096]; /* the recording, absolute; empty: none yet */
    char program[256];    /* what the header calls it */
    struct thread *threads;
    struct thread *spare; /* have ended: new ones go on with their trees */
    struct known *known;  /* open addressing */
    uint32_t known_size, known_used;
    uint32_t *dead; /* heads of chains of dead functions, by their source */
    uint32_t dead_size, dead_used;
    uint32_t function_order, thread_serial, nodes; /* so far */
    /* Cells of the functions that stand for others; 0: none yet. Their addresses
     * are the keys of their nodes. */
    uint32_t more_functions, folded;
    uint64_t paused_at;              /* CLOCK_MONOTONIC ns; 0: not paused */
    destructor python_class_dealloc; /* tp_dealloc of every class made in Python */
    PyMethodDef *new_method;         /* what all tp_new wrappers share */
    PyTypeObject *method_wrapper;    /* of `instance.__slot__` */
    PyObject *name_attribute;        /* "_name" */
};

extern struct agent agent;
extern __thread struct thread *agent_thread __attribute__((tls_model("initial-exec")));

static inline struct tape_node *agent_node(uint32_t cell)
{
    return writer_cell(&agent.tape, cell);
}

/* state.c: begin and end */
bool agent_prepare(void); /* once a process */
bool agent_begin(void);   /* makes the tape; false: agent.off */
void agent_finish(void);  /* seals it; no event comes after */
void agent_pause(void);
void agent_resume(void);
void agent_save(void);                   /* the process may end without a word */
struct thread *agent_enter_thread(void); /* first event; NULL: out of room */
struct thread *agent_lose(void);         /* a call was not counted; NULL */
void agent_after_fork_in_child(void);

/* tree.c: nodes */
enum { AGENT_INDEX_FIRST = 256 };
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
uint32_t tree_root(struct thread *t);
/* The child of a node for a callee, made when new; 0: out of room. object is
 * the code or the callable, key its identity. */
uint32_t tree_child(struct thread *t, uint32_t parent, void *key, PyObject *object);
uint32_t tree_find(struct thread *t, uint32_t parent, const void *key); /* 0: none */
uint32_t tree_new(struct thread *t, uint32_t parent, void *key, uint32_t function,
                  uint32_t fold);
/* A function's nodes, from the first: none finds them (how many there are) ... */
uint32_t tree_hide(uint32_t first);
/* ... until they are shown under another key. */
void tree_show(uint32_t *first, const void *key);

/* fold.c: whether the tree is as large as it may be; the node that stands for a
 * callee then */
bool fold_wanted(const struct thread *t);
uint32_t fold_child(struct thread *t, uint32_t parent, void *key, uint32_t function);

/* functions.c: their records, made when new; 0: out of room */
uint32_t functions_of(void *key, PyObject *object);
uint32_t functions_special(uint32_t *cell, enum tape_function_kind kind,
                           const char *name);
void functions_forget(void *key); /* the object behind a key has died */
void functions_drop(void);        /* the tables, not the records */

/* deaths.c: which functions are to be forgotten */
bool deaths_listening(void);
void deaths_listen(void); /* once a process */
void deaths_begin(void);  /* this interpreter is the one that is recorded */
bool deaths_elsewhere(
    void);                 /* this thread is in another, maybe with a lock of its own */
void deaths_several(void); /* there are others: the tape says so */

/* names.c: fills in a function's record */
void names_of(struct tape_function *f, PyObject *object);
tape_text names_thread(void); /* of the running thread, at its first event */

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
void greenlet_forget(struct thread *t); /* all that wait */
void greenlet_look(void);               /* whether greenlet is imported already */
void greenlet_imported(void);           /* or is about to be */

/* probe_calls*.c: the events of this version of Python. false: a Python error
 * is set. */
bool probe_prepare(void); /* once a process */
bool probe_claim(void);   /* before start; false: others hold every place */
void probe_release(void); /* instead of start; stop does it as well */
bool probe_start(void);
void probe_stop(void);
void probe_end(void);        /* the interpreter ends: was all in place up to now? */
void probe_look_again(void); /* 3.11: has this thread lost its function? */
void probe_switching(void);  /* agent.switching is true from now on */
void probe_replaced(void); /* a profile function is about to be put into this thread */

/* note.c: why there is no tape of this process */
bool note_leave(const char *why); /* false: there can be none */
void note_leave_error(void); /* the Python error that is set, or errno; clears it */

/* endings.c: what ends the process without a word, see agent_save */
void endings_watch(void);
void endings_heard(const char *event, PyObject *args);

/* module.c: what Python may call */
enum { AGENT_METHODS = 4 };
#define AGENT_METHODS_BYTES (AGENT_METHODS * sizeof(PyMethodDef))
extern PyMethodDef agent_methods[AGENT_METHODS];

/* constructors.c (3.11): sees calls of types, which that version does not tell */
void constructors_start(void);
void constructors_stop(void);
void constructors_failed(const struct pyabi_frame *frame); /* what it called, in C */

#endif
