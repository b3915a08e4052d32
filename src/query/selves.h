/* SPDX-License-Identifier: Apache-2.0 */
/* selves.h - the first level of what is seen from the inside out: boxes by what they
 * cost themselves. It takes all nodes, so it is kept with its lens. */
#ifndef QUERY_SELVES_H
#define QUERY_SELVES_H

#include "query/tree.h"

/* Whether these are the children of the box, all of them. */
bool selves_are(const struct tree *t, const struct box *b);
/* As tree_children. */
struct boxes selves_boxes(const struct tree *t, uint64_t least, struct box *rest);
/* The one of a function; of no value where there is none. */
struct box selves_box(const struct tree *t, function_id f);

#endif
