/* SPDX-License-Identifier: Apache-2.0 */
/* places.c - functions that share all but the folder are sorted by their paths' ends:
 * the neighbours are those that look most alike. */
#include "model/places.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/path.h"
#include "model/names.h"

struct twin {
    struct str path;
    uint32_t id, first; /* first: of those that look alike, names them all */
};

struct twins {
    const struct function *const *function;
    uint32_t functions;
    struct map map;
    uint64_t seed;
    struct twin *at;
    uint32_t count;
};

struct wanted {
    const struct twins *twins;
    const struct function *function;
};

static bool looks_alike(const void *with, uint32_t id)
{
    const struct wanted *w = with;
    const struct function *a = w->function, *b = w->twins->function[id];

    return a->line == b->line && a->order == b->order && str_eq(a->name, b->name) &&
           str_eq(a->qualname, b->qualname) && str_eq(a->owner, b->owner) &&
           str_eq(str_basename(a->file), str_basename(b->file));
}

static uint64_t look(const struct twins *t, const struct function *f)
{
    uint64_t hash = str_hash_seeded(f->name, t->seed + f->line);

    return str_hash_seeded(str_basename(f->file), str_hash_seeded(f->qualname, hash));
}

static int by_ends(const void *one, const void *other)
{
    const struct twin *a = one, *b = other;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return path_compare_ends(a->path, b->path);
}

/* first: by function, of those that look alike; `alike` tells which are not alone. */
static void gather(struct twins *t, uint32_t *first, bool *alike)
{
    for (uint32_t i = 0; i < t->functions; i++) {
        struct wanted w = { t, t->function[i] };
        uint64_t hash = look(t, w.function);

        first[i] = map_find(&t->map, hash, looks_alike, &w);
        if (first[i] == MAP_NONE) {
            first[i] = i;
            map_add(&t->map, hash, i);
            continue;
        }
        alike[first[i]] = alike[i] = true;
        t->count++;
    }
}

static void compare_neighbours(const struct twins *t, uint32_t *parts)
{
    for (uint32_t i = 1; i < t->count; i++) {
        const struct twin *a = &t->at[i - 1], *b = &t->at[i];
        uint32_t common = path_common_parts(a->path, b->path);

        if (a->first != b->first || str_eq(a->path, b->path))
            continue;
        parts[a->id] = parts[a->id] > common ? parts[a->id] : common + 1;
        parts[b->id] = parts[b->id] > common ? parts[b->id] : common + 1;
    }
}

uint32_t *places_parts(const struct function *const *at, uint32_t count,
                       struct arena *a)
{
    struct arena *scratch = arena_open();
    struct twins t = { at, count, map_on(scratch), clock_monotonic_ns(), NULL, 0 };
    uint32_t *first = arena_array(scratch, count, sizeof *first);
    bool *alike = arena_array(scratch, count, sizeof *alike);
    uint32_t *parts = arena_array(a, count, sizeof *parts);

    gather(&t, first, alike);
    t.at = arena_array(scratch, 2 * (size_t)t.count, sizeof *t.at);
    t.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = 1;
        if (alike[i])
            t.at[t.count++] = (struct twin){ at[i]->file, i, first[i] };
    }
    qsort(t.at, t.count, sizeof *t.at, by_ends);
    compare_neighbours(&t, parts);
    arena_close(scratch);
    return parts;
}

uint32_t *places_parts_of(const struct profile *p, struct arena *a)
{
    struct arena *scratch = arena_open();
    uint32_t functions = profile_functions(p);
    const struct function **at = arena_array(scratch, functions, sizeof *at);

    for (function_id f = 0; f < functions; f++)
        at[f] = profile_function(p, f);
    uint32_t *parts = places_parts(at, functions, a);
    arena_close(scratch);
    return parts;
}

struct str places_root(const struct profile *p)
{
    struct str root = { 0 };
    bool begun = false;

    for (function_id f = 0; f < profile_functions(p); f++) {
        const struct function *function = profile_function(p, f);

        if (!name_is_rooted(function))
            continue;
        root = path_common_folder(begun ? root : function->file, function->file);
        begun = true;
    }
    return root;
}
