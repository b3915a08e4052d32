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
                         const struct reader *r, uint32_t at, uint32_t objects)
{
    struct reader there = *r;
    bool adding = t->adding;

    t->adding = f->callers > 0;
    table_begin_list(t, f);
    marshal_callers(&there, at, objects);
    t->adding = adding;
}

void table_defer(struct pstats_table *t, const struct reader *r,
                 const struct reader_function *read)
{
    struct pstats_function *f = table_function_body(t, t->put);
    struct deferred d = { .at = read->at,
                          .reader = t->readers.count - 1,
                          .objects = read->objects };

    if (table_is_deferred(f)) {
        d.before = f->callers & ~CALLERS_DEFERRED;
    } else if (f->callers > 0) {
        lay_out_dict(t, f, r, d.at, d.objects);
        return;
    }
    *(struct deferred *)pile_add(&t->deferred) = d;
    f->callers = CALLERS_DEFERRED | t->deferred.count;
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
void table_lay_out(struct pstats_table *t, uint32_t i)
{
    struct pstats_function *f = table_function_body(t, i);
    uint32_t put = t->put, number = turn_round(t, f->callers & ~CALLERS_DEFERRED);

    f->callers = 0;
    f->first = f->last = PSTATS_NONE;
    t->put = i;
    while (number != 0) {
        const struct deferred *d = pile_at(&t->deferred, number - 1);

        lay_out_dict(t, f, *(struct reader **)pile_at(&t->readers, d->reader), d->at,
                     d->objects);
        number = d->before;
    }
    t->put = put;
}

void table_take_callers(struct pstats_table *t, uint32_t i,
                        void (*take)(void *with, const struct pstats_caller *c),
                        void *with)
{
    struct pstats_function *f = table_function_body(t, i);
    uint32_t kept = t->callers.count;

    if (table_is_deferred(f))
        table_lay_out(t, i);
    for (uint32_t id = f->first; id != PSTATS_NONE;) {
        const struct pstats_caller *c = table_caller_body(t, id);

        take(with, c);
        id = c->next;
    }
    f->callers = 0;
    f->first = f->last = PSTATS_NONE;
    pile_cut(&t->callers, kept);
}

void table_lay_out_all(struct pstats_table *t)
{
    if (!t->defers)
        return;
    t->defers = false;
    for (uint32_t i = 0; i < t->functions.count; i++) {
        if (table_is_deferred(table_function_body(t, i)))
            table_lay_out(t, i);
    }
}
