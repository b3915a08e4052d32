/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.c - the list of a pack, and tapes out of its content. */
#include "tape/unpack.h"

#include <stdlib.h>
#include <string.h>

#include "tape/body.h"
#include "tape/content.h"
#include "tape/copy.h"

struct packed {
    struct pack_tape is;
    uint64_t at; /* where in the content its blocks begin */
    struct tape_header header;
    const char *path;
    const char *why;
};

struct packed_note {
    const char *name;
    struct str text;
};

struct unpack {
    struct arena *arena;
    struct content *content;
    struct packed *tape;
    struct packed_note *note;
    struct pack_list has;
};

/* What of the list is not read yet. */
struct listed {
    const char *at;
    size_t left;
};

/* NULL: so much is not there. */
static const char *take(struct listed *l, size_t bytes)
{
    const char *at = l->at;

    if (l->left < bytes)
        return NULL;
    l->at += bytes;
    l->left -= bytes;
    return at;
}

/* A name is a name, and never leads anywhere. */
static bool name_good(struct str name, struct str suffix)
{
    return name.len <= 255 && str_ends(name, suffix) && name.at[0] != '.' &&
           !memchr(name.at, '/', name.len) && !memchr(name.at, '\0', name.len);
}

static bool entry_good(const struct pack_tape *is)
{
    bool unreadable = is->flags & PACK_UNREADABLE;
    uint32_t known = PACK_ALIVE | PACK_HEADER_DAMAGED | PACK_UNREADABLE;

    return (is->flags & ~known) == 0 && is->cells <= PACK_CELLS_MAX &&
           is->damaged_at <= is->cells &&
           is->blocks <= is->bytes / sizeof(struct pack_block) &&
           (unreadable
                ? is->header == 0
                : is->header >= PACK_HEADER && is->header <= TAPE_HEADER_BYTES) &&
           (is->why > 0) == unreadable && is->why <= PACK_TEXT_MAX &&
           is->code == (unreadable ? (is->code == ERR_IO ? ERR_IO : ERR_FORMAT) : 0);
}

/* The next tape of the list; false: it makes no sense. */
static bool list_tape(struct unpack *u, struct listed *l, struct packed *t)
{
    const char *is = take(l, sizeof t->is);

    if (!is)
        return false;
    memcpy(&t->is, is, sizeof t->is);
    if (!entry_good(&t->is))
        return false;
    const char *header = take(l, t->is.header), *name = take(l, t->is.name);
    const char *why = take(l, t->is.why);
    if (!header || !name || !why ||
        !name_good((struct str){ name, t->is.name }, STR(".tape")))
        return false;
    size_t known = sizeof t->header;
    memcpy(&t->header, header, t->is.header < known ? t->is.header : known);
    t->path = arena_printf(u->arena, "%s/%.*s", content_path(u->content),
                           (int)t->is.name, name)
                  .at;
    t->why = arena_cstr(u->arena, (struct str){ why, t->is.why });
    return true;
}

static bool list_note(struct unpack *u, struct listed *l, struct packed_note *n)
{
    struct pack_note is;
    const char *at = take(l, sizeof is);

    if (!at)
        return false;
    memcpy(&is, at, sizeof is);
    const char *name = take(l, is.name), *text = take(l, is.text);
    if (!name || !text || is.text > PACK_TEXT_MAX ||
        !name_good((struct str){ name, is.name }, STR(".note")))
        return false;
    n->name = arena_cstr(u->arena, (struct str){ name, is.name });
    n->text = (struct str){ text, is.text };
    return true;
}

static bool list_all(struct unpack *u, struct listed *l)
{
    uint64_t at = 0;

    if (u->has.tapes == 0 || u->has.tapes > l->left / sizeof(struct pack_tape))
        return false;
    u->tape = arena_array(u->arena, u->has.tapes, sizeof *u->tape);
    for (uint32_t i = 0; i < u->has.tapes; i++) {
        struct packed *t = &u->tape[i];

        if (!list_tape(u, l, t) || t->is.bytes > content_tail(u->content)->list - at ||
            (i > 0 && strcmp(t[-1].path, t->path) >= 0))
            return false;
        t->at = at;
        at += t->is.bytes;
    }
    if (u->has.notes > l->left / sizeof(struct pack_note))
        return false;
    u->note = arena_array(u->arena, u->has.notes, sizeof *u->note);
    for (uint32_t i = 0; i < u->has.notes; i++)
        if (!list_note(u, l, &u->note[i]))
            return false;
    return at == content_tail(u->content)->list && l->left == 0;
}

static bool read_list(struct unpack *u, struct err *e)
{
    const struct pack_tail *tail = content_tail(u->content);
    uint64_t bytes = tail->content - tail->list;

    if (bytes < sizeof u->has)
        return content_senseless(u->content, tail->list, "it has no list", e);
    char *list = arena_alloc(u->arena, (size_t)bytes);
    content_seek(u->content, tail->list);
    if (!content_bytes(u->content, list, (size_t)bytes))
        return content_good(u->content, e);
    memcpy(&u->has, list, sizeof u->has);
    struct listed l = { list + sizeof u->has, (size_t)bytes - sizeof u->has };
    return list_all(u, &l) || content_senseless(u->content, tail->content - l.left - 1,
                                                "its list makes no sense", e);
}

struct unpack *unpack_open(const char *path, struct err *e)
{
    struct content *content = content_open(path, e);

    if (!content)
        return NULL;
    struct arena *arena = arena_open();
    struct unpack *u = arena_alloc(arena, sizeof *u);
    *u = (struct unpack){ .arena = arena, .content = content };
    if (read_list(u, e))
        return u;
    unpack_close(u);
    return NULL;
}

void unpack_close(struct unpack *u)
{
    if (!u)
        return;
    content_close(u->content);
    arena_close(u->arena);
}

uint64_t unpack_packed_ns(const struct unpack *u)
{
    return content_tail(u->content)->packed_ns;
}

uint32_t unpack_tapes(const struct unpack *u)
{
    return u->has.tapes;
}

const char *unpack_name(const struct unpack *u, uint32_t i)
{
    return u->tape[i].path;
}

bool unpack_peek(const struct unpack *u, uint32_t i, struct tape_header *header,
                 struct err *e)
{
    const struct packed *p = &u->tape[i];

    if (p->is.flags & PACK_UNREADABLE)
        return err_set(e, (enum err_code)p->is.code, "cannot read recording: %s: %s",
                       p->path, p->why);
    *header = p->header;
    return copy_header_good(header, sizeof *header, p->path, e);
}

static uint32_t cells_of(const struct block *b)
{
    return 1 + (uint32_t)((b->bytes + TAPE_CELL - 1) / TAPE_CELL);
}

/* Columns back into records of whole cells. */
static bool read_columns(struct content *c, unsigned char *records, uint32_t count,
                         uint32_t width)
{
    unsigned char column[4096];

    for (uint32_t byte = 0; byte < width; byte++)
        for (uint32_t from = 0; from < count; from += sizeof column) {
            uint32_t left = count - from;
            uint32_t piece = left < sizeof column ? left : sizeof column;
            unsigned char *to = records + (size_t)from * TAPE_CELL + byte;

            if (!content_bytes(c, column, piece))
                return false;
            for (uint32_t i = 0; i < piece; i++)
                to[(size_t)i * TAPE_CELL] = column[i];
        }
    return true;
}

/* false: it makes no sense. left: bytes of content that are the tape's. */
static bool read_block(struct tape *t, struct content *c, uint64_t *left)
{
    struct block *b = &t->block[t->blocks];
    struct pack_block is;

    if (*left < sizeof is || !content_bytes(c, &is, sizeof is))
        return false;
    *left -= sizeof is;
    uint32_t width = pack_width(is.kind);
    if (is.kind < TAPE_TEXTS || is.kind > TAPE_PROCESSES || is.cell == 0 ||
        is.count > *left / width)
        return false;
    size_t unit = is.kind == TAPE_TEXTS ? 1 : TAPE_CELL;
    unsigned char *at = arena_array(t->arena, is.count, unit);
    if (is.kind == TAPE_TEXTS ? !content_bytes(c, at, is.count)
                              : !read_columns(c, at, is.count, width))
        return false;
    *left -= (uint64_t)is.count * width;
    *b = (struct block){ .cell = is.cell,
                         .kind = is.kind,
                         .owner = is.owner,
                         .bytes = is.count * unit,
                         .at = at };
    t->blocks++;
    return true;
}

static int by_cell(const void *a, const void *b)
{
    uint32_t x = ((const struct block *)a)->cell, y = ((const struct block *)b)->cell;

    return x < y ? -1 : x > y;
}

/* They were copied in another order than that in which they lie. */
static bool put_in_order(struct tape *t)
{
    uint64_t behind = TAPE_HEADER_BYTES / TAPE_CELL;

    qsort(t->block, t->blocks, sizeof *t->block, by_cell);
    copy_drop_damaged(t);
    for (uint32_t i = 0; i < t->blocks; i++) {
        const struct block *b = &t->block[i];

        if (b->cell < behind)
            return false;
        behind = (uint64_t)b->cell + cells_of(b);
    }
    return behind <= t->walked;
}

static bool read_blocks(struct tape *t, struct content *c, const struct packed *p)
{
    uint64_t left = p->is.bytes;

    t->block = arena_array(t->arena, p->is.blocks, sizeof *t->block);
    content_seek(c, p->at);
    while (t->blocks < p->is.blocks)
        if (!read_block(t, c, &left))
            return false;
    return left == 0 && put_in_order(t);
}

struct tape *unpack_tape(struct unpack *u, uint32_t i, struct err *e)
{
    const struct packed *p = &u->tape[i];
    struct tape_header header;

    if (!unpack_peek(u, i, &header, e))
        return NULL;
    struct arena *arena = arena_open();
    struct tape *t = arena_alloc(arena, sizeof *t);
    *t = (struct tape){
        .arena = arena,
        .header = header,
        .alive = p->is.flags & PACK_ALIVE,
        .header_damaged = p->is.flags & PACK_HEADER_DAMAGED,
        .damaged_at = p->is.damaged_at,
        .walked = p->is.cells,
        .moment = p->is.moment,
    };
    bool sense = read_blocks(t, u->content, p);
    if (content_good(u->content, e) &&
        (sense || content_senseless(u->content, p->at, "its tape makes no sense", e)))
        return t;
    tape_close(t);
    return NULL;
}

uint32_t unpack_notes(const struct unpack *u)
{
    return u->has.notes;
}

const char *unpack_note_name(const struct unpack *u, uint32_t i)
{
    return u->note[i].name;
}

struct str unpack_note_text(const struct unpack *u, uint32_t i)
{
    return u->note[i].text;
}
