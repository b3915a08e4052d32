/* SPDX-License-Identifier: Apache-2.0 */
/* as_pstats.c - sort keys and restrictions out of what was typed, and the tables. */
#include "cmd/as_pstats.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/reading.h"
#include "cmd/tables.h"
#include "cmd/verbatim.h"
#include "pstats/load.h"
#include "pstats/number.h"
#include "pstats/print.h"

struct asked {
    struct sortkeys keys;
    bool numbered; /* by a number, which stands alone */
    struct restriction restriction[TYPED_MAX];
    struct restrictions restrictions;
};

/* "-1" to "2" stand alone, as sort_stats has it. */
static bool add_number(struct asked *k, struct str word, long number, struct err *e)
{
    const struct sortkey *key = sortkey_numbered(number);

    if (!key || k->keys.keys > 0)
        return err_set(e, ERR_USAGE,
                       "bad sort key: %.*s: -1 stdname, 0 calls, 1 time, 2 cumulative, "
                       "each alone",
                       (int)word.len, word.at);
    k->numbered = true;
    return sortkeys_add(&k->keys, key, e);
}

static bool add_key(struct asked *k, struct str word, bool sampled, struct err *e)
{
    const struct sortkey *key = sortkey_find(word);
    int64_t number;
    double real;

    if (!key && sampled)
        key = sortkey_named(word, true);
    if (!key && number_parse(word, &number, &real) == NUMBER_INTEGER)
        return add_number(k, word, (long)number, e);
    if (!key)
        return sortkey_unknown(word, e);
    if (k->numbered)
        return err_set(e, ERR_USAGE,
                       "bad sort key: %.*s: behind a number, which stands alone",
                       (int)word.len, word.at);
    return sortkeys_add(&k->keys, key, e);
}

static bool add_keys(struct asked *k, const char *words, bool sampled, struct err *e)
{
    for (size_t len;; words += len + 1) {
        len = strcspn(words, ",");
        if (!add_key(k, (struct str){ words, len }, sampled, e))
            return false;
        if (words[len] == '\0')
            return true;
    }
}

static bool add_limit(struct restriction *r, const char *value, struct err *e)
{
    enum number_kind kind = number_parse(str_of(value), &r->count, &r->share);

    if (kind == NUMBER_NONE)
        return err_set(e, ERR_USAGE,
                       "bad value: -n '%s': a number of rows, or a share such as 0.5",
                       value);
    r->kind = kind == NUMBER_INTEGER ? RESTRICT_COUNT : RESTRICT_SHARE;
    return true;
}

/* What was asked for, but for --all; sampled: those names of keys are known too. */
static bool take_typed(const struct as_pstats *a, bool sampled, struct asked *k,
                       struct err *e)
{
    uint32_t count = 0;

    for (int i = 0; i < a->count; i++) {
        const struct typed *t = &a->typed[i];
        struct restriction *r = &k->restriction[count];

        if (t->key == 's') {
            if (!add_keys(k, t->value, sampled, e))
                return false;
            continue;
        }
        count++;
        r->text = str_of(t->value);
        r->kind = t->key == READING_NOT ? RESTRICT_DROP : RESTRICT_MATCH;
        if (t->key == 'n' && !add_limit(r, t->value, e))
            return false;
    }
    k->restrictions = (struct restrictions){ k->restriction, count };
    return true;
}

static bool print_asked(const struct as_pstats *a, struct pstats_table *t,
                        const struct asked *k, struct out *o, struct err *e)
{
    bool ok = !a->strip_dirs || table_strip_dirs(t, e);

    if (ok && k->keys.keys > 0)
        table_sort(t, &k->keys);
    if (ok && a->reverse)
        table_reverse(t);
    if (ok && a->callers)
        ok = print_callers(t, k->restrictions, o, e);
    if (ok && a->callees)
        ok = print_callees(t, k->restrictions, o, e);
    if (ok && !a->callers && !a->callees)
        ok = print_stats(t, k->restrictions, o, e);
    return ok;
}

enum table_kind { FUNCTIONS, CALLERS, CALLEES };

/* The nine of a script that many keep: one in full, then so many rows each. */
static const struct {
    const char *keys;
    enum table_kind kind;
    bool full;
} nine[] = {
    { "stdname", FUNCTIONS, true }, { "name,filename", FUNCTIONS, false },
    { "nfl", FUNCTIONS, false },    { "line,filename", FUNCTIONS, false },
    { "calls", FUNCTIONS, false },  { "cumulative", FUNCTIONS, false },
    { "time", FUNCTIONS, false },   { "calls", CALLERS, false },
    { "calls", CALLEES, false },
};

static bool print_nine(struct pstats_table *t, const struct asked *k, struct out *o,
                       struct err *e)
{
    static const struct restriction hundred = { .kind = RESTRICT_COUNT, .count = 100 };
    struct restrictions some = k->restrictions;
    bool ok = table_strip_dirs(t, e);

    if (some.count == 0)
        some = (struct restrictions){ &hundred, 1 };
    for (size_t i = 0; ok && i < sizeof nine / sizeof *nine; i++) {
        struct restrictions r = nine[i].full ? (struct restrictions){ NULL, 0 } : some;
        struct sortkeys keys = { 0 };

        ok = sortkeys_parse(&keys, nine[i].keys, e);
        table_sort(t, &keys);
        if (ok && nine[i].kind == FUNCTIONS)
            ok = print_stats(t, r, o, e);
        else if (ok && nine[i].kind == CALLERS)
            ok = print_callers(t, r, o, e);
        else if (ok)
            ok = print_callees(t, r, o, e);
    }
    return ok;
}

static bool write_text(const struct as_pstats *a, struct str text, struct err *e)
{
    struct out *o = a->output ? out_open(a->output, e) : out_stdout();

    if (!o)
        return false;
    verbatim_write(text, !a->output && isatty(STDOUT_FILENO), o);
    return out_close(o, e);
}

bool as_pstats(const struct as_pstats *a, struct words files, struct err *e)
{
    struct arena *arena = arena_open();
    struct asked *k = arena_alloc(arena, sizeof *k),
                 *first = arena_alloc(arena, sizeof *k);
    struct pstats_table *t = NULL;
    struct out *text = NULL;
    /* Wrong words are told before a file is looked at. */
    bool ok = take_typed(a, true, first, e) &&
              (t = tables_open(files, a->choice, a->as_cprofile, e)) != NULL &&
              take_typed(a, table_sampled(t), k, e);

    if (ok) {
        text = out_memory();
        ok = a->all ? print_nine(t, k, text, e) : print_asked(a, t, k, text, e);
        ok = load_held(t, e) && ok;
    }
    table_close(t);
    ok = ok && write_text(a, out_text(text), e);
    out_abandon(text);
    arena_close(arena);
    return ok;
}
