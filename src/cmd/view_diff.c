/* SPDX-License-Identifier: Apache-2.0 */
/* view_diff.c - both sides are read, and looked at, as sonde diff does. */
#include "cmd/view_diff.h"

#include "model/gone.h"

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
        all = gone_with(d->sides->functions, p, &d->compared, a);
    }
    profile_close(p);
    return all;
}

void view_diff_close(struct view_diff *d)
{
    if (d->sides)
        sides_close(d->sides);
}
