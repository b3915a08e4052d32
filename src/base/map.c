/* SPDX-License-Identifier: Apache-2.0 */
/* map.c - open addressing, at most half full. */
#include "base/map.h"

struct map map_on(struct arena *a)
{
    return (struct map){ .arena = a };
}

static uint32_t fold(uint64_t hash)
{
    hash *= 0x9e3779b97f4a7c15u;
    return (uint32_t)(hash >> 32);
}

uint32_t map_find(const struct map *m, uint64_t hash,
                  bool (*same)(const void *with, uint32_t id), const void *with)
{
    uint32_t folded = fold(hash), mask = m->size - 1;

    if (m->size == 0)
        return MAP_NONE;
    for (uint32_t at = folded & mask; m->slot[at].id != MAP_NONE; at = (at + 1) & mask)
        if (m->slot[at].hash == folded && same(with, m->slot[at].id))
            return m->slot[at].id;
    return MAP_NONE;
}

static void put(struct map *m, uint32_t folded, uint32_t id)
{
    uint32_t mask = m->size - 1, at = folded & mask;

    while (m->slot[at].id != MAP_NONE)
        at = (at + 1) & mask;
    m->slot[at] = (struct map_slot){ folded, id };
}

static void resize(struct map *m, uint32_t size)
{
    struct map_slot *old = m->slot;
    uint32_t old_size = m->size;

    m->size = size;
    m->slot = arena_array(m->arena, m->size, sizeof *m->slot);
    for (uint32_t i = 0; i < m->size; i++)
        m->slot[i].id = MAP_NONE;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].id != MAP_NONE)
            put(m, old[i].hash, old[i].id);
}

void map_add(struct map *m, uint64_t hash, uint32_t id)
{
    if (m->used >= m->size / 2)
        resize(m, m->size ? m->size * 2 : 64);
    put(m, fold(hash), id);
    m->used++;
}

void map_expect(struct map *m, uint32_t ids)
{
    uint32_t size = 64;

    while (size / 2 < ids && size < 1u << 30)
        size *= 2;
    if (size > m->size)
        resize(m, size);
}

void map_prefetch(const struct map *m, uint64_t hash)
{
    if (m->size > 0)
        __builtin_prefetch(&m->slot[fold(hash) & (m->size - 1)], 1);
}

uint64_t map_hash(uint64_t number)
{
    return str_hash((struct str){ (const char *)&number, sizeof number });
}
