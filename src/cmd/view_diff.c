/* SPDX-License-Identifier: Apache-2.0 */
/* view_diff.c - a copy of the profile with the functions that are gone behind its own.
 */
#include "cmd/view_diff.h"

#include "model/build.h"

static struct build *copy(const struct profile *p, struct arena *a)
{
    struct build *b = build_open(profile_unit(p));
    node_id *to = arena_array(a, profile_nodes(p), sizeof *to);

    build_like(b, p);
    build_expect(b, profile_nodes(p));
    for (thread_id t = 0; t < profile_threads(p); t++) {
        const struct thread *thread = profile_thread(p, t);

        build_thread(b, thread->process, thread->name, thread->native);
        to[thread->root] = build_thread_root(b, t);
    }
    for (node_id n = NODE_ROOT + 1; n < profile_nodes(p); n++) {
        const struct node *node = profile_node(p, n);

        if (node->depth < 2)
            continue;
        to[n] = build_node(b, to[node->parent], node->function);
        build_add(b, to[n], node->calls, node->resumes, node->self);
    }
    build_like_given(b, p);
    return b;
}

static struct profile *with_gone(struct view_diff *d, const struct profile *p,
                                 struct arena *a)
{
    const struct compare *c = d->sides->functions;
    struct arena *scratch = arena_open();
    struct build *b = copy(p, scratch);

    d->compared = arena_array(a, compare_rows(c), sizeof *d->compared);
    for (uint32_t i = 0; i < compare_rows(c); i++) {
        const struct compared *row = compare_row(c, i);
        const struct function *f = row->function[SIDE_AFTER]
                                       ? row->function[SIDE_AFTER]
                                       : row->function[SIDE_BEFORE];

        d->compared[i] = build_function(b, f);
    }
    arena_close(scratch);
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
