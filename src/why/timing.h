/* SPDX-License-Identifier: Apache-2.0 */
/* timing.h - statements timed: what is asked for, and what was measured.
 * Each launch is a fresh Python that runs all statements in turn, in blocks of many
 * loops, there and back: a round. What is measured is kept block by block; estimates
 * are made of it by verdict.h. All is the arena's. */
#ifndef WHY_TIMING_H
#define WHY_TIMING_H

#include "base/arena.h"
#include "base/err.h"

enum { TIMING_STATEMENTS = 26, TIMING_PYTHONS = 8, TIMING_LAUNCHES = 200 };

struct timing_statement {
    struct str shown; /* as it was typed */
    const char *file; /* whose names it uses, or NULL */
    struct str code;
};

struct timing_python {
    const char *path;
    struct str version; /* "3.13.0", once it has run */
    struct str implementation;
};

struct timing_order {
    const struct timing_statement *statement;
    uint32_t statements;
    struct timing_python *python;
    uint32_t pythons;
    struct str setup;
    const char *scripts; /* the folder of start.py */
    uint64_t number;     /* loops a launch of each statement, 0: as many as fit */
    uint32_t launches;   /* 0: as many as it takes */
    bool precise, process;
    uint64_t limit_ns; /* for one loop */
};

struct timing_block {
    double wall, cpu; /* ns a loop; reading the clocks is taken off */
    uint64_t loops, waits, faults;
};

/* A statement's share of a round. */
struct timing_turn {
    uint32_t launch, round; /* round: of all launches */
    uint32_t blocks;        /* 1 or 2 */
    struct timing_block block[2];
};

struct timing_growth { /* of so many loops; of no loops: not looked for */
    uint64_t loops;
    int64_t bytes, blocks, cyclic; /* resident; of Python's allocator; only a collection
                                      frees */
};

struct timing_series {
    uint32_t python, statement; /* statement: the count of them is the empty one */
    struct timing_turn *turn;
    uint32_t turns, room;
    uint64_t loops; /* of a block in the first launch */
    struct timing_growth growth;
};

struct timing {
    const struct timing_order *order;
    struct timing_series
        *series;               /* Python by Python, the empty statement last of each */
    uint32_t launches, rounds; /* of each Python */
    uint64_t collections;      /* GC was switched on by the setup: that many */
    bool collects;
};

/* What a statement did instead of running, to be shown above the error. */
struct timing_failure {
    struct str lines; /* what Python would print above the last line, or empty */
};

/* progress: called with launches done and to do. False and e; failure says more. */
bool timing_run(const struct timing_order *o, struct timing *t,
                struct timing_failure *failure, struct arena *a, struct err *e);

const struct timing_series *timing_series(const struct timing *t, uint32_t python,
                                          uint32_t statement);
/* "A", "B", ...; with several Pythons the report says which besides. */
struct str timing_label(uint32_t statement);

#endif
