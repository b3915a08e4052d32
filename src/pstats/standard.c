/* SPDX-License-Identifier: Apache-2.0 */
/* standard.c - up to five parts, written, joined or counted. */
#include "pstats/standard.h"

#include <string.h>

enum { PARTS = 5, DIGITS = 20 };

struct parts {
    struct str at[PARTS];
    int count;
    char digits[DIGITS];
};

static struct str digits_of(int64_t line, char room[DIGITS])
{
    uint64_t left = line < 0 ? -(uint64_t)line : (uint64_t)line;
    size_t at = DIGITS;

    do {
        room[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (line < 0)
        room[--at] = '-';
    return (struct str){ room + at, DIGITS - at };
}

static void split(struct pstats_name n, struct parts *p)
{
    if (n.line != 0 || !str_eq(n.file, STR("~"))) {
        p->at[0] = n.file;
        p->at[1] = STR(":");
        p->at[2] = digits_of(n.line, p->digits);
        p->at[3] = STR("(");
        p->at[4] = n.name;
        p->count = 5;
    } else if (str_begins(n.name, STR("<")) && str_ends(n.name, STR(">"))) {
        p->at[0] = STR("{");
        p->at[1] = (struct str){ n.name.at + 1, n.name.len - 2 };
        p->at[2] = STR("}");
        p->count = 3;
    } else {
        p->at[0] = n.name;
        p->count = 1;
    }
}

void standard_write(struct pstats_name n, struct out *o)
{
    struct parts p;

    split(n, &p);
    for (int i = 0; i < p.count; i++)
        out_str(o, p.at[i]);
    if (p.count == PARTS)
        out_char(o, ')');
}

static size_t length(const struct parts *p)
{
    size_t len = p->count == PARTS;

    for (int i = 0; i < p->count; i++)
        len += p->at[i].len;
    return len;
}

static struct str join(const struct parts *p, char *text)
{
    char *to = text;

    for (int i = 0; i < p->count; i++) {
        if (p->at[i].len > 0)
            memcpy(to, p->at[i].at, p->at[i].len);
        to += p->at[i].len;
    }
    if (p->count == PARTS)
        *to++ = ')';
    return (struct str){ text, (size_t)(to - text) };
}

struct str standard_name(struct pstats_name n, struct arena *a)
{
    struct parts p;

    split(n, &p);
    return join(&p, arena_alloc(a, length(&p) + 1));
}

struct str standard_put(struct pstats_name n, struct standard_room *room)
{
    struct parts p;

    split(n, &p);
    if (length(&p) > room->bytes) {
        room->bytes = 2 * length(&p);
        room->at = arena_alloc(room->arena, room->bytes);
    }
    return join(&p, room->at);
}

/* Bytes that begin a character: all but 10xxxxxx. */
static size_t characters(struct str s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++)
        count += (s.at[i] & 0xc0) != 0x80;
    return count;
}

size_t standard_width(struct pstats_name n)
{
    struct parts p;
    size_t width = 0;

    split(n, &p);
    for (int i = 0; i < p.count; i++)
        width += characters(p.at[i]);
    return width + (p.count == PARTS);
}
