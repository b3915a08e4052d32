/* SPDX-License-Identifier: Apache-2.0 */
/* frames.c - records of .eh_frame: as much of them as tells ranges. Reads beyond a
 * record give 0 and end it. */
#include <string.h>

#include "native/frames.h"

/* How pointers are encoded (the Linux Standard Base's DW_EH_PE_). */
enum {
    AS_ABSOLUTE = 0,
    AS_U2 = 2,
    AS_U4,
    AS_U8,
    AS_S2 = 10,
    AS_S4,
    AS_S8,
    FROM_HERE = 0x10
};

struct cursor {
    const struct frames *of;
    size_t at, end;
};

static uint64_t take(struct cursor *c, unsigned bytes)
{
    uint64_t value = 0;

    if (c->end - c->at < bytes) {
        c->at = c->end;
        return 0;
    }
    memcpy(&value, c->of->bytes.at + c->at, bytes);
    c->at += bytes;
    return value;
}

static uint64_t take_leb(struct cursor *c)
{
    uint64_t value = 0;
    uint8_t byte = 0x80;

    for (unsigned shift = 0; (byte & 0x80) && c->at < c->end && shift < 64;
         shift += 7) {
        byte = (uint8_t)take(c, 1);
        value |= (uint64_t)(byte & 0x7f) << shift;
    }
    return value;
}

static uint64_t take_encoded(struct cursor *c, uint8_t encoding)
{
    uint64_t here = c->of->address + c->at, value;

    switch (encoding & 15) {
    case AS_U2:
        value = take(c, 2);
        break;
    case AS_S2:
        value = (uint64_t)(int16_t)take(c, 2);
        break;
    case AS_U4:
        value = take(c, 4);
        break;
    case AS_S4:
        value = (uint64_t)(int32_t)take(c, 4);
        break;
    default:
        value = take(c, 8);
        break;
    }
    return (encoding & 0x70) == FROM_HERE ? value + here : value;
}

/* A record's length and place: false at the terminator and beyond the section. */
static bool next_record(struct frames *f, struct cursor *c)
{
    uint64_t length;

    *c = (struct cursor){ f, f->at, f->bytes.len };
    length = take(c, 4);
    if (length == UINT32_MAX)
        length = take(c, 8);
    if (length < 4 || length > c->end - c->at)
        return false;
    c->end = c->at + length;
    f->at = c->end;
    return true;
}

/* How the records of the one at `at` encode their ranges. */
static bool read_common(const struct frames *f, size_t at, uint8_t *encoding,
                        bool *sized)
{
    struct frames copy = *f;
    struct cursor c;
    const char *words;
    size_t length;
    uint8_t version;

    copy.at = at;
    if (at >= f->bytes.len || !next_record(&copy, &c) || take(&c, 4) != 0)
        return false;
    version = (uint8_t)take(&c, 1);
    words = f->bytes.at + c.at;
    length = strnlen(words, c.end - c.at);
    if (length == c.end - c.at)
        return false;
    c.at += length + 1;
    take_leb(&c); /* alignments of code and data, the return address's register */
    take_leb(&c);
    version == 1 ? take(&c, 1) : take_leb(&c);
    *encoding = AS_ABSOLUTE;
    *sized = words[0] == 'z';
    if (*sized)
        take_leb(&c);
    for (size_t i = *sized; i < length; i++) {
        if (words[i] == 'R')
            *encoding = (uint8_t)take(&c, 1);
        else if (words[i] == 'L')
            take(&c, 1);
        else if (words[i] == 'P')
            take_encoded(&c, (uint8_t)take(&c, 1));
    }
    return true;
}

/* Whether it says where the frame is before it advances: no function begins so. */
static bool is_part(struct cursor *c)
{
    uint8_t what = 0;

    while (what == 0 && c->at < c->end)
        what = (uint8_t)take(c, 1);
    return (what >= 0x0c && what <= 0x0f) || what == 0x12 || what == 0x13 ||
           (what & 0xc0) == 0x80;
}

bool frames_next(struct frames *f, struct frames_range *range)
{
    struct cursor c;
    uint8_t encoding;
    bool sized;

    while (next_record(f, &c)) {
        size_t here = c.at;
        uint64_t back = take(&c, 4);
        if (back == 0 || back > here || !read_common(f, here - back, &encoding, &sized))
            continue;
        range->start = take_encoded(&c, encoding);
        range->end = range->start + take_encoded(&c, encoding & 15);
        if (sized) {
            uint64_t skip = take_leb(&c);
            c.at += skip < c.end - c.at ? skip : c.end - c.at;
        }
        range->part = is_part(&c);
        if (range->end > range->start)
            return true;
    }
    return false;
}
