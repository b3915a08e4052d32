/* SPDX-License-Identifier: Apache-2.0 */
/* content.c - the frame of a pack: head, slices, table, tail. Every length is
 * compared with the file's own before room is made for it. */
#include "tape/content.h"

#include <string.h>

#include "base/in.h"
#include "tape/sum.h"

struct content {
    struct arena *arena;
    struct in *in;
    const char *path;
    struct pack_tail tail;
    const struct pack_slice *table;
    uint64_t *begin;      /* of each slice in the file */
    unsigned char *slice; /* the one that is loaded */
    uint64_t loaded;      /* its number plus 1; 0: none */
    uint64_t at;
    struct err fault;
};

static const char what[] = "cannot read recording";

static bool damaged(const struct content *c, uint64_t byte, const char *why,
                    struct err *e)
{
    return err_set(e, ERR_FORMAT, "%s: %s: byte %llu: %s", what, c->path,
                   (unsigned long long)byte, why);
}

bool content_is_pack(const char *path)
{
    struct err none = { 0 };
    struct in *in = in_open(path, what, &none);
    uint64_t magic = 0;

    if (in)
        in_bytes(in, &magic, sizeof magic);
    in_close(in);
    return magic == PACK_MAGIC;
}

static bool read_head(const struct content *c, struct err *e)
{
    struct pack_head head;

    if (in_size(c->in) < sizeof head + sizeof c->tail)
        return damaged(c, in_size(c->in), "cut short", e);
    if (!in_bytes(c->in, &head, sizeof head))
        return damaged(c, in_at(c->in), in_fault(c->in), e);
    if (head.magic != PACK_MAGIC)
        return err_set(e, ERR_FORMAT, "%s: %s: not a pack of sonde", what, c->path);
    if (head.version > PACK_VERSION)
        return err_set(e, ERR_FORMAT,
                       "%s: %s: packed in version %u of the format, this sonde reads "
                       "up to %d (use a newer sonde)",
                       what, c->path, head.version, PACK_VERSION);
    if (head.version == 0 || head.slice != PACK_SLICE)
        return damaged(c, sizeof head.magic, "its head is damaged", e);
    return true;
}

static bool read_tail(struct content *c, struct err *e)
{
    uint64_t size = in_size(c->in);

    in_seek(c->in, size - sizeof c->tail);
    if (!in_bytes(c->in, &c->tail, sizeof c->tail))
        return damaged(c, in_at(c->in), in_fault(c->in), e);
    if (c->tail.magic != PACK_END)
        return damaged(c, size, "cut short: a pack ends otherwise", e);
    struct pack_tail unsealed = c->tail;
    unsealed.sum = 0;
    if (tape_sum(&unsealed, sizeof unsealed) != c->tail.sum)
        return damaged(c, size - sizeof c->tail, "its tail is damaged", e);
    return true;
}

/* Does what the tail tells agree with the length of the file? */
static bool tail_fits(const struct content *c, struct err *e)
{
    const struct pack_tail *t = &c->tail;
    uint64_t size = in_size(c->in), at = size - sizeof *t;

    if (t->content > PACK_SLICE && (t->content - PACK_SLICE) / PACK_EXPANSION > size)
        return damaged(c, at, "it would expand to more than 200 times its length", e);
    if (t->content == 0 || t->list > t->content || t->reserved != 0 ||
        t->slices != t->content / PACK_SLICE + (t->content % PACK_SLICE != 0) ||
        t->slices > (at - sizeof(struct pack_head)) / sizeof(struct pack_slice))
        return damaged(c, at, "its tail tells lengths that cannot be", e);
    return true;
}

static uint32_t slice_bytes(const struct content *c, uint64_t i)
{
    uint64_t left = c->tail.content - i * PACK_SLICE;

    return left < PACK_SLICE ? (uint32_t)left : PACK_SLICE;
}

static bool slice_fits(const struct content *c, uint64_t i)
{
    const struct pack_slice *s = &c->table[i];

    return s->stored > 0 && s->way <= PACK_DEFLATED &&
           (s->way == PACK_DEFLATED || s->stored == slice_bytes(c, i));
}

static bool read_table(struct content *c, struct err *e)
{
    uint64_t bytes = c->tail.slices * sizeof *c->table;
    uint64_t table = in_size(c->in) - sizeof c->tail - bytes;
    uint64_t at = sizeof(struct pack_head);
    struct pack_slice *read = arena_alloc(c->arena, (size_t)bytes + TAPE_CELL);

    in_seek(c->in, table);
    if (!in_bytes(c->in, read, (size_t)bytes))
        return damaged(c, in_at(c->in), in_fault(c->in), e);
    if (tape_sum(read, (size_t)bytes) != c->tail.table)
        return damaged(c, table, "its table is damaged", e);
    c->table = read;
    c->begin = arena_array(c->arena, (size_t)c->tail.slices, sizeof *c->begin);
    for (uint64_t i = 0; i < c->tail.slices; i++) {
        if (!slice_fits(c, i) || read[i].stored > table - at)
            return damaged(c, table + i * sizeof *read, "a slice that cannot be", e);
        c->begin[i] = at;
        at += read[i].stored;
    }
    return at == table || damaged(c, at, "there is more than its table tells", e);
}

struct content *content_open(const char *path, struct err *e)
{
    struct in *in = in_open(path, what, e);

    if (!in)
        return NULL;
    struct arena *arena = arena_open();
    struct content *c = arena_alloc(arena, sizeof *c);
    c->arena = arena;
    c->in = in;
    c->path = arena_cstr(arena, str_of(path));
    if (read_head(c, e) && read_tail(c, e) && tail_fits(c, e) && read_table(c, e)) {
        c->slice = arena_alloc(arena, slice_bytes(c, 0) + TAPE_CELL);
        return c;
    }
    content_close(c);
    return NULL;
}

void content_close(struct content *c)
{
    if (!c)
        return;
    in_close(c->in);
    arena_close(c->arena);
}

const char *content_path(const struct content *c)
{
    return c->path;
}

const struct pack_tail *content_tail(const struct content *c)
{
    return &c->tail;
}

void content_seek(struct content *c, uint64_t at)
{
    c->at = at;
}

static bool load(struct content *c, uint64_t i)
{
    const struct pack_slice *s = &c->table[i];
    uint32_t bytes = slice_bytes(c, i), over = -bytes % TAPE_CELL;

    c->loaded = 0;
    in_seek(c->in, c->begin[i]);
    if (s->way == PACK_PLAIN)
        in_bytes(c->in, c->slice, bytes);
    else
        in_inflate(c->in, s->stored, c->slice, bytes);
    if (in_fault(c->in))
        return damaged(c, in_at(c->in), in_fault(c->in), &c->fault);
    memset(c->slice + bytes, 0, over);
    if (tape_sum(c->slice, bytes) != s->sum)
        return damaged(c, c->begin[i], "damaged: its checksum is another", &c->fault);
    c->loaded = i + 1;
    return true;
}

bool content_bytes(struct content *c, void *to, size_t len)
{
    char *next = to;

    while (len > 0) {
        uint64_t i = c->at / PACK_SLICE, within = c->at % PACK_SLICE;

        if (c->fault.code == ERR_NONE && c->at >= c->tail.content)
            damaged(c, in_size(c->in), "its content ends too early", &c->fault);
        if (c->fault.code != ERR_NONE || (c->loaded != i + 1 && !load(c, i)))
            return false;
        size_t there = slice_bytes(c, i) - (size_t)within;
        size_t piece = len < there ? len : there;
        memcpy(next, c->slice + within, piece);
        next += piece;
        c->at += piece;
        len -= piece;
    }
    return true;
}

bool content_good(struct content *c, struct err *e)
{
    struct err fault = c->fault;

    if (fault.code == ERR_NONE)
        return true;
    c->fault = (struct err){ 0 };
    in_go_on(c->in);
    return err_set(e, fault.code, "%s", fault.text);
}

bool content_senseless(const struct content *c, uint64_t at, const char *why,
                       struct err *e)
{
    uint64_t i = at / PACK_SLICE;

    return damaged(c, c->begin[i < c->tail.slices ? i : c->tail.slices - 1], why, e);
}
