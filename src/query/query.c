/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - finds who answers, and tells an error where nobody can. */
#include "query/query.h"

#include "query/inside.h"

#define ROW(name) extern const struct kind_of_query query_##name;
#include "query/list.h"
#undef ROW

static const struct kind_of_query *const list[] = {
#define ROW(name) &query_##name,
#include "query/list.h"
#undef ROW
    NULL,
};

static const struct kind_of_query *find(struct str name)
{
    for (const struct kind_of_query *const *k = list; *k; k++)
        if (str_eq(name, str_of((*k)->name)))
            return *k;
    return NULL;
}

static void write_error(const char *text, struct out *o)
{
    struct json j = json_on(o);

    json_object(&j, NULL);
    json_text(&j, "error", text);
    json_end(&j);
}

enum query_status query_answer(struct query *q, struct str text, struct out *o)
{
    struct arena *arena = arena_open();
    struct ask *a = ask_parse(text, arena);
    const struct kind_of_query *kind = find(a->name);
    struct out *answer = out_memory();
    struct json j = json_on(answer);
    enum query_status status = QUERY_OK;

    json_object(&j, NULL);
    if (a->err.code == ERR_NONE && kind) {
        json_text(&j, "query", kind->name);
        json_u64(&j, "generation", q->of.generation);
        kind->answer(q, a, &j);
    }
    if (a->err.code != ERR_NONE) {
        status = QUERY_WRONG;
        write_error(a->err.text, o);
    } else if (!kind) {
        status = QUERY_UNKNOWN;
        write_error("no such query (doc/query.md has them)", o);
    } else {
        json_end(&j);
        out_str(o, out_text(answer));
    }
    out_abandon(answer);
    arena_close(arena);
    return status;
}
