/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h - sonde.Profile: many profiles of one process, each of the threads it is on
 * in. What its parts share.
 * A block is what one profile knows of one thread: its stack and its tree. A thread's
 * line are the blocks it has, innermost first; only the thread itself links and unlinks
 * them, others turn them on and off. All with the GIL held unless said otherwise. */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

#include "calls/front.h"

struct profiler;

struct block {
    struct thread thread;          /* first: the one is the other */
    struct profiler *owner;        /* NULL: its profile has died */
    struct block *outer;           /* the next of the thread's line */
    struct block *next;            /* of the owner's, or of the spare ones */
    struct block *after;           /* of all that are in a line */
    struct tape_block *last_nodes; /* of its tree's */
    uint64_t number;               /* of the thread whose line it is in */
    uint64_t root;                 /* of the thread by whose enable() it is on */
    uint64_t ticks;                /* what its profile's timer said last */
    uint32_t epoch;                /* new whenever what it counts begins anew */
    bool on, in_line;
    bool builtins, constructors; /* it counts them */
};
_Static_assert(sizeof(struct block) + (STACK_BYTES << 1) <= THREAD_BYTES,
               "a block and its first stack are one mapping");

struct profiler {
    PyObject_HEAD
    PyObject *timer; /* NULL: ours */
    double unit;     /* seconds of a timer's integer; 0: it tells seconds */
    bool subcalls, builtins, constructors;
    struct block *blocks; /* of threads that are, or were: what was counted */
    uint64_t lost;        /* calls, for want of room */
    uint32_t threads;     /* 3.11: at most so many have it as their argument */
};

static inline struct block *block_of(const struct thread *t)
{
    return (struct block *)(uintptr_t)t;
}

/* blocks.c: they are used again; what a tree took is given back with it */
struct block *blocks_take(
    struct profiler *p);            /* one that counts for it; NULL: no room */
bool blocks_clear(struct block *b); /* a new tree; false: no room for one */
void blocks_drop(struct block *b);  /* its tree is gone, its profile does not know it */
void blocks_give(struct block *b);  /* and it is in no line either */
void blocks_shrink(struct block *b);  /* its stack, when no event comes any more */
void blocks_restart(struct block *b); /* none of what runs now is known to it */
/* Its tree's nodes, from the root on: in blocks of the tape. NULL: no (more) */
const struct tape_block *blocks_nodes(const struct block *b);
const struct tape_block *blocks_next(const struct tape_block *nodes);

/* line.c: of the running thread */
bool line_prepare(void);        /* once a process */
struct block *line_begin(void); /* its first block; the rest by ->outer */
uint64_t line_thread(void);     /* the thread's number; 0: no room to know of its end */
void line_push(struct block *b);
/* What came of its blocks, turned on or off by anybody, takes effect: thread_now. */
void line_settle(void);
void line_unsettle(
    const struct block *b); /* the same, in its thread, at its next event */
bool line_has_ended(const struct block *b);       /* its thread */
struct profiler *line_innermost(uint64_t thread); /* that is on; NULL: none */
void line_reap(void); /* the blocks of threads that have ended are in no line */
/* Stand in for a block, and fit no event: where there is none to count for; where
 * there are several, or one that wants more than the usual. */
extern struct thread line_nobody, line_several;

/* session.c: enable() and disable(). false: a Python error is set. */
bool session_enable(struct profiler *p);
bool session_disable(struct profiler *p);
bool session_clear(struct profiler *p);
void session_forget(struct profiler *p);       /* it dies */
void session_charge(const struct profiler *p); /* time up to now, but for own timers */
void session_begin(struct block *b, uint64_t root); /* it is on, in whose line it is */
void session_end(struct block *b);
/* How many blocks are on, and want C functions and constructors to be told. */
struct session_wants {
    uint32_t calls, builtins, types;
};
struct session_wants session_wants(void);

/* starts.c: threads started by a thread that is counted are counted as well */
void starts_watch(void);                                     /* once a process */
void starts_forget(const struct profiler *p, uint64_t root); /* 0: of any thread */
/* The running thread starts another, which will know itself by the key. */
void starts_note(const void *key);
/* Gives the running thread, at its first event, its line; false: it is none of ours. */
bool starts_join(void);

/* timer.c: asks a profile's own clock for the time. false: no answer. It may run
 * anything, and lets other threads run. */
bool timer_read(const struct profiler *p, uint64_t *ticks);
bool timer_tick(struct block *b); /* to b->ticks; false: b does not count any more */
bool timer_runs(void);            /* in this thread, just now */

/* events*.c: this version of Python's */
bool events_prepare(void); /* once a process */
/* Has them told as far as they are wanted; an error that is set stays. */
bool events_adjust(void);
void events_check(void);      /* before that: they may have been taken from us */
void events_after_fork(void); /* in the child */
void events_touch(const struct block *b); /* on or off, it is another than before */
/* 3.11 alone: profiles to which nobody but their threads refers go off; what the module
 * publishes. */
void events_sweep(void);
bool events_publish(PyObject *module);

/* aside.c: calls it with no event told and no time counted; NULL: its error */
PyObject *aside_call(PyObject *function);

/* module.c */
enum { PROFILER_METHODS = 17, PROFILER_SEEN = 4 };
extern PyMethodDef profiler_methods[PROFILER_METHODS];

#endif
