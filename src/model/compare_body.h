/* SPDX-License-Identifier: Apache-2.0 */
/* compare_body.h - the inside of a comparison: for the three files that make it.
 * compare.c lists what was seen in runs, compare_rows.c pairs the lists, and
 * compare_effects.c tells what the rows come to. */
#ifndef MODEL_COMPARE_BODY_H
#define MODEL_COMPARE_BODY_H

#include "base/map.h"
#include "base/pile.h"
#include "model/compare.h"
#include "model/pair.h"

struct figure { /* of one run */
    uint64_t calls, self, time;
};

struct path {
    uint32_t parent;   /* place of the path above, COMPARED_NONE: a first function */
    uint32_t function; /* its place, FUNCTION_NONE: a mark */
    uint32_t depth;
};

struct run_of_side {
    struct figure *of; /* by place; of what was first seen later there is none */
    uint32_t count;
    uint64_t started_ns, self, calls;
};

struct list {
    struct pile functions; /* struct function */
    struct pile paths;     /* struct path */
    struct map path_ids;
    struct pile runs; /* struct run_of_side */
};

struct row {
    struct compared shown;
    uint32_t place[SIDES]; /* in the lists, COMPARED_NONE: not there */
    bool left_out;
};

struct compare {
    struct arena *arena;
    struct compare_options options;
    struct list list[SIDES];
    struct pile rows; /* struct row */
    struct row total;
    struct effect common;
};

/* A path that is asked for in a list's path_ids. */
struct wanted_path {
    const struct list *list;
    struct path path;
};

uint64_t compare_path_hash(const struct path *p);
bool compare_same_path(const void *with, uint32_t id); /* with: a struct wanted_path */

/* Of what was not seen in that run: nothing. */
const struct figure *compare_figure(const struct compare *c, enum side side,
                                    uint32_t place, uint32_t run);

struct functions compare_functions(const struct list *l, struct arena *a);

void compare_fill_rows(struct compare *c, double above, struct arena *scratch);

#endif
