/* SPDX-License-Identifier: Apache-2.0 */
/* layout.h - the bytes of a tape; doc/format.md tells them in prose.
 * A tape is one header page, then blocks laid end to end. Everything is in
 * units of 64-byte cells counted from the start of the file; a reference is a
 * cell number, 0 means none. Little-endian; no pointers. What lies behind
 * header.end, or behind a block's `used`, is not there yet. */
#ifndef TAPE_LAYOUT_H
#define TAPE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

enum {
    TAPE_VERSION = 1,
    TAPE_CELL = 64,
    TAPE_HEADER_BYTES = 4096,
};
#define TAPE_MAGIC 0x50415445444e4f53u /* "SONDETAP" */
#define TAPE_BLOCK_MAGIC 0x4b4c4274u   /* "tBLK" */
/* Where a finished tape has the sum of its header page (tape_page_sum). */
#define TAPE_SEAL_AT (TAPE_HEADER_BYTES - 8)

enum tape_role { TAPE_ROLE_AGENT = 1, TAPE_ROLE_LAUNCHER = 2 };

/* The state a writer left its tape in. RUNNING with no lock held: it died. */
enum tape_state { TAPE_RUNNING = 1, TAPE_FINISHED = 2 };

enum tape_flag {
    TAPE_BUILTINS = 1 << 0, /* calls of C functions were counted too */
    TAPE_SHARED = 1 << 1,   /* written through a shared mapping, else pwrite */
    TAPE_REPLACED = 1 << 2, /* calls are missing: the program took the agent's place */
    TAPE_BEHIND = 1 << 3,   /* pwrite: the last copy failed; an older one is here */
    TAPE_SAVED = 1 << 4,   /* told when it was about to end; events since: it was not */
    TAPE_SEVERAL = 1 << 5, /* there were subinterpreters: their calls are missing */
    TAPE_FORKED = 1 << 6,  /* the image began by fork ... */
    TAPE_EXECUTED = 1 << 7, /* ... or by exec; neither: its writer did not tell */
    TAPE_LEFT_OUT = 1 << 8, /* not to be shown: by --children */
    TAPE_UNSEEN = 1 << 9,   /* 3.11: threads made in C ran before they were seen */
};

enum { TAPE_ANCESTORS = 4 };

/* What a process is to do, as it was last asked from outside. */
enum tape_wish { TAPE_WISH_COUNT, TAPE_WISH_HOLD };

/* Asked by `sonde stop`, `start` and `reset` of a writer that lives. Theirs, but for
 * `idle`; no sum is made of it. `begun` is written first, then what is asked, then
 * `asked`, then `idle`: so the writer sets `idle` and then looks at `asked`, and misses
 * nothing. It holds from the moment it was asked, however late the writer has its next
 * event: a reader takes it for done (asked.h). */
struct tape_control {
    uint32_t asked; /* so many times */
    uint8_t wish;   /* enum tape_wish */
    uint8_t idle;   /* mapped: 1: no event need look here; 0: asked for something */
    uint8_t reserved[2];
    uint32_t resets;   /* so many were asked for */
    uint32_t begun;    /* not `asked`: the rest is just being written */
    uint64_t wish_ns;  /* CLOCK_MONOTONIC, as all moments but `first` and the like */
    uint64_t reset_ns; /* the latest; 0: none. In launchers' tapes as well */
    uint64_t hold_ns;  /* since when it is to hold: the first stop of several */
    /* Between a stop and a start of which the writer had heard neither; all of them.
     * The like of these up to the latest reset. */
    uint64_t unheard_ns, unheard_before_ns;
    uint64_t reserved_too;
};

/* Whether events are counted. */
enum tape_counting {
    TAPE_COUNTS,
    TAPE_HELD,    /* not: stopped from outside; waits to be started again */
    TAPE_STOPPED, /* not: the program stopped it; it does not look at `asked` */
};

/* The writer's answer. */
struct tape_answer {
    uint32_t heard;    /* `asked` when it last did what was asked */
    uint32_t counting; /* enum tape_counting */
    uint32_t resets;   /* so many are done */
    uint32_t more;
    struct clock_pair since; /* when counters were last set to 0; 0: `first` */
    uint64_t granted_ns;     /* `wish_ns` of the wish that was done last */
    uint64_t unheard_ns;     /* of the control's, what is taken off */
    uint64_t reserved[2];
};
/* Where the two are in the header page, a cell each. */
#define TAPE_CONTROL_AT 320

/* Of lost_processes: sealed, no more are added; a reader leaves the bit out. */
#define TAPE_LOST_CLOSED 0x80000000u

/* A string: the low 40 bits are its byte offset, the high 24 its length. */
typedef uint64_t tape_text;
#define TAPE_TEXT_MAX 0xffffffu

struct tape_header {
    uint64_t magic;
    uint32_t version;      /* a reader refuses a newer one by name */
    uint32_t header_bytes; /* TAPE_HEADER_BYTES */
    uint32_t role, state;  /* enum tape_role, enum tape_state */
    uint32_t flags;        /* enum tape_flag */
    uint32_t clock;        /* enum clock_kind: what a tick is */
    uint64_t zero;         /* where a node has its key: cell 0 is no node */
    uint32_t pid, parent_pid;
    uint64_t start_ticks; /* field 22 of /proc/PID/stat: tells pids apart */
    uint64_t started_ns;  /* CLOCK_REALTIME */
    uint32_t python;      /* PY_VERSION_HEX of the running interpreter */
    uint32_t reserved;
    tape_text program;             /* what it is called: base name or module */
    tape_text executable;          /* path of the interpreter */
    struct clock_pair first, last; /* two moments: ticks to ns */
    uint64_t cpu_ns;               /* of the process, up to `last` */
    uint64_t end;                  /* in cells: the blocks before it are there */
    uint64_t lost_events;          /* not counted for want of room */
    uint64_t healed;               /* events that did not fit the stack: see doc */
    uint64_t backward;             /* clock readings smaller than the one before */
    uint64_t paused_ns;            /* between stop and start */
    uint64_t max_paths;            /* nodes beyond so many are folded */
    uint32_t fault; /* errno of the first failure to find room or to write, or 0 */
    uint32_t lost_processes; /* by forked ones without a tape, TAPE_LOST_CLOSED */
    uint64_t more_functions; /* so many are counted as one, TAPE_MORE */
    uint64_t cut_texts;      /* texts that were cut, or left out, for length */
    uint64_t machine;        /* base/host.h; 0: not known */
    tape_text duty;   /* its role, where multiprocessing told: "worker: crunch" */
    tape_text called; /* and its name: "Process-1" */
    uint64_t more_processes; /* so many were started when there was no room for more */
    /* Pids above parent_pid, nearest first, 0 the end. Forked: first who forked it. */
    uint32_t ancestors[TAPE_ANCESTORS];
    uint64_t cpu_from_ns; /* CPU time when counters were last set to 0 */
    uint8_t reserved_too[64];
    struct tape_control control;
    struct tape_answer answer;
};

enum tape_kind {
    TAPE_TEXTS = 1, /* bytes; `used` counts bytes, in all others records */
    TAPE_FUNCTIONS,
    TAPE_NODES, /* of one thread: the block's `owner` */
    TAPE_THREADS,
    TAPE_PROCESSES,
};

/* First cell of every block. */
struct tape_block {
    uint32_t magic;
    uint32_t kind;  /* enum tape_kind; unknown ones are passed over */
    uint32_t cells; /* of the whole block, this one included */
    uint32_t owner; /* TAPE_NODES: cell of the thread */
    uint64_t used;
    uint64_t sum;  /* of the used cells behind this one, when sealed; else 0 */
    uint64_t head; /* of what stands above in this cell, when sealed; else 0 */
    uint8_t reserved[24];
};

enum tape_function_kind {
    TAPE_PYTHON = 1,
    TAPE_BUILTIN, /* a C function or method: what cProfile counts as well */
    TAPE_TYPE,    /* constructor of a type made in C */
    TAPE_OBJECT,  /* any other callable object made in C */
    TAPE_FOLDED,  /* no function: its nodes are markers, see struct tape_node */
    TAPE_MORE,    /* all functions that came when there was no room for more */
};

struct tape_function {
    tape_text name;      /* builtins: as cProfile prints them */
    tape_text qualname;  /* builtins: module.name or type.name */
    tape_text file;      /* builtins: "~" */
    tape_text owner;     /* class of the first argument at the first call */
    uint32_t line;       /* first line; builtins: 0 */
    uint32_t kind;       /* enum tape_function_kind */
    uint64_t hash;       /* of the code: equal functions of two tapes */
    uint32_t order;      /* 0, 1, ... in order of first call */
    uint32_t died;       /* 1: its code object is gone */
    uint32_t first_node; /* this and the rest is the writer's own business */
    uint32_t next_dead;
};

/* One distinct call path. Owned and updated in place by one thread. Below a
 * marker (its function's kind is TAPE_FOLDED) it is a caller, or a callee of
 * the caller it is below, whatever lay in between. */
struct tape_node {
    uint32_t parent;   /* a smaller cell; 0: a thread's root */
    uint32_t function; /* 0: a root */
    uint64_t calls;
    uint64_t resumes; /* of generators and coroutines, throws included */
    uint64_t self;    /* ticks in the function itself */
    uint64_t key;     /* this and the rest is the writer's own business */
    uint32_t recent;
    uint32_t chain;
    uint32_t same;
    uint32_t fold;
    uint32_t owner;
    uint32_t number;
};

enum { TAPE_PAST = 2 };

struct tape_thread {
    tape_text name;
    uint32_t serial;      /* 0, 1, ... in order of first event */
    uint32_t native;      /* kernel's id; they are used again */
    uint32_t root;        /* cell of its root node */
    uint32_t ended;       /* 1: it is gone; TAPE_PAST: before answer.since */
    uint64_t first, last; /* ticks: first event, and latest */
    uint32_t current;     /* cell of the node it is in since `last`, or 0 */
    uint32_t merged;      /* so many later threads are counted here as well */
    uint8_t reserved[16];
};

enum tape_process_flag {
    TAPE_PROCESS_ENDED = 1 << 0,     /* status and end_ns are known */
    TAPE_PROCESS_UNENTERED = 1 << 1, /* its command could not be executed */
    TAPE_PROCESS_FORKED = 1 << 2, /* goes on as its parent; else it executes `name` */
    TAPE_PROCESS_IMAGE = 1 << 3,  /* no new process: what its writer became by exec */
    TAPE_PROCESS_VOID = 1 << 4,   /* it never began */
};

/* What one process saw of another: the launcher of the program it started, each
 * process of its children. */
struct tape_process {
    tape_text name;   /* base name of the command; forked: as its parent's */
    tape_text reason; /* why there is no tape of it, should there be none */
    uint32_t pid;     /* 0: not known, as of system(3) */
    uint32_t parent_pid;
    uint32_t flags;            /* enum tape_process_flag */
    uint32_t status;           /* as wait(2) */
    uint64_t start_ns, end_ns; /* CLOCK_MONOTONIC: just before and after */
    uint64_t cpu_ns;           /* of it and its waited-for children */
    uint64_t max_rss_bytes;
};

_Static_assert(offsetof(struct tape_header, zero) == offsetof(struct tape_node, key),
               "a lookup that lands on cell 0 finds no key");
_Static_assert(sizeof(struct tape_header) <= TAPE_SEAL_AT, "one page");
_Static_assert(offsetof(struct tape_header, control) == TAPE_CONTROL_AT &&
                   sizeof(struct tape_control) == TAPE_CELL &&
                   sizeof(struct tape_answer) == TAPE_CELL,
               "what is asked and answered");
_Static_assert(sizeof(struct tape_block) == TAPE_CELL, "one cell");
_Static_assert(sizeof(struct tape_function) == TAPE_CELL, "one cell");
_Static_assert(sizeof(struct tape_node) == TAPE_CELL, "one cell");
_Static_assert(sizeof(struct tape_thread) == TAPE_CELL, "one cell");
_Static_assert(sizeof(struct tape_process) == TAPE_CELL, "one cell");

#endif
