/* SPDX-License-Identifier: Apache-2.0 */
/* chrome.c - Chrome's trace events: an array, or an object with one. What is complete
 * (X), or begins and ends (B, E), becomes a slice of its thread; sorted by time slices
 * nest, and so are calls. The file's pages are given back as they are read. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_in.h"
#include "base/map.h"
#include "base/pile.h"
#include "base/whole.h"
#include "import/import.h"
#include "import/source.h"

enum { DEPTH_MOST = 100000, FORGET_EVERY = 16 << 20 };

struct slice {
    uint64_t start, end; /* ns */
    uint32_t name;       /* a place in names */
    uint32_t rank;       /* of equal spans: the smaller is around the other */
};

struct track {
    uint64_t pid, tid;
    struct str name;
    struct pile slices; /* struct slice */
    struct pile open;   /* struct slice: begun, not ended */
    uint32_t depth;     /* of these */
    uint64_t last;      /* ns of the last event */
};

struct process_named {
    uint64_t pid;
    struct str name;
    process_id id;
    bool made;
};

struct name {
    struct str text;
    function_id function;
};

struct trace {
    struct build *build;
    struct arena *arena, *scratch; /* scratch: an event's */
    struct json_in json;
    const char *path;
    const char *kept; /* text before it was given back */
    struct pile tracks, processes, names;
    struct map track_ids, name_ids;
    uint64_t slices, crossed;
    struct str process;
};

struct event {
    struct str name, phase, own_name, file; /* the last two: of args */
    uint64_t line;
    double ts, dur;
    uint64_t pid, tid;
};

static bool fail(struct trace *t, const char *why, struct err *e)
{
    const struct json_in *j = &t->json;

    return source_fail("chrome trace", t->path,
                       j->fault ? j->fault_at : (uint64_t)(j->at - j->begin),
                       j->fault ? j->fault : why, e);
}

struct wanted_track {
    const struct pile *tracks;
    uint64_t pid, tid;
};

static bool same_track(const void *with, uint32_t id)
{
    const struct wanted_track *w = with;
    const struct track *t = pile_at(w->tracks, id);

    return t->pid == w->pid && t->tid == w->tid;
}

static struct track *track_of(struct trace *t, uint64_t pid, uint64_t tid)
{
    struct wanted_track w = { &t->tracks, pid, tid };
    uint64_t key[2] = { pid, tid };
    uint64_t hash = str_hash((struct str){ (const char *)key, sizeof key });
    uint32_t id = map_find(&t->track_ids, hash, same_track, &w);

    if (id != MAP_NONE)
        return pile_at(&t->tracks, id);
    map_add(&t->track_ids, hash, t->tracks.count);
    struct track *k = pile_add(&t->tracks);
    *k = (struct track){ .pid = pid,
                         .tid = tid,
                         .slices = pile_on(t->arena, sizeof(struct slice)),
                         .open = pile_on(t->arena, sizeof(struct slice)) };
    return k;
}

struct wanted_name {
    const struct pile *names;
    struct str text;
};

static bool same_name(const void *with, uint32_t id)
{
    const struct wanted_name *w = with;

    return str_eq(((const struct name *)pile_at(w->names, id))->text, w->text);
}

static uint32_t name_of(struct trace *t, struct str text)
{
    struct wanted_name w = { &t->names, text };
    uint64_t hash = str_hash(text);
    uint32_t id = map_find(&t->name_ids, hash, same_name, &w);

    if (id != MAP_NONE)
        return id;
    map_add(&t->name_ids, hash, t->names.count);
    struct name *n = pile_add(&t->names);
    *n = (struct name){ arena_str(t->arena, text), source_function(t->build, text) };
    return t->names.count - 1;
}

/* Of args only a name is of use: a process's or a thread's. */
static void take_args(struct trace *t, struct event *v)
{
    struct json_in *j = &t->json;
    struct str key;

    if (json_in_next(j) != JSON_IN_OBJECT) {
        json_in_skip(j);
        return;
    }
    for (json_in_object(j); json_in_key(j, &key);) {
        if (str_eq(key, STR("name")))
            v->own_name = json_in_str(j, t->scratch);
        else if (str_eq(key, STR("filename")))
            v->file = json_in_str(j, t->scratch);
        else if (str_eq(key, STR("line")))
            v->line = json_in_u64(j);
        else
            json_in_skip(j);
    }
}

/* us. Not to be taken for 0. */
static double moment(struct json_in *j)
{
    if (json_in_next(j) == JSON_IN_NUMBER)
        return json_in_double(j);
    json_in_fail(j, "a time that is no number");
    return 0;
}

static void read_event(struct trace *t, struct event *v)
{
    struct json_in *j = &t->json;
    struct str key;

    for (json_in_object(j); json_in_key(j, &key);) {
        if (str_eq(key, STR("name")))
            v->name = json_in_str(j, t->scratch);
        else if (str_eq(key, STR("ph")))
            v->phase = json_in_str(j, t->scratch);
        else if (str_eq(key, STR("ts")))
            v->ts = moment(j);
        else if (str_eq(key, STR("dur")))
            v->dur = moment(j);
        else if (str_eq(key, STR("pid")))
            v->pid = json_in_u64(j);
        else if (str_eq(key, STR("tid")))
            v->tid = json_in_u64(j);
        else if (str_eq(key, STR("args")))
            take_args(t, v);
        else
            json_in_skip(j);
    }
}

static uint64_t ns_of(double us)
{
    double ns = us * 1000 + 0.5;

    return ns >= 0x1p62 ? (uint64_t)1 << 62 : ns > 0 ? (uint64_t)ns : 0;
}

static void name_process(struct trace *t, uint64_t pid, struct str name)
{
    for (uint32_t i = 0; i < t->processes.count; i++)
        if (((struct process_named *)pile_at(&t->processes, i))->pid == pid)
            return;
    *(struct process_named *)pile_add(&t->processes) =
        (struct process_named){ .pid = pid, .name = arena_str(t->arena, name) };
}

static bool take_event(struct trace *t, const struct event *v, struct err *e)
{
    char phase = v->phase.len == 1 ? v->phase.at[0] : ' ';

    if (phase == 'M' && str_eq(v->name, STR("process_name")))
        name_process(t, v->pid, v->own_name);
    else if (phase == 'M' && str_eq(v->name, STR("thread_name")))
        track_of(t, v->pid, v->tid)->name = arena_str(t->arena, v->own_name);
    if (phase != 'X' && phase != 'B' && phase != 'E')
        return true;
    if (t->slices++ >= UINT32_MAX / 2)
        return fail(t, "more than two thousand million events", e);
    struct track *k = track_of(t, v->pid, v->tid);
    if (!(v->dur >= 0) || !(v->ts >= 0))
        return fail(t, "a time below 0, or none", e);
    /* What begins (B) is told outermost first, what is complete (X) innermost. */
    uint32_t rank = (uint32_t)t->slices;
    struct slice s = { ns_of(v->ts), ns_of(v->ts + v->dur), 0,
                       phase == 'X' ? UINT32_MAX - rank : rank };
    if (s.end > k->last)
        k->last = s.end;
    if (phase == 'E') {
        if (k->depth == 0) /* it began before the trace did */
            return true;
        struct slice *open = pile_at(&k->open, --k->depth);
        if (s.start < open->start)
            return fail(t, "an end before its beginning", e);
        open->end = s.start;
        *(struct slice *)pile_add(&k->slices) = *open;
        return true;
    }
    struct str name = v->name;
    if (v->file.len > 0) /* py-spy's */
        name = arena_printf(t->scratch, "%.*s (%.*s:%llu)", (int)name.len, name.at,
                            (int)v->file.len, v->file.at, (unsigned long long)v->line);
    s.name = name_of(t, name);
    if (phase == 'X') {
        *(struct slice *)pile_add(&k->slices) = s;
        return true;
    }
    if (k->depth == DEPTH_MOST)
        return fail(t, "more than 100,000 events that begin and do not end", e);
    struct slice *open =
        k->depth < k->open.count ? pile_at(&k->open, k->depth) : pile_add(&k->open);
    *open = s;
    k->depth++;
    return true;
}

static bool read_events(struct trace *t, struct err *e)
{
    struct json_in *j = &t->json;

    for (json_in_array(j); json_in_item(j);) {
        struct event v = { .name = STR("") };

        t->scratch = t->scratch ? t->scratch : arena_open();
        read_event(t, &v);
        if (j->fault || !take_event(t, &v, e))
            return j->fault ? fail(t, "", e) : false;
        if (j->at - t->kept > FORGET_EVERY) {
            whole_forget(t->kept, (size_t)(j->at - t->kept));
            t->kept = j->at;
            arena_close(t->scratch);
            t->scratch = NULL;
        }
    }
    return true;
}

static bool ends_there(const struct json_in *j)
{
    const char *at = j->begin + j->fault_at;

    while (at < j->end && (*at == '\n' || *at == ' ' || *at == '\r'))
        at++;
    return at == j->end;
}

static bool read_all(struct trace *t, struct err *e)
{
    struct json_in *j = &t->json;
    bool found = false;
    struct str key;

    if (json_in_next(j) == JSON_IN_ARRAY) {
        /* Such a file may end anywhere: programs that are killed leave it so. */
        if (read_events(t, e))
            return true;
        /* Or behind a comma. */
        bool cut = j->fault && t->slices > 0 && ends_there(j);
        if (cut) {
            *e = (struct err){ 0 };
            build_quality(t->build)->truncated = true;
        }
        return cut;
    }
    for (json_in_object(j); json_in_key(j, &key);) {
        if (!str_eq(key, STR("traceEvents"))) {
            json_in_skip(j);
            continue;
        }
        found = true;
        if (!read_events(t, e))
            return false;
    }
    return (found && !j->fault) || fail(t, "no traceEvents in it", e);
}

/* Of pointers: the slices stay where they are. */
static int by_start(const void *one, const void *other)
{
    const struct slice *a = *(const struct slice *const *)one;
    const struct slice *b = *(const struct slice *const *)other;

    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end > b->end ? -1 : 1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

struct frame {
    node_id node;
    uint64_t end, inner; /* inner: what its callees took */
    uint64_t start;
};

static void leave(struct trace *t, struct frame *f, struct frame *above)
{
    uint64_t all = f->end - f->start;

    build_add(t->build, f->node, 1, 0, all > f->inner ? all - f->inner : 0);
    if (above)
        above->inner += all;
}

static bool nest(struct trace *t, struct track *k, thread_id thread, struct err *e)
{
    struct arena *a = arena_open();
    while (k->depth > 0) { /* what did not end did so with the trace */
        struct slice open = *(struct slice *)pile_at(&k->open, --k->depth);

        open.end = k->last;
        *(struct slice *)pile_add(&k->slices) = open;
    }
    uint32_t count = k->slices.count, depth = 0;
    struct slice **order = arena_array(a, count + 1u, sizeof *order);
    struct pile stack = pile_on(a, sizeof(struct frame));
    bool ok = true;

    for (uint32_t i = 0; i < count; i++)
        order[i] = pile_at(&k->slices, i);
    qsort(order, count, sizeof *order, by_start);
    for (uint32_t i = 0; ok && i <= count; i++) {
        struct slice *at = i < count ? order[i] : NULL;

        while (depth > 0) {
            struct frame *top = pile_at(&stack, depth - 1);

            if (at && top->end > at->start)
                break;
            depth--;
            leave(t, top, depth > 0 ? pile_at(&stack, depth - 1) : NULL);
        }
        if (!at)
            break;
        struct frame *top = depth > 0 ? pile_at(&stack, depth - 1) : NULL;
        if (top && at->end > top->end) {
            at->end = top->end;
            t->crossed++;
        }
        if (depth == DEPTH_MOST)
            ok = fail(t, "calls nested more than 100,000 deep", e);
        node_id above = top ? top->node : build_thread_root(t->build, thread);
        function_id f = ((struct name *)pile_at(&t->names, at->name))->function;
        struct frame *next =
            depth < stack.count ? pile_at(&stack, depth) : pile_add(&stack);
        *next =
            (struct frame){ build_child(t->build, above, f), at->end, 0, at->start };
        depth++;
    }
    arena_close(a);
    return ok;
}

static process_id process_of(struct trace *t, uint64_t pid)
{
    name_process(t, pid, t->process);
    for (uint32_t i = 0;; i++) {
        struct process_named *n = pile_at(&t->processes, i);

        if (n->pid != pid)
            continue;
        struct process p = { .name = n->name,
                             .role = STR("file"),
                             .pid = (uint32_t)pid,
                             .exit = -1,
                             .entered = true };
        if (!n->made)
            n->id = build_process(t->build, &p);
        n->made = true;
        return n->id;
    }
}

static bool finish(struct trace *t, struct err *e)
{
    bool ok = source_unit(t->build, UNIT_NS, t->path, e);

    for (uint32_t i = 0; ok && i < t->tracks.count; i++) {
        struct track *k = pile_at(&t->tracks, i);

        if (k->slices.count == 0 && k->depth == 0)
            continue;
        thread_id thread =
            build_thread(t->build, process_of(t, k->pid), k->name, (uint32_t)k->tid);
        ok = nest(t, k, thread, e);
    }
    if (ok && t->slices == 0)
        source_thread(t->build, t->process, STR(""), 0);
    if (t->crossed > 0)
        build_note(t->build,
                   STR("Some events of the trace cross others of their thread: "
                       "those end where the one around them does."));
    return ok;
}

static bool sniff(struct str head)
{
    struct json_in j = json_in_on(head);
    struct str key;

    if (json_in_next(&j) == JSON_IN_ARRAY) {
        json_in_array(&j);
        if (!json_in_item(&j) || json_in_next(&j) != JSON_IN_OBJECT)
            return false;
        for (json_in_object(&j); json_in_key(&j, &key); json_in_skip(&j))
            if (str_eq(key, STR("ph")))
                return true;
        return false;
    }
    return json_in_next(&j) == JSON_IN_OBJECT &&
           memmem(head.at, head.len, "\"traceEvents\"", 13) != NULL;
}

static bool read(const char *path, struct str name, struct build *b, struct err *e)
{
    struct arena *a = arena_open();
    struct trace t = { .build = b,
                       .arena = a,
                       .path = path,
                       .process = name,
                       .tracks = pile_on(a, sizeof(struct track)),
                       .processes = pile_on(a, sizeof(struct process_named)),
                       .names = pile_on(a, sizeof(struct name)),
                       .track_ids = map_on(a),
                       .name_ids = map_on(a) };
    struct str text;
    bool ok = source_read(path, a, &text, e);

    if (ok) {
        t.json = json_in_on(text);
        t.kept = text.at;
        ok = read_all(&t, e) && finish(&t, e);
    }
    arena_close(t.scratch);
    arena_close(a);
    return ok;
}

static const char *const suffix[] = { ".trace.json", NULL };

const struct importer import_chrome = {
    .name = "chrome",
    .suffix = suffix,
    .help = "trace events: VizTracer, Perfetto",
    .sniff = sniff,
    .read = read,
};
