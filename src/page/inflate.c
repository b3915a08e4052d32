/* SPDX-License-Identifier: Apache-2.0 */
/* inflate.c - canonical codes, counted by length: a code of n bits is found by n
 * comparisons, short ones first; nine bits at a time by a table. */
#include "page/inflate.h"

#include <stdint.h>
#include <string.h>

enum {
    BITS_MAX = 15,
    LITERALS = 288,
    DISTANCES = 30,
    FAST_BITS = 9,
    CODE_LENGTHS = 19
};

struct flow {
    const unsigned char *from;
    unsigned char *to;
    size_t from_len, to_len, at, out;
    uint64_t bits;
    uint32_t held; /* bits that are */
    enum inflated status;
};

struct code {
    uint16_t count[BITS_MAX + 1], symbol[LITERALS];
    uint16_t fast[1 << FAST_BITS]; /* symbol << 4 | length; 0: a longer one */
};

static void hold(struct flow *f)
{
    while (f->held <= 48 && f->at < f->from_len) {
        f->bits |= (uint64_t)f->from[f->at++] << f->held;
        f->held += 8;
    }
}

static uint32_t take(struct flow *f, uint32_t count)
{
    if (f->held < count)
        hold(f);
    if (f->held < count) {
        f->status = f->status == INFLATE_WHOLE ? INFLATE_CUT : f->status;
        f->held = 0;
        f->bits = 0;
        return 0;
    }
    uint32_t value = (uint32_t)(f->bits & ((1ull << count) - 1));
    f->bits >>= count;
    f->held -= count;
    return value;
}

static uint32_t reversed(uint32_t code, uint32_t bits)
{
    uint32_t turned = 0;

    for (uint32_t i = 0; i < bits; i++)
        turned |= (code >> i & 1) << (bits - 1 - i);
    return turned;
}

/* False: more codes than there are bits for, or too few, which, as with zlib, may be of
 * none, and of one of one bit where it may stand alone. */
static bool make(struct code *c, const uint8_t *length, uint32_t symbols, bool alone)
{
    uint16_t offset[BITS_MAX + 1] = { 0 };
    uint32_t next[BITS_MAX + 2] = { 0 }, used;
    int32_t left = 1;

    memset(c, 0, sizeof *c);
    for (uint32_t i = 0; i < symbols; i++)
        c->count[length[i]]++;
    used = symbols - c->count[0];
    c->count[0] = 0;
    for (uint32_t bits = 1; bits <= BITS_MAX; bits++) {
        left = 2 * left - c->count[bits];
        if (left < 0)
            return false;
        next[bits + 1] = (next[bits] + c->count[bits]) << 1;
    }
    for (uint32_t bits = 1; bits < BITS_MAX; bits++)
        offset[bits + 1] = (uint16_t)(offset[bits] + c->count[bits]);
    for (uint32_t i = 0; i < symbols; i++) {
        uint32_t bits = length[i];

        if (bits == 0)
            continue;
        c->symbol[offset[bits]++] = (uint16_t)i;
        uint32_t code = reversed(next[bits]++, bits);
        for (uint32_t at = code; bits <= FAST_BITS && at < 1 << FAST_BITS;
             at += 1u << bits)
            c->fast[at] = (uint16_t)(i << 4 | bits);
    }
    return left == 0 || used == 0 || (alone && used == 1 && c->count[1] == 1);
}

static uint32_t decode(struct flow *f, const struct code *c)
{
    int32_t code = 0, first = 0, index = 0;

    if (f->held < BITS_MAX)
        hold(f);
    uint32_t fast = c->fast[f->bits & ((1 << FAST_BITS) - 1)];
    if (fast > 0 && (fast & 15) <= f->held) {
        take(f, fast & 15);
        return fast >> 4;
    }
    for (uint32_t bits = 1; bits <= BITS_MAX && f->status == INFLATE_WHOLE; bits++) {
        code |= (int32_t)take(f, 1);
        if (code - c->count[bits] < first)
            return c->symbol[index + (code - first)];
        index += c->count[bits];
        first = (first + c->count[bits]) << 1;
        code <<= 1;
    }
    f->status = f->status == INFLATE_WHOLE ? INFLATE_DAMAGED : f->status;
    return 0;
}

static void copy_back(struct flow *f, uint32_t distance, uint32_t length)
{
    if (distance > f->out) {
        f->status = INFLATE_DAMAGED;
        return;
    }
    for (; length > 0; length--) {
        if (f->out == f->to_len) {
            f->status = INFLATE_NO_ROOM;
            return;
        }
        f->to[f->out] = f->to[f->out - distance];
        f->out++;
    }
}

static void take_back(struct flow *f, uint32_t symbol, const struct code *distances)
{
    static const uint16_t base[] = { 3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                     15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                     67, 83, 99, 115, 131, 163, 195, 227, 258 };
    static const uint8_t extra[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                     2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
    static const uint16_t far[] = { 1,    2,    3,    4,     5,     7,    9,    13,
                                    17,   25,   33,   49,    65,    97,   129,  193,
                                    257,  385,  513,  769,   1025,  1537, 2049, 3073,
                                    4097, 6145, 8193, 12289, 16385, 24577 };

    if (symbol - 257 >= sizeof base / sizeof *base) {
        f->status = INFLATE_DAMAGED;
        return;
    }
    uint32_t length = base[symbol - 257] + take(f, extra[symbol - 257]);
    uint32_t distance = decode(f, distances);
    if (distance >= DISTANCES)
        f->status = INFLATE_DAMAGED;
    if (f->status == INFLATE_WHOLE) {
        uint32_t bits = distance < 2 ? 0 : distance / 2 - 1;

        distance = far[distance] + take(f, bits);
    }
    if (f->status == INFLATE_WHOLE)
        copy_back(f, distance, length);
}

static void inflate_block(struct flow *f, const struct code *literals,
                          const struct code *distances)
{
    while (f->status == INFLATE_WHOLE) {
        uint32_t symbol = decode(f, literals);

        if (f->status != INFLATE_WHOLE || symbol == 256)
            return;
        if (symbol > 256)
            take_back(f, symbol, distances);
        else if (f->out == f->to_len)
            f->status = INFLATE_NO_ROOM;
        else
            f->to[f->out++] = (unsigned char)symbol;
    }
}

static void copy_stored(struct flow *f)
{
    take(f, f->held % 8);
    uint32_t length = take(f, 16), check = take(f, 16);

    if (f->status == INFLATE_WHOLE && (length ^ check) != 0xffff)
        f->status = INFLATE_DAMAGED;
    for (; f->status == INFLATE_WHOLE && length > 0; length--) {
        uint32_t byte = take(f, 8);

        if (f->status == INFLATE_WHOLE && f->out == f->to_len)
            f->status = INFLATE_NO_ROOM;
        if (f->status == INFLATE_WHOLE)
            f->to[f->out++] = (unsigned char)byte;
    }
}

static bool read_lengths(struct flow *f, const struct code *c, uint8_t *length,
                         uint32_t wanted)
{
    for (uint32_t i = 0; i < wanted && f->status == INFLATE_WHOLE;) {
        uint32_t symbol = decode(f, c), times = 1;
        uint8_t value = (uint8_t)symbol;

        if (symbol == 16 && i == 0)
            return false;
        if (symbol == 16) {
            value = length[i - 1];
            times = 3 + take(f, 2);
        } else if (symbol > 16) {
            value = 0;
            times = symbol == 17 ? 3 + take(f, 3) : 11 + take(f, 7);
        }
        if (times > wanted - i)
            return false;
        while (times-- > 0)
            length[i++] = value;
    }
    return f->status == INFLATE_WHOLE;
}

static void inflate_dynamic(struct flow *f)
{
    static const uint8_t order[CODE_LENGTHS] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                 11, 4,  12, 3, 13, 2, 14, 1, 15 };
    static struct code literals, distances;
    uint8_t length[LITERALS + 32] = { 0 };
    uint32_t of_literals = take(f, 5) + 257, of_distances = take(f, 5) + 1;
    uint32_t of_lengths = take(f, 4) + 4;

    for (uint32_t i = 0; i < of_lengths; i++)
        length[order[i]] = (uint8_t)take(f, 3);
    bool sound = of_literals <= 286 && of_distances <= DISTANCES &&
                 make(&literals, length, CODE_LENGTHS, false);
    memset(length, 0, sizeof length);
    sound = sound && read_lengths(f, &literals, length, of_literals + of_distances) &&
            length[256] > 0 && make(&literals, length, of_literals, true) &&
            make(&distances, length + of_literals, of_distances, true);
    if (!sound && f->status == INFLATE_WHOLE)
        f->status = INFLATE_DAMAGED;
    inflate_block(f, &literals, &distances);
}

static void inflate_fixed(struct flow *f)
{
    static struct code literals, distances;
    uint8_t length[LITERALS];

    for (uint32_t i = 0; i < LITERALS; i++)
        length[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    make(&literals, length, LITERALS, true);
    memset(length, 5, DISTANCES);
    make(&distances, length, DISTANCES, true);
    inflate_block(f, &literals, &distances);
}

enum inflated inflate_raw(const void *from, size_t from_len, void *to, size_t to_len,
                          size_t *taken, size_t *given)
{
    struct flow f = { .from = from, .to = to, .from_len = from_len, .to_len = to_len };
    bool last = false;

    while (!last && f.status == INFLATE_WHOLE) {
        last = take(&f, 1);
        uint32_t kind = take(&f, 2);

        if (f.status != INFLATE_WHOLE)
            break;
        if (kind == 0)
            copy_stored(&f);
        else if (kind == 1)
            inflate_fixed(&f);
        else if (kind == 2)
            inflate_dynamic(&f);
        else
            f.status = INFLATE_DAMAGED;
    }
    *taken = f.at - f.held / 8;
    *given = f.out;
    return f.status;
}
