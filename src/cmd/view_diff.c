/* SPDX-License-Identifier: Apache-2.0 */
/* view_diff.c - a copy of the profile with the functions that are gone behind its own.
 */
#include "cmd/view_diff.h"

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

static struct profile *with_gone(struct view_diff *d, const struct profile *p,
                                 struct arena *a)
{
    const struct compare *c = d->sides->functions;
    struct build *b = copy(p);

    d->compared = arena_array(a, compare_rows(c), sizeof *d->compared);
    for (uint32_t i = 0; i < compare_rows(c); i++) {
        const struct compared *row = compare_row(c, i);
        const struct function *f = row->function[SIDE_AFTER]
                                       ? row->function[SIDE_AFTER]
                                       : row->function[SIDE_BEFORE];

        d->compared[i] = build_function(b, f);
    }
    return build_finish(b);
}

struct profile *view_diff_open(struct view_diff *d, struct words before,
                               struct words after, const struct choice *choice,
                               struct profile *p, struct arena *a, struct err *e)
{
    struct profile *all = NULL;

    d->options = (struct sides_options){ .cumulative = true,
                                         .choice = choice,
                                         .runs = { 1, 1 } };
    d->sides = sides_open(&d->options, a);
    if (sides_add(d->sides, SIDE_BEFORE, before, e) &&
        sides_add(d->sides, SIDE_AFTER, after, e)) {
        sides_pair(d->sides);
        compare_finish(d->sides->functions, 0);
        all = with_gone(d, p, a);
    }
    profile_close(p);
    return all;
}

void view_diff_close(struct view_diff *d)
{
    if (d->sides)
        sides_close(d->sides);
}
