/* SPDX-License-Identifier: Apache-2.0 */
/* traced_calls.c - a row for each number seen; one for all of another architecture. */
#include "why/traced_calls.h"

#include <stdlib.h>

#include "why/syscalls.h"

struct traced_calls traced_calls_on(struct arena *a)
{
    return (struct traced_calls){ pile_on(a, sizeof(struct traced_call)), { 0 } };
}

struct traced_call *traced_calls_of(struct traced_calls *c, uint32_t number, bool own)
{
    uint32_t at = own && number < TRACED_CALLS_MOST ? number : TRACED_CALLS_MOST;

    if (c->row_of[at] == 0) {
        struct traced_call *row = pile_add(&c->all);

        c->row_of[at] = c->all.count;
        row->name = at == TRACED_CALLS_MOST ? STR("of another architecture")
                                            : syscalls_name(number, c->all.arena);
    }
    return pile_at(&c->all, c->row_of[at] - 1);
}

static int by_time(const void *one, const void *other)
{
    const struct traced_call *a = one, *b = other;
    uint64_t x = a->cpu_ns + a->wait_ns, y = b->cpu_ns + b->wait_ns;

    return (x < y) - (x > y);
}

void traced_calls_sum(const struct traced_calls *c, uint64_t cost_ns, struct traced *t)
{
    t->kinds = c->all.count;
    t->call = arena_array(c->all.arena, t->kinds + 1u, sizeof *t->call);
    for (uint32_t i = 0; i < t->kinds; i++) {
        struct traced_call *row = &t->call[i];

        *row = *(struct traced_call *)pile_at(&c->all, i);
        uint64_t cost = row->calls * cost_ns;
        row->cpu_ns = row->cpu_ns > cost ? row->cpu_ns - cost : 0;
        t->calls += row->calls;
        t->cpu_ns += row->cpu_ns;
    }
    qsort(t->call, t->kinds, sizeof *t->call, by_time);
}
