/* SPDX-License-Identifier: Apache-2.0 */
/* boxes.h - rectangles of a tree below one of its boxes: what fits on the screen. */
#ifndef QUERY_BOXES_H
#define QUERY_BOXES_H

#include "query/names.h"
#include "query/tree.h"

struct boxes_of { /* what is asked for */
    uint32_t depth, width, least, limit;
    double cutoff;
};

struct boxes_of boxes_asked(struct ask *a, uint32_t depth, uint32_t limit);
/* Columns and what goes with them, into an open object; names are noted. */
void boxes_write(const struct tree *t, const struct box *root,
                 const struct boxes_of *of, struct used *u, struct json *j);
/* Columns type, id, value, low, high of some boxes. */
void boxes_steps(const struct tree *t, const struct boxes *way, uint32_t count,
                 bool figures, const char *key, struct used *u, struct json *j);

#endif
