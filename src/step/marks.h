/* SPDX-License-Identifier: Apache-2.0 */
/* marks.h - the iterator that a stepped statement's loop runs over. Its next is where a
 * loop begins: it adds no call and no opcode to what timeit's own loop does. It leads
 * the statement through set-up, warm loops, stepped loops, and loops in which Python's
 * functions and objects are counted. One a process, in a child made for it. */
#ifndef STEP_MARKS_H
#define STEP_MARKS_H

#include <Python.h>
#include <stdbool.h>

#include "step/log.h"

struct marks_plan {
    struct log_header *log;
    uint64_t room;
    int log_file;
    uint32_t warm, loops;
    uint64_t limit_ns;
    uint64_t steps; /* at most; 0: as many as there is time for */
    int single;     /* by ptrace even where breakpoints can be put */
};

/* The iterator's type, ready for calls; NULL with an exception. */
PyObject *marks_type(void);
/* Runs inner(iterator, *args) to its end and fills the log. */
void marks_run(const struct marks_plan *plan, PyObject *type, PyObject *inner,
               PyObject *args);

#endif
