/* SPDX-License-Identifier: Apache-2.0 */
/* restrict.c - eval_print_amount, one restriction after another. */
#include "pstats/restrict.h"

#include "pstats/body.h"
#include "pstats/number.h"
#include "pstats/standard.h"
#include "regex/pattern.h"

bool restriction_of(struct str word, struct restriction *r)
{
    enum number_kind kind = number_parse(word, &r->count, &r->share);

    r->kind = kind == NUMBER_INTEGER ? RESTRICT_COUNT
              : kind == NUMBER_FLOAT ? RESTRICT_SHARE
                                     : RESTRICT_MATCH;
    r->text = word;
    return kind != NUMBER_FLOAT || !(r->share > 1 || r->share < 0);
}

static void put_repr(const struct restriction *r, struct out *o)
{
    if (r->kind == RESTRICT_COUNT)
        number_integer(o, r->count);
    else if (r->kind == RESTRICT_SHARE)
        number_repr(o, r->share);
    else
        number_repr_text(o, r->text);
}

static bool keep_matching(const struct pstats_table *t, const struct restriction *r,
                          const struct pattern *p, struct listed *list, struct err *e)
{
    struct standard_room room = { .arena = arena_open() };
    uint32_t kept = 0;
    bool ok = true;

    for (uint32_t i = 0; ok && i < list->count; i++) {
        pstats_key key = table_function_body(t, list->at[i])->key;
        bool found = false;

        ok = pattern_search(p, standard_put(table_name(t, key), &room), &found, e);
        if (found != (r->kind == RESTRICT_DROP))
            list->at[kept++] = list->at[i];
    }
    list->count = kept;
    arena_close(room.arena);
    return ok;
}

static bool match(const struct pstats_table *t, const struct restriction *r,
                  struct listed *list, struct out *o, struct err *e)
{
    struct err why = { 0 };
    struct pattern *p = pattern_open(r->text, "", &why);

    if (!p && why.code != ERR_USAGE)
        return err_set(e, why.code, "%s", why.text);
    if (!p) {
        out_text_of(o, "   <Invalid regular expression ");
        number_repr_text(o, r->text);
        out_text_of(o, ">\n");
        return true;
    }
    bool ok = keep_matching(t, r, p, list, e);
    pattern_close(p);
    return ok;
}

static bool apply(const struct pstats_table *t, const struct restriction *r,
                  struct listed *list, struct out *o, struct err *e)
{
    uint32_t before = list->count;
    bool ok = true;

    if (r->kind == RESTRICT_MATCH || r->kind == RESTRICT_DROP)
        ok = match(t, r, list, o, e);
    else if (r->kind == RESTRICT_SHARE && r->share >= 0.0 && r->share < 1.0)
        list->count = (uint32_t)(before * r->share + .5);
    else if (r->kind == RESTRICT_COUNT && r->count >= 0 && r->count < before)
        list->count = (uint32_t)r->count;
    if (list->count == before)
        return ok;
    out_printf(o, "   List reduced from %u to %u due to restriction <%s", before,
               list->count, r->kind == RESTRICT_DROP ? "not " : "");
    put_repr(r, o);
    out_text_of(o, ">\n");
    return ok;
}

bool restrict_list(const struct pstats_table *t, struct restrictions r,
                   struct listed *list, struct out *o, struct arena *a, struct err *e)
{
    list->count = table_functions(t);
    list->at = arena_array(a, list->count, sizeof *list->at);
    for (uint32_t i = 0; i < list->count; i++)
        list->at[i] = table_at(t, i);
    for (uint32_t i = 0; i < r.count; i++)
        if (!apply(t, &r.at[i], list, o, e))
            return false;
    return true;
}
