/* SPDX-License-Identifier: Apache-2.0 */
/* map.h - finds ids by the hash of what they stand for; the caller compares.
 * It holds no keys: an id leads the caller to them. Grows by itself; its memory
 * is the arena's. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"

#define MAP_NONE UINT32_MAX

struct map {
    struct arena *arena;
    struct map_slot {
        uint32_t hash, id;
    } * slot;
    uint32_t size, used; /* size: a power of two, or 0 */
};

struct map map_on(struct arena *a);
/* So many ids are to come: a hint that spares moving them. */
void map_expect(struct map *m, uint32_t ids);
/* The id with that hash that `same` agrees to, or MAP_NONE. */
uint32_t map_find(const struct map *m, uint64_t hash,
                  bool (*same)(const void *with, uint32_t id), const void *with);
void map_add(struct map *m, uint64_t hash, uint32_t id);
uint64_t map_hash(uint64_t number); /* of what is known by a number */
/* Soon that hash will be looked for: its place comes into the processor's caches. */
void map_prefetch(const struct map *m, uint64_t hash);

#endif
