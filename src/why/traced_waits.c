/* SPDX-License-Identifier: Apache-2.0 */
/* traced_waits.c - events in the order of time: so many threads live, so many of them
 * stand still for each reason. */
#include "why/traced_waits.h"

#include <stdlib.h>

struct event {
    uint64_t ns;
    int8_t threads; /* one more, one less */
    int8_t still;   /* of that kind one more, one less */
    uint8_t kind;
};

struct traced_waits traced_waits_on(struct arena *a)
{
    return (struct traced_waits){ pile_on(a, sizeof(struct event)) };
}

static void note(struct traced_waits *w, struct event e)
{
    *(struct event *)pile_add(&w->events) = e;
}

void traced_waits_begins(struct traced_waits *w, uint64_t ns)
{
    note(w, (struct event){ .ns = ns, .threads = 1 });
}

void traced_waits_ends(struct traced_waits *w, uint64_t ns)
{
    note(w, (struct event){ .ns = ns, .threads = -1 });
}

void traced_waits_still(struct traced_waits *w, uint64_t from_ns, uint64_t to_ns,
                        enum wait_kind kind)
{
    note(w, (struct event){ .ns = from_ns, .still = 1, .kind = (uint8_t)kind });
    note(w, (struct event){ .ns = to_ns, .still = -1, .kind = (uint8_t)kind });
}

static int by_time(const void *one, const void *other)
{
    const struct event *a = one, *b = other;

    return (a->ns > b->ns) - (a->ns < b->ns);
}

void traced_waits_sum(struct traced_waits *w, uint64_t end_ns, uint64_t sum[WAITS])
{
    uint32_t count = w->events.count;
    struct event *at = arena_array(w->events.arena, (size_t)count + 1, sizeof *at);
    int64_t threads = 0, still = 0, of[WAITS] = { 0 };

    for (uint32_t i = 0; i < count; i++)
        at[i] = *(struct event *)pile_at(&w->events, i);
    qsort(at, count, sizeof *at, by_time);
    at[count].ns = end_ns;
    for (uint32_t i = 0; i < count; i++) {
        threads += at[i].threads;
        still += at[i].still;
        of[at[i].kind] += at[i].still;
        uint64_t next = at[i + 1].ns < end_ns ? at[i + 1].ns : end_ns;
        if (still == 0 || still < threads || next <= at[i].ns)
            continue;
        int kind = 0;
        while (kind < WAITS - 1 && of[kind] <= 0)
            kind++;
        sum[kind] += next - at[i].ns;
    }
}
