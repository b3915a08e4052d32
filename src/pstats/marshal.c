/* SPDX-License-Identifier: Apache-2.0 */
/* marshal.c - the shape of a profile: {(file, line, name): (cc, nc, tt, ct, callers)},
 * callers being {(file, line, name): (nc, cc, tt, ct)}, in that order, or a count. */
#include "pstats/marshal.h"

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
    pstats_key key = table_key(r->table, n, true);
    reader_done(r, h, READER_KEY | key);
    return key;
}

static pstats_key read_tuple_key(struct reader *r, struct head h)
{
    if (!expect(r, h, "()", "a key (file, line, name)"))
        return MARKER;
    return read_key_parts(r, h);
}

/* The quick way: most keys are references to keys. */
static pstats_key read_key(struct reader *r, struct head h)
{
    const unsigned char *at = r->at;

    if (h.type != 'r')
        return read_tuple_key(r, h);
    if (r->end - at >= 4) {
        uint32_t number = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                          (uint32_t)at[3] << 24;
        reader_object o = number < r->objects.count
                              ? *(reader_object *)pile_at(&r->objects, number)
                              : READER_BUSY;

        if (o & READER_KEY && o != READER_BUSY) {
            r->at += 4;
            return o & ~READER_KEY;
        }
    }
    const unsigned char *back = reader_follow(r, h);
    pstats_key key = read_tuple_key(r, reader_head(r));
    reader_return(r, back);
    return key;
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
    cost.nc = reader_integer(r);
    cost.cc = reader_integer(r);
    cost.tt = reader_number(r);
    cost.ct = reader_number(r);
    reader_done(r, h, (reader_object)(h.at - r->start));
    return cost;
}

static void read_caller(struct reader *r, pstats_key key)
{
    unsigned char type = reader_next_type(r);
    bool counted = type == 'i' || type == 'I' || type == 'l';
    struct pstats_cost cost = { 0 };

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

bool marshal_read(struct str bytes, const char *name, struct pstats_table *t,
                  struct err *e)
{
    struct arena *scratch = arena_open();
    struct reader r = {
        .start = (const unsigned char *)bytes.at,
        .at = (const unsigned char *)bytes.at,
        .end = (const unsigned char *)bytes.at + bytes.len,
        .name = name,
        .e = e,
        .table = t,
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

bool marshal_begins(struct str bytes)
{
    unsigned char first = bytes.len > 0 ? (unsigned char)bytes.at[0] & 0x7f : 0;
    unsigned char next = bytes.len > 1 ? (unsigned char)bytes.at[1] & 0x7f : 0;

    return first == '{' && (next == '(' || next == ')' || next == '0');
}
