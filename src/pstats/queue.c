/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c - keys and functions of a dump on their way into the table. The memory they
 * go to is scattered; it is asked for when they are read and used when it has come. */
#include "pstats/reader.h"

static void settle_key(struct reader *r)
{
    const struct reader_coming *c = &r->coming[r->settled++ % READER_QUEUE];
    pstats_key key = table_key_hashed(r->table, c->name, c->hash);

    *(reader_object *)pile_at(&r->objects, c->object) = READER_KEY | key;
}

void reader_settle_keys(struct reader *r)
{
    while (r->settled != r->queued)
        settle_key(r);
}

void reader_queue_key(struct reader *r, struct head h, struct pstats_name name)
{
    uint64_t hash = table_hash(r->table, name);

    if (r->queued - r->settled == READER_QUEUE)
        settle_key(r);
    map_prefetch(&r->table->index, hash);
    r->coming[r->queued++ % READER_QUEUE] =
        (struct reader_coming){ name, hash, h.object };
    reader_done(r, h, (reader_object)(h.at - r->start));
    *(uint64_t *)pile_at(&r->is_key, h.object / 64) |= 1ull << h.object % 64;
}

void reader_settle_functions(struct reader *r)
{
    const struct reader_function *f = &r->waiting;

    if (!f->is)
        return;
    table_put(r->table, f->key, f->cost);
    if (f->called)
        table_defer(r->table, r, f);
    r->waiting.is = false;
}

void reader_queue_function(struct reader *r, struct reader_function f)
{
    reader_settle_functions(r);
    __builtin_prefetch(table_function_at(r->table, f.key), 1);
    r->waiting = f;
    r->waiting.is = true;
}
