/* SPDX-License-Identifier: Apache-2.0 */
/* traced_waits.h - when which thread stood still and why, summed to what the whole
 * program waited for: moments in which all its threads did. */
#ifndef WHY_TRACED_WAITS_H
#define WHY_TRACED_WAITS_H

#include "base/pile.h"
#include "why/waits.h"

struct traced_waits {
    struct pile events;
};

struct traced_waits traced_waits_on(struct arena *a);
/* A thread does; and what else there is to say of one. */
void traced_waits_begins(struct traced_waits *w, uint64_t ns);
void traced_waits_ends(struct traced_waits *w, uint64_t ns);
void traced_waits_still(struct traced_waits *w, uint64_t from_ns, uint64_t to_ns,
                        enum wait_kind kind);
/* Until then; each moment is charged to the first of the kinds that are waited for. */
void traced_waits_sum(struct traced_waits *w, uint64_t end_ns, uint64_t sum[WAITS]);

#endif
