/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - any bytes as queries, one a line, of a profile that knows paths, of one
 * that knows callers alone, and of one that is both: each is answered by one JSON
 * object, and an error is one line. The first byte says which. */
#include <string.h>

#include "base/json_in.h"
#include "fuzz/insist.h"
#include "fuzz/target.h"
#include "model/build.h"
#include "query/query.h"

enum { PROFILES = 3, FUNCTIONS = 40, DEEP = 300, QUERIES = 20 };

static struct {
    struct profile *profile;
    struct query *query;
} made[PROFILES];

static const char *const files[] = { "made.prof", NULL };
static const char *const names[] = { "main", "<lambda>", "Session.flush", "f\xff",
                                     "<script>" };

static function_id function_of(struct build *b, uint32_t i)
{
    struct function f = { .name = str_of(names[i % 5]), .line = i, .merged = 1 };

    f.qualname = f.name;
    f.file = i % 7 == 0   ? STR("~")
             : i % 3 == 0 ? STR("/usr/lib/python3/dist-packages/x/y.py")
                          : STR("/srv/app.py");
    f.kind = i % 7 == 0 ? FUNCTION_BUILTIN : FUNCTION_PYTHON;
    f.line = i % 7 == 0 ? 0 : i;
    f.order = i;
    return build_function(b, &f);
}

/* A chain that comes back to its functions, with a fan at each of its nodes. */
static void add_paths(struct build *b, process_id p)
{
    for (uint32_t thread = 0; thread < 2; thread++) {
        node_id at = build_thread_root(b, build_thread(b, p, STR("T"), thread));

        for (uint32_t i = 0; i < DEEP; i++) {
            at = build_child(b, at,
                             i % 90 == 89 ? FUNCTION_NONE
                                          : function_of(b, i * i % FUNCTIONS));
            build_add(b, at, 1 + i % 3, i % 5 == 0, 100 * i);
            for (uint32_t k = 0; k < i % 6; k++)
                build_add(b, build_child(b, at, function_of(b, k * 3)), k + 1, 0, k);
        }
    }
}

static void add_given(struct build *b, process_id p)
{
    thread_id t = build_thread(b, p, STR(""), 0);

    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        struct stat_row row = { i + 2, i + 1, 0, 1000 * i, 5000 * i };

        build_given(b, t, function_of(b, i), &row);
        for (uint32_t k = 1; k < 4; k++) {
            struct edge e = { .caller = function_of(b, i / k),
                              .callee = function_of(b, i),
                              .untimed = k == 3,
                              .stat = { k, k, 0, 90 * i, 900 * i } };

            build_given_edge(b, &e);
        }
    }
    build_quality(b)->timed_callers = true;
}

int LLVMFuzzerInitialize(int *count, char ***words)
{
    static struct query_of of = { .title = "made.prof",
                                  .file = files,
                                  .version = "1",
                                  .no_source = "not here",
                                  .generation = 1 };

    (void)count, (void)words;
    for (int i = 0; i < PROFILES; i++) {
        struct build *b = build_open(UNIT_NS);
        struct process a = { .pid = 7, .name = STR("app"), .entered = true };
        struct process file = { .name = STR("made.prof"), .entered = true };

        if (i != 1)
            add_paths(b, build_process(b, &a));
        if (i != 0)
            add_given(b, build_process(b, &file));
        made[i].profile = build_finish(b);
        made[i].query = query_open(made[i].profile, &of);
    }
    return 0;
}

static void check(struct str text, enum query_status status)
{
    struct json_in j = json_in_on(text);
    struct str key = { 0 };

    insist(text.len > 2 && text.at[text.len - 1] == '\n' &&
               memchr(text.at, '\n', text.len) == text.at + text.len - 1,
           "an answer is one line");
    json_in_object(&j);
    insist(json_in_key(&j, &key), "it has a key");
    insist(str_eq(key, status == QUERY_OK ? STR("query") : STR("error")),
           "it begins with what it is");
    json_in_skip(&j);
    while (json_in_key(&j, &key)) {
        insist(status == QUERY_OK, "an error says nothing else");
        json_in_skip(&j);
    }
    insist(json_in_ends(&j) && !j.fault, "it is JSON");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct str left = { (const char *)bytes + 1, size - 1 };

    for (int i = 0; size > 1 && i < QUERIES && left.len > 0; i++) {
        const char *end = memchr(left.at, '\n', left.len);
        struct str one = { left.at, end ? (size_t)(end - left.at) : left.len };
        struct query *asked = made[bytes[0] % PROFILES].query;
        struct out *o = out_memory();

        left = (struct str){ one.at + one.len + (end != NULL),
                             left.len - one.len - (end != NULL) };
        enum query_status status = query_answer(asked, one, o);
        check(out_text(o), status);
        out_abandon(o);
    }
    return 0;
}
