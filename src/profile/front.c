/* SPDX-License-Identifier: Apache-2.0 */
/* front.c - what calls/front.h asks of a profile. */
#include "profile/profile.h"

struct thread *front_thread(struct thread *t)
{
    return t; /* who had none was given one before */
}

void front_missed(void)
{
    /* No event is: see front_thread. */
}

void front_lose(struct thread *t)
{
    block_of(t)->owner->lost++;
    writer_lose(&calls.tape);
}

uint64_t front_now(const struct thread *t)
{
    const struct block *b = block_of(t);

    if (t->any_clock)
        return b->ticks;
    return clock_ticks((enum clock_kind)writer_header(&calls.tape)->clock);
}

bool front_attend(void)
{
    return true; /* nobody asks anything from outside */
}
