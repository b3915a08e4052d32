/* SPDX-License-Identifier: Apache-2.0 */
/* texts.c - found by their hashes in a map. */
#include "base/texts.h"

#include "base/clock.h"

struct wanted {
    const struct texts *texts;
    struct str text;
};

static bool same_text(const void *with, uint32_t id)
{
    const struct wanted *w = with;

    return str_eq(w->texts->at[id], w->text);
}

struct texts texts_on(struct arena *a)
{
    return (struct texts){ .map = map_on(a), .seed = clock_monotonic_ns() };
}

uint32_t texts_number(struct texts *t, struct str text)
{
    struct wanted wanted = { t, text };
    uint64_t hash = str_hash_seeded(text, t->seed);
    uint32_t id = map_find(&t->map, hash, same_text, &wanted);

    if (id != MAP_NONE)
        return id;
    if (t->count == t->room) {
        size_t size = sizeof *t->at;
        uint32_t room = t->room ? t->room * 2 : 64;

        t->at = arena_grow(t->map.arena, t->at, t->room * size, room * size);
        t->room = room;
    }
    t->at[t->count] = text;
    map_add(&t->map, hash, t->count);
    return t->count++;
}
