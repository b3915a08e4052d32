/* SPDX-License-Identifier: Apache-2.0 */
/* gone.c - a copy of the profile with the functions that are gone behind its own. */
#include "model/gone.h"

#include "model/build.h"

static struct build *copy(const struct profile *p)
{
    struct build *b = build_open(profile_unit(p));

    build_like(b, p, false);
    build_like_nodes(b, p);
    for (node_id n = NODE_ROOT + 1; n < profile_nodes(p); n++) {
        const struct node *node = profile_node(p, n);

        if (node->depth >= 2)
            build_add(b, n, node->calls, node->resumes, node->self);
    }
    build_like_given(b, p);
    return b;
}

struct profile *gone_with(const struct compare *c, const struct profile *after,
                          function_id **compared, struct arena *a)
{
    struct build *b = copy(after);

    *compared = arena_array(a, compare_rows(c), sizeof **compared);
    for (uint32_t i = 0; i < compare_rows(c); i++) {
        const struct compared *row = compare_row(c, i);
        const struct function *f = row->function[SIDE_AFTER]
                                       ? row->function[SIDE_AFTER]
                                       : row->function[SIDE_BEFORE];

        (*compared)[i] = build_function(b, f);
    }
    return build_finish(b);
}
