/* SPDX-License-Identifier: Apache-2.0 */
/* pack_mutate.c - takes a pack apart, changes its content and puts it together again,
 * with its sums, so that what is tried lies behind them. One change in sixteen is of
 * the bytes as they are, and one in eight is put together with a lie. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/out.h"
#include "fuzz/insist.h"
#include "fuzz/target.h"
#include "tape/content.h"
#include "tape/sum.h"

enum { CONTENT_MAX = 3 * PACK_SLICE, BLOCKS_MAX = 4096, ENTRIES_MAX = 256 };

struct opened {
    uint8_t content[CONTENT_MAX + TAPE_CELL];
    size_t len, list;
    uint64_t packed_ns, chance;
    size_t block[BLOCKS_MAX], blocks;   /* where each begins */
    size_t entry[ENTRIES_MAX], entries; /* of the list */
};

static struct opened opened;

static uint64_t below(struct opened *o, uint64_t bound)
{
    o->chance ^= o->chance << 13;
    o->chance ^= o->chance >> 7;
    o->chance ^= o->chance << 17;
    return bound ? o->chance % bound : 0;
}

static bool take_apart(struct opened *o, const uint8_t *bytes, size_t size)
{
    static int fd = -1;
    char path[32];
    struct err e = { 0 };

    if (fd < 0)
        fd = memfd_create("pack", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    insist(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size,
           "a pack is written");
    struct content *c = content_open(path, &e);
    if (!c)
        return false;
    const struct pack_tail *tail = content_tail(c);
    bool fits = tail->content <= CONTENT_MAX;
    o->len = fits ? (size_t)tail->content : 0;
    o->list = fits ? (size_t)tail->list : 0;
    o->packed_ns = tail->packed_ns;
    bool whole = fits && content_bytes(c, o->content, o->len);
    content_close(c);
    return whole;
}

static struct pack_block block_at(const struct opened *o, size_t at)
{
    struct pack_block b;

    memcpy(&b, o->content + at, sizeof b);
    return b;
}

static size_t block_bytes(const struct opened *o, size_t at)
{
    struct pack_block b = block_at(o, at);

    return sizeof b + (size_t)b.count * pack_width(b.kind);
}

/* As far as they are some. */
static void find_parts(struct opened *o)
{
    struct pack_tape t;
    size_t at = 0;

    for (o->blocks = 0; o->blocks < BLOCKS_MAX && at + 16 <= o->list; o->blocks++) {
        if (block_bytes(o, at) > o->list - at)
            break;
        o->block[o->blocks] = at;
        at += block_bytes(o, at);
    }
    at = o->list + sizeof(struct pack_list);
    for (o->entries = 0; o->entries < ENTRIES_MAX && at + sizeof t <= o->len;) {
        memcpy(&t, o->content + at, sizeof t);
        if ((uint64_t)t.header + t.name + t.why > o->len - at - sizeof t)
            break;
        o->entry[o->entries++] = at;
        at += sizeof t + t.header + t.name + t.why;
    }
}

/* A word that may hurt: small, huge, near a power of two, a place of this pack. */
static uint64_t hurting(struct opened *o)
{
    switch (below(o, 5)) {
    case 0:
        return below(o, 16);
    case 1:
        return UINT64_MAX - below(o, 16);
    case 2:
        return ((uint64_t)1 << below(o, 64)) - below(o, 3);
    case 3:
        return 64 + below(o, 256);
    default:
        return below(o, o->len + 4);
    }
}

static void change_word(struct opened *o, size_t from, size_t bytes)
{
    size_t width = (size_t)4 << below(o, 2);
    size_t at = from + below(o, bytes) / width * width;
    uint64_t word = hurting(o);

    if (at + width <= o->len)
        memcpy(o->content + at, &word, width);
}

static void change_list(struct opened *o)
{
    if (o->entries == 0 || below(o, 4) == 0)
        change_word(o, o->list, o->len - o->list);
    else
        change_word(o, o->entry[below(o, o->entries)],
                    sizeof(struct pack_tape) + sizeof(struct tape_header));
}

static size_t any_block(struct opened *o)
{
    return o->block[below(o, o->blocks)];
}

static void change_block_head(struct opened *o)
{
    change_word(o, any_block(o), sizeof(struct pack_block));
}

/* A number of a record, whose bytes stand in as many columns. */
static void change_record(struct opened *o)
{
    size_t at = any_block(o);
    struct pack_block b = block_at(o, at);
    size_t width = pack_width(b.kind), number = (size_t)4 << below(o, 2);
    uint64_t record = below(o, b.count), word = hurting(o);

    if (b.count == 0 || width < number)
        return;
    size_t first = below(o, width / number) * number;
    for (size_t i = 0; i < number; i++)
        o->content[at + sizeof b + (first + i) * b.count + record] =
            (uint8_t)(word >> 8 * i);
}

static void change_any(struct opened *o)
{
    size_t at = any_block(o), bytes = block_bytes(o, at) - sizeof(struct pack_block);

    if (bytes > 0)
        LLVMFuzzerMutate(o->content + at + sizeof(struct pack_block), bytes, bytes);
}

/* The entry of the tape whose block this is, so many bytes and blocks longer. */
static void lengthen_entry(struct opened *o, size_t block, int64_t bytes, int blocks)
{
    uint64_t end = 0;

    for (size_t i = 0; i < o->entries; i++) {
        struct pack_tape t;

        memcpy(&t, o->content + o->entry[i], sizeof t);
        end += t.bytes;
        if (block >= end)
            continue;
        t.bytes += (uint64_t)bytes;
        t.blocks += (uint32_t)blocks;
        memcpy(o->content + o->entry[i], &t, sizeof t);
        return;
    }
}

static void remove_block(struct opened *o)
{
    size_t at = any_block(o), bytes = block_bytes(o, at);

    lengthen_entry(o, at, -(int64_t)bytes, -1);
    memmove(o->content + at, o->content + at + bytes, o->len - at - bytes);
    o->len -= bytes;
    o->list -= bytes;
}

/* Room before what begins there, in the tape of that block. */
static bool insert(struct opened *o, size_t at, size_t bytes)
{
    if (bytes > CONTENT_MAX - o->len)
        return false;
    lengthen_entry(o, at, (int64_t)bytes, 1);
    memmove(o->content + at + bytes, o->content + at, o->len - at);
    o->len += bytes;
    o->list += bytes;
    return true;
}

static void repeat_block(struct opened *o)
{
    static uint8_t copy[CONTENT_MAX];
    size_t from = any_block(o), bytes = block_bytes(o, from), at = any_block(o);

    memcpy(copy, o->content + from, bytes);
    if (insert(o, at, bytes))
        memcpy(o->content + at, copy, bytes);
}

/* So many texts that they take slices of their own. */
static void insert_texts(struct opened *o)
{
    size_t at = any_block(o);
    struct pack_block b = { 64 + (uint32_t)below(o, 1 << 20), TAPE_TEXTS, 0, 0 };

    b.count = (uint32_t)(PACK_SLICE - 100 + below(o, PACK_SLICE));
    if (!insert(o, at, sizeof b + b.count))
        return;
    memcpy(o->content + at, &b, sizeof b);
    memset(o->content + at + sizeof b, (int)below(o, 256), b.count);
}

static void cut(struct opened *o)
{
    o->len = o->list + below(o, o->len - o->list + 1);
}

static size_t slices_of(const struct opened *o)
{
    return (o->len + PACK_SLICE - 1) / PACK_SLICE;
}

static void put_slices(struct opened *o, struct out *out, struct pack_slice *table)
{
    bool plain = below(o, 2);

    for (size_t i = 0; i < slices_of(o); i++) {
        uint8_t *at = o->content + i * PACK_SLICE;
        size_t left = o->len - i * PACK_SLICE, before = out_text(out).len;
        uint32_t bytes = left < PACK_SLICE ? (uint32_t)left : PACK_SLICE;
        uint8_t last[TAPE_CELL] = { 0 };

        memcpy(at + bytes, last, left < PACK_SLICE ? -bytes % TAPE_CELL : 0);
        table[i].way = !plain;
        if (plain)
            out_bytes(out, at, bytes);
        else
            out_deflate(out, at, bytes);
        table[i].stored = (uint32_t)(out_text(out).len - before);
        table[i].sum = tape_sum(at, bytes);
    }
}

static void put_together(struct opened *o, struct out *out)
{
    struct pack_head head = { PACK_MAGIC, PACK_VERSION, PACK_SLICE };
    struct pack_slice table[CONTENT_MAX / PACK_SLICE + 4] = { 0 };
    size_t bytes = slices_of(o) * sizeof *table;

    out_bytes(out, &head, sizeof head);
    put_slices(o, out, table);
    if (below(o, 8) == 0)
        table[below(o, slices_of(o) + 1)].stored += (uint32_t)below(o, 9) - 4;
    struct pack_tail tail = { .content = o->len,
                              .list = o->list,
                              .slices = slices_of(o),
                              .packed_ns = o->packed_ns ^ below(o, 256),
                              .magic = PACK_END };
    if (below(o, 8) == 0)
        (&tail.content)[below(o, 6)] = hurting(o);
    tail.table = tape_sum(table, bytes);
    tail.sum = tape_sum(&tail, sizeof tail);
    out_bytes(out, table, bytes);
    out_bytes(out, &tail, sizeof tail);
}

static void change(struct opened *o)
{
    static void (*const in_blocks[])(struct opened *) = {
        change_block_head, change_record, change_record, change_record,
        change_any,        remove_block,  repeat_block,  cut,
    };

    if (o->blocks == 0 || below(o, 4) == 0)
        change_list(o);
    else if (below(o, 64) == 0)
        insert_texts(o);
    else
        in_blocks[below(o, sizeof in_blocks / sizeof *in_blocks)](o);
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed)
{
    struct opened *o = &opened;
    struct err none = { 0 };

    o->chance = ((uint64_t)seed << 20) ^ 0x9e3779b97f4a7c15u;
    if (below(o, 16) == 0 || !take_apart(o, bytes, size))
        return LLVMFuzzerMutate(bytes, size, most);
    for (uint64_t left = 1 + below(o, 3); left > 0; left--) {
        find_parts(o);
        change(o);
    }
    if (o->len == 0)
        return LLVMFuzzerMutate(bytes, size, most);
    struct out *out = out_memory();
    put_together(o, out);
    struct str made = out_text(out);
    if (made.len <= most) {
        memcpy(bytes, made.at, made.len);
        size = made.len;
    }
    out_close(out, &none);
    return size;
}

/* The first pack with the blocks of the second one's first tape before its own. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b,
                                 size_t b_size, uint8_t *out, size_t most,
                                 unsigned seed)
{
    static uint8_t other[CONTENT_MAX];
    struct opened *o = &opened;
    struct err none = { 0 };
    struct pack_tape t = { 0 };

    if (take_apart(o, b, b_size)) {
        find_parts(o);
        if (o->entries > 0)
            memcpy(&t, o->content + o->entry[0], sizeof t);
        t.bytes = t.bytes < o->list ? t.bytes : o->list;
        memcpy(other, o->content, t.bytes);
    }
    if (!take_apart(o, a, a_size))
        return 0;
    o->chance = ((uint64_t)seed << 20) ^ 0x9e3779b97f4a7c15u;
    find_parts(o);
    if (t.bytes > 0 && insert(o, 0, t.bytes)) {
        memcpy(o->content, other, t.bytes);
        lengthen_entry(o, 0, 0, (int)t.blocks - 1);
    }
    struct out *joined = out_memory();
    put_together(o, joined);
    struct str made = out_text(joined);
    size_t size = made.len <= most ? made.len : 0;
    if (size > 0)
        memcpy(out, made.at, size);
    out_close(joined, &none);
    return size;
}
