/* SPDX-License-Identifier: Apache-2.0 */
/* skip.c - objects that are passed over, and code objects, of which the name is
 * wanted. `profile` uses one as a key when it runs a script; what such a file holds
 * changes with the Python that wrote it. */
#include "pstats/reader.h"

enum { UNKNOWN, LAYOUTS = 4, CODE_OBJECTS = 8 };

/* Integers; then so many objects, told by what they may be: b bytes, ( a tuple, t a
 * text; then firstlineno, and bytes behind it. The newest first: a Python wrote all
 * of a file, so the first layout that fits is that of the rest. */
static const struct layout {
    int integers;
    char objects[CODE_OBJECTS + 1];
    int file, name; /* which of them */
    int behind;
} layouts[LAYOUTS] = {
    { 5, "b(((bttt", 5, 6, 2 }, /* 3.11 and later */
    { 6, "b(((((tt", 6, 7, 1 }, /* 3.8 to 3.10 */
    { 5, "b(((((tt", 6, 7, 1 }, /* 3.0 to 3.7 */
    { 4, "b(((((tt", 6, 7, 1 }, /* 2.7 */
};

struct code {
    struct str file, name;
    uint32_t line;
};

static void skip_many(struct reader *r, uint64_t count)
{
    for (; count > 0 && !r->failed; count--)
        reader_skip(r);
}

static void skip_pairs(struct reader *r)
{
    while (!r->failed && reader_next_type(r) != '0')
        skip_many(r, 2);
    reader_head(r);
}

static bool fits(char kind, unsigned char type)
{
    if (kind == '(')
        return type == '(' || type == ')';
    return kind == 'b' ? type == 's' || type == 't' : reader_is_text(type);
}

/* One object of a code object; a text comes back. */
static struct str take_part(struct reader *r, char kind)
{
    const unsigned char *at = r->at;
    struct str text = { 0 };

    if (r->at == r->end) /* nothing has any kind */
        reader_head(r);
    else if (!fits(kind, reader_next_type(r)))
        reader_fail(r, at, "a code object of no Python from 2.7 to 3.15");
    else if (kind == 't')
        text = reader_text(r);
    else
        reader_skip(r);
    return text;
}

static uint32_t line_at(const unsigned char *b)
{
    return b ? reader_load32(b) : 0;
}

static struct code take_code(struct reader *r, struct head h, const struct layout *l)
{
    struct code c = { 0 };

    reader_bytes(r, h, 4 * (uint64_t)l->integers);
    for (int i = 0; i < CODE_OBJECTS && !r->failed; i++) {
        struct str text = take_part(r, l->objects[i]);

        if (i == l->file)
            c.file = text;
        if (i == l->name)
            c.name = text;
    }
    c.line = line_at(reader_bytes(r, h, 4));
    for (int i = 0; i < l->behind && !r->failed; i++)
        take_part(r, 'b');
    return c;
}

/* Reads the first code object of a file by each layout in turn, until one fits. Where
 * none does, one that came to the end might have. */
static struct code find_layout(struct reader *r, struct head h)
{
    struct reader before = *r;
    struct err *e = r->e;
    struct code c = { 0 };
    bool cut = false;

    for (int i = 0; i < LAYOUTS; i++) {
        struct err first = { 0 };

        *r = before;
        r->e = i == LAYOUTS - 1 ? e : &first;
        r->layout = i + 1;
        c = take_code(r, h, &layouts[i]);
        r->e = e;
        if (!r->failed)
            return c;
        cut = cut || r->cut;
    }
    r->cut = cut;
    return c;
}

void reader_code(struct reader *r, struct head h, struct str *name)
{
    struct code c;

    reader_begun(r, h);
    if (r->layout == UNKNOWN)
        c = find_layout(r, h);
    else
        c = take_code(r, h, &layouts[r->layout - 1]);
    reader_done(r, h, (reader_object)(h.at - r->start));
    if (!name || r->failed)
        return;
    uint64_t bytes = (uint64_t)(r->at - h.at);
    if (bytes > r->code_left) {
        reader_fail_short(r, h.at, "the same code object too often");
        return;
    }
    r->code_left -= bytes;
    *name = arena_printf(table_arena(r->table),
                         "<code object %.*s, file \"%.*s\", line %u>", (int)c.name.len,
                         c.name.at, (int)c.file.len, c.file.at, c.line);
}

static void skip_container(struct reader *r, struct head h)
{
    if (r->depth == READER_DEPTH) {
        reader_fail(r, h.at, "more than %d containers in one another", READER_DEPTH);
        return;
    }
    r->depth++;
    reader_begun(r, h);
    if (h.type == 'c')
        reader_code(r, h, NULL);
    else if (h.type == '{' || h.type == '}')
        skip_pairs(r);
    else
        skip_many(r, h.type == ':' ? 3 : reader_count(r, h));
    reader_done(r, h, (reader_object)(h.at - r->start));
    r->depth--;
}

/* Both numbers of a complex one, as texts. */
static void skip_two_texts(struct reader *r, struct head h)
{
    for (int i = 0; i < 2; i++) {
        const unsigned char *len = reader_bytes(r, h, 1);

        reader_bytes(r, h, len ? *len : 0);
    }
}

static void skip_reference(struct reader *r, struct head h)
{
    r->at = h.at;
    if (reader_next_type(r) != 0)
        r->at = h.at + 5;
}

static void skip_long(struct reader *r, struct head h)
{
    int32_t digits = (int32_t)line_at(reader_bytes(r, h, 4));
    uint32_t count = digits < 0 ? -(uint32_t)digits : (uint32_t)digits;

    reader_bytes(r, h, 2 * (uint64_t)count);
}

static void skip_bytes(struct reader *r, struct head h)
{
    const unsigned char *len;

    switch (h.type) {
    case 'i':
        reader_bytes(r, h, 4);
        return;
    case 'I':
    case 'g':
        reader_bytes(r, h, 8);
        return;
    case 'y':
        reader_bytes(r, h, 16);
        return;
    case 'f':
        len = reader_bytes(r, h, 1);
        reader_bytes(r, h, len ? *len : 0);
        return;
    default:
        reader_fail(r, h.at, "marshal type 0x%02x, which no Python writes", h.type);
    }
}

void reader_skip(struct reader *r)
{
    const unsigned char *at = r->at;
    unsigned char type = r->at < r->end ? *r->at & 0x7f : 0;

    if (reader_is_text(type)) {
        reader_text(r);
        return;
    }
    struct head h = reader_head(r);
    switch (h.type) {
    case '(':
    case ')':
    case '[':
    case '<':
    case '>':
    case '{':
    case '}':
    case ':':
    case 'c':
        skip_container(r, h);
        return;
    case 'r':
    case 'R':
        skip_reference(r, h);
        return;
    case 'x':
        skip_two_texts(r, h);
        return;
    case 'l':
        skip_long(r, h);
        return;
    case 'N':
    case 'T':
    case 'F':
    case '.':
    case 'S':
        return;
    case '0':
        reader_fail(r, at, "nothing where an object is expected");
        return;
    default:
        skip_bytes(r, h);
    }
}
