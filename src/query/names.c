/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - columns of names and places. */
#include "query/names.h"

struct used used_begin(struct query *q, struct arena *a)
{
    q->seen_now++;
    return (struct used){ .query = q, .arena = a };
}

void used_add(struct used *u, function_id f)
{
    if (f == FUNCTION_NONE || u->query->seen[f] == u->query->seen_now)
        return;
    u->query->seen[f] = u->query->seen_now;
    if (u->count == u->room) {
        uint32_t room = u->room ? 2 * u->room : 64;

        u->at =
            arena_grow(u->arena, u->at, u->room * sizeof *u->at, room * sizeof *u->at);
        u->room = room;
    }
    u->at[u->count++] = f;
}

struct str names_place(const struct query *q, const struct function *f)
{
    struct str place = f->file;

    if (q->root.len > 0 && name_is_rooted(f) && str_begins(place, q->root)) {
        str_skip(&place, q->root);
        return place;
    }
    return name_file(f);
}

enum owner names_kind(const struct query *q, function_id f)
{
    uint32_t file = q->file_of[f];

    if (file == FUNCTION_NONE ||
        profile_function(q->profile, f)->kind != FUNCTION_PYTHON)
        return OWNER_BUILTIN;
    return q->in_library[file] ? OWNER_LIBRARY : OWNER_PROGRAM;
}

/* All functions of a file are in one module, and it is in a part of a builtin's name.
 */
struct str names_module(struct query *q, function_id f)
{
    const struct function *function = profile_function(q->profile, f);
    uint32_t file = q->file_of[f];

    if (file == FUNCTION_NONE)
        return name_module(function, q->root, q->arena);
    if (!q->module[file].at)
        q->module[file] = name_module(function, q->root, q->arena);
    return q->module[file];
}

struct str names_path(const struct query *q, node_id n, struct arena *a)
{
    const struct profile *p = q->profile;
    const struct node *node = profile_node(p, n);
    node_id *way = arena_array(a, node->depth, sizeof *way);
    struct out *o = out_memory();
    uint32_t steps = 0;

    out_printf(o, "p%u.t%u", profile_thread(p, node->thread)->process, node->thread);
    for (; profile_node(p, n)->depth > 1; n = profile_node(p, n)->parent)
        way[steps++] = n;
    while (steps-- > 0) {
        function_id f = profile_node(p, way[steps])->function;

        if (f == FUNCTION_NONE)
            out_text_of(o, ".m");
        else
            out_printf(o, ".%u", f);
    }
    struct str path = arena_str(a, out_text(o));
    out_abandon(o);
    return path;
}

void names_ids(struct json *j, const char *key, const uint32_t *at, uint32_t count)
{
    json_array(j, key);
    for (uint32_t i = 0; i < count; i++)
        json_i64(j, NULL, at[i] == UINT32_MAX ? -1 : (int64_t)at[i]);
    json_end(j);
}

void names_files(struct query *q, const uint32_t *at, uint32_t count, struct json *j)
{
    json_object(j, "files");
    names_ids(j, "id", at, count);
    json_array(j, "path");
    for (uint32_t i = 0; i < count; i++)
        json_str(j, NULL, profile_function(q->profile, q->file[at[i]])->file);
    json_end(j);
    json_array(j, "place");
    for (uint32_t i = 0; i < count; i++)
        json_str(j, NULL, names_place(q, profile_function(q->profile, q->file[at[i]])));
    json_end(j);
    json_end(j);
}

enum column {
    COLUMN_NAME,
    COLUMN_FILE,
    COLUMN_LINE,
    COLUMN_KIND,
    COLUMN_MODULE,
    COLUMN_STANDS
};

static void write_column(const struct used *u, enum column c, const char *key,
                         struct json *j)
{
    json_array(j, key);
    for (uint32_t i = 0; i < u->count; i++) {
        function_id id = u->at[i];
        const struct function *f = profile_function(u->query->profile, id);
        uint32_t file = u->query->file_of[id];

        if (c == COLUMN_NAME)
            json_str(j, NULL, name_shown(f, u->arena));
        else if (c == COLUMN_MODULE)
            json_str(j, NULL, names_module(u->query, id));
        else
            json_i64(j, NULL,
                     c == COLUMN_FILE   ? (file == FUNCTION_NONE ? -1 : (int64_t)file)
                     : c == COLUMN_LINE ? (int64_t)f->line
                     : c == COLUMN_KIND ? (int64_t)names_kind(u->query, id)
                                        : (int64_t)f->merged);
    }
    json_end(j);
}

static void write_files(const struct used *u, struct json *j)
{
    struct query *q = u->query;
    uint32_t *at = arena_array(u->arena, u->count, sizeof *at), count = 0;
    bool *there = arena_array(u->arena, q->files, sizeof *there);

    for (uint32_t i = 0; i < u->count; i++) {
        uint32_t file = q->file_of[u->at[i]];

        if (file != FUNCTION_NONE && !there[file]) {
            there[file] = true;
            at[count++] = file;
        }
    }
    names_files(q, at, count, j);
}

void used_write(const struct used *u, struct json *j)
{
    json_object(j, "functions");
    names_ids(j, "id", u->at, u->count);
    write_column(u, COLUMN_NAME, "name", j);
    write_column(u, COLUMN_FILE, "file", j);
    write_column(u, COLUMN_LINE, "line", j);
    write_column(u, COLUMN_KIND, "kind", j);
    write_column(u, COLUMN_MODULE, "module", j);
    write_column(u, COLUMN_STANDS, "stands", j);
    json_end(j);
    write_files(u, j);
}
