/* SPDX-License-Identifier: Apache-2.0 */
/* shadow.h - the stack of calls, kept from calls, returns and jumps alone, and whom
 * each straight run of instructions is charged to. */
#ifndef WHY_SHADOW_H
#define WHY_SHADOW_H

#include "why/account.h"
#include "why/code.h"
#include "why/opcodes.h"

struct shadow;

struct shadow *shadow_open(struct code *c, struct account *account,
                           struct opcodes *opcodes, struct arena *a);
/* One event after another, from the log's first on. False: the stack grew beyond
 * reason. */
bool shadow_step(struct shadow *s, const struct step *step);
/* From here on, or to here, the account is of the loop that is shown. */
void shadow_begin(struct shadow *s);
void shadow_end(struct shadow *s);

/* What functions were asked for while the account was on. */
struct shadow_asked {
    int64_t allocations, bytes;
    struct pile types; /* struct shadow_type */
};

struct shadow_type {
    uint64_t type;
    int64_t count;
};

const struct shadow_asked *shadow_asked(const struct shadow *s);
/* How many objects of that type were told of before the first loop. */
int64_t shadow_tried(const struct shadow *s, uint64_t type);

#endif
