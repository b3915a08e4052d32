/* SPDX-License-Identifier: Apache-2.0 */
/* gone.h - what a comparison's side after is a profile of, with an id as well for each
 * function that is gone. */
#ifndef MODEL_GONE_H
#define MODEL_GONE_H

#include "base/arena.h"
#include "model/compare.h"

/* A copy of the profile after; ids of its functions are as they were. `compared`: by
 * row of the comparison, which is finished, the function. */
struct profile *gone_with(const struct compare *c, const struct profile *after,
                          function_id **compared, struct arena *a);

#endif
