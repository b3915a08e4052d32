/* SPDX-License-Identifier: Apache-2.0 */
/* build.h - makes a profile: what every reader of a format calls.
 * Functions are told apart by all fields of struct function but `merged`;
 * adding an equal one gives the id it has already. Strings are copied. The
 * builder is used up by build_finish. */
#ifndef MODEL_BUILD_H
#define MODEL_BUILD_H

#include "model/given.h"

struct build;

struct build *build_open(enum unit unit);
enum unit build_unit(const struct build *b);
void build_set_unit(struct build *b, enum unit unit); /* while nothing has a value */
void build_abandon(struct build *b); /* instead of build_finish; NULL is allowed */
/* So many nodes are to come: a hint that spares copying. */
void build_expect(struct build *b, uint32_t nodes);

function_id build_function(struct build *b, const struct function *f);
uint32_t build_functions(const struct build *b); /* so far */
void build_expect_functions(struct build *b, uint32_t functions);
const struct function *build_function_at(const struct build *b, function_id f);
process_id build_process(struct build *b, const struct process *p);
/* To be filled in when more is known; a text that is set comes of build_text. */
struct process *build_process_at(struct build *b, process_id i);
uint32_t build_processes(const struct build *b); /* so far */
/* Puts those from first on in this order, of each its place so far. */
void build_order_processes(struct build *b, process_id first, const process_id *order);
/* Makes the thread's root node too. */
thread_id build_thread(struct build *b, process_id process, struct str name,
                       uint32_t native);
node_id build_thread_root(const struct build *b, thread_id t);
/* A new child of parent: the caller sees to it that no sibling has the same
 * function (a tape's nodes are distinct already) ... */
node_id build_node(struct build *b, node_id parent, function_id f);
/* ... or lets the builder look for it, at the price of a hash lookup. */
node_id build_child(struct build *b, node_id parent, function_id f);
/* Of what could not be true together the sum stops at 2^62, and a note says so. */
void build_add(struct build *b, node_id n, uint64_t calls, uint64_t resumes,
               uint64_t self);
/* What a file states without paths; equal ones add up. The same bounds hold. */
void build_given(struct build *b, thread_id t, function_id f,
                 const struct stat_row *stat);
void build_given_edge(struct build *b, const struct edge *edge);
/* Nobody will ask for given edges: readers may leave them out. */
void build_spare_edges(struct build *b);
bool build_spares_edges(const struct build *b);
struct run *build_run(struct build *b);                 /* to be filled in, ... */
struct quality *build_quality(struct build *b);         /* ... but for the lists */
struct str build_text(struct build *b, struct str s);   /* a copy that stays */
void build_python(struct build *b, struct str version); /* listed once */
void build_note(struct build *b, struct str sentence);  /* listed once */
/* Into an empty builder: all that profile has but threads and nodes. borrow: functions
 * are the profile's own, which must live longer, and none is added. */
void build_like(struct build *b, const struct profile *p, bool borrow);
/* And then its threads and nodes, without what they cost: all keep their ids. */
void build_like_nodes(struct build *b, const struct profile *p);
/* And then, once there are as many threads, what was given. */
void build_like_given(struct build *b, const struct profile *p);

struct profile *build_finish(struct build *b);

#endif
