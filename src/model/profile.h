/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h - a profile in memory: what ran, who called it, what it cost.
 * Ids are dense (0..n-1): an array indexed by id maps it to anything. A node's
 * parent has a smaller id. What is returned is borrowed and lives as long as
 * the profile, which never changes once built, so threads may share one.
 * Values are in the profile's unit. What is known lies in trees of call paths, in rows
 * that a file gave without paths (given.h), or in both. */
#ifndef MODEL_PROFILE_H
#define MODEL_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct profile;
typedef uint32_t function_id; /* one function, the same one of all processes */
typedef uint32_t node_id;     /* one call path of one thread */
typedef uint32_t thread_id;
typedef uint32_t process_id;

enum { NODE_ROOT = 0 };          /* above the roots of all threads */
#define FUNCTION_NONE UINT32_MAX /* of NODE_ROOT, the threads' roots and markers */

enum unit { UNIT_NS, UNIT_SAMPLES, UNIT_BYTES };

enum function_kind {
    FUNCTION_PYTHON,
    FUNCTION_BUILTIN, /* C functions and methods */
    FUNCTION_TYPE,    /* constructors of C types */
    FUNCTION_OBJECT,  /* other callable C objects */
};

struct function {
    struct str name, qualname, file; /* builtins: file "~", line 0 */
    struct str owner;                /* class of its first argument, or empty */
    uint32_t line;
    enum function_kind kind;
    uint64_t hash;   /* of the code, 0 unknown */
    uint32_t order;  /* tells what else is equal apart */
    uint32_t merged; /* how many functions this row had to stand for; 1 */
};

/* A marker is a node of no function that is no root: what is below it was
 * called on paths that were not kept. It is a caller, or a callee of the caller
 * it is below. */
struct node {
    node_id parent;
    function_id function;
    thread_id thread; /* meaningless for NODE_ROOT */
    uint32_t depth;   /* NODE_ROOT 0, a thread's root 1 */
    uint64_t calls, resumes, self;
};

static inline bool node_is_marker(const struct node *n)
{
    return n->function == FUNCTION_NONE && n->depth > 1;
}

struct thread {
    struct str name;
    process_id process;
    uint32_t native;
    node_id root;
    uint64_t self; /* sum over its nodes and what is given */
};

struct probed {            /* all that the probe's cost depends on */
    struct str executable; /* path of the interpreter; empty: unknown */
    uint32_t python;       /* PY_VERSION_HEX */
    uint32_t clock;        /* enum clock_kind */
    bool builtins;
    uint64_t machine; /* host_id(); 0: unknown */
};

struct process {
    uint32_t pid, parent_pid; /* pid 0: of a file that does not say, by whose name it
                                 goes; times and end are unknown; parent_pid 0: so */
    struct str name, role, program, python, reason; /* reason: why not entered */
    uint64_t started_ns;                            /* CLOCK_REALTIME */
    uint64_t begun_ns; /* the same, just before, as who started it tells; 0: nobody */
    uint64_t wall_ns, cpu_ns;
    int exit;   /* -1: not known */
    int signal; /* 0: none */
    bool entered, alive;
    struct probed probed;
};

struct quality {
    bool exact;     /* every call was counted */
    bool sampled;   /* calls are samples: all, and as primitive its own */
    bool truncated; /* a tape was damaged or cut */
    uint64_t lost_events, lost_ns;
    uint64_t folded_calls;   /* below markers */
    uint64_t more_functions; /* told by none but a common name */
    uint64_t cut_texts;
    bool timed_callers, counted_callers; /* files' that tell none but pairs: of
                                            cProfile, of the module profile */
    uint32_t notes;
    const struct str *note; /* sentences for people */
};

struct run {
    struct str program, clock; /* clock: "wall", "cpu" or "unknown" */
    uint64_t started_ns, wall_ns;
    uint32_t pythons;
    const struct str *python; /* "3.13.0", each once */
};

/* Of two runs: that one's times are CPU time and the other's wall time. */
static inline bool run_clocks_differ(struct str a, struct str b)
{
    return (str_eq(a, STR("cpu")) && str_eq(b, STR("wall"))) ||
           (str_eq(a, STR("wall")) && str_eq(b, STR("cpu")));
}

void profile_close(struct profile *p); /* NULL is allowed */

enum unit profile_unit(const struct profile *p);
const struct run *profile_run(const struct profile *p);
const struct quality *profile_quality(const struct profile *p);
uint32_t profile_functions(const struct profile *p);
const struct function *profile_function(const struct profile *p, function_id f);
uint32_t profile_nodes(const struct profile *p);
/* Nodes lie one behind the other, by id. */
const struct node *profile_node(const struct profile *p, node_id n);
uint32_t profile_threads(const struct profile *p);
const struct thread *profile_thread(const struct profile *p, thread_id t);
uint32_t profile_processes(const struct profile *p);
const struct process *profile_process(const struct profile *p, process_id i);
bool profile_has_paths(const struct profile *p); /* beside whatever is given */

#endif
