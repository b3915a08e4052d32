/* SPDX-License-Identifier: Apache-2.0 */
/* pair.h - which function of one list is which of another: what agrees in all, then
 * what moved to another line, was edited, lies in a file that moved, or is told of by
 * a file that knows less. What ties is paired in the order of lines; what is left
 * over stays alone: no two functions are ever put on one. */
#ifndef MODEL_PAIR_H
#define MODEL_PAIR_H

#include "base/arena.h"
#include "model/profile.h"

struct functions {
    const struct function *const *at;
    uint32_t count;
};

/* By place in a: the place in b, or FUNCTION_NONE. */
uint32_t *pair_functions(struct functions a, struct functions b, struct arena *arena);

#endif
