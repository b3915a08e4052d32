/* SPDX-License-Identifier: Apache-2.0 */
/* match.c - PCRE2, bounded: a pattern that explodes is an error, not a hang. */
#include "report/match.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { MATCH_LIMIT = 1000000 };

struct matcher {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
    const char *pattern;
};

static bool compile(struct matcher *m, const struct filter *f, struct err *e)
{
    int fault;
    size_t offset;
    unsigned char text[256] = "";
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_ALT_BSUX;

    m->pattern = f->pattern;
    m->code = pcre2_compile((PCRE2_SPTR)f->pattern, PCRE2_ZERO_TERMINATED, options,
                            &fault, &offset, NULL);
    if (!m->code) {
        pcre2_get_error_message(fault, text, sizeof text);
        return err_set(e, ERR_USAGE,
                       "bad regular expression: %s '%s': %s at character %zu",
                       f->drop ? "--not" : "--only", f->pattern, (char *)text, offset);
    }
    m->data = pcre2_match_data_create_from_pattern(m->code, NULL);
    m->context = pcre2_match_context_create(NULL);
    if (!m->data || !m->context)
        return err_set(e, ERR_IO, "out of memory: %s", f->pattern);
    pcre2_set_match_limit(m->context, MATCH_LIMIT);
    return true;
}

static void discard(struct matcher *m)
{
    pcre2_match_context_free(m->context);
    pcre2_match_data_free(m->data);
    pcre2_code_free(m->code);
}

static bool found_in(const struct matcher *m, struct str s, bool *found, struct err *e)
{
    int got = pcre2_match(m->code, (PCRE2_SPTR)(s.len ? s.at : ""), s.len, 0, 0,
                          m->data, m->context);

    if (got >= 0)
        *found = true;
    else if (got != PCRE2_ERROR_NOMATCH)
        return err_set(e, ERR_USAGE,
                       "bad regular expression: '%s': it takes too long on '%.*s'",
                       m->pattern, (int)(s.len < 80 ? s.len : 80), s.at);
    return true;
}

static bool apply(const struct matcher *m, bool drop, struct rows *rows, struct err *e)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < rows->count; i++) {
        bool found = false;

        if (!found_in(m, rows->at[i].standard, &found, e))
            return false;
        if (!found && !found_in(m, rows->at[i].shown, &found, e))
            return false;
        if (found != drop)
            rows->at[kept++] = rows->at[i];
    }
    rows->count = kept;
    return true;
}

bool match_rows(const struct filter *filters, uint32_t count, struct rows *rows,
                struct err *e)
{
    bool ok = true;

    for (uint32_t i = 0; ok && i < count; i++) {
        struct matcher m = { 0 };

        ok = compile(&m, &filters[i], e) && apply(&m, filters[i].drop, rows, e);
        discard(&m);
    }
    return ok;
}
