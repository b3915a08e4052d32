/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - the bytes of a stepper's log: what one statement did, transfer by transfer.
 * A header of 4,096 bytes, events in 64-bit words up to events_end, sections behind it.
 * It is mapped and shared: what was written stands however the writer dies. All is of
 * this machine's byte order. Written by sonde._step, read by why/split. */
#ifndef STEP_LOG_H
#define STEP_LOG_H

#include <stdint.h>

#define LOG_MAGIC 0x706574736e6f7331ull /* "1sonstep" */

enum { LOG_VERSION = 1, LOG_EVENTS = 4096, LOG_LOOPS = 64, LOG_TEXT = 512 };

/* How far it came. The writer's process says it; the one that watches it reads it. */
enum log_phase {
    LOG_SETUP = 1, /* the statement's set-up */
    LOG_WARMING,
    LOG_STEPPING,
    LOG_COUNTING, /* stepped; functions and objects are counted in loops of their own */
    LOG_ENDED,
};

/* Why no more was stepped. */
enum log_end {
    LOG_NOT_YET,
    LOG_LOOPS_DONE,
    LOG_TIME,       /* the limit came; loops that were whole stand */
    LOG_FULL,       /* no room for events or for code */
    LOG_PROCESS,    /* it starts a process: detail is the system call */
    LOG_EXECS,      /* it becomes another program */
    LOG_EXITS,      /* it ends the process: detail is the status */
    LOG_RAISED,     /* text is the exception */
    LOG_FOREIGN,    /* code that cannot be stepped: detail is its address */
    LOG_TRAPPED,    /* a breakpoint of its own, or a SIGTRAP that was sent */
    LOG_DESCRIPTOR, /* it took the stepper's descriptor */
    LOG_KILLED,     /* detail is the signal; the watcher wrote it */
    LOG_GONE,       /* it ended without a word: detail is the status; the watcher */
    LOG_OVERDUE,    /* killed at the limit: detail is the phase; the watcher */
    LOG_UNABLE,     /* this machine does not let us: text is why */
};

struct log_section {
    uint64_t at, bytes; /* from the file's beginning; 0 bytes: absent */
};

struct log_header {
    uint64_t magic;
    uint32_t version, phase, end, method; /* method: 0 blocks, 1 single steps */
    uint64_t detail;
    uint64_t events_end;  /* how far events are written */
    uint64_t bytes;       /* how far the file is, with its sections */
    uint64_t traps;       /* times the handler ran */
    uint64_t mark;        /* where a loop begins: the iterator's next */
    uint64_t left;        /* set to 1 there, no more is stepped */
    uint64_t evaluator;   /* _PyEval_EvalFrameDefault, or 0 */
    uint32_t python;      /* PY_VERSION_HEX of the one that runs */
    uint32_t jit;         /* it runs compiled code */
    uint32_t overwritten; /* patches found gone at the end */
    uint32_t threads;     /* threads were started */
    uint32_t warm, warm_asked, loops, loops_asked; /* loops: whole ones stepped */
    uint32_t object_counts, function_counts;       /* their loops ran to the end */
    uint32_t allocation_counts, unused;
    uint64_t allocations, allocated_bytes; /* of Python's allocators, in one loop */
    uint64_t ticks_first, ns_first, ticks_last, ns_last; /* tsc, CLOCK_MONOTONIC */
    struct log_section maps;                             /* /proc/self/maps */
    struct log_section vdso;                             /* its image */
    struct log_section names;                            /* log_name */
    struct log_section opcodes;                          /* log_count: number, name */
    struct log_section functions; /* log_count: line, "qualname\nfile" */
    struct log_section objects;   /* log_count: count, type's name */
    struct log_section types;     /* log_count: the type's address, its name */
    uint64_t vdso_at;             /* where the image was mapped */
    char text[LOG_TEXT];          /* terminated */
};

/* An event's first word: what led there, the instructions of the straight run that
 * begins there, its address. The second is the stack pointer then, but where told
 * otherwise. */
enum log_kind {
    LOG_BRANCH = 1, /* a jcc or loop, taken or not */
    LOG_JUMP,
    LOG_JUMP_AT, /* through a register or memory */
    LOG_CALL,
    LOG_CALL_AT,
    LOG_RETURN,
    LOG_AFTER,   /* what stands behind a system call */
    LOG_MORE,    /* instructions above LOG_MOST of the run before; 2nd: 0 */
    LOG_MARK,    /* a loop begins with the event before; 2nd: the tsc */
    LOG_SYSCALL, /* address: its number; 2nd: the result; a third word: ticks */
    LOG_ASKED,   /* the function just entered; address: log_asked; 2nd: its figure */
};

enum { LOG_MOST = 0xfff, LOG_KIND_AT = 60, LOG_COUNT_AT = 48 };

#define LOG_WORD(kind, count, address)                                                 \
    ((uint64_t)(kind) << LOG_KIND_AT | (uint64_t)(count) << LOG_COUNT_AT |             \
     ((address)&0xffffffffffffull))

enum log_asked {
    LOG_ASKED_LIBC = 1, /* malloc, calloc, realloc: bytes */
    LOG_ASKED_PYTHON, /* an allocator of Python's: what it asks of libc is no request */
    LOG_ASKED_OBJECT, /* _Py_NewReference: the type's address */
};

/* What Python itself says that a function of C is. */
enum log_naming {
    LOG_NAMES_FUNCTION = 1, /* a builtin, method, attribute or operator */
    LOG_NAMES_SLOT,         /* of a type: "<list.tp_dealloc>" */
    LOG_NAMES_CALLING,      /* how a kind of object is called */
    LOG_NAMES_ALLOCATOR,
};

struct log_name { /* followed by the name, up to a multiple of 8 bytes */
    uint64_t address;
    uint32_t naming, length;
};

struct log_count { /* the same */
    uint64_t number;
    uint32_t count, length;
};

#endif
