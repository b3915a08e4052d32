/* SPDX-License-Identifier: Apache-2.0 */
/* ancestry.h - processes as a tree: each below the one that started it, siblings in
 * the order of their start. A recording may claim anything: what names a parent
 * that is not there, or is its own ancestor, stands on the left. */
#ifndef MODEL_ANCESTRY_H
#define MODEL_ANCESTRY_H

#include "base/arena.h"
#include "model/profile.h"

struct kin {
    process_id process;
    uint32_t depth; /* 0: below none */
};

/* All processes of the profile, each once, in front of those below it. */
const struct kin *ancestry_of(const struct profile *p, struct arena *a);

#endif
