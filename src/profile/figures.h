/* SPDX-License-Identifier: Apache-2.0 */
/* figures.h - what each function cost, and what each caller had of it, of a snapshot.
 * A call is primitive when the same function is not below it on the stack already;
 * cumulative figures are those of primitive calls, so nothing counts twice. A caller's
 * figures are told the same way for the pair of the two: as cProfile has them. All is
 * linear in the nodes, and nothing recursive. */
#ifndef PROFILE_FIGURES_H
#define PROFILE_FIGURES_H

#include "profile/snapshot.h"

struct row {
    uint64_t calls, primitive, resumes;
    int64_t self, cumulative; /* ticks: of a timer that goes back, less than none */
};

struct edge {
    uint32_t caller, callee; /* groups */
    struct row row;
};

struct figures {
    uint32_t edges;
    struct row *row; /* by group */
    struct edge *edge;
    void *room;
    size_t bytes;
};

/* Of groups of functions: group[f] is below `groups`. false: no room. */
bool figures_of(struct figures *f, const struct snapshot *s, const uint32_t *group,
                uint32_t groups);
void figures_close(struct figures *f);

#endif
