/* SPDX-License-Identifier: Apache-2.0 */
/* callgrind_names.c - KCacheGrind takes functions of one name and one base name of a
 * file for the same, and makes a class of what stands before the last "::"; so
 * functions are called module::Class::name, and what is still alike gets its line
 * behind it. */
#include "base/clock.h"
#include "base/map.h"
#include "base/out.h"
#include "export/callgrind.h"
#include "export/export.h"
#include "model/names.h"
#include "model/places.h"

struct naming {
    const struct profile *profile;
    struct arena *arena;
    struct called *of;  /* by function */
    struct map files;   /* ids of functions, by the file's text */
    struct map names;   /* the same, by the name and the file's base name */
    uint64_t seed;      /* of their hashes */
    uint32_t *numbered; /* by function: namesakes that were given a number */
    uint32_t file_count;
};

static bool is_plain(struct str s)
{
    bool special = s.len > 1 && s.at[0] == '(';

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];

        special |= c < 0x20 || c == 0x7f || c == 0xe2;
    }
    return !special;
}

struct str callgrind_plain(struct str s, struct arena *a)
{
    if (is_plain(s))
        return s;
    char *text = arena_alloc(a, s.len + 2);
    size_t at = 0;

    if (s.len > 1 && s.at[0] == '(' && s.at[1] >= '0' && s.at[1] <= '9')
        text[at++] = '_';
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        bool end = c == 0xe2 && export_ends_line((struct str){ s.at + i, s.len - i });

        text[at++] = (char)(c < 0x20 || c == 0x7f || end ? '?' : c);
        i += end ? 2 : 0;
    }
    return (struct str){ text, at };
}

/* "Feed.parse" of module "orders.feed": "orders.feed::Feed::parse". */
static struct str qualified(const struct naming *n, const struct function *f,
                            struct str root)
{
    const struct str sep = STR("::");
    struct str module = name_module(f, root, n->arena);
    struct str name = f->qualname.len > 0 ? f->qualname : f->name;
    if (name.len == 0)
        name = STR("???"); /* as callgrind calls what it does not know */
    size_t last = name.len;

    bool python = str_ends(f->file, STR(".py")) || str_begins(f->file, STR("<"));
    if (!python)
        module = STR("");
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] == '.' && (python || str_eq(f->file, STR("~"))))
            last = i;
    struct str owner = { name.at, last < name.len ? last : 0 };
    struct str own = { name.at + (last < name.len ? last + 1 : 0),
                       name.len - (last < name.len ? last + 1 : 0) };
    const struct str part[] = { module, module.len > 0 ? sep : STR(""), owner,
                                owner.len > 0 ? sep : STR(""), own };
    char *text = arena_alloc(n->arena, module.len + name.len + 5), *at = text;
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        at = text_to(at, part[i]);
    return callgrind_plain((struct str){ text, (size_t)(at - text) }, n->arena);
}

struct wanted {
    const struct called *of;
    struct str text;
    struct str base; /* of names: of the file */
};

static bool same_file(const void *with, uint32_t id)
{
    const struct wanted *w = with;

    return str_eq(w->of[id].file, w->text);
}

static bool same_name(const void *with, uint32_t id)
{
    const struct wanted *w = with;

    return str_eq(w->of[id].name, w->text) &&
           str_eq(str_basename(w->of[id].file), w->base);
}

static uint64_t name_hash(const struct naming *n, const struct called *c)
{
    return str_hash_seeded(c->name, str_hash_seeded(str_basename(c->file), n->seed));
}

static uint32_t file_of(struct naming *n, function_id f)
{
    struct wanted w = { n->of, n->of[f].file, STR("") };
    uint64_t hash = str_hash_seeded(w.text, n->seed);
    uint32_t first = map_find(&n->files, hash, same_file, &w);

    if (first != MAP_NONE)
        return n->of[first].file_id;
    map_add(&n->files, hash, f);
    return ++n->file_count;
}

/* The function that is called as f would be; MAP_NONE: it is f from now on. */
static uint32_t namesake(struct naming *n, function_id f)
{
    const struct called *c = &n->of[f];
    struct wanted w = { n->of, c->name, str_basename(c->file) };
    uint64_t hash = name_hash(n, c);
    uint32_t other = map_find(&n->names, hash, same_name, &w);

    if (other == MAP_NONE)
        map_add(&n->names, hash, f);
    return other;
}

/* With its line, and then with a number, where another one is called the same. Which
 * numbers were given is kept, or so many of one name would take for ever. */
static void tell_apart(struct naming *n, function_id f)
{
    struct called *c = &n->of[f];
    struct str plainly = c->name;
    int len = (int)plainly.len;

    if (namesake(n, f) == MAP_NONE)
        return;
    c->name = arena_printf(n->arena, "%.*s:%u", len, plainly.at, c->line);
    uint32_t first = namesake(n, f);
    while (first != MAP_NONE) {
        c->name = arena_printf(n->arena, "%.*s:%u~%u", len, plainly.at, c->line,
                               ++n->numbered[first]);
        if (namesake(n, f) == MAP_NONE)
            return;
    }
}

static void name_one(struct naming *n, function_id f, struct str root)
{
    const struct function *is = profile_function(n->profile, f);
    struct called *c = &n->of[f];

    c->line = is->line;
    c->file = is->file.len > 0 ? callgrind_plain(is->file, n->arena) : STR("???");
    c->name = qualified(n, is, root);
    map_prefetch(&n->files, str_hash_seeded(c->file, n->seed));
    map_prefetch(&n->names, name_hash(n, c));
}

/* A function's places in the maps are asked for some functions before it looks there.
 */
struct called *callgrind_names(const struct profile *p, uint32_t *files,
                               struct arena *a)
{
    enum { ALIGN = 64, AHEAD = 8 };
    uint32_t count = profile_functions(p), named = 0;
    struct str root = places_root(p);
    char *at = arena_array(a, count + 2u, sizeof(struct called));
    struct naming n = {
        .profile = p,
        .arena = a,
        .of = (struct called *)(at + -(uintptr_t)at % ALIGN),
        .files = map_on(a),
        .names = map_on(a),
        .seed = clock_monotonic_ns(),
        .numbered = arena_array(a, count + 1u, sizeof(uint32_t)),
    };

    map_expect(&n.files, count);
    map_expect(&n.names, count);
    for (function_id f = 0; f < count; f++) {
        for (; named < count && named < f + AHEAD; named++)
            name_one(&n, named, root);
        n.of[f].file_id = file_of(&n, f);
        tell_apart(&n, f);
    }
    *files = n.file_count;
    return n.of;
}
