/* SPDX-License-Identifier: Apache-2.0 */
/* pstats.c - any bytes as a dump of Python's profilers: through the reader, what
 * pstats does to a table, its printing and the writer. They are refused in one line
 * that names the byte, or read into a table that is sound. The last byte, which no
 * reader looks at, chooses what is done. */
#include <string.h>

#include "fuzz/insist.h"
#include "pstats/load.h"
#include "pstats/marshal.h"
#include "pstats/print.h"
#include "pstats/write.h"

static void check_callers(const struct pstats_table *t, const struct pstats_function *f)
{
    uint32_t count = 0;

    for (uint32_t id = f->first; id != PSTATS_NONE; id = table_caller(t, id)->next) {
        const struct pstats_caller *c = table_caller(t, id);

        insist(c->key < table_keys(t), "a caller's key is there");
        insist(c->next != PSTATS_NONE || id == f->last, "the last caller is the last");
        insist(++count <= f->callers, "so many callers as are told");
        /* All pairs of short lists. */
        for (uint32_t other = f->first; count < 50 && other != id;
             other = table_caller(t, other)->next)
            insist(table_caller(t, other)->key != c->key, "a caller once");
    }
    insist(count == f->callers, "as many callers as are told");
}

static void check(const struct pstats_table *t)
{
    uint32_t named = 0;

    for (uint32_t i = 0; i < table_functions(t); i++) {
        const struct pstats_function *f = table_function(t, i);

        insist(f->key < table_keys(t), "a function's key is there");
        insist(table_function_of(t, f->key) == i, "a function is found by its key");
        insist(table_find_key(t, table_name(t, f->key)) == f->key, "a key by its name");
        check_callers(t, f);
    }
    for (pstats_key k = 0; k < table_keys(t); k++)
        named += table_function_of(t, k) != PSTATS_NONE;
    insist(named == table_functions(t), "no key of a function that is not there");
}

static void check_order(const struct pstats_table *t)
{
    uint64_t sum = 0, count = table_functions(t);

    for (uint32_t i = 0; i < count; i++) {
        insist(table_at(t, i) < count, "a place has a function");
        sum += table_at(t, i);
    }
    insist(count == 0 || sum == count * (count - 1) / 2, "each function has a place");
}

/* What is written reads back as what it was, but for names that were no text. */
static void check_written(const struct pstats_table *t)
{
    struct out *first = out_memory(), *second = out_memory();
    struct err e = { 0 };

    write_table(t, first);
    struct pstats_table *back = load_bytes(out_text(first), "x", &e);
    insist(back != NULL, "what we write can be read");
    check(back);
    write_table(back, second);
    insist(table_functions(back) != table_functions(t) ||
               table_keys(back) != table_keys(t) ||
               str_eq(out_text(first), out_text(second)),
           "what is written is what was read");
    table_close(back);
    out_close(first, &e);
    out_close(second, &e);
}

struct taking {
    const struct pstats_table *kept, *taken;
    uint32_t id; /* of the caller that comes next, of those kept */
};

static void take(void *with, const struct pstats_caller *c)
{
    struct taking *t = with;

    insist(t->id != PSTATS_NONE, "no more are taken than there are");
    const struct pstats_caller *k = table_caller(t->kept, t->id);
    insist(c->counted == k->counted && memcmp(&c->cost, &k->cost, sizeof c->cost) == 0,
           "what is taken is what is kept");
    struct pstats_name a = table_name(t->taken, c->key),
                       b = table_name(t->kept, k->key);
    insist(a.line == b.line && str_eq(a.file, b.file) && str_eq(a.name, b.name),
           "of the same caller");
    t->id = k->next;
}

/* Callers that are taken, and so are never all there, are those that are kept. */
static void check_taken(const struct pstats_table *kept, struct str bytes)
{
    struct err e = { 0 };
    struct pstats_table *t = load_bytes(bytes, "x", &e);

    insist(t && table_functions(t) == table_functions(kept), "it is read again");
    for (uint32_t i = 0; i < table_functions(t); i++) {
        struct taking taking = { kept, t, table_function(kept, i)->first };

        table_take_callers(t, i, take, &taking);
        insist(taking.id == PSTATS_NONE, "all are taken");
        insist(table_function(t, i)->callers == 0, "what was taken is gone");
    }
    table_close(t);
}

static void sort(struct pstats_table *t, unsigned how)
{
    struct sortkeys keys = { 0 };
    struct err e = { 0 };

    sortkeys_add(&keys, sortkey_at((int)(how % SORTKEYS), how & 1), &e);
    if (how & 2)
        sortkeys_add(&keys, sortkey_at((int)(how / 16 % SORTKEYS), false), &e);
    table_sort(t, &keys);
    check_order(t);
    if (how & 4)
        table_reverse(t);
    check_order(t);
}

static void print(struct pstats_table *t, unsigned how)
{
    const struct restriction some[] = {
        { .kind = RESTRICT_MATCH, .text = STR("[a-z](?=.)|\\d") },
        { .kind = RESTRICT_SHARE, .share = 0.7 },
        { .kind = RESTRICT_DROP, .text = STR("xx") },
        { .kind = RESTRICT_COUNT, .count = 50 },
    };
    struct restrictions r = { some, how % 5 };
    struct out *o = out_memory();
    struct err e = { 0 };
    bool ok = print_stats(t, r, o, &e) && print_callers(t, r, o, &e) &&
              print_callees(t, r, o, &e);

    insist(ok || strstr(e.text, "takes too long"), "it is printed");
    out_close(o, &e);
}

/* Where sums are beyond what there is, or callers are unlike, it fails in one line. */
static bool change(struct pstats_table *t, const uint8_t *bytes, size_t size,
                   unsigned how)
{
    struct err e = { 0 };
    bool ok = true;

    if (how & 16)
        ok = table_strip_dirs(t, &e);
    if (ok && how & 32) {
        struct pstats_table *other =
            load_bytes((struct str){ (const char *)bytes, size }, "x", &e);

        ok = other && table_add(t, other, &e);
        table_close(other);
    }
    if (ok && how & 64)
        ok = table_add(t, t, &e);
    insist(ok || (e.code == ERR_FORMAT && !strchr(e.text, '\n')), "one line says why");
    return ok;
}

/* Of what is sound each beginning may go on; of what is not it is told without harm. */
static void begin(struct str whole, bool sound, unsigned how)
{
    struct str part = { whole.at, whole.len * (how % 16) / 16 };
    struct err e = { 0 };
    bool may = part.len == 0 || marshal_may_go_on(part, "x", &e);

    insist(may || !sound, "a sound dump's beginning is refused");
    insist(may || (e.code == ERR_FORMAT && !strchr(e.text, '\n')), "one line says why");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    unsigned how = size > 0 ? bytes[size - 1] : 0;
    struct err e = { 0 };
    struct pstats_table *t =
        load_bytes((struct str){ (const char *)bytes, size }, "x", &e);

    begin((struct str){ (const char *)bytes, size }, t != NULL, how);
    if (!t) {
        bool sums = strncmp(e.text, "cannot sum profiles up: ", 24) == 0;

        insist(e.code == ERR_FORMAT && !strchr(e.text, '\n'), "a refusal is one line");
        insist(sums || strstr(e.text, ": byte "), "a refusal names the byte");
        return 0;
    }
    check(t);
    check_taken(t, (struct str){ (const char *)bytes, size });
    if (how & 8)
        print(t, how);
    if (change(t, bytes, size, how)) {
        check(t);
        sort(t, how);
        print(t, how);
        check_written(t);
    }
    table_close(t);
    return 0;
}
