/* SPDX-License-Identifier: Apache-2.0 */
/* asked.h - what is asked of a writer that has not heard of it: the three who deal with
 * that (who asks, who does it, who reads meanwhile) see it alike. */
#ifndef TAPE_ASKED_H
#define TAPE_ASKED_H

#include <stdbool.h>

#include "tape/layout.h"

/* It counts, and was to hold since control.hold_ns. */
static inline bool asked_hold(const struct tape_control *c, const struct tape_answer *a)
{
    return c->wish == TAPE_WISH_HOLD && a->counting == TAPE_COUNTS &&
           c->asked != a->heard && c->wish_ns != a->granted_ns;
}

/* It holds, and was to start: so it does at its next event. */
static inline bool asked_start(const struct tape_control *c,
                               const struct tape_answer *a)
{
    return c->wish == TAPE_WISH_COUNT && a->counting == TAPE_HELD &&
           c->asked != a->heard && c->wish_ns != a->granted_ns;
}

/* What it has counted as spent, and was stopped and started again. */
static inline uint64_t asked_pause_ns(const struct tape_control *c,
                                      const struct tape_answer *a)
{
    uint64_t off = a->unheard_ns;

    if (c->resets != a->resets && c->unheard_before_ns > off)
        off = c->unheard_before_ns;
    return a->counting == TAPE_COUNTS && c->unheard_ns > off ? c->unheard_ns - off : 0;
}

#endif
