/* SPDX-License-Identifier: Apache-2.0 */
/* tape_nodes.h - one tape's functions, threads and nodes put into a profile:
 * from_tape.c's inner half. */
#ifndef MODEL_TAPE_NODES_H
#define MODEL_TAPE_NODES_H

#include "model/build.h"
#include "tape/read.h"

/* ns_per_tick is the caller's: some tapes died too young to tell theirs. Until
 * that moment, in ticks, threads stayed where they were last; 0: unknown. */
void tape_nodes_add(const struct tape *t, process_id process, double ns_per_tick,
                    uint64_t until, uint64_t unheard, struct build *b);

#endif
