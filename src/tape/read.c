/* SPDX-License-Identifier: Apache-2.0 */
/* read.c - finds records by their cell and texts by their reference. */
#include "tape/read.h"

#include "tape/body.h"
#include "tape/copy.h"

static void *room(void *with, size_t bytes)
{
    return arena_alloc(with, bytes);
}

struct tape *tape_open(const char *path, struct err *e)
{
    struct arena *arena = arena_open();
    struct tape *t = arena_alloc(arena, sizeof *t);
    const struct copy_to here = { .room = room, .with = arena, .later = true };

    t->arena = arena;
    if (copy_tape(t, path, &here, e))
        return t;
    arena_close(arena);
    return NULL;
}

bool tape_peek(const char *path, struct tape_header *header, struct err *e)
{
    return copy_header(path, header, e);
}

void tape_close(struct tape *t)
{
    if (!t)
        return;
    copy_end(t);
    arena_close(t->arena);
}

const struct tape_header *tape_header(const struct tape *t)
{
    return &t->header;
}

bool tape_alive(const struct tape *t)
{
    return t->alive;
}

uint64_t tape_damaged_at(const struct tape *t)
{
    return t->damaged_at;
}

bool tape_header_damaged(const struct tape *t)
{
    return t->header_damaged;
}

struct clock_pair tape_moment(const struct tape *t)
{
    return t->moment;
}

uint32_t tape_runs(const struct tape *t)
{
    return t->blocks;
}

struct tape_run tape_run(const struct tape *t, uint32_t i)
{
    const struct block *b = &t->block[i];

    return (struct tape_run){
        .kind = b->kind,
        .first = b->cell + 1,
        .count = b->kind == TAPE_TEXTS ? 0 : (uint32_t)(b->bytes / TAPE_CELL),
        .owner = b->owner,
        .records = b->at,
    };
}

const void *tape_nodes(const struct tape *t, uint32_t i)
{
    const struct block *b = &t->block[i];

    return b->later ? copy_nodes(t, b) : b->at;
}

uint32_t tape_cells(const struct tape *t)
{
    return (uint32_t)t->walked;
}

/* The last block that begins below this cell. */
static const struct block *block_of(const struct tape *t, uint64_t cell)
{
    uint32_t low = 0, high = t->blocks;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (t->block[middle].cell < cell)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &t->block[low - 1] : NULL;
}

const void *tape_record(const struct tape *t, enum tape_kind kind, uint32_t cell)
{
    const struct block *b = block_of(t, cell);

    if (!b || b->kind != kind || kind == TAPE_TEXTS)
        return NULL;
    size_t at = (size_t)(cell - b->cell - 1) * TAPE_CELL;
    return at < b->bytes && !b->later ? b->at + at : NULL;
}

struct str tape_str(const struct tape *t, tape_text text)
{
    uint64_t offset = text & (((uint64_t)1 << 40) - 1);
    size_t len = (size_t)(text >> 40);
    const struct block *b = block_of(t, offset / TAPE_CELL);

    if (len == 0 || !b || b->kind != TAPE_TEXTS)
        return (struct str){ 0 };
    uint64_t at = offset - ((uint64_t)b->cell + 1) * TAPE_CELL;
    if (at >= b->bytes)
        return (struct str){ 0 };
    size_t there = b->bytes - (size_t)at;
    return (struct str){ (const char *)b->at + at, len < there ? len : there };
}

double tape_ns_per_tick(const struct tape_header *h)
{
    if (h->clock != CLOCK_KIND_TSC)
        return 1.0;
    if (h->last.ticks <= h->first.ticks || h->last.ns <= h->first.ns)
        return 0;
    return (double)(h->last.ns - h->first.ns) /
           (double)(h->last.ticks - h->first.ticks);
}
