/* SPDX-License-Identifier: Apache-2.0 */
/* guess_certain.c - what of the self time is where it is shown, whatever was guessed.
 */
#include "query/guess.h"

/* Paths that are looked at, and the share they must have. */
enum { CERTAIN_MAX = 4096, CERTAIN_PART = 1000 };

/* Of a function's self, what was on the path for certain. */
static uint64_t certain_self(struct query *q, const struct guessed_step *s,
                             struct arena *a)
{
    struct guess all = guess_whole(q, s->function, false, a);
    uint64_t elsewhere = all.value > s->guess.low ? all.value - s->guess.low : 0;

    return all.self > elsewhere ? all.self - elsewhere : 0;
}

uint64_t guess_certain(struct query *q, const struct lens *l, struct arena *a)
{
    struct guessed_steps *todo = arena_array(a, CERTAIN_MAX, sizeof *todo);
    uint64_t certain = 0, least = stats_total(q->stats)->self / CERTAIN_PART;
    uint32_t count = 0;

    todo[count++] = guess_roots(q, l, a);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t s = 0; s < todo[i].count; s++) {
            const struct guessed_step *step = &todo[i].at[s];

            if (step->guess.low <= least)
                continue;
            certain += certain_self(q, step, a);
            if (count < CERTAIN_MAX)
                todo[count++] =
                    guess_steps(q, l, step->function, &step->guess, GUESS_CALLEES, a);
        }
    return certain;
}
