/* SPDX-License-Identifier: Apache-2.0 */
/* pack.c - tapes into the content of a pack as they are copied, slice by slice. */
#include "tape/pack.h"

#include <string.h>
#include <sys/stat.h>

#include "base/out.h"
#include "tape/body.h"
#include "tape/copy.h"
#include "tape/pack_layout.h"
#include "tape/recording.h"
#include "tape/sum.h"

struct packing {
    struct arena *arena;
    struct out *out;
    uint64_t stored;  /* bytes of the pack so far */
    uint64_t content; /* in slices that are written */
    unsigned char *slice;
    uint32_t used; /* of it */
    struct pack_slice *table;
    size_t slices, room;
    struct out *list;     /* what is behind its struct pack_list */
    unsigned char *block; /* the one that is being copied */
    size_t block_room;
    uint64_t bytes; /* of content: this tape's so far */
    uint32_t blocks;
    bool too_long;
    struct progress *progress;
    uint64_t done, all; /* bytes of tapes */
    uint64_t read;      /* of this one so far */
};

static void write_bytes(struct packing *p, const void *bytes, size_t len)
{
    out_bytes(p->out, bytes, len);
    p->stored += len;
}

static struct pack_slice *slice_new(struct packing *p)
{
    if (p->slices == p->room) {
        size_t size = sizeof *p->table, room = p->room ? p->room * 2 : 64;

        p->table = arena_grow(p->arena, p->table, p->room * size, room * size);
        p->room = room;
    }
    return &p->table[p->slices++];
}

/* A reader takes no content that is PACK_EXPANSION times as long as the file: where
 * it would become that, a slice is stored as it is. */
static bool worth_it(const struct packing *p, uint64_t deflated)
{
    uint64_t content = p->content + p->used;

    if (deflated >= p->used)
        return false;
    return content <= PACK_SLICE ||
           (content - PACK_SLICE) / PACK_EXPANSION <= p->stored + deflated;
}

static void end_slice(struct packing *p)
{
    struct pack_slice *s = slice_new(p);
    struct out *deflated = out_memory();
    struct err none = { 0 };

    memset(p->slice + p->used, 0, -p->used % TAPE_CELL);
    s->sum = tape_sum(p->slice, p->used);
    out_deflate(deflated, p->slice, p->used);
    struct str text = out_text(deflated);
    if (!out_failed(deflated) && worth_it(p, text.len)) {
        s->way = PACK_DEFLATED;
        s->stored = (uint32_t)text.len;
        write_bytes(p, text.at, text.len);
    } else {
        s->way = PACK_PLAIN;
        s->stored = p->used;
        write_bytes(p, p->slice, p->used);
    }
    out_close(deflated, &none);
    p->content += p->used;
    p->used = 0;
}

static void put(struct packing *p, const void *bytes, size_t len)
{
    const char *at = bytes;

    p->bytes += len;
    while (len > 0) {
        size_t there = PACK_SLICE - p->used, piece = len < there ? len : there;

        memcpy(p->slice + p->used, at, piece);
        p->used += (uint32_t)piece;
        at += piece;
        len -= piece;
        if (p->used == PACK_SLICE)
            end_slice(p);
    }
}

/* The first byte of every record, then the second of every record: what is alike
 * stands together, and deflates to a fifth of what records deflate to. */
static void put_columns(struct packing *p, const struct block *b, uint32_t width)
{
    unsigned char column[4096];
    size_t count = b->bytes / TAPE_CELL;

    for (uint32_t byte = 0; byte < width; byte++)
        for (size_t from = 0; from < count; from += sizeof column) {
            size_t left = count - from;
            size_t piece = left < sizeof column ? left : sizeof column;
            const unsigned char *at = b->at + from * TAPE_CELL + byte;

            for (size_t i = 0; i < piece; i++)
                column[i] = at[i * TAPE_CELL];
            put(p, column, piece);
        }
}

static void take(void *with, struct block *b)
{
    struct packing *p = with;
    uint64_t cells = 1 + (b->bytes + TAPE_CELL - 1) / TAPE_CELL;
    size_t unit = b->kind == TAPE_TEXTS ? 1 : TAPE_CELL;

    b->packed = true;
    p->too_long |= b->cell + cells > PACK_CELLS_MAX;
    if (p->too_long)
        return;
    struct pack_block is = { b->cell, b->kind, b->owner, (uint32_t)(b->bytes / unit) };
    put(p, &is, sizeof is);
    if (b->kind == TAPE_TEXTS)
        put(p, b->at, b->bytes);
    else
        put_columns(p, b, pack_width(b->kind));
    b->at = NULL;
    p->blocks++;
    if (p->progress)
        progress_at(p->progress, p->done + (p->read += b->bytes), p->all);
}

static void *room(void *with, size_t bytes)
{
    struct packing *p = with;

    if (bytes > p->block_room) {
        p->block_room = bytes > 2 * p->block_room ? bytes : 2 * p->block_room;
        p->block = arena_alloc(p->arena, p->block_room);
    }
    return p->block;
}

/* The path is told anew by whoever reads the pack. */
static struct str why_of(const struct err *why, const char *path, struct arena *a)
{
    struct str prefix = arena_printf(a, "cannot read recording: %s: ", path);
    struct str text = str_of(why->text);

    if (!str_begins(text, prefix))
        return STR("it could not be read");
    return (struct str){ text.at + prefix.len, text.len - prefix.len };
}

static void list_tape(struct packing *p, const struct pack_tape *is,
                      const struct tape_header *h, struct str name, struct str why)
{
    out_bytes(p->list, is, sizeof *is);
    out_bytes(p->list, h, is->header);
    out_str(p->list, name);
    out_str(p->list, why);
}

static bool put_tape(struct packing *p, struct tape *t, const char *path, struct err *e)
{
    const struct copy_to here = { .room = room, .take = take, .with = p };
    struct err why = { 0 };
    struct str name = str_basename(str_of(path));
    struct pack_tape is = { .name = (uint32_t)name.len };

    p->bytes = p->blocks = p->read = 0;
    if (!copy_tape(t, path, &here, &why)) {
        struct str text = why_of(&why, path, t->arena);

        err_set(e, why.code, "%s", why.text);
        is.flags = PACK_UNREADABLE;
        is.code = why.code == ERR_IO ? ERR_IO : ERR_FORMAT;
        is.why = (uint32_t)text.len;
        list_tape(p, &is, NULL, name, text);
        return false;
    }
    for (uint32_t i = 0; i < t->blocks; i++) {
        struct block *b = &t->block[i];

        if (!b->packed) { /* came too late, or is damaged: it has no records */
            b->bytes = 0;
            take(p, b);
        }
    }
    p->too_long |= t->walked > PACK_CELLS_MAX;
    is.bytes = p->bytes;
    is.moment = t->moment;
    is.blocks = p->blocks;
    is.cells = (uint32_t)t->walked;
    is.damaged_at = (uint32_t)t->damaged_at;
    is.flags =
        (t->alive ? PACK_ALIVE : 0) | (t->header_damaged ? PACK_HEADER_DAMAGED : 0);
    is.header = sizeof t->header;
    list_tape(p, &is, &t->header, name, (struct str){ 0 });
    return true;
}

static void put_list(struct packing *p, const struct recording *r)
{
    struct pack_list has = { recording_tapes(r), recording_notes(r) };
    struct str tapes = out_text(p->list);

    put(p, &has, sizeof has);
    put(p, tapes.at, tapes.len);
    for (uint32_t i = 0; i < has.notes; i++) {
        struct str name = str_of(recording_note_name(r, i));
        struct str text = recording_note_text(r, i);
        struct pack_note is = { (uint32_t)name.len, (uint32_t)text.len };

        put(p, &is, sizeof is);
        put(p, name.at, name.len);
        put(p, text.at, text.len);
    }
}

static void put_head(struct packing *p)
{
    struct pack_head head = { PACK_MAGIC, PACK_VERSION, PACK_SLICE };

    write_bytes(p, &head, sizeof head);
}

static void put_tail(struct packing *p, uint64_t list)
{
    size_t bytes = p->slices * sizeof *p->table;
    struct pack_slice *table = arena_alloc(p->arena, bytes + TAPE_CELL);
    struct pack_tail tail = {
        .content = p->content,
        .list = list,
        .slices = p->slices,
        .packed_ns = clock_realtime_ns(),
        .magic = PACK_END,
    };

    memcpy(table, p->table, bytes);
    tail.table = tape_sum(table, bytes);
    tail.sum = tape_sum(&tail, sizeof tail);
    write_bytes(p, table, bytes);
    write_bytes(p, &tail, sizeof tail);
}

static uint64_t file_bytes(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && s.st_size > 0 ? (uint64_t)s.st_size : 0;
}

/* One that could not be read counts too: its process was there. */
static void count_process(const struct tape *t, struct pack_made *made)
{
    bool counted = t->header.role != TAPE_ROLE_LAUNCHER;

    made->processes += counted;
    made->alive += counted && t->alive;
}

/* false and e: nothing in it can be read, or a tape is too long. */
static bool put_tapes(struct packing *p, const struct recording *r,
                      struct pack_made *made, struct err *e)
{
    struct err first = { 0 };
    uint32_t readable = 0;

    for (uint32_t i = 0; i < recording_tapes(r); i++) {
        const char *path = recording_tape(r, i);
        struct tape t = { .arena = arena_open() };

        readable += put_tape(p, &t, path, &first);
        count_process(&t, made);
        p->done += file_bytes(path);
        arena_close(t.arena);
        if (p->too_long)
            return err_set(e, ERR_FORMAT,
                           "cannot pack: %s: longer than the 4 GiB a pack holds of "
                           "one process",
                           path);
    }
    return readable > 0 || err_set(e, first.code, "%s", first.text);
}

static bool pack(struct packing *p, const struct recording *r, struct pack_made *made,
                 struct err *e)
{
    for (uint32_t i = 0; i < recording_tapes(r); i++)
        p->all += file_bytes(recording_tape(r, i));
    put_head(p);
    if (!put_tapes(p, r, made, e))
        return false;
    uint64_t list = p->content + p->used;
    put_list(p, r);
    if (p->used > 0)
        end_slice(p);
    put_tail(p, list);
    made->bytes = p->all;
    made->packed_bytes = p->stored;
    return true;
}

bool pack_write(const char *recording, const char *to, struct progress *progress,
                struct pack_made *made, struct err *e)
{
    struct recording *r = recording_open(recording, e);
    struct out *out = NULL;
    struct err none = { 0 };

    *made = (struct pack_made){ 0 };
    if (r && recording_is_pack(r))
        err_set(e, ERR_FORMAT, "cannot pack: %s: it is a pack (cp copies it)",
                recording);
    else if (r)
        out = out_open_private(to, e);
    if (!out) {
        recording_close(r);
        return false;
    }
    struct arena *arena = arena_open();
    struct packing p = { .arena = arena,
                         .out = out,
                         .slice = arena_alloc(arena, PACK_SLICE),
                         .list = out_memory(),
                         .progress = progress };
    bool ok = pack(&p, r, made, e);
    out_close(p.list, &none);
    arena_close(arena);
    recording_close(r);
    if (ok)
        return out_close(out, e);
    out_abandon(out);
    return false;
}
