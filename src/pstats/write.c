/* SPDX-License-Identifier: Apache-2.0 */
/* write.c - {(file, line, name): (cc, nc, tt, ct, {(file, line, name): ...})}. */
#include "pstats/write.h"

#include <string.h>

enum { SHORT = 256, DIGIT_BITS = 15 };

static void put_le(struct out *o, uint64_t value, int bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        out_char(o, (char)(value & 0xff));
}

/* Digits of 15 bits where 32 bits do not hold it. */
static void put_integer(struct out *o, int64_t value)
{
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    int32_t digits = 0;

    if (value >= INT32_MIN && value <= INT32_MAX) {
        out_char(o, 'i');
        put_le(o, (uint32_t)value, 4);
        return;
    }
    for (uint64_t rest = left; rest > 0; rest >>= DIGIT_BITS)
        digits++;
    out_char(o, 'l');
    put_le(o, (uint32_t)(value < 0 ? -digits : digits), 4);
    for (; left > 0; left >>= DIGIT_BITS)
        put_le(o, left & ((1u << DIGIT_BITS) - 1), 2);
}

static void put_number(struct out *o, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    out_char(o, 'g');
    put_le(o, bits, 8);
}

/* Bytes of the character that UTF-8 or, of surrogates, WTF-8 has there; 0: none. */
static size_t well_formed(struct str s, size_t at)
{
    const unsigned char *c = (const unsigned char *)s.at + at;
    size_t len = c[0] < 0x80   ? 1
                 : c[0] < 0xc2 ? 0
                 : c[0] < 0xe0 ? 2
                 : c[0] < 0xf0 ? 3
                 : c[0] < 0xf5 ? 4
                               : 0;

    if (len == 0 || len > s.len - at)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    bool long_way = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xf0 && c[1] < 0x90);
    return long_way || (c[0] == 0xf4 && c[1] > 0x8f) ? 0 : len;
}

/* What Python reads is UTF-8 with surrogates; another byte is written as the
 * surrogate that stands for it in Python's own names: dc80 to dcff. */
static void put_characters(struct out *o, struct str s)
{
    for (size_t i = 0, len; i < s.len; i += len ? len : 1) {
        len = well_formed(s, i);
        if (len > 0) {
            out_bytes(o, s.at + i, len);
            continue;
        }
        unsigned char byte = (unsigned char)s.at[i];
        const char escaped[] = { (char)0xed, (char)(0xb0 | byte >> 6),
                                 (char)(0x80 | (byte & 0x3f)) };

        out_bytes(o, escaped, sizeof escaped);
    }
}

static size_t characters_bytes(struct str s)
{
    size_t bytes = 0;

    for (size_t i = 0, len; i < s.len; i += len ? len : 1) {
        len = well_formed(s, i);
        bytes += len ? len : 3;
    }
    return bytes;
}

static void put_text(struct out *o, struct str s)
{
    bool ascii = true;

    for (size_t i = 0; i < s.len && ascii; i++)
        ascii = (unsigned char)s.at[i] < 0x80;
    if (ascii && s.len < SHORT) {
        out_char(o, 'z');
        out_char(o, (char)s.len);
        out_str(o, s);
        return;
    }
    out_char(o, 'u');
    put_le(o, (uint32_t)characters_bytes(s), 4);
    put_characters(o, s);
}

static void put_tuple(struct out *o, int count)
{
    out_char(o, ')');
    out_char(o, (char)count);
}

static void put_key(const struct pstats_table *t, pstats_key key, struct out *o)
{
    struct pstats_name n = table_name(t, key);

    put_tuple(o, 3);
    put_text(o, n.file);
    put_integer(o, n.line);
    put_text(o, n.name);
}

static void put_caller(const struct pstats_table *t, const struct pstats_caller *c,
                       struct out *o)
{
    put_key(t, c->key, o);
    if (c->counted) {
        put_integer(o, c->cost.nc);
        return;
    }
    put_tuple(o, 4);
    put_integer(o, c->cost.nc);
    put_integer(o, c->cost.cc);
    put_number(o, c->cost.tt);
    put_number(o, c->cost.ct);
}

static void put_function(const struct pstats_table *t, uint32_t i, struct out *o)
{
    const struct pstats_function *f = table_function(t, i);

    put_key(t, f->key, o);
    put_tuple(o, 5);
    put_integer(o, f->cost.cc);
    put_integer(o, f->cost.nc);
    put_number(o, f->cost.tt);
    put_number(o, f->cost.ct);
    out_char(o, '{');
    for (uint32_t id = f->first; id != PSTATS_NONE; id = table_caller(t, id)->next)
        put_caller(t, table_caller(t, id), o);
    out_char(o, '0');
}

void write_table(const struct pstats_table *t, struct out *o)
{
    out_char(o, '{');
    if (table_sampled(t)) {
        put_tuple(o, 1);
        put_text(o, STR("__sampled__"));
        out_char(o, 'T');
    }
    for (uint32_t i = 0; i < table_functions(t); i++)
        put_function(t, i, o);
    out_char(o, '0');
}
