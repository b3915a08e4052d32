/* SPDX-License-Identifier: Apache-2.0 */
/* inside.c - indices over nodes, functions and files, by counting. */
#include "query/inside.h"

#include "base/texts.h"
#include "model/names.h"
#include "model/places.h"
#include "query/lens.h"
#include "query/narrow.h"
#include "query/pick.h"

/* By counting; what has no function is left out. */
static struct slices nodes_by_function(const struct profile *p, struct arena *a)
{
    const struct node *node = profile_node(p, NODE_ROOT);
    uint32_t functions = profile_functions(p), nodes = profile_nodes(p);
    struct slices s = { .from = arena_array(a, (size_t)functions + 2, sizeof *s.from) };

    for (node_id n = NODE_ROOT + 1; n < nodes; n++)
        if (node[n].function != FUNCTION_NONE)
            s.from[node[n].function + 2]++;
    for (function_id f = 0; f < functions; f++)
        s.from[f + 2] += s.from[f + 1];
    s.at = arena_array(a, s.from[functions + 1], sizeof *s.at);
    for (node_id n = NODE_ROOT + 1; n < nodes; n++)
        if (node[n].function != FUNCTION_NONE)
            s.at[s.from[node[n].function + 1]++] = n;
    return s;
}

struct slice inside_nodes(struct query *q, function_id f)
{
    if (!q->of_function.from)
        q->of_function = nodes_by_function(q->profile, q->arena);
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
    stats_order_children(q->stats);
    q->children =
        (struct slices){ stats_walk(q->stats)->from, stats_walk(q->stats)->at };
    q->seen = arena_array(arena, profile_functions(p), sizeof *q->seen);
    q->place = arena_array(arena, (size_t)profile_functions(p) + 1, sizeof *q->place);
    q->guess_place = arena_array(arena, profile_functions(p), sizeof *q->guess_place);
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
