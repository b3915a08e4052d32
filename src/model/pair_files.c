/* SPDX-License-Identifier: Apache-2.0 */
/* pair_files.c - files that only one list has, sorted by their paths read backwards:
 * what shares the longest end with one stands beside it. A pair is made where each is
 * the other's best and no second is as good, and where more than a common name speaks
 * for it. */
#include "model/pair_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/texts.h"

enum { LIST_A, LIST_B, LISTS };
#define NO_FILE UINT32_MAX

struct file {
    struct str path;
    bool in[LISTS];
    uint32_t paired;      /* the file it counts as; itself at first */
    uint32_t best, parts; /* of the other list: the file, common parts of the path */
};

struct files {
    struct arena *arena;
    struct texts paths;
    struct file *at; /* by number of its path */
};

static uint32_t *number(struct files *f, struct functions list)
{
    uint32_t *id = arena_array(f->arena, list.count, sizeof *id);

    for (uint32_t i = 0; i < list.count; i++)
        id[i] = texts_number(&f->paths, list.at[i]->file);
    return id;
}

/* Once the functions of both lists have ids. */
static void make_files(struct files *f, struct functions a, struct functions b,
                       const struct file_ids *ids)
{
    f->at = arena_array(f->arena, f->paths.count, sizeof *f->at);
    for (uint32_t i = 0; i < f->paths.count; i++)
        f->at[i] =
            (struct file){ .path = f->paths.at[i], .paired = i, .best = NO_FILE };
    for (uint32_t i = 0; i < a.count; i++)
        f->at[ids->a[i]].in[LIST_A] = true;
    for (uint32_t i = 0; i < b.count; i++)
        f->at[ids->b[i]].in[LIST_B] = true;
}

struct item {
    struct str path;
    uint32_t file;
    uint32_t before[LISTS], behind[LISTS]; /* the nearest item of each list */
};

static int backwards(const void *one, const void *other)
{
    const struct item *a = one, *b = other;

    return path_compare_ends(a->path, b->path);
}

/* Paths of one list, by their ends. Generated code, whose file is none, stays. */
static uint32_t gather(const struct files *f, struct item *item)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < f->paths.count; i++)
        if (f->at[i].in[LIST_A] != f->at[i].in[LIST_B] &&
            !str_begins(f->at[i].path, STR("<")))
            item[count++] = (struct item){ .path = f->at[i].path, .file = i };
    qsort(item, count, sizeof *item, backwards);
    return count;
}

static void link_neighbours(const struct files *f, struct item *item, uint32_t count)
{
    uint32_t last[LISTS] = { NO_FILE, NO_FILE };

    for (uint32_t i = 0; i < count; i++) {
        memcpy(item[i].before, last, sizeof last);
        last[f->at[item[i].file].in[LIST_B] ? LIST_B : LIST_A] = i;
    }
    last[LIST_A] = last[LIST_B] = NO_FILE;
    for (uint32_t i = count; i-- > 0;) {
        memcpy(item[i].behind, last, sizeof last);
        last[f->at[item[i].file].in[LIST_B] ? LIST_B : LIST_A] = i;
    }
}

/* The two nearest of the other list on either side tell: what is further away has
 * no longer end in common. Equally good ones spoil one another. */
static void find_best(struct files *f, const struct item *item, uint32_t at)
{
    struct file *file = &f->at[item[at].file];
    int other = file->in[LIST_B] ? LIST_A : LIST_B;
    uint32_t before = item[at].before[other], behind = item[at].behind[other];
    uint32_t near[] = {
        before,
        before == NO_FILE ? NO_FILE : item[before].before[other],
        behind,
        behind == NO_FILE ? NO_FILE : item[behind].behind[other],
    };
    bool tie = false;

    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        uint32_t parts =
            near[i] == NO_FILE ? 0 : path_common_parts(file->path, item[near[i]].path);

        if (parts == 0 || parts < file->parts)
            continue;
        tie = parts == file->parts;
        file->parts = parts;
        file->best = item[near[i]].file;
    }
    if (tie)
        file->best = NO_FILE;
}

struct named { /* functions of a, by file and name */
    struct functions list;
    const uint32_t *file;
    struct map map;
};

struct sought {
    const struct named *named;
    struct str name;
    uint32_t file;
};

static bool same_name(const void *with, uint32_t id)
{
    const struct sought *s = with;

    return s->named->file[id] == s->file &&
           str_eq(s->named->list.at[id]->name, s->name);
}

static uint64_t name_hash(const struct files *f, struct str name, uint32_t file)
{
    return str_hash_seeded(name, f->paths.seed ^ (uint64_t)file * 0x9e3779b97f4a7c15u);
}

static bool says_something(struct str name)
{
    return !str_begins(name, STR("<"));
}

/* By file of b: a function of its best is there as well. */
static bool *mark_shared(const struct files *f, struct functions a, struct functions b,
                         const struct file_ids *ids)
{
    bool *shared = arena_array(f->arena, f->paths.count, sizeof *shared);
    struct named named = { a, ids->a, map_on(f->arena) };

    for (uint32_t i = 0; i < a.count; i++)
        if (f->at[ids->a[i]].best != NO_FILE && says_something(a.at[i]->name))
            map_add(&named.map, name_hash(f, a.at[i]->name, ids->a[i]), i);
    for (uint32_t i = 0; i < b.count; i++) {
        struct sought s = { &named, b.at[i]->name, f->at[ids->b[i]].best };
        uint64_t hash = name_hash(f, s.name, s.file);

        if (s.file != NO_FILE && says_something(s.name) &&
            map_find(&named.map, hash, same_name, &s) != MAP_NONE)
            shared[ids->b[i]] = true;
    }
    return shared;
}

static void pair(struct files *f, const bool *shared)
{
    for (uint32_t i = 0; i < f->paths.count; i++) {
        struct file *b = &f->at[i];
        bool alone = b->in[LIST_B] && !b->in[LIST_A] && b->best != NO_FILE;

        if (alone && f->at[b->best].best == i && (b->parts > 1 || shared[i]))
            b->paired = b->best;
    }
}

struct file_ids pair_files(struct functions a, struct functions b, struct arena *arena)
{
    struct files f = { .arena = arena, .paths = texts_on(arena) };
    struct file_ids ids = { number(&f, a), number(&f, b) };

    make_files(&f, a, b, &ids);
    struct item *item = arena_array(arena, f.paths.count, sizeof *item);
    uint32_t count = gather(&f, item);

    link_neighbours(&f, item, count);
    for (uint32_t i = 0; i < count; i++)
        find_best(&f, item, i);
    pair(&f, mark_shared(&f, a, b, &ids));
    for (uint32_t i = 0; i < b.count; i++)
        ids.b[i] = f.at[ids.b[i]].paired;
    return ids;
}
