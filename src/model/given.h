/* SPDX-License-Identifier: Apache-2.0 */
/* given.h - figures that files state without call paths: of functions, and of callers.
 * They lie beside the trees of a profile; stats.h puts the two together. */
#ifndef MODEL_GIVEN_H
#define MODEL_GIVEN_H

#include "model/profile.h"

struct stat_row {
    uint64_t calls, primitive_calls, resumes, self, cumulative;
};

/* A function's figures as a file states them: no node has a part in them. */
struct given {
    function_id function;
    thread_id thread;
    struct stat_row stat;
};

/* The calls by one caller, of all threads: both are functions, not roots. Of several
 * given ones for the same two the sum is meant. */
struct edge {
    function_id caller;
    uint32_t callee : 31;
    uint32_t untimed : 1; /* of some calls the times are unknown: of stat only calls
                             and resumes mean something */
    struct stat_row stat;
};

/* Whether files that know no paths have a part in it, be they empty. */
bool given_by_files(const struct profile *p);
uint32_t given_rows(const struct profile *p);
const struct given *given_row(const struct profile *p, uint32_t i);
uint32_t given_edges(const struct profile *p);
const struct edge *given_edge(const struct profile *p, uint32_t i);

#endif
