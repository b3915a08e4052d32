/* SPDX-License-Identifier: Apache-2.0 */
/* split.h - what one loop of a stepped statement executed, in parts that sum to it.
 * Read from the log that sonde._step wrote (step/log.h) and from the symbols of the
 * files that were mapped. All is the arena's. Counts are of one real loop, the one of
 * median cost. After split_subtract they are differences and may be negative. A log is
 * hostile: what does not hold together is refused, and nothing is read beyond its end.
 */
#ifndef WHY_SPLIT_H
#define WHY_SPLIT_H

#include "base/arena.h"
#include "base/err.h"

enum split_part {
    SPLIT_BYTECODE,   /* the interpreter's own loop and its frames; a JIT's code */
    SPLIT_CALLS,      /* passing arguments, vectorcall, PLT */
    SPLIT_NATIVE,     /* all other named code, by library and function */
    SPLIT_ALLOCATION, /* making objects, giving them back */
    SPLIT_GC,         /* collections, with all they call */
    SPLIT_VDSO,
    SPLIT_KERNEL_ENTRY, /* the instructions that enter the kernel: one a system call */
    SPLIT_UNEXPLAINED,  /* neither a name nor a named caller */
    SPLIT_PARTS,
};

enum split_end {
    SPLIT_WHOLE,
    SPLIT_PARTIAL, /* stepped up to what `why` says; counts are a lower bound */
    SPLIT_REFUSED, /* no counts at all, for the reason in `why` */
};

enum split_method { SPLIT_BLOCKS, SPLIT_SINGLE_STEPS };

/* A function, or what stands for the functions that have no name. */
struct split_row {
    struct str library; /* "libc", "_datetime", "python", "vdso", "" for a JIT's */
    struct str
        function; /* as Python calls it ("datetime.datetime.now"), else the symbol */
    struct str
        symbol;      /* the symbol where `function` is Python's word for it, or empty */
    struct str path; /* the library's file, or empty */
    enum split_part part;
    bool borrowed; /* some of it has no name of its own and is charged here for that */
    int64_t self, inclusive, calls;
};

/* The same as a tree of calls. A parent stands before its children; the root, node 0,
 * is the loop itself and has no row. */
struct split_node {
    uint32_t parent, row; /* row: index into rows; UINT32_MAX for the root */
    int64_t self, inclusive, calls;
};

struct split_count {
    struct str name; /* of a system call "newfstatat", an opcode, a type */
    int64_t count;
};

struct split_syscall {
    struct str name; /* or its number, "syscall 471" */
    int64_t count;
    int64_t ns; /* in all; of a machine whose caches stepping emptied: about */
};

/* A Python function entered in the loop, counted in a loop of its own after the steps.
 */
struct split_function {
    struct str name, file; /* name: qualified */
    uint32_t line;
    int64_t calls;
};

struct split {
    enum split_end end;
    struct str why; /* a reason to print: "the statement starts a process" */
    enum split_method method;
    uint32_t warm;   /* loops that ran before */
    bool warm_whole; /* as many as were asked for */
    bool jit; /* the Python runs compiled code: opcodes are those still dispatched */
    bool overwritten; /* code was rewritten meanwhile: counts are a lower bound */

    int64_t total, part[SPLIT_PARTS]; /* instructions; the parts sum to total */
    int64_t
        borrowed;    /* of total: charged to a caller or an opcode for want of a name */
    int64_t threads; /* instructions of other threads, in no part */

    const int64_t *loop;   /* instructions of each stepped loop, to show drift */
    uint32_t loops, shown; /* shown: which of them this is */

    struct split_row *row; /* by part, self and name, as read */
    uint32_t rows;
    struct split_node *node;
    uint32_t nodes;
    struct split_syscall *syscall; /* by count */
    uint32_t syscalls;
    struct split_count *opcode; /* specialised names, by count */
    uint32_t opcodes;
    struct split_function *called; /* by calls; empty where it could not be counted */
    uint32_t functions;

    int64_t allocations,
        allocated_bytes;        /* of Python's allocators and libc's, outermost only */
    struct split_count *object; /* made, by type, free lists included, by count */
    uint32_t objects;
    bool objects_known; /* the types could be told */
};

/* False and e: the log cannot be read or is no log. A statement that could not be
 * stepped is no error: `end` says so. */
bool split_read(const char *log, struct split *out, struct arena *a, struct err *e);

/* from -= what, part by part and row by row: the empty statement taken off a statement,
 * or one statement off another. Rows that come to nothing at all are dropped. */
void split_subtract(struct split *from, const struct split *what, struct arena *a);

/* "bytecode", "calls", ...: the keys of the JSON. */
const char *split_part_name(enum split_part part);

#endif
