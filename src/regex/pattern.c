/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.c - PCRE2 over what translate.c makes of Python's grammar. */
#include "regex/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "regex/translate.h"

enum { MATCH_LIMIT = 1000000 };

struct pattern {
    struct arena *arena;
    struct str text; /* Python's */
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

static bool refuse(const struct pattern *p, const char *what, const char *why,
                   size_t at, struct err *e)
{
    return err_set(e, ERR_USAGE,
                   "bad regular expression: %s '%.*s': %s at character %zu", what,
                   (int)(p->text.len < 500 ? p->text.len : 500), p->text.at, why, at);
}

static bool compile(struct pattern *p, struct str text, const char *what, struct err *e)
{
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    unsigned char why[256] = "";
    int fault;
    size_t at;

    if (!context)
        return err_set(e, ERR_IO, "out of memory: a regular expression");
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    p->code =
        pcre2_compile((PCRE2_SPTR)text.at, text.len, options, &fault, &at, context);
    pcre2_compile_context_free(context);
    if (!p->code) {
        pcre2_get_error_message(fault, why, sizeof why);
        return refuse(p, what, (const char *)why, at, e);
    }
    p->data = pcre2_match_data_create_from_pattern(p->code, NULL);
    p->context = pcre2_match_context_create(NULL);
    if (!p->data || !p->context)
        return err_set(e, ERR_IO, "out of memory: a regular expression");
    pcre2_set_match_limit(p->context, MATCH_LIMIT);
    return true;
}

struct pattern *pattern_open(struct str text, const char *what, struct err *e)
{
    struct arena *a = arena_open();
    struct pattern *p = arena_alloc(a, sizeof *p);
    struct translated t = translate(text, a);

    p->arena = a;
    p->text = arena_str(a, text);
    bool ok = t.fault ? refuse(p, what, t.fault, t.at, e) : compile(p, t.text, what, e);
    if (ok)
        return p;
    pattern_close(p);
    return NULL;
}

void pattern_close(struct pattern *p)
{
    if (!p)
        return;
    pcre2_match_context_free(p->context);
    pcre2_match_data_free(p->data);
    pcre2_code_free(p->code);
    arena_close(p->arena);
}

bool pattern_search(const struct pattern *p, struct str in, bool *found, struct err *e)
{
    int got = pcre2_match(p->code, (PCRE2_SPTR)(in.len ? in.at : ""), in.len, 0, 0,
                          p->data, p->context);

    *found = got >= 0;
    if (got >= 0 || got == PCRE2_ERROR_NOMATCH)
        return true;
    return err_set(e, ERR_USAGE,
                   "bad regular expression: '%.*s': it takes too long on '%.*s'",
                   (int)(p->text.len < 500 ? p->text.len : 500), p->text.at,
                   (int)(in.len < 80 ? in.len : 80), in.at);
}

bool pattern_is_printable(struct str s)
{
    /* As str.isprintable: no controls, formats, surrogates, private or unassigned
     * ones, and of the separators the space alone. Not translated: PCRE2's own. */
    struct pattern p = { .text = STR("isprintable") };
    struct err e = { 0 };
    bool unprintable = true;

    if (compile(&p, STR("[\\p{C}\\p{Zl}\\p{Zp}]|(?! )\\p{Zs}"), "", &e))
        pattern_search(&p, s, &unprintable, &e);
    pcre2_match_context_free(p.context);
    pcre2_match_data_free(p.data);
    pcre2_code_free(p.code);
    return !unprintable;
}
