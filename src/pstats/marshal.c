/* SPDX-License-Identifier: Apache-2.0 */
/* marshal.c - the shape of a profile: {(file, line, name): (cc, nc, tt, ct, callers)},
 * callers being {(file, line, name): (nc, cc, tt, ct)}, in that order, or a count. */
#include "pstats/marshal.h"

#include <string.h>

#include "pstats/body.h"
#include "pstats/quick.h"

/* Callers cost at least 10 bytes of a file each, unless it refers to whole dicts of
 * them again and again: what no profiler does ends here. */
enum { CALLER_BYTES = 10, CALLERS_SHARED = 100000 };

/* What a function takes with its callers, about. */
enum { FUNCTION_BYTES = 350 };

/* Of a key that is no function's: ('__sampled__',); of one that was read over. */
#define MARKER (PSTATS_NONE - 1)
#define KEY_OVER (PSTATS_NONE - 2)

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
        return quick_text(r);
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

/* What pstats calls a caller at the top; no profiler has ever written it. */
static bool is_top(struct pstats_name n)
{
    return n.line == 0 && str_eq(n.name, STR("profiler")) &&
           str_eq(n.file, STR("jprofile"));
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
    n.file = quick_text(r);
    if (count == 1) {
        if (!r->failed && !str_eq(n.file, STR("__sampled__")))
            reader_fail(r, h.at,
                        "a key of 1 part where (file, line, name) is expected");
        reader_done(r, h, (reader_object)(h.at - r->start));
        return MARKER;
    }
    n.line = quick_integer(r);
    n.name = read_function_name(r);
    if (r->failed)
        return MARKER;
    if (r->over && h.object == PSTATS_NONE && !is_top(n))
        return KEY_OVER; /* nothing refers to it */
    if (r->over && h.object != PSTATS_NONE) {
        reader_queue_key(r, h, n);
        return KEY_OVER;
    }
    pstats_key key;
    if (!quick_known_key(r, h.before, &key))
        key = table_key(r->table, n, true);
    reader_done(r, h, READER_KEY | key);
    return key;
}

static pstats_key read_tuple_key(struct reader *r, struct head h)
{
    if (!expect(r, h, "()", "a key (file, line, name)"))
        return MARKER;
    return read_key_parts(r, h);
}

static pstats_key read_key(struct reader *r, struct head h)
{
    if (h.type != 'r')
        return read_tuple_key(r, h);
    pstats_key key;
    if (quick_key(r, r->at, &key)) {
        r->at += 4;
        return key;
    }
    const unsigned char *back = reader_follow(r, h);
    key = read_tuple_key(r, reader_head(r));
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

static uint64_t magnitude(int64_t n)
{
    return n < 0 ? -(uint64_t)n : (uint64_t)n;
}

static void put_caller(struct reader *r, pstats_key key, bool counted,
                       struct pstats_cost cost)
{
    uint64_t nc = magnitude(cost.nc), cc = magnitude(cost.cc);

    if (r->failed)
        return;
    if (!r->over) {
        table_put_caller(r->table, key, counted, cost);
        return;
    }
    r->counted |= counted;
    r->timed |= !counted;
    if (nc > r->largest_count)
        r->largest_count = nc;
    if (cc > r->largest_count)
        r->largest_count = cc;
}

static void read_caller(struct reader *r, pstats_key key)
{
    struct pstats_cost cost = { 0 };

    if (r->end - r->at > 2 && r->at[0] == ')' && r->at[1] == 4) {
        r->at += 2;
        put_caller(r, key, false, read_figures(r));
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
    put_caller(r, key, counted, cost);
}

/* Callers as cProfile's are: a reference to a key, and (nc, cc, tt, ct) in place. The
 * first that is otherwise ends it. */
static void read_quickly(struct reader *r)
{
    enum { BYTES = 35, REFERENCE = 5 };

    while (r->end - r->at > BYTES && r->callers_left > 0) {
        const unsigned char *b = r->at, *figures = b + REFERENCE;

        if (*b != 'r' || figures[0] != ')' || figures[1] != 4 || figures[2] != 'i' ||
            figures[7] != 'i' || figures[12] != 'g' || figures[21] != 'g')
            return;
        pstats_key key = KEY_OVER;
        if (r->over ? !quick_is_key(r, b + 1) : !quick_key(r, b + 1, &key))
            return;
        r->at += BYTES;
        r->callers_left--;
        put_caller(r, key, false,
                   (struct pstats_cost){
                       .nc = (int32_t)reader_load32(figures + 3),
                       .cc = (int32_t)reader_load32(figures + 8),
                       .tt = quick_load_number(figures + 13),
                       .ct = quick_load_number(figures + 22),
                   });
    }
}

static void read_callers_parts(struct reader *r, struct head h)
{
    if (!expect(r, h, "{", "a dict of callers"))
        return;
    reader_begun(r, h);
    for (;;) {
        read_quickly(r);
        struct head key = reader_head(r);

        if (r->failed || key.type == '0')
            break;
        if (r->callers_left-- == 0) {
            reader_fail_short(r, key.at, "the same callers too often");
            break;
        }
        pstats_key caller = read_key(r, key);
        if (caller == MARKER)
            reader_fail(r, key.at, "a caller that is no (file, line, name)");
        read_caller(r, caller);
    }
    reader_done(r, h, (reader_object)(h.at - r->start));
}

static void pass_callers(struct reader *r, struct head h, struct reader_function *f)
{
    f->called = r->at < r->end && *r->at != '0';
    f->at = (uint32_t)(h.at - r->start);
    f->objects = r->again > 0              ? PSTATS_NONE
                 : h.object != PSTATS_NONE ? h.object
                                           : r->objects.count;
    r->over = true;
    read_callers_parts(r, h);
    r->over = false;
}

static void read_callers(struct reader *r, struct reader_function *f)
{
    struct head h = reader_head(r);

    if (h.type != 'r') {
        pass_callers(r, h, f);
        return;
    }
    const unsigned char *back = reader_follow(r, h);
    pass_callers(r, reader_head(r), f);
    reader_return(r, back);
}

void marshal_callers(struct reader *r, uint32_t at, uint32_t objects)
{
    r->at = r->start + at;
    r->again = 1;
    r->next = objects;
    r->e = &r->table->fault;
    r->callers_left = UINT64_MAX;
    r->code_left = UINT64_MAX;
    read_callers_parts(r, reader_head(r));
}

static void read_function_parts(struct reader *r, struct head h,
                                struct reader_function *f)
{
    if (!expect(r, h, "()",
                "(primitive calls, calls, time, time with callees, callers)"))
        return;
    uint32_t count = reader_count(r, h);
    if (count != 5) {
        reader_fail(r, h.at, "%u figures of a function where 5 are expected", count);
        return;
    }
    reader_begun(r, h);
    f->cost.cc = quick_integer(r);
    f->cost.nc = quick_integer(r);
    f->cost.tt = quick_number(r);
    f->cost.ct = quick_number(r);
    read_callers(r, f);
    reader_done(r, h, (reader_object)(h.at - r->start));
}

static void read_function_value(struct reader *r, struct reader_function *f)
{
    struct head h = reader_head(r);

    if (h.type != 'r') {
        read_function_parts(r, h, f);
        return;
    }
    const unsigned char *back = reader_follow(r, h);
    read_function_parts(r, reader_head(r), f);
    reader_return(r, back);
}

/* A reference to a key is followed when the function is read: its place is asked for
 * in the meantime. */
static void read_function(struct reader *r, struct head h)
{
    const unsigned char *at = r->at;
    struct reader_function f = { 0 };
    bool later = h.type == 'r' && r->end - at >= 4 && quick_is_key(r, at);

    if (later) {
        __builtin_prefetch(pile_at(&r->objects, reader_load32(at)));
        r->at += 4;
    } else {
        f.key = read_key(r, h);
    }
    if (!later && f.key == MARKER) {
        if (!r->table->adding) /* Stats stays what it was made of */
            table_set_sampled(r->table);
        reader_skip(r);
        return;
    }
    read_function_value(r, &f);
    if (later) {
        const unsigned char *back = r->at;

        r->at = at;
        f.key = read_key(r, h);
        r->at = back;
    }
    if (!r->failed)
        reader_queue_function(r, f);
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
            break;
        read_function(r, h);
    }
    reader_settle_keys(r);
    reader_settle_functions(r);
}

/* Where figures of unlike kinds or too large ones could meet, they are laid out at
 * once: later nothing could be said. */
static void settle_callers(const struct reader *r)
{
    struct pstats_table *t = r->table;

    t->counted |= r->counted;
    t->timed |= r->timed;
    if (__builtin_add_overflow(t->largest_count, r->largest_count, &t->largest_count))
        t->largest_count = UINT64_MAX;
    if ((t->counted && t->timed) || t->largest_count > INT64_MAX)
        table_lay_out_all(t);
}

static struct reader *open_reader(struct str bytes, const char *name,
                                  struct pstats_table *t, struct err *e)
{
    struct arena *a = table_arena(t);
    struct reader *r = arena_alloc(a, sizeof *r);

    *r = (struct reader){
        .start = (const unsigned char *)bytes.at,
        .at = (const unsigned char *)bytes.at,
        .end = (const unsigned char *)bytes.at + bytes.len,
        .name = name,
        .e = e,
        .table = t,
        .objects = pile_on(a, sizeof(reader_object)),
        .is_key = pile_on(a, sizeof(uint64_t)),
        .interned = pile_on(a, sizeof(reader_object)),
        .next = PSTATS_NONE,
        .code_left = 2 * (uint64_t)bytes.len,
        .callers_left = bytes.len / CALLER_BYTES + CALLERS_SHARED,
    };
    if (bytes.len == 0)
        reader_fail(r, r->at, "the file is empty");
    *(struct reader **)pile_add(&t->readers) = r;
    map_expect(&t->index, t->names.count + (uint32_t)(bytes.len / FUNCTION_BYTES));
    return r;
}

bool marshal_read(struct str bytes, const char *name, struct pstats_table *t,
                  struct err *e)
{
    struct reader *r = open_reader(bytes, name, t, e);

    read_functions(r);
    if (r->failed)
        return false;
    settle_callers(r);
    return table_settle(t, e);
}

bool marshal_may_go_on(struct str bytes, const char *name, struct err *e)
{
    struct pstats_table *t = table_open();
    struct err why = { 0 };
    struct reader *r = open_reader(bytes, name, t, &why);

    read_functions(r);
    bool may = !r->failed || r->cut;
    table_close(t);
    return may || err_set(e, why.code, "%s", why.text);
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
