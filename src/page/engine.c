/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c - what the page calls (doc/query.md): files in, then queries. One instance
 * is one profile. Where memory ends the instance traps. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "import/import.h"
#include "page/files.h"
#include "query/query.h"

#define EXPORT(name) __attribute__((export_name(#name)))

static struct {
    struct arena *rooms; /* what the page asked for since the last call; or NULL */
    struct arena *kept[FILES_MAX], *names; /* of files */
    const char *name[FILES_MAX + 1];       /* ends in NULL */
    uint32_t files;
    struct text {
        struct str path, bytes;
        struct text *next;
    } * texts; /* of source files */
    struct profile *profile;
    struct query *query;
    struct out *text;
} engine;

/* Before the path of a source file, which a saved page may hold (cmd/page.h). */
static const struct str source = { "sonde-source:", 13 };

static void begin_text(void)
{
    out_abandon(engine.text);
    engine.text = out_memory();
}

static int fail(const char *text)
{
    struct json j;

    begin_text();
    j = json_on(engine.text);
    json_object(&j, NULL);
    json_text(&j, "error", text);
    json_end(&j);
    return 0;
}

static void drop_rooms(void)
{
    arena_close(engine.rooms);
    engine.rooms = NULL;
}

EXPORT(engine_room) void *engine_room(size_t bytes);
void *engine_room(size_t bytes)
{
    if (!engine.rooms)
        engine.rooms = arena_open();
    return arena_alloc(engine.rooms, bytes + 1);
}

static bool is_taken(const char *name)
{
    for (uint32_t i = 0; i < engine.files; i++)
        if (strcmp(engine.name[i], name) == 0)
            return true;
    return false;
}

/* A name of its own, without folders: nothing looks for what is in none. */
static const char *name_of(struct str given)
{
    struct str base = str_basename(given);
    const char *name;
    unsigned number = 1;

    if (!engine.names)
        engine.names = arena_open();
    if (base.len == 0)
        base = STR("file");
    name = arena_cstr(engine.names, base);
    while (is_taken(name))
        name = arena_printf(engine.names, "%.*s (%u)", (int)base.len, base.at, ++number)
                   .at;
    return name;
}

static void add_source(struct str path, struct str bytes)
{
    if (!engine.names)
        engine.names = arena_open();
    struct text *t = arena_alloc(engine.names, sizeof *t);

    str_skip(&path, source);
    t->path = arena_str(engine.names, path);
    t->bytes = arena_str(engine.names, bytes);
    t->next = engine.texts;
    engine.texts = t;
    drop_rooms();
}

static bool read_source(void *with, struct str path, struct out *to)
{
    (void)with;
    for (const struct text *t = engine.texts; t; t = t->next)
        if (str_eq(t->path, path)) {
            out_str(to, t->bytes);
            return true;
        }
    return false;
}

EXPORT(engine_file)
int engine_file(const char *name, size_t name_bytes, const char *data, size_t bytes);
int engine_file(const char *name, size_t name_bytes, const char *data, size_t bytes)
{
    if (engine.query || engine.files == FILES_MAX)
        return fail(engine.query ? "a profile is open: a new instance reads others"
                                 : "too many files at once: 256 are enough");
    if (str_begins((struct str){ name, name_bytes }, source)) {
        add_source((struct str){ name, name_bytes }, (struct str){ data, bytes });
        return 1;
    }
    const char *own = name_of((struct str){ name, name_bytes });

    files_add(own, (struct str){ data, bytes });
    engine.name[engine.files] = own;
    engine.kept[engine.files++] = engine.rooms;
    engine.rooms = NULL;
    return 1;
}

static bool read_all(struct build *b, struct err *e)
{
    bool ok = true;

    /* Recordings first: see import.h. */
    for (uint32_t i = 0; ok && i < 2 * engine.files; i++) {
        const char *name = engine.name[i % engine.files];

        if ((import_for(name) == NULL) == (i < engine.files))
            ok = import_file(name, str_of(name), b, e);
    }
    return ok;
}

static uint32_t count_formats(void)
{
    uint32_t count = 3; /* recordings, packs, tapes */

    for (const struct importer *const *i = import_list(); *i; i++)
        count++;
    return count;
}

EXPORT(engine_open) int engine_open(void);
int engine_open(void)
{
    struct err e = { 0 };
    struct build *b = build_open(UNIT_NS);
    struct query_of of = { .version = SONDE_VERSION,
                           .file = engine.name,
                           .generation = 1 };

    drop_rooms();
    if (engine.query || engine.files == 0)
        return fail(engine.query ? "a profile is open" : "no file was handed in");
    if (!read_all(b, &e)) {
        build_abandon(b);
        return fail(e.text);
    }
    engine.profile = build_finish(b);
    files_forget();
    for (uint32_t i = 0; i < engine.files; i++)
        arena_close(engine.kept[i]);
    of.title = engine.name[0];
    if (engine.files > 1)
        of.title = arena_printf(engine.names, "%s and %u more", engine.name[0],
                                engine.files - 1)
                       .at;
    of.formats = count_formats();
    of.source = read_source;
    if (!engine.texts)
        of.no_source =
            "This page holds no source (sonde view --html with --source DIR and "
            "--with-source puts it in).";
    engine.query = query_open(engine.profile, &of);
    return 1;
}

EXPORT(engine_query) int engine_query(const char *text, size_t bytes);
int engine_query(const char *text, size_t bytes)
{
    if (!engine.query)
        return fail("no profile is open");
    begin_text();
    enum query_status status =
        query_answer(engine.query, (struct str){ text, bytes }, engine.text);
    drop_rooms();
    return status == QUERY_OK;
}

EXPORT(engine_text) const char *engine_text(void);
const char *engine_text(void)
{
    return engine.text ? out_text(engine.text).at : "";
}

EXPORT(engine_text_bytes) size_t engine_text_bytes(void);
size_t engine_text_bytes(void)
{
    return engine.text ? out_text(engine.text).len : 0;
}
