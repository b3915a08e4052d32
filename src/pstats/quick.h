/* SPDX-License-Identifier: Apache-2.0 */
/* quick.h - the quick way through what nearly all of a dump is: references, 32-bit
 * integers, floats and short texts, none of which a reference refers to. What is
 * otherwise goes the slow way, which refuses what is wrong. */
#ifndef PSTATS_QUICK_H
#define PSTATS_QUICK_H

#include <string.h>

#include "pstats/reader.h"

/* READER_BUSY: the slow way tells. */
static inline reader_object quick_numbered(const struct reader *r, uint32_t number)
{
    return number < r->objects.count ? *(reader_object *)pile_at(&r->objects, number)
                                     : READER_BUSY;
}

/* The object that the 4 bytes at `number` stand for. */
static inline reader_object quick_object(const struct reader *r,
                                         const unsigned char *number)
{
    return r->end - number >= 4 ? quick_numbered(r, reader_load32(number))
                                : READER_BUSY;
}

/* The key that this object is. */
static inline bool quick_known_key(const struct reader *r, uint32_t number,
                                   pstats_key *key)
{
    reader_object o = quick_numbered(r, number);

    *key = o & ~READER_KEY;
    return o & READER_KEY && o != READER_BUSY;
}

/* The key that the 4 bytes at `number` stand for. */
static inline bool quick_key(const struct reader *r, const unsigned char *number,
                             pstats_key *key)
{
    return r->end - number >= 4 && quick_known_key(r, reader_load32(number), key);
}

/* Whether it is a key that the 4 bytes at `number` refer to. A bit says so, of which 64
 * take no more room in the processor's caches than two objects would. */
static inline bool quick_is_key(const struct reader *r, const unsigned char *number)
{
    uint32_t n = reader_load32(number);

    return n < r->objects.count &&
           *(const uint64_t *)pile_at(&r->is_key, n / 64) >> n % 64 & 1;
}

/* Where the object of that type has its bytes, and so many of them, be it here or
 * referred to; the reader goes past it. NULL: the slow way. */
static inline const unsigned char *quick_bytes(struct reader *r, unsigned char type,
                                               int bytes)
{
    const unsigned char *at = r->at;

    if (r->end - at > bytes && *at == type) {
        r->at += bytes + 1;
        return at + 1;
    }
    if (r->end - at < 5 || *at != 'r')
        return NULL;
    reader_object o = quick_object(r, at + 1);
    if (o & READER_KEY || (r->start[o] & 0x7f) != type ||
        r->end - (r->start + o) <= bytes)
        return NULL;
    r->at += 5;
    return r->start + o + 1;
}

static inline int64_t quick_integer(struct reader *r)
{
    const unsigned char *b = quick_bytes(r, 'i', 4);

    return b ? (int32_t)reader_load32(b) : reader_integer(r);
}

static inline double quick_load_number(const unsigned char *b)
{
    uint64_t bits = reader_load32(b) | (uint64_t)reader_load32(b + 4) << 32;
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double quick_number(struct reader *r)
{
    const unsigned char *b = quick_bytes(r, 'g', 8);

    return b ? quick_load_number(b) : reader_number(r);
}

/* A short text in place. */
static inline struct str quick_text(struct reader *r)
{
    const unsigned char *at = r->at;

    if (r->end - at < 2 || *at != 'z' || r->end - at < 2 + at[1])
        return reader_text(r);
    r->at += 2 + at[1];
    return (struct str){ (const char *)at + 2, at[1] };
}

#endif
