/* SPDX-License-Identifier: Apache-2.0 */
/* places.h - what must be seen of paths so that no two functions look alike. */
#ifndef MODEL_PLACES_H
#define MODEL_PLACES_H

#include "base/arena.h"
#include "model/profile.h"

/* By function: with so many of the last parts of its path it is unlike every other
 * one of its name and line; 1 where its file's name does. */
uint32_t *places_parts(const struct function *const *at, uint32_t count,
                       struct arena *a);
uint32_t *places_parts_of(const struct profile *p, struct arena *a);
/* The folder that holds all files of the program's own, with a slash behind it: its
 * modules are named from there. Empty: there is none. */
struct str places_root(const struct profile *p);

#endif
