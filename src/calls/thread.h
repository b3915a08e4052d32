/* SPDX-License-Identifier: Apache-2.0 */
/* thread.h - what is known of a thread: the calls it is in, the tree of those it
 * made. A front may put more behind it in the same block. */
#ifndef CALLS_THREAD_H
#define CALLS_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tape/write.h"

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
    /* 1: the clock is an instruction, the tape keeps by itself, nobody asks anything */
    const uint8_t *quick;
    bool any_clock;    /* may go back: what it says is taken as it is */
    bool from_here;    /* what runs already is no function of its tree, but its root */
    bool special;      /* a front's own */
    uint32_t unplaced; /* 3.11: frames above a full stack */
    struct entry *stack; /* of a struct stack */
    struct stack *spare[STACK_SMALL];
    void *slab; /* what small stacks are cut from; its first word: the one before */
    size_t slab_used;
    uint32_t refused; /* growing the stack was: do without so many times */
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

extern const uint8_t thread_quick[2]; /* of no and yes, for `quick` */
/* Stands in for a thread's block until it has one: fits no event. */
extern struct thread thread_nothing;
/* The running thread's. */
extern __thread struct thread *thread_now __attribute__((tls_model("initial-exec")));

/* A zeroed block of THREAD_BYTES with its first stack and an index; NULL: no room. */
struct thread *thread_open(void);
void thread_close(struct thread *t);
/* Makes the stack fit no event, so that the next one takes the slow way. */
void thread_unfit(struct thread *t);

#endif
