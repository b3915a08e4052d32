/* SPDX-License-Identifier: Apache-2.0 */
/* code.c - mappings, the files below them, and Python's own names for what is in them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "why/code.h"
#include "why/parts.h"

struct word {
    uint64_t address;
    uint32_t naming;
    struct str name;
};

struct block {
    uint64_t address;
    uint32_t place;
};

static uint64_t hash_of(uint64_t address)
{
    return address * 0x9e3779b97f4a7c15ull;
}

static bool same_word(const void *with, uint32_t id)
{
    const struct code *c = ((const void *const *)with)[0];
    const uint64_t *address = ((const void *const *)with)[1];

    return ((const struct word *)pile_at(&c->word, id))->address == *address;
}

static bool same_block(const void *with, uint32_t id)
{
    const struct code *c = ((const void *const *)with)[0];
    const uint64_t *address = ((const void *const *)with)[1];

    return ((const struct block *)pile_at(&c->block, id))->address == *address;
}

static bool same_start(const void *with, uint32_t id)
{
    const struct code *c = ((const void *const *)with)[0];
    const uint64_t *address = ((const void *const *)with)[1];

    return ((const struct code_place *)pile_at(&c->place, id))->start == *address;
}

static uint32_t find(const struct code *c, const struct map *m,
                     bool (*same)(const void *, uint32_t), uint64_t address)
{
    const void *with[2] = { c, &address };

    return map_find(m, hash_of(address), same, with);
}

/* "libc" of "/lib/libc.so.6", "_json" of "_json.cpython-313-x86_64-linux-gnu.so". */
static struct str library_of(struct str path, enum code_home home)
{
    struct str name = str_basename(path);

    if (home == CODE_PYTHON)
        return STR("python");
    if (home == CODE_VDSO)
        return STR("vdso");
    if (str_begins(name, STR("ld-linux")))
        return STR("ld.so");
    for (size_t i = 1; i < name.len; i++)
        if (name.at[i] == '.' || (name.at[i] == '-' && i + 1 < name.len &&
                                  name.at[i + 1] >= '0' && name.at[i + 1] <= '9'))
            return (struct str){ name.at, i };
    return name;
}

static enum code_home home_of(const struct code *c, const struct code_image *image)
{
    struct str name = str_basename(image->path);

    if (c->evaluator >= image->start && c->evaluator < image->end)
        return CODE_PYTHON;
    if (str_eq(image->path, STR("[vdso]")))
        return CODE_VDSO;
    if (str_begins(name, STR("libc.so")) || str_begins(name, STR("libc-")))
        return CODE_LIBC;
    if (image->path.len == 0 || image->path.at[0] != '/')
        return CODE_MADE;
    return CODE_LIBRARY;
}

/* "START-END r-xp OFFSET DEVICE INODE  PATH" */
static bool read_mapping(struct str line, struct code_image *image, uint64_t *offset)
{
    char text[128] = { 0 }, rights[5] = { 0 };
    unsigned long long start, end, at;
    int path = 0;
    size_t i;

    memcpy(text, line.at, line.len < sizeof text - 1 ? line.len : sizeof text - 1);
    if (sscanf(text, "%llx-%llx %4s %llx %*s %*s %n", &start, &end, rights, &at,
               &path) < 4 ||
        rights[2] != 'x')
        return false;
    i = path > 0 ? (size_t)path : line.len;
    if (i > line.len)
        i = line.len;
    *image = (struct code_image){ .start = start, .end = end };
    image->path = (struct str){ line.at + i, line.len - i };
    *offset = at;
    return true;
}

static void read_mappings(struct code *c, struct str text)
{
    uint64_t offset;
    size_t lines = 1;

    for (size_t i = 0; i < text.len; i++)
        lines += text.at[i] == '\n';
    c->image = arena_array(c->arena, lines, sizeof *c->image);
    while (text.len > 0) {
        struct code_image *image = &c->image[c->images];

        if (read_mapping(str_take_line(&text), image, &offset)) {
            image->bias = offset; /* until the file is opened */
            image->home = home_of(c, image);
            image->library = library_of(image->path, image->home);
            c->images++;
        }
    }
}

static void open_image(struct code *c, struct code_image *image)
{
    uint64_t address;

    image->opened = true;
    if (image->home == CODE_MADE || image->home == CODE_VDSO || image->object)
        return;
    image->object = object_open(arena_cstr(c->arena, image->path), c->arena);
    if (!image->object || !object_at_offset(image->object, image->bias, &address)) {
        image->object = NULL;
        return;
    }
    image->bias = image->start - address;
    if (image->home == CODE_PYTHON)
        object_name_parts(image->object, c->evaluator - image->bias);
}

static void open_vdso(struct code *c, const struct steps *s)
{
    struct str bytes = steps_section(s, s->head.vdso);

    for (uint32_t i = 0; bytes.len > 0 && i < c->images; i++)
        if (c->image[i].home == CODE_VDSO) {
            c->image[i].object = object_of(bytes, c->arena);
            c->image[i].bias = s->head.vdso_at;
        }
}

/* A slot that types have in common is none of them's. */
static void share(struct code *c, struct word *word, uint32_t naming, struct str name)
{
    size_t dot = name.len;

    if (word->naming != LOG_NAMES_SLOT || naming != LOG_NAMES_SLOT ||
        str_eq(word->name, name))
        return;
    while (dot > 0 && name.at[dot - 1] != '.')
        dot--;
    word->name = arena_printf(c->arena, "<several types.%.*s", (int)(name.len - dot),
                              name.at + dot);
}

static void read_words(struct code *c, struct str rest)
{
    struct log_name record;
    struct str name;

    while (steps_name(&rest, &record, &name)) {
        uint32_t at = find(c, &c->words, same_word, record.address);
        if (at != MAP_NONE) {
            share(c, pile_at(&c->word, at), record.naming, name);
            continue;
        }
        map_add(&c->words, hash_of(record.address), c->word.count);
        *(struct word *)pile_add(&c->word) =
            (struct word){ record.address, record.naming, name };
    }
}

bool code_open(struct code *c, const struct steps *s, struct arena *a, struct err *e)
{
    struct str maps = steps_section(s, s->head.maps);

    *c =
        (struct code){ .arena = a, .evaluator = s->head.evaluator, .jit = s->head.jit };
    c->words = map_on(a);
    c->blocks = map_on(a);
    c->starts = map_on(a);
    c->word = pile_on(a, sizeof(struct word));
    c->block = pile_on(a, sizeof(struct block));
    c->place = pile_on(a, sizeof(struct code_place));
    read_mappings(c, maps);
    if (c->images == 0)
        return err_set(e, ERR_FORMAT,
                       "cannot read steps: no mapping of code in the log");
    open_vdso(c, s);
    read_words(c, steps_section(s, s->head.names));
    return true;
}

static struct code_image *image_at(struct code *c, uint64_t address)
{
    for (uint32_t i = 0; i < c->images; i++)
        if (address >= c->image[i].start && address < c->image[i].end) {
            if (!c->image[i].opened)
                open_image(c, &c->image[i]);
            return &c->image[i];
        }
    return NULL;
}

static enum parts_home names_home(const struct code_image *image)
{
    return image->home == CODE_PYTHON ? PARTS_PYTHON : PARTS_LIBRARY;
}

/* What Python calls it is shown, and the symbol beside it. */
static void name_place(struct code *c, struct code_place *p, struct str symbol)
{
    uint32_t at = find(c, &c->words, same_word, p->start);
    const struct word *word = at == MAP_NONE || p->moved ? NULL : pile_at(&c->word, at);

    p->function = symbol;
    p->part = parts_of(names_home(p->image), symbol, (struct str){ 0 });
    if (!word)
        return;
    if (word->naming == LOG_NAMES_ALLOCATOR)
        p->part = SPLIT_ALLOCATION;
    else if (word->naming == LOG_NAMES_CALLING)
        p->part = SPLIT_CALLS;
    else
        p->part = parts_of(names_home(p->image), symbol, word->name);
    if (symbol.len == 0 || word->naming == LOG_NAMES_FUNCTION) {
        p->symbol = symbol;
        p->function = word->name;
    }
}

static void fill_place(struct code *c, struct code_place *p)
{
    const struct object_function *f =
        p->image && p->image->object
            ? object_find(p->image->object, p->start - p->image->bias)
            : NULL;

    p->part = SPLIT_UNEXPLAINED;
    if (!p->image)
        return;
    if (p->image->home == CODE_MADE) {
        p->function = c->jit ? STR("compiled bytecode") : STR("code made at run time");
        p->part = c->jit ? SPLIT_BYTECODE : SPLIT_NATIVE;
        return;
    }
    if (!f)
        return;
    p->moved = f->part;
    p->stub = f->stub;
    if (f->stub) {
        p->function = f->name;
        p->part = SPLIT_CALLS;
        return;
    }
    /* The C library is charged by what it exports, on machines with its debugging
     * symbols as on those without. */
    name_place(c, p,
               p->image->home == CODE_LIBC && !f->exported ? (struct str){ 0 }
                                                           : f->name);
    if (p->image->home == CODE_VDSO)
        p->part = SPLIT_VDSO;
    p->evaluator = p->image->home == CODE_PYTHON &&
                   str_eq(f->name, STR("_PyEval_EvalFrameDefault"));
}

/* Where the function that holds the address begins; of code in no function, where no
 * function is: the mapping's end. */
static uint64_t start_of(const struct code_image *image, uint64_t address)
{
    const struct object_function *f =
        image && image->object ? object_find(image->object, address - image->bias)
                               : NULL;

    if (f)
        return f->start + image->bias;
    return image ? image->end : 0;
}

struct code_place *code_at(struct code *c, uint64_t address)
{
    uint32_t at = find(c, &c->blocks, same_block, address);
    struct code_image *image;
    struct code_place *place;
    uint64_t start;

    if (at != MAP_NONE)
        return pile_at(&c->place,
                       ((const struct block *)pile_at(&c->block, at))->place);
    image = image_at(c, address);
    start = start_of(image, address);
    at = find(c, &c->starts, same_start, start);
    if (at == MAP_NONE) {
        at = c->place.count;
        map_add(&c->starts, hash_of(start), at);
        place = pile_add(&c->place);
        *place = (struct code_place){ .image = image, .start = start };
        fill_place(c, place);
    }
    map_add(&c->blocks, hash_of(address), c->block.count);
    *(struct block *)pile_add(&c->block) = (struct block){ address, at };
    return pile_at(&c->place, at);
}

void code_learn(struct code *c, struct code_place *place, struct str name)
{
    (void)c;
    place->function = name;
    place->part = parts_of(names_home(place->image), name, (struct str){ 0 });
    if (place->image->home == CODE_VDSO)
        place->part = SPLIT_VDSO;
}
