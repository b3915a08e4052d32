/* SPDX-License-Identifier: Apache-2.0 */
/* inside.c - indices over nodes, functions and files, by counting. */
#include "query/inside.h"

#include <stdlib.h>

#include "base/texts.h"
#include "model/names.h"
#include "model/places.h"
#include "query/lens.h"
#include "query/narrow.h"
#include "query/pick.h"

/* Items whose key is `keys` or more are left out. */
static struct slices sort_by(uint32_t items, uint32_t keys, uint32_t first,
                             uint32_t (*key)(const struct profile *, uint32_t),
                             const struct profile *p, struct arena *a)
{
    struct slices s = { .from = arena_array(a, (size_t)keys + 2, sizeof *s.from) };

    for (uint32_t i = first; i < items; i++) {
        uint32_t k = key(p, i);

        if (k < keys)
            s.from[k + 2]++;
    }
    for (uint32_t k = 0; k < keys; k++)
        s.from[k + 2] += s.from[k + 1];
    s.at = arena_array(a, s.from[keys + 1], sizeof *s.at);
    for (uint32_t i = first; i < items; i++) {
        uint32_t k = key(p, i);

        if (k < keys)
            s.at[s.from[k + 1]++] = i;
    }
    return s;
}

static uint32_t parent_of(const struct profile *p, uint32_t n)
{
    return profile_node(p, n)->parent;
}

static uint32_t function_of(const struct profile *p, uint32_t n)
{
    return profile_node(p, n)->function;
}

struct slice inside_nodes(struct query *q, function_id f)
{
    if (!q->of_function.from)
        q->of_function =
            sort_by(profile_nodes(q->profile), profile_functions(q->profile), 1,
                    function_of, q->profile, q->arena);
    return slice_of(&q->of_function, f);
}

struct slice inside_functions(struct query *q)
{
    if (!q->functions.at) {
        uint32_t *at = arena_array(q->arena, profile_functions(q->profile), sizeof *at);

        q->functions.count = rows_functions(q->profile, q->stats, at);
        q->functions.at = at;
    }
    return q->functions;
}

const struct rows *inside_rows(struct query *q, enum by by)
{
    if (!q->by[by]) {
        q->by[by] = arena_alloc(q->arena, sizeof *q->by[by]);
        *q->by[by] = rows_by(q->profile, q->stats, by, false, q->arena);
    }
    return q->by[by];
}

struct costed {
    uint64_t cost;
    node_id node;
};

static int by_cost(const void *a, const void *b)
{
    const struct costed *x = a, *y = b;

    if (x->cost != y->cost)
        return x->cost > y->cost ? -1 : 1;
    return x->node < y->node ? -1 : 1;
}

static void order_children(struct query *q)
{
    struct arena *scratch = arena_open();
    uint32_t nodes = profile_nodes(q->profile), most = 0;

    for (node_id n = 0; n < nodes; n++)
        if (slice_of(&q->children, n).count > most)
            most = slice_of(&q->children, n).count;
    struct costed *sorted = arena_array(scratch, most, sizeof *sorted);
    for (node_id n = 0; n < nodes; n++) {
        struct slice s = slice_of(&q->children, n);
        uint32_t *at = q->children.at + q->children.from[n];

        if (s.count < 2)
            continue;
        for (uint32_t i = 0; i < s.count; i++)
            sorted[i] = (struct costed){ stats_below(q->stats, at[i]), at[i] };
        qsort(sorted, s.count, sizeof *sorted, by_cost);
        for (uint32_t i = 0; i < s.count; i++)
            at[i] = sorted[i].node;
    }
    arena_close(scratch);
}

static void number_files(struct query *q)
{
    uint32_t functions = profile_functions(q->profile);
    struct arena *scratch = arena_open();
    struct texts files = texts_on(scratch);

    q->file_of = arena_array(q->arena, functions, sizeof *q->file_of);
    q->file = arena_array(q->arena, functions, sizeof *q->file);
    for (function_id f = 0; f < functions; f++) {
        const struct function *function = profile_function(q->profile, f);

        q->file_of[f] = FUNCTION_NONE;
        if (str_eq(function->file, STR("~")) && function->line == 0)
            continue;
        q->file_of[f] = texts_number(&files, function->file);
        if (q->file_of[f] == q->files)
            q->file[q->files++] = f;
    }
    arena_close(scratch);
}

/* A file's functions are all of a library, or none. */
static void find_libraries(struct query *q)
{
    q->in_library = arena_array(q->arena, q->files, sizeof *q->in_library);
    for (uint32_t i = 0; i < q->files; i++) {
        struct function f = *profile_function(q->profile, q->file[i]);

        f.kind = FUNCTION_PYTHON;
        q->in_library[i] = name_owner(&f) == OWNER_LIBRARY;
    }
}

struct query *inside_open(const struct profile *p, const struct query_of *of,
                          const struct query *like)
{
    struct arena *arena = arena_open();
    struct query *q = arena_alloc(arena, sizeof *q);

    q->arena = arena;
    q->profile = p;
    q->of = *of;
    q->stats = stats_open(p);
    q->children = sort_by(profile_nodes(p), profile_nodes(p), 1, parent_of, p, arena);
    q->seen = arena_array(arena, profile_functions(p), sizeof *q->seen);
    q->place = arena_array(arena, (size_t)profile_functions(p) + 1, sizeof *q->place);
    q->guess_place = arena_array(arena, profile_functions(p), sizeof *q->guess_place);
    order_children(q);
    q->narrow = like != NULL;
    q->root = like ? like->root : places_root(p);
    if (like) {
        q->files = like->files;
        q->file_of = like->file_of;
        q->file = like->file;
        q->in_library = like->in_library;
    } else {
        number_files(q);
        find_libraries(q);
    }
    q->module = arena_array(arena, q->files, sizeof *q->module);
    return q;
}

struct query *query_open(const struct profile *p, const struct query_of *of)
{
    return inside_open(p, of, NULL);
}

void query_close(struct query *q)
{
    if (!q)
        return;
    narrow_close(q);
    for (int i = 0; i < LENSES; i++)
        lens_close(q->lens[i]);
    stats_close(q->stats);
    pick_close(q);
    arena_close(q->arena);
}
