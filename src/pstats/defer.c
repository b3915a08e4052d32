/* SPDX-License-Identifier: Apache-2.0 */
/* defer.c - callers are most of a dump, and most are never asked for: they are read
 * over once, which tells whether all is well, and laid out when somebody looks. */
#include "pstats/body.h"
#include "pstats/marshal.h"

const struct err *table_fault(const struct pstats_table *t)
{
    return &t->fault;
}

void table_defer(struct pstats_table *t, struct reader *r, uint32_t at)
{
    struct pstats_function *f = table_function_body(t, t->put);

    *(struct deferred *)pile_add(&t->deferred) =
        (struct deferred){ r, at, f->deferred };
    f->deferred = t->deferred.count - 1;
    t->defers = true;
}

/* The chain is the last one first: turned round, so that they come in their order. */
static uint32_t turn_round(struct pstats_table *t, uint32_t last)
{
    uint32_t turned = PSTATS_NONE;

    while (last != PSTATS_NONE) {
        struct deferred *d = pile_at(&t->deferred, last);
        uint32_t before = d->before;

        d->before = turned;
        turned = last;
        last = before;
    }
    return turned;
}

/* The first is as it stands, the others are added. What could not be added was told
 * when the files were; so only a file that was mapped and changed makes a fault. */
void table_lay_out(struct pstats_table *t, struct pstats_function *f)
{
    bool adding = t->adding;
    uint32_t put = t->put, id = turn_round(t, f->deferred);

    f->deferred = PSTATS_NONE;
    t->put = *table_function_at(t, f->key);
    while (id != PSTATS_NONE) {
        const struct deferred *d = pile_at(&t->deferred, id);

        t->adding = f->callers > 0;
        table_begin_list(t, f);
        marshal_callers(d->reader, d->at);
        id = d->before;
    }
    t->adding = adding;
    t->put = put;
}

void table_lay_out_all(struct pstats_table *t)
{
    if (!t->defers)
        return;
    t->defers = false;
    for (uint32_t i = 0; i < t->functions.count; i++) {
        struct pstats_function *f = table_function_body(t, i);

        if (f->deferred != PSTATS_NONE)
            table_lay_out(t, f);
    }
}
