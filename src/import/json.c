/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - our own report --json (doc/schema/report.json): functions, and who called
 * them. Paths are not read: a report may hold some of them. */
#include <string.h>

#include "base/json_in.h"
#include "base/map.h"
#include "base/pile.h"
#include "import/import.h"
#include "import/source.h"

struct told { /* a function */
    uint64_t id;
    function_id function;
    struct stat_row stat;
    struct json_in callers; /* begin NULL: none are told */
};

struct report {
    struct build *build;
    struct arena *arena;
    struct json_in json;
    const char *path;
    struct pile all; /* struct told */
    struct map ids;
    struct str clock, program;
    bool is_report, has_functions;
    enum unit unit;
};

static bool fail(struct report *r, const char *why, struct err *e)
{
    const struct json_in *j = &r->json;

    return source_fail("json", r->path,
                       j->fault ? j->fault_at : (uint64_t)(j->at - j->begin),
                       j->fault ? j->fault : why, e);
}

/* false: it is another key. */
static bool take_figure(struct json_in *j, struct str key, struct stat_row *s)
{
    const struct {
        struct str key;
        uint64_t *to;
    } known[] = {
        { STR("calls"), &s->calls },
        { STR("primitive_calls"), &s->primitive_calls },
        { STR("resumes"), &s->resumes },
        { STR("self_ns"), &s->self },
        { STR("self"), &s->self },
        { STR("cumulative_ns"), &s->cumulative },
        { STR("cumulative"), &s->cumulative },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq(key, known[i].key)) {
            *known[i].to = json_in_u64(j);
            return true;
        }
    return false;
}

static void take_function(struct report *r)
{
    struct json_in *j = &r->json;
    struct told t = { .id = UINT64_MAX };
    struct function f = { .merged = 1 };
    struct str key;

    for (json_in_object(j); json_in_key(j, &key);) {
        if (str_eq(key, STR("id")))
            t.id = json_in_u64(j);
        else if (str_eq(key, STR("name")))
            f.name = json_in_str(j, r->arena);
        else if (str_eq(key, STR("qualname")))
            f.qualname = json_in_str(j, r->arena);
        else if (str_eq(key, STR("file")))
            f.file = json_in_str(j, r->arena);
        else if (str_eq(key, STR("line")))
            f.line = (uint32_t)json_in_u64(j);
        else if (str_eq(key, STR("callers"))) {
            t.callers = *j;
            json_in_skip(j);
        } else if (!take_figure(j, key, &t.stat))
            json_in_skip(j);
    }
    if (j->fault)
        return;
    f.kind = str_eq(f.file, STR("~")) ? FUNCTION_BUILTIN : FUNCTION_PYTHON;
    t.function = build_function(r->build, &f);
    map_add(&r->ids, map_hash(t.id), r->all.count);
    *(struct told *)pile_add(&r->all) = t;
}

struct wanted {
    const struct pile *all;
    uint64_t id;
};

static bool same_id(const void *with, uint32_t place)
{
    const struct wanted *w = with;

    return ((const struct told *)pile_at(w->all, place))->id == w->id;
}

static void add_callers(struct report *r, const struct told *t)
{
    struct json_in j = t->callers;
    struct str key;

    for (json_in_array(&j); json_in_item(&j);) {
        struct edge edge = { .callee = t->function & INT32_MAX };
        uint64_t id = UINT64_MAX;

        for (json_in_object(&j); json_in_key(&j, &key);) {
            if (str_eq(key, STR("id")))
                id = json_in_u64(&j);
            else if (!take_figure(&j, key, &edge.stat))
                json_in_skip(&j);
        }
        struct wanted w = { &r->all, id };
        uint32_t place = map_find(&r->ids, map_hash(id), same_id, &w);
        if (place == MAP_NONE || j.fault)
            continue;
        edge.caller = ((const struct told *)pile_at(&r->all, place))->function;
        build_given_edge(r->build, &edge);
    }
}

static void take_run(struct report *r)
{
    struct json_in *j = &r->json;
    struct str key;

    if (json_in_next(j) != JSON_IN_OBJECT) {
        json_in_skip(j);
        return;
    }
    for (json_in_object(j); json_in_key(j, &key);) {
        if (str_eq(key, STR("clock")))
            r->clock = json_in_str(j, r->arena);
        else if (str_eq(key, STR("program")))
            r->program = json_in_str(j, r->arena);
        else
            json_in_skip(j);
    }
}

static enum unit unit_of(struct str unit)
{
    return str_eq(unit, STR("ns"))      ? UNIT_NS
           : str_eq(unit, STR("bytes")) ? UNIT_BYTES
                                        : UNIT_SAMPLES;
}

static bool take_all(struct report *r, struct err *e)
{
    struct json_in *j = &r->json;
    struct str key;

    for (json_in_object(j); json_in_key(j, &key);) {
        if (str_eq(key, STR("schema")))
            r->is_report = str_eq(json_in_str(j, r->arena), STR("sonde.report/1"));
        else if (str_eq(key, STR("unit")))
            r->unit = unit_of(json_in_str(j, r->arena));
        else if (str_eq(key, STR("run")))
            take_run(r);
        else if (str_eq(key, STR("functions"))) {
            r->has_functions = true;
            for (json_in_array(j); json_in_item(j);)
                take_function(r);
        } else
            json_in_skip(j);
    }
    if (j->fault || !r->is_report || !r->has_functions)
        return fail(r, "not what sonde report --json writes", e);
    return true;
}

static bool sniff(struct str head)
{
    return head.len > 0 && head.at[0] == '{' &&
           memmem(head.at, head.len, "\"sonde.report/1\"", 16) != NULL;
}

static bool read(const char *path, struct str name, struct build *b, struct err *e)
{
    struct arena *a = arena_open();
    struct report r = { .build = b,
                        .arena = a,
                        .path = path,
                        .all = pile_on(a, sizeof(struct told)),
                        .ids = map_on(a) };
    struct str text;
    bool ok = source_read(path, a, &text, e);

    if (ok) {
        r.json = json_in_on(text);
        ok = take_all(&r, e) && source_unit(b, r.unit, path, e);
        if (ok && build_processes(b) > 0 &&
            run_clocks_differ(build_run(b)->clock, r.clock))
            ok = err_set(e, ERR_FORMAT,
                         "cannot be one profile: %s: it tells %.*s time, the files "
                         "before it the other (take them one by one)",
                         path, (int)r.clock.len, r.clock.at);
    }
    if (ok) {
        thread_id t =
            source_thread(b, r.program.len > 0 ? r.program : name, STR(""), 0);

        for (uint32_t i = 0; i < r.all.count; i++) {
            const struct told *is = pile_at(&r.all, i);

            build_given(b, t, is->function, &is->stat);
            if (is->callers.begin && !build_spares_edges(b))
                add_callers(&r, is);
        }
        if (build_run(b)->clock.len == 0)
            build_run(b)->clock = build_text(b, r.clock);
    }
    arena_close(a);
    return ok;
}

static const char *const suffix[] = { ".json", NULL };

const struct importer import_json = {
    .name = "json",
    .suffix = suffix,
    .help = "sonde report --json",
    .sniff = sniff,
    .read = read,
};
