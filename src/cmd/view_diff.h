/* SPDX-License-Identifier: Apache-2.0 */
/* view_diff.h - two sides for the page: what differs, and the side after as a profile
 * in which functions that are gone have ids as well. */
#ifndef CMD_VIEW_DIFF_H
#define CMD_VIEW_DIFF_H

#include "cmd/sides.h"

struct view_diff {
    struct sides *sides;
    struct sides_options options;
    function_id *compared; /* by row of the comparison */
};

/* In p's place, which is closed: the side after. NULL and e on failure. */
struct profile *view_diff_open(struct view_diff *d, struct words before,
                               struct words after, const struct choice *choice,
                               struct profile *p, struct arena *a, struct err *e);
void view_diff_close(struct view_diff *d);

#endif
