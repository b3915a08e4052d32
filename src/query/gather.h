/* SPDX-License-Identifier: Apache-2.0 */
/* gather.h - what is called by, or calls, the nodes of a box, one box a function. */
#ifndef QUERY_GATHER_H
#define QUERY_GATHER_H

#include "query/tree.h"

struct gathered {
    const struct tree *tree;
    uint64_t least; /* narrower ones are not looked for where that is cheap */
    struct boxes boxes;
    uint32_t room;
    uint32_t *place; /* by function, and one for markers: 1 + its box */
};

struct gathered gather_on(const struct tree *t, uint64_t least);
void gather_callers(struct gathered *g, const struct box *b);
/* rest: the children that were not looked at. */
void gather_callees(struct gathered *g, const struct box *b, struct box *rest);
/* The box of a function, or of markers; made when there is none. */
struct box *gather_box(struct gathered *g, enum box_type type, function_id f);
struct boxes gather_done(struct gathered *g);

/* Of a box of callers: what nobody called. */
uint64_t gather_uncalled(const struct tree *t, const struct box *b);
/* The self of nodes that are part of the box, its own aside. */
uint64_t gather_absorbed(const struct tree *t, const struct box *b);

#endif
