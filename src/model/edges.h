/* SPDX-License-Identifier: Apache-2.0 */
/* edges.h - pairs of caller and callee: the half of stats.c that computes them. */
#ifndef MODEL_EDGES_H
#define MODEL_EDGES_H

#include "base/arena.h"
#include "model/stats.h"
#include "model/walk.h"

struct edge_lists {
    uint32_t edges;
    /* By callee (NULL: not asked for) and by caller; where each function's begin, and
     * the end. */
    const struct edge **callers, **callees;
    uint32_t *callers_from, *callees_from;
};

/* callers_too: not those by caller alone. outer: by node, whether its function is not
 * active above it; below: what stats_below says; samples: those in it and below, NULL
 * where calls are calls. */
struct edge_lists edges_of(const struct profile *p, const struct walk *w,
                           const bool *outer, const uint64_t *below,
                           const uint64_t *samples, bool callers_too, struct arena *a);

/* Adds a row to another: of equal functions, or equal pairs. */
void stat_add_row(struct stat_row *row, const struct stat_row *more);
/* Adds a node's figures to a row; those of primitive calls when it is outer. Samples
 * (NULL: calls are calls) count where they fall as primitive, and once in all that was
 * active. */
void stat_add(struct stat_row *row, const struct node *n, uint64_t below,
              const uint64_t *samples, bool outer);

#endif
