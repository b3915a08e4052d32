/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.h - what a profile has counted at one moment: a copy of its trees, below one
 * root, in arrays of its own. What is computed of it may take its time, and run code of
 * the program's, while the profile goes on. */
#ifndef PROFILE_SNAPSHOT_H
#define PROFILE_SNAPSHOT_H

#include "profile/profile.h"

struct snapshot {
    uint32_t nodes;              /* a parent is before its children; 0 is the root */
    uint32_t *parent, *function; /* by node; of the function its number + 1, 0: none */
    uint64_t *calls, *resumes, *self;
    uint32_t functions;
    PyObject **code; /* by function: held; NULL: made in C */
    tape_text *name; /* by function made in C */
    void *room;
    size_t bytes;
};

bool snapshot_take(struct snapshot *s, const struct profiler *p); /* false: no room */
void snapshot_close(struct snapshot *s);

#endif
