/* SPDX-License-Identifier: Apache-2.0 */
/* marshal.c - the shape of a profile: {(file, line, name): (cc, nc, tt, ct, callers)},
 * callers being {(file, line, name): (nc, cc, tt, ct)}, in that order, or a count. */
#include "pstats/marshal.h"

#include <string.h>

#include "pstats/body.h"
#include "pstats/reader.h"

/* Callers cost at least 10 bytes of a file each, unless it refers to whole dicts of
 * them again and again: what no profiler does ends here. */
enum { CALLER_BYTES = 10, CALLERS_SHARED = 100000 };

/* Of a key that is no function's: ('__sampled__',). */
#define MARKER (PSTATS_NONE - 1)

static bool expect(struct reader *r, struct head h, const char *types, const char *what)
{
    for (; *types; types++)
        if (h.type == (unsigned char)*types)
            return !r->failed;
    return reader_fail(r, h.at, "marshal type 0x%02x where %s is expected", h.type,
                       what);
}

/* The name of a key: a text, or the code of a script. */
static struct str read_function_name(struct reader *r)
{
    struct str name = { 0 };

    if (reader_next_type(r) != 'c')
        return reader_text(r);
    struct head h = reader_head(r);
    if (h.type == 'c') {
        reader_code(r, h, &name);
        return name;
    }
    const unsigned char *back = reader_follow(r, h);
    reader_code(r, reader_head(r), &name);
    reader_return(r, back);
    return name;
}

/* Behind the head of a tuple. */
static pstats_key read_key_parts(struct reader *r, struct head h)
{
    uint32_t count = reader_count(r, h);
    struct pstats_name n = { 0 };

    reader_begun(r, h);
    if (count != 3 && count != 1)
        reader_fail(r, h.at, "a key of %u parts where (file, line, name) is expected",
                    count);
    n.file = reader_text(r);
    if (count == 1) {
        if (!r->failed && !str_eq(n.file, STR("__sampled__")))
            reader_fail(r, h.at,
                        "a key of 1 part where (file, line, name) is expected");
        reader_done(r, h, (reader_object)(h.at - r->start));
        return MARKER;
    }
    n.line = reader_integer(r);
    n.name = read_function_name(r);
    if (r->failed)
        return MARKER;
    pstats_key key = table_key(r->table, n, r->borrowed);
    reader_done(r, h, READER_KEY | key);
    return key;
}

static pstats_key read_tuple_key(struct reader *r, struct head h)
{
    if (!expect(r, h, "()", "a key (file, line, name)"))
        return MARKER;
    return read_key_parts(r, h);
}

/* What nearly all of a file is goes the quick way: references, 32-bit integers, floats
 * and tuples of four, none of which a reference refers to. The object that the 4 bytes
 * at `number` stand for; READER_BUSY: the slow way tells. */
static reader_object quick_object(const struct reader *r, const unsigned char *number)
{
    uint32_t n = r->end - number >= 4 ? reader_load32(number) : UINT32_MAX;

    return n < r->objects.count ? *(reader_object *)pile_at(&r->objects, n)
                                : READER_BUSY;
}

/* Where the object of that type has its bytes, and so many of them, be it here or
 * referred to; the reader goes past it. NULL: the slow way. */
static const unsigned char *quick_bytes(struct reader *r, unsigned char type, int bytes)
{
    const unsigned char *at = r->at;

    if (r->end - at > bytes && *at == type) {
        r->at += bytes + 1;
        return at + 1;
    }
    if (r->end - at < 5 || *at != 'r')
        return NULL;
    reader_object o = quick_object(r, at + 1);
    if (o & READER_KEY || (r->start[o] & 0x7f) != type)
        return NULL;
    r->at += 5;
    return r->start + o + 1; /* read before, so all of it is there */
}

static int64_t quick_integer(struct reader *r)
{
    const unsigned char *b = quick_bytes(r, 'i', 4);

    return b ? (int32_t)reader_load32(b) : reader_integer(r);
}

static double quick_number(struct reader *r)
{
    const unsigned char *b = quick_bytes(r, 'g', 8);
    double value;

    if (!b)
        return reader_number(r);
    uint64_t bits = reader_load32(b) | (uint64_t)reader_load32(b + 4) << 32;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static pstats_key read_key(struct reader *r, struct head h)
{
    if (h.type != 'r')
        return read_tuple_key(r, h);
    reader_object o = quick_object(r, r->at);
    if (o & READER_KEY && o != READER_BUSY) {
        r->at += 4;
        return o & ~READER_KEY;
    }
    const unsigned char *back = reader_follow(r, h);
    pstats_key key = read_tuple_key(r, reader_head(r));
    reader_return(r, back);
    return key;
}

static struct pstats_cost read_figures(struct reader *r)
{
    struct pstats_cost cost;

    cost.nc = quick_integer(r);
    cost.cc = quick_integer(r);
    cost.tt = quick_number(r);
    cost.ct = quick_number(r);
    return cost;
}

/* Behind the head of what a caller has: (nc, cc, tt, ct) or nc. */
static struct pstats_cost read_caller_parts(struct reader *r, struct head h)
{
    struct pstats_cost cost = { 0 };

    if (!expect(r, h, "()", "(calls, primitive calls, time, time with callees)"))
        return cost;
    uint32_t count = reader_count(r, h);
    if (count != 4) {
        reader_fail(r, h.at, "%u figures of a caller where 4 are expected", count);
        return cost;
    }
    reader_begun(r, h);
    cost = read_figures(r);
    reader_done(r, h, (reader_object)(h.at - r->start));
    return cost;
}

static void read_caller(struct reader *r, pstats_key key)
{
    struct pstats_cost cost = { 0 };

    if (r->end - r->at > 2 && r->at[0] == ')' && r->at[1] == 4) {
        r->at += 2;
        cost = read_figures(r);
        if (!r->failed)
            table_put_caller(r->table, key, false, cost);
        return;
    }
    unsigned char type = reader_next_type(r);
    bool counted = type == 'i' || type == 'I' || type == 'l';
    if (counted) {
        cost.nc = reader_integer(r);
    } else {
        struct head h = reader_head(r);

        if (h.type == 'r') {
            const unsigned char *back = reader_follow(r, h);
            cost = read_caller_parts(r, reader_head(r));
            reader_return(r, back);
        } else {
            cost = read_caller_parts(r, h);
        }
    }
    if (!r->failed)
        table_put_caller(r->table, key, counted, cost);
}

static void read_callers_parts(struct reader *r, struct head h)
{
    if (!expect(r, h, "{", "a dict of callers"))
        return;
    reader_begun(r, h);
    for (;;) {
        struct head key = reader_head(r);

        if (r->failed || key.type == '0')
            break;
        if (r->callers_left-- == 0) {
            reader_fail(r, key.at, "the same callers too often");
            break;
        }
        pstats_key caller = read_key(r, key);
        if (caller == MARKER)
            reader_fail(r, key.at, "a caller that is no (file, line, name)");
        read_caller(r, caller);
    }
    reader_done(r, h, (reader_object)(h.at - r->start));
}

static void read_callers(struct reader *r)
{
    struct head h = reader_head(r);

    if (h.type != 'r') {
        read_callers_parts(r, h);
        return;
    }
    const unsigned char *back = reader_follow(r, h);
    read_callers_parts(r, reader_head(r));
    reader_return(r, back);
}

static void read_function_parts(struct reader *r, pstats_key key, struct head h)
{
    struct pstats_cost cost;

    if (!expect(r, h, "()",
                "(primitive calls, calls, time, time with callees, callers)"))
        return;
    uint32_t count = reader_count(r, h);
    if (count != 5) {
        reader_fail(r, h.at, "%u figures of a function where 5 are expected", count);
        return;
    }
    reader_begun(r, h);
    cost.cc = reader_integer(r);
    cost.nc = reader_integer(r);
    cost.tt = reader_number(r);
    cost.ct = reader_number(r);
    if (r->failed)
        return;
    table_put(r->table, key, cost);
    read_callers(r);
    reader_done(r, h, (reader_object)(h.at - r->start));
}

static void read_function(struct reader *r, pstats_key key)
{
    struct head h = reader_head(r);

    if (h.type != 'r') {
        read_function_parts(r, key, h);
        return;
    }
    const unsigned char *back = reader_follow(r, h);
    read_function_parts(r, key, reader_head(r));
    reader_return(r, back);
}

static void read_functions(struct reader *r)
{
    struct head whole = reader_head(r);

    if (!expect(r, whole, "{", "the dict of a profile"))
        return;
    reader_begun(r, whole);
    for (;;) {
        struct head h = reader_head(r);

        if (r->failed || h.type == '0')
            return;
        pstats_key key = read_key(r, h);
        if (r->failed)
            return;
        if (key == MARKER) {
            table_set_sampled(r->table);
            reader_skip(r);
        } else {
            read_function(r, key);
        }
    }
}

bool marshal_read(struct str bytes, const char *name, bool borrowed,
                  struct pstats_table *t, struct err *e)
{
    struct arena *scratch = arena_open();
    struct reader r = {
        .start = (const unsigned char *)bytes.at,
        .at = (const unsigned char *)bytes.at,
        .end = (const unsigned char *)bytes.at + bytes.len,
        .name = name,
        .e = e,
        .table = t,
        .borrowed = borrowed,
        .objects = pile_on(scratch, sizeof(reader_object)),
        .interned = pile_on(scratch, sizeof(reader_object)),
        .code_left = 2 * (uint64_t)bytes.len,
        .callers_left = bytes.len / CALLER_BYTES + CALLERS_SHARED,
    };

    if (bytes.len == 0)
        reader_fail(&r, r.at, "the file is empty");
    read_functions(&r);
    arena_close(scratch);
    return !r.failed && table_settle(t, e);
}

/* A dict that is no JSON. */
bool marshal_begins(struct str bytes)
{
    static const char json[] = "\"}' \t\r\n";
    unsigned char first = bytes.len > 0 ? (unsigned char)bytes.at[0] : 0;

    if (bytes.len < 2 || (first & 0x7f) != '{')
        return false;
    return first != '{' || !memchr(json, bytes.at[1], sizeof json - 1);
}
