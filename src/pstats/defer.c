/* SPDX-License-Identifier: Apache-2.0 */
/* defer.c - callers are most of a dump, and most are never asked for: they are read
 * over once, which tells whether all is well, and laid out when somebody looks. */
#include "pstats/marshal.h"
#include "pstats/reader.h"

const struct err *table_fault(const struct pstats_table *t)
{
    return &t->fault;
}

bool table_is_deferred(const struct pstats_function *f)
{
    return f->callers & CALLERS_DEFERRED;
}

/* Behind those that are in the function's list; the reader stays where it is. */
static void lay_out_dict(struct pstats_table *t, struct pstats_function *f,
                         const struct reader *r, uint32_t at)
{
    struct reader there = *r;
    bool adding = t->adding;

    t->adding = f->callers > 0;
    table_begin_list(t, f);
    marshal_callers(&there, at);
    t->adding = adding;
}

/* What the function's fields say goes to the pile, and is number `callers` there. */
static void push(struct pstats_table *t, struct pstats_function *f)
{
    *(struct deferred *)pile_add(&t->deferred) =
        (struct deferred){ f->first, f->last, f->callers & ~CALLERS_DEFERRED };
    f->callers = CALLERS_DEFERRED | t->deferred.count;
}

void table_defer(struct pstats_table *t, const struct reader *r, uint32_t at)
{
    struct pstats_function *f = table_function_body(t, t->put);

    if (table_is_deferred(f))
        push(t, f);
    else if (f->callers > 0) {
        lay_out_dict(t, f, r, at);
        return;
    }
    f->callers |= CALLERS_DEFERRED;
    f->first = at;
    f->last = t->readers.count - 1;
    t->defers = true;
}

/* The chain is the last one first: turned round, so that they come in their order. */
static uint32_t turn_round(struct pstats_table *t, uint32_t last)
{
    uint32_t turned = 0;

    while (last != 0) {
        struct deferred *d = pile_at(&t->deferred, last - 1);
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
    uint32_t put = t->put, number;

    push(t, f);
    number = turn_round(t, f->callers & ~CALLERS_DEFERRED);
    f->callers = 0;
    f->first = f->last = PSTATS_NONE;
    t->put = *table_function_at(t, f->key);
    while (number != 0) {
        const struct deferred *d = pile_at(&t->deferred, number - 1);

        lay_out_dict(t, f, *(struct reader **)pile_at(&t->readers, d->reader), d->at);
        number = d->before;
    }
    t->put = put;
}

void table_lay_out_all(struct pstats_table *t)
{
    if (!t->defers)
        return;
    t->defers = false;
    for (uint32_t i = 0; i < t->functions.count; i++) {
        struct pstats_function *f = table_function_body(t, i);

        if (table_is_deferred(f))
            table_lay_out(t, f);
    }
}
