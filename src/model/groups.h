/* SPDX-License-Identifier: Apache-2.0 */
/* groups.h - groups of functions whose figures were given without paths: the half
 * of stats_group that has to conclude. */
#ifndef MODEL_GROUPS_H
#define MODEL_GROUPS_H

#include "base/arena.h"
#include "model/stats.h"

/* Adds what is given to rows and bounds that hold what the trees came to. */
void groups_add_given(const struct profile *p, const uint32_t *group, uint32_t groups,
                      struct stat_row *rows, struct bounds *bounds);
/* By function: equal numbers are of functions that call each other in a circle, as
 * given pairs tell, with `trees` call paths as well. */
uint32_t *groups_circles(const struct profile *p, bool trees, struct arena *a);

#endif
