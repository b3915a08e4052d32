/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c - what the page calls (doc/query.md): files in, then queries. One instance
 * is one profile. Where memory ends the instance traps. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "import/import.h"
#include "model/gone.h"
#include "page/files.h"
#include "query/query.h"
#include "query/saved.h"

#define EXPORT(name) __attribute__((export_name(#name)))

static struct {
    struct arena *rooms; /* what the page asked for since the last call; or NULL */
    struct arena *kept[FILES_MAX], *names; /* of files */
    const char *name[FILES_MAX + 1];       /* ends in NULL */
    uint32_t files, after; /* the side after has the first of them, and they are all
                              where no two are compared */
    struct text {
        struct str path, bytes;
        struct text *next;
    } * texts; /* of source files */
    struct profile *profile;
    struct compare *compare; /* NULL: no two sides */
    const char *before;      /* the side before, as it was called */
    function_id *compared;
    struct query *query;
    struct out *text;
} engine;

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

    str_skip(&path, STR(SAVED_SOURCE));
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
    if (str_begins((struct str){ name, name_bytes }, STR(SAVED_SOURCE))) {
        add_source((struct str){ name, name_bytes }, (struct str){ data, bytes });
        return 1;
    }
    struct str given = { name, name_bytes };
    bool first = str_skip(&given, STR(SAVED_BEFORE));
    const char *own = name_of(given);

    if (first && !engine.before)
        engine.before = arena_cstr(engine.names, str_basename(given));

    if (!first && engine.after < engine.files)
        return fail("a file of the side after comes behind those of the side before");
    files_add(own, (struct str){ data, bytes });
    engine.name[engine.files] = own;
    engine.kept[engine.files++] = engine.rooms;
    engine.after += !first;
    engine.rooms = NULL;
    return 1;
}

/* From one file to before another, as one profile. */
static struct profile *read_files(uint32_t from, uint32_t to, struct err *e)
{
    struct build *b = build_open(UNIT_NS);
    bool ok = true;

    /* Recordings first: see import.h. */
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = from; ok && i < to; i++)
            if ((import_for(engine.name[i]) == NULL) == (pass == 0))
                ok = import_file(engine.name[i], str_of(engine.name[i]), b, e);
    if (ok)
        return build_finish(b);
    build_abandon(b);
    return NULL;
}

/* sonde view looked whether they can be compared before it saved them. */
static bool compare_sides(struct query_of *of, struct err *e)
{
    struct profile *old = read_files(engine.after, engine.files, e);
    struct profile *after = engine.profile;

    if (!old)
        return false;
    engine.compare = compare_open((struct compare_options){ .cumulative = true });
    compare_add(engine.compare, SIDE_BEFORE, old);
    compare_add(engine.compare, SIDE_AFTER, after);
    compare_pair(engine.compare);
    compare_finish(engine.compare, 0);
    engine.profile = gone_with(engine.compare, after, &engine.compared, engine.names);
    profile_close(old);
    profile_close(after);
    of->compare = engine.compare;
    of->compared = engine.compared;
    of->before = engine.before;
    engine.name[engine.after] = NULL;
    return true;
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
    struct query_of of = { .version = SONDE_VERSION,
                           .file = engine.name,
                           .generation = 1 };

    drop_rooms();
    if (engine.query || engine.after == 0)
        return fail(engine.query ? "a profile is open" : "no file was handed in");
    engine.profile = read_files(0, engine.after, &e);
    if (!engine.profile || (engine.after < engine.files && !compare_sides(&of, &e)))
        return fail(e.text);
    files_forget();
    for (uint32_t i = 0; i < engine.files; i++)
        arena_close(engine.kept[i]);
    of.title = engine.name[0];
    if (engine.after > 1)
        of.title = arena_printf(engine.names, "%s and %u more", engine.name[0],
                                engine.after - 1)
                       .at;
    of.formats = count_formats();
    of.source = read_source;
    if (!engine.texts)
        of.no_source =
            "This page holds no source (sonde view --html OUT.html --source DIR "
            "--with-source FILE).";
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
