/* SPDX-License-Identifier: Apache-2.0 */
/* tape_nodes.h - one tape's functions, threads and nodes put into a profile:
 * from_tape.c's inner half. */
#ifndef MODEL_TAPE_NODES_H
#define MODEL_TAPE_NODES_H

#include "model/build.h"
#include "tape/read.h"

/* Room by cell, for one tape after another: made anew for each it would cost as much as
 * what is done with it. All zeroes at first; its arena is the caller's to close. */
struct tape_cells {
    struct arena *arena;
    uint32_t *at;
    size_t room;
};

/* ns_per_tick is the caller's: some tapes died too young to tell theirs. Until
 * that moment, in ticks, threads stayed where they were last; 0: unknown. */
void tape_nodes_add(const struct tape *t, process_id process, double ns_per_tick,
                    uint64_t until, uint64_t unheard, struct tape_cells *cells,
                    struct build *b);

#endif
