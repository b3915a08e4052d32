/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c - heads, references, numbers and texts. */
#include "pstats/reader.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct grouped {
    char text[32];
};

/* 1204 is "1,204". */
static struct grouped grouped(uint64_t n)
{
    struct grouped g = { "" };
    size_t at = sizeof g.text - 1;

    for (int digits = 0; digits == 0 || n > 0; n /= 10) {
        if (digits > 0 && digits % 3 == 0)
            g.text[--at] = ',';
        g.text[--at] = (char)('0' + n % 10);
        digits++;
    }
    memmove(g.text, g.text + at, sizeof g.text - at);
    return g;
}

static bool fail(struct reader *r, const unsigned char *at, const char *format,
                 va_list args)
{
    char why[256];

    if (r->failed)
        return false;
    r->failed = true;
    vsnprintf(why, sizeof why, format, args);
    return err_set(r->e, ERR_FORMAT, "cannot read profile: %.500s: byte %s: %s",
                   r->name, grouped((uint64_t)(at - r->start)).text, why);
}

bool reader_fail(struct reader *r, const unsigned char *at, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail(r, at, format, args);
    va_end(args);
    return false;
}

bool reader_fail_short(struct reader *r, const unsigned char *at, const char *format,
                       ...)
{
    va_list args;

    r->cut = r->cut || !r->failed;
    va_start(args, format);
    fail(r, at, format, args);
    va_end(args);
    return false;
}

struct type_name {
    char text[8];
};

static struct type_name type_name(unsigned char type)
{
    struct type_name n;

    if (type > ' ' && type < 127)
        snprintf(n.text, sizeof n.text, "'%c'", type);
    else
        snprintf(n.text, sizeof n.text, "0x%02x", type);
    return n;
}

const unsigned char *reader_bytes(struct reader *r, struct head h, uint64_t count)
{
    const unsigned char *at = r->at;
    uint64_t left = (uint64_t)(r->end - r->at);

    if (r->failed)
        return NULL;
    if (left < count) {
        reader_fail_short(
            r, h.at,
            "marshal type %s cut short (the file is incomplete: %s of at least "
            "%s bytes)",
            type_name(h.type).text, grouped((uint64_t)(r->end - r->start)).text,
            grouped((uint64_t)(r->at - r->start) + count).text);
        return NULL;
    }
    r->at += count;
    return at;
}

static uint32_t take_u32(struct reader *r, struct head h)
{
    const unsigned char *b = reader_bytes(r, h, 4);

    return b ? reader_load32(b) : 0;
}

static uint64_t take_u64(struct reader *r, struct head h)
{
    uint64_t low = take_u32(r, h);

    return low | (uint64_t)take_u32(r, h) << 32;
}

static uint32_t take_u8(struct reader *r, struct head h)
{
    const unsigned char *b = reader_bytes(r, h, 1);

    return b ? *b : 0;
}

/* What the flag in its type byte means nothing for. */
static bool is_nameless(unsigned char type)
{
    return type == 'r' || type == 'R' || type == 'N' || type == 'T' || type == 'F' ||
           type == '.' || type == 'S' || type == '0';
}

struct head reader_head(struct reader *r)
{
    struct head h = { 0, r->at, PSTATS_NONE, PSTATS_NONE };

    if (r->failed)
        return h;
    if (r->at == r->end) {
        reader_fail_short(r, r->at,
                          "the file ends where an object is expected (it is "
                          "incomplete)");
        return h;
    }
    h.type = *r->at & 0x7f;
    if (!(*r->at++ & 0x80) || is_nameless(h.type))
        return h;
    if (r->again == 0) {
        h.object = r->objects.count;
        if (h.object % 64 == 0)
            pile_add(&r->is_key);
        *(reader_object *)pile_add(&r->objects) = (reader_object)(h.at - r->start);
    } else if (r->again == 1 && r->next != PSTATS_NONE) {
        h.before = r->next++;
    }
    return h;
}

void reader_begun(struct reader *r, struct head h)
{
    if (h.object != PSTATS_NONE)
        *(reader_object *)pile_at(&r->objects, h.object) = READER_BUSY;
}

void reader_done(struct reader *r, struct head h, reader_object object)
{
    if (h.object == PSTATS_NONE || r->failed)
        return;
    *(reader_object *)pile_at(&r->objects, h.object) = object;
    if (object & READER_KEY)
        *(uint64_t *)pile_at(&r->is_key, h.object / 64) |= 1ull << h.object % 64;
}

/* The object that a reference, whose head is taken, stands for; 0: failed. */
static reader_object referred(struct reader *r, struct head h)
{
    const struct pile *in = h.type == 'R' ? &r->interned : &r->objects;
    uint32_t number = take_u32(r, h);

    if (r->failed)
        return 0;
    if (number >= in->count) {
        reader_fail(r, h.at, "a reference to object %s, of %s so far",
                    grouped(number).text, grouped(in->count).text);
        return 0;
    }
    reader_object o = *(const reader_object *)pile_at(in, number);
    if (o == READER_BUSY) {
        reader_fail(r, h.at, "a container that holds itself (object %s)",
                    grouped(number).text);
        return 0;
    }
    return o;
}

const unsigned char *reader_follow(struct reader *r, struct head h)
{
    reader_object o = referred(r, h);
    const unsigned char *back = r->at;

    if (!r->failed && o & READER_KEY)
        reader_fail(r, h.at, "a key where something else is expected");
    if (!r->failed)
        r->at = r->start + o;
    r->again++;
    return back;
}

void reader_return(struct reader *r, const unsigned char *back)
{
    r->again--;
    r->at = back;
}

unsigned char reader_next_type(struct reader *r)
{
    const unsigned char *at = r->at;

    if (r->failed || at == r->end)
        return 0;
    struct head h = { *at & 0x7f, at, PSTATS_NONE, PSTATS_NONE };
    if (h.type != 'r' && h.type != 'R')
        return h.type;
    r->at++;
    reader_object o = referred(r, h);
    r->at = at;
    return r->failed ? 0 : o & READER_KEY ? '(' : r->start[o] & 0x7f;
}

uint32_t reader_count(struct reader *r, struct head h)
{
    uint32_t count = h.type == ')' ? take_u8(r, h) : take_u32(r, h);

    if (!r->failed && count > (uint64_t)(r->end - r->at)) {
        reader_fail_short(r, h.at, "marshal type %s of %s, where %s bytes are left",
                          type_name(h.type).text, grouped(count).text,
                          grouped((uint64_t)(r->end - r->at)).text);
        return 0;
    }
    return count;
}

/* Digits of 15 bits, the lowest first; a negative count makes it negative. */
static int64_t take_long(struct reader *r, struct head h)
{
    int32_t signed_count = (int32_t)take_u32(r, h);
    uint32_t count =
        signed_count < 0 ? -(uint32_t)signed_count : (uint32_t)signed_count;
    const unsigned char *b = reader_bytes(r, h, 2 * (uint64_t)count);
    uint64_t value = 0;

    for (uint32_t i = count; b && i > 0; i--) {
        uint32_t digit = b[2 * i - 2] | (uint32_t)b[2 * i - 1] << 8;

        if (digit > 0x7fff || value >> 48) {
            reader_fail(r, h.at,
                        digit > 0x7fff ? "a long integer with a bad digit"
                                       : "a number of more than 63 bits");
            return 0;
        }
        value = value << 15 | digit;
    }
    return signed_count < 0 ? -(int64_t)value : (int64_t)value;
}

static double take_text_number(struct reader *r, struct head h)
{
    char text[256], *end;
    uint32_t len = take_u8(r, h);
    const unsigned char *b = reader_bytes(r, h, len);
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double value;

    if (!b)
        return 0;
    memcpy(text, b, len);
    text[len] = '\0';
    value = strtod_l(text, &end, plain);
    freelocale(plain);
    if (len == 0 || *end != '\0' || end != text + len)
        reader_fail(r, h.at, "a number that is none");
    return value;
}

static bool is_integer(unsigned char type)
{
    return type == 'i' || type == 'I' || type == 'l';
}

static int64_t take_integer(struct reader *r, struct head h)
{
    if (h.type == 'i')
        return (int32_t)take_u32(r, h);
    if (h.type == 'I')
        return (int64_t)take_u64(r, h);
    if (h.type == 'l')
        return take_long(r, h);
    reader_fail(r, h.at, "marshal type %s where a whole number is expected",
                type_name(h.type).text);
    return 0;
}

int64_t reader_integer(struct reader *r)
{
    struct head h = reader_head(r);

    if (h.type != 'r')
        return take_integer(r, h);
    const unsigned char *back = reader_follow(r, h);
    int64_t value = take_integer(r, reader_head(r));
    reader_return(r, back);
    return value;
}

static double take_number(struct reader *r, struct head h)
{
    double value;

    if (h.type == 'g') {
        uint64_t bits = take_u64(r, h);

        memcpy(&value, &bits, sizeof value);
        return value;
    }
    if (h.type == 'f')
        return take_text_number(r, h);
    if (is_integer(h.type))
        return (double)take_integer(r, h);
    reader_fail(r, h.at, "marshal type %s where a number is expected",
                type_name(h.type).text);
    return 0;
}

double reader_number(struct reader *r)
{
    struct head h = reader_head(r);

    if (h.type != 'r')
        return take_number(r, h);
    const unsigned char *back = reader_follow(r, h);
    double value = take_number(r, reader_head(r));
    reader_return(r, back);
    return value;
}

bool reader_is_text(unsigned char type)
{
    return type != 0 && strchr("sutaAzZ", type);
}

static struct str take_text(struct reader *r, struct head h)
{
    if (!reader_is_text(h.type)) {
        reader_fail(r, h.at, "marshal type %s where a text is expected",
                    type_name(h.type).text);
        return (struct str){ 0 };
    }
    if (h.type == 't' && r->again == 0)
        *(reader_object *)pile_add(&r->interned) = (reader_object)(h.at - r->start);
    uint32_t len = h.type == 'z' || h.type == 'Z' ? take_u8(r, h) : take_u32(r, h);
    const unsigned char *b = reader_bytes(r, h, len);
    return (struct str){ (const char *)b, b ? len : 0 };
}

struct str reader_text(struct reader *r)
{
    struct head h = reader_head(r);

    if (h.type != 'r' && h.type != 'R')
        return take_text(r, h);
    const unsigned char *back = reader_follow(r, h);
    struct str text = take_text(r, reader_head(r));
    reader_return(r, back);
    return text;
}
