/* SPDX-License-Identifier: Apache-2.0 */
/* stats.h - what each function cost, and what each caller had of it.
 * A call is primitive when the same function is not below it on the stack
 * already; cumulative figures are those of primitive calls, so nothing counts
 * twice. A caller's figures are told the same way for the pair of the two.
 * All is linear in the nodes. It lives until stats_close and needs the profile. */
#ifndef MODEL_STATS_H
#define MODEL_STATS_H

#include "model/given.h"
#include "model/walk.h"

struct stats;

struct edges {
    const struct edge *const *at;
    uint32_t count;
};

struct stats *stats_open(const struct profile *p);
void stats_close(struct stats *s); /* NULL is allowed */

const struct stat_row *stats_of(const struct stats *s, function_id f);
/* Over all functions; cumulative is the same as self. */
const struct stat_row *stats_total(const struct stats *s);
/* Calls and resumptions that were counted one by one, not given: a probe's. */
double stats_events(const struct stats *s);
/* What was spent in the node and below it. */
uint64_t stats_below(const struct stats *s, node_id n);
/* How many samples fell in the node and below it; NULL: its calls are calls. */
const uint64_t *stats_samples(const struct stats *s, node_id n);

/* Who is below whom. */
const struct walk *stats_walk(const struct stats *s);
/* Puts each node's children in order of what was spent in and below them. */
void stats_order_children(struct stats *s);

/* Whether the node's function is not active above it. */
bool stats_outer(const struct stats *s, node_id n);

/* Computes callers and callees, which are none before: it takes its time. */
void stats_add_edges(struct stats *s);
void stats_add_callees(struct stats *s); /* those alone */
/* By id of the caller, or of the callee. Each function's begin where those of the
 * function before it end. */
struct edges stats_callers(const struct stats *s, function_id f);
struct edges stats_callees(const struct stats *s, function_id f);

/* What of a group's cumulative time is certain. The two are the same where it is
 * known; where rows were given without paths, and calls leave the group and come
 * back into it, the row holds an estimate between them. */
struct bounds {
    uint64_t least, most;
};
/* The same figures of groups of functions: group[f] is below `groups`, and so
 * many rows and bounds are filled. */
void stats_group(const struct stats *s, const uint32_t *group, uint32_t groups,
                 struct stat_row *rows, struct bounds *bounds);
/* Of groups of threads: their cumulative is their self. */
void stats_group_threads(const struct stats *s, const uint32_t *group, uint32_t groups,
                         struct stat_row *rows);

#endif
