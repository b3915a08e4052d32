/* SPDX-License-Identifier: Apache-2.0 */
/* pprof.c - profile.proto, raw or gzip'd. Two passes over the messages: names and
 * places first, then samples. Of several kinds of values the default one is read, and
 * what counts calls as calls. */
#include <string.h>

#include "base/map.h"
#include "base/pile.h"
#include "import/import.h"
#include "import/source.h"

enum {
    KINDS_MOST = 32,
    DEPTH_MOST = 100000,
    WIRE_VARINT = 0,
    WIRE_64 = 1,
    WIRE_LEN = 2,
    WIRE_32 = 5
};

struct wire { /* a message that is read field by field */
    const char *at, *end;
    bool bad;
};

struct field {
    uint32_t number, kind;
    uint64_t value; /* of a varint */
    struct str bytes;
};

struct kind {            /* of values */
    uint64_t type, unit; /* texts */
};

struct entry { /* a location or a function */
    uint64_t id;
    uint64_t name, file, line; /* of functions: texts */
    struct str lines;          /* of locations: the whole message */
};

struct table {
    struct pile all;
    struct map ids;
};

struct proto {
    struct build *build;
    struct arena *arena;
    const char *path, *begin;
    struct pile texts; /* struct str */
    struct table locations, functions;
    struct kind kind[KINDS_MOST];
    /* Columns; calls, counts (calls, or how many samples): KINDS_MOST: there is none.
     */
    uint32_t kinds, value, calls, counts;
    uint64_t usual; /* the text that names the kind meant */
    double scale;
    struct pile threads; /* struct known */
    struct str process;
};

static uint64_t take_varint(struct wire *w)
{
    uint64_t value = 0;

    for (int shift = 0; shift < 64; shift += 7) {
        if (w->at == w->end)
            break;
        unsigned char c = (unsigned char)*w->at++;
        value |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80)
            return value;
    }
    w->bad = true;
    return 0;
}

static struct wire wire_on(struct str s)
{
    return (struct wire){ s.at, s.len > 0 ? s.at + s.len : s.at, false };
}

static bool take_field(struct wire *w, struct field *f)
{
    if (w->bad || w->at == w->end)
        return false;
    uint64_t tag = take_varint(w);
    *f = (struct field){ .number = (uint32_t)(tag >> 3), .kind = tag & 7 };
    if (f->number == 0) { /* no message has it; files of zeros do */
        w->bad = true;
        return false;
    }
    if (f->kind == WIRE_VARINT) {
        f->value = take_varint(w);
        return !w->bad;
    }
    uint64_t len = f->kind == WIRE_LEN  ? take_varint(w)
                   : f->kind == WIRE_64 ? 8
                   : f->kind == WIRE_32 ? 4
                                        : UINT64_MAX;
    if (w->bad || len > (uint64_t)(w->end - w->at)) {
        w->bad = true;
        return false;
    }
    f->bytes = (struct str){ w->at, (size_t)len };
    w->at += len;
    return true;
}

static bool fail(const struct proto *p, const char *at, const char *why, struct err *e)
{
    return source_fail("pprof", p->path, (uint64_t)(at - p->begin), why, e);
}

struct wanted {
    const struct pile *all;
    uint64_t id;
};

static bool is_id(const void *with, uint32_t place)
{
    const struct wanted *w = with;

    return ((const struct entry *)pile_at(w->all, place))->id == w->id;
}

static const struct entry *entry_of(const struct table *t, uint64_t id)
{
    struct wanted w = { &t->all, id };
    uint32_t place = map_find(&t->ids, map_hash(id), is_id, &w);

    return place == MAP_NONE ? NULL : pile_at(&t->all, place);
}

static void put_entry(struct table *t, struct entry e)
{
    if (entry_of(t, e.id))
        return;
    map_add(&t->ids, map_hash(e.id), t->all.count);
    *(struct entry *)pile_add(&t->all) = e;
}

static struct str text(const struct proto *p, uint64_t number)
{
    return number < p->texts.count ? *(struct str *)pile_at(&p->texts, (uint32_t)number)
                                   : STR("");
}

static void take_function(struct proto *p, struct str bytes)
{
    struct wire w = wire_on(bytes);
    struct entry e = { 0 };
    struct field f;

    while (take_field(&w, &f)) {
        e.id = f.number == 1 ? f.value : e.id;
        e.name = f.number == 2 ? f.value : e.name;
        e.file = f.number == 4 ? f.value : e.file;
        e.line = f.number == 5 ? f.value : e.line;
    }
    put_entry(&p->functions, e);
}

static void take_location(struct proto *p, struct str bytes)
{
    struct wire w = wire_on(bytes);
    struct entry e = { .lines = bytes };
    struct field f;

    while (take_field(&w, &f)) {
        e.id = f.number == 1 ? f.value : e.id;
        e.line = f.number == 3 ? f.value : e.line; /* its address */
    }
    put_entry(&p->locations, e);
}

static void take_kind(struct proto *p, struct str bytes)
{
    struct wire w = wire_on(bytes);
    struct kind k = { 0 };
    struct field f;

    while (take_field(&w, &f)) {
        k.type = f.number == 1 ? f.value : k.type;
        k.unit = f.number == 2 ? f.value : k.unit;
    }
    if (p->kinds < KINDS_MOST)
        p->kind[p->kinds] = k;
    p->kinds += p->kinds < KINDS_MOST;
}

static bool take_names(struct proto *p, struct str all, struct err *e)
{
    struct wire w = wire_on(all);
    struct field f;

    while (take_field(&w, &f)) {
        if (f.number == 1 && f.kind == WIRE_LEN)
            take_kind(p, f.bytes);
        else if (f.number == 4 && f.kind == WIRE_LEN)
            take_location(p, f.bytes);
        else if (f.number == 5 && f.kind == WIRE_LEN)
            take_function(p, f.bytes);
        else if (f.number == 6 && f.kind == WIRE_LEN)
            *(struct str *)pile_add(&p->texts) = f.bytes;
        else if (f.number == 14 && f.kind == WIRE_VARINT)
            p->usual = f.value;
    }
    if (w.bad)
        return fail(p, w.at, "not a protocol buffer, or cut short", e);
    return p->kinds > 0 || fail(p, w.at, "no kind of value in it", e);
}

/* What is read: the default, else the last, as pprof does. */
static enum unit choose_kind(struct proto *p)
{
    static const struct {
        const char *name;
        double ns;
    } times[] = { { "nanoseconds", 1 }, { "ns", 1 },   { "microseconds", 1e3 },
                  { "us", 1e3 },        { "ms", 1e6 }, { "milliseconds", 1e6 },
                  { "seconds", 1e9 },   { "s", 1e9 } };

    p->value = p->kinds - 1;
    p->calls = p->counts = KINDS_MOST;
    for (uint32_t i = 0; i < p->kinds; i++) {
        if (p->usual > 0 && p->kind[i].type == p->usual)
            p->value = i;
        if (str_eq(text(p, p->kind[i].type), STR("calls")))
            p->calls = i;
    }
    /* "samples/count", "cpu/nanoseconds"; "inuse_objects/count", "inuse_space/bytes" */
    for (uint32_t i = p->value + 1; i > 0 && i + 1 > p->value; i--)
        if (str_eq(text(p, p->kind[i - 1].unit), STR("count")))
            p->counts = i - 1;
    if (p->calls < KINDS_MOST)
        p->counts = p->calls;
    struct str unit = text(p, p->kind[p->value].unit);
    p->scale = 1;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (str_eq(unit, str_of(times[i].name))) {
            p->scale = times[i].ns;
            return UNIT_NS;
        }
    return str_eq(unit, STR("bytes")) ? UNIT_BYTES : UNIT_SAMPLES;
}

/* Lines are the innermost first: what was inlined is a callee. */
static node_id add_lines(struct proto *p, node_id n, const struct entry *location)
{
    struct str line[64];
    uint32_t lines = 0;
    struct wire w = wire_on(location->lines);
    struct field f;

    while (take_field(&w, &f) && lines < 64)
        if (f.number == 4 && f.kind == WIRE_LEN)
            line[lines++] = f.bytes;
    if (lines == 0) {
        struct str name =
            arena_printf(p->arena, "0x%llx", (unsigned long long)location->line);
        return build_child(p->build, n, source_named(p->build, name, STR(""), 0));
    }
    while (lines > 0) {
        struct wire of = wire_on(line[--lines]);
        uint64_t id = 0;

        while (take_field(&of, &f))
            id = f.number == 1 ? f.value : id;
        const struct entry *function = entry_of(&p->functions, id);
        function_id is = function
                             ? source_named(p->build, text(p, function->name),
                                            text(p, function->file), function->line)
                             : source_named(p->build, STR("?"), STR(""), 0);
        n = build_child(p->build, n, is);
    }
    return n;
}

struct known { /* a thread of samples that are labelled alike */
    struct str process, thread;
    uint64_t pid, native;
    process_id of;
    thread_id id;
};

#define NO_PROCESS UINT32_MAX

static void take_label(struct proto *p, struct str bytes, struct known *k)
{
    struct wire w = wire_on(bytes);
    uint64_t key = 0, value = 0, number = 0;
    struct field f;

    while (take_field(&w, &f)) {
        key = f.number == 1 ? f.value : key;
        value = f.number == 2 ? f.value : value;
        number = f.number == 3 ? f.value : number;
    }
    struct str is = text(p, key);
    if (str_eq(is, STR("thread")) || str_eq(is, STR("thread name")))
        k->thread = text(p, value);
    else if (str_eq(is, STR("process")))
        k->process = text(p, value);
    else if (str_eq(is, STR("thread id")))
        k->native = number;
    else if (str_eq(is, STR("pid")))
        k->pid = number;
}

static thread_id thread_of(struct proto *p, struct known k)
{
    for (uint32_t i = 0; i < p->threads.count; i++) {
        const struct known *at = pile_at(&p->threads, i);

        if (str_eq(at->process, k.process) && str_eq(at->thread, k.thread) &&
            at->pid == k.pid && at->native == k.native)
            return at->id;
    }
    if (p->threads.count >= 10000) /* more are told as one */
        return ((const struct known *)pile_at(&p->threads, 0))->id;
    struct process process = { .name = k.process.len > 0 ? k.process : p->process,
                               .role = STR("file"),
                               .pid = (uint32_t)k.pid,
                               .exit = -1,
                               .entered = true };
    for (uint32_t i = 0; i < p->threads.count; i++) {
        const struct known *at = pile_at(&p->threads, i);

        if (str_eq(at->process, k.process) && at->pid == k.pid)
            k.of = at->of;
    }
    if (p->threads.count == 0 || k.of == NO_PROCESS)
        k.of = build_process(p->build, &process);
    k.id = build_thread(p->build, k.of, k.thread, (uint32_t)k.native);
    *(struct known *)pile_add(&p->threads) = k;
    return k.id;
}

struct numbers { /* repeated, packed or one by one */
    uint64_t at[KINDS_MOST];
    uint32_t count;
};

static void take_values(struct numbers *n, const struct field *f)
{
    struct wire w = wire_on(f->bytes);

    if (f->kind == WIRE_VARINT && n->count < KINDS_MOST)
        n->at[n->count++] = f->value;
    while (f->kind == WIRE_LEN && w.at < w.end && !w.bad && n->count < KINDS_MOST)
        n->at[n->count++] = take_varint(&w);
}

static void take_places(struct pile *places, const struct field *f)
{
    struct wire w = wire_on(f->bytes);

    if (f->kind == WIRE_VARINT)
        *(uint64_t *)pile_add(places) = f->value;
    while (f->kind == WIRE_LEN && w.at < w.end && !w.bad && places->count < DEPTH_MOST)
        *(uint64_t *)pile_add(places) = take_varint(&w);
}

static uint64_t scaled(const struct proto *p, uint64_t value)
{
    if (value >> 63) /* below 0: of one profile taken off another */
        return 0;
    double all = (double)value * p->scale;
    return all >= 0x1p62   ? (uint64_t)1 << 62
           : p->scale == 1 ? value
                           : (uint64_t)(all + 0.5);
}

static bool take_sample(struct proto *p, struct str bytes, struct err *e)
{
    struct arena *a = arena_open();
    struct pile places = pile_on(a, sizeof(uint64_t));
    struct numbers values = { .count = 0 };
    struct known k = { .of = NO_PROCESS };
    struct wire w = wire_on(bytes);
    struct field f;
    bool ok = true;

    while (take_field(&w, &f)) {
        if (f.number == 1)
            take_places(&places, &f);
        else if (f.number == 2)
            take_values(&values, &f);
        else if (f.number == 3 && f.kind == WIRE_LEN)
            take_label(p, f.bytes, &k);
    }
    if (w.bad || values.count != p->kinds || places.count == DEPTH_MOST)
        ok = fail(p, bytes.at,
                  "a sample that has not as many values as there are kinds, "
                  "or is cut short",
                  e);
    node_id n = ok ? build_thread_root(p->build, thread_of(p, k)) : 0;
    for (uint32_t i = places.count; ok && i > 0; i--) {
        const struct entry *location =
            entry_of(&p->locations, *(uint64_t *)pile_at(&places, i - 1));

        if (location)
            n = add_lines(p, n, location);
        else
            ok = fail(p, bytes.at, "a sample of a location that is not there", e);
    }
    if (ok && places.count > 0)
        build_add(p->build, n, p->counts < KINDS_MOST ? values.at[p->counts] : 0, 0,
                  scaled(p, values.at[p->value]));
    arena_close(a);
    return ok;
}

static bool take_samples(struct proto *p, struct str all, struct err *e)
{
    struct wire w = wire_on(all);
    struct field f;

    while (take_field(&w, &f))
        if (f.number == 2 && f.kind == WIRE_LEN && !take_sample(p, f.bytes, e))
            return false;
    return true;
}

/* Its first field is mostly a kind of value: two numbers. */
static bool sniff(struct str head)
{
    struct wire w = wire_on(head);
    struct field f, inner;

    if (head.len < 4 || head.at[0] != 0x0a || !take_field(&w, &f) || f.bytes.len > 16)
        return false;
    w = wire_on(f.bytes);
    while (take_field(&w, &inner))
        if ((inner.number != 1 && inner.number != 2) || inner.kind != WIRE_VARINT)
            return false;
    return !w.bad && f.bytes.len > 0;
}

static bool read(const char *path, struct str name, struct build *b, struct err *e)
{
    struct arena *a = arena_open();
    struct proto p = { .build = b,
                       .arena = a,
                       .path = path,
                       .process = name,
                       .texts = pile_on(a, sizeof(struct str)),
                       .locations = { pile_on(a, sizeof(struct entry)), map_on(a) },
                       .functions = { pile_on(a, sizeof(struct entry)), map_on(a) },
                       .threads = pile_on(a, sizeof(struct known)) };
    struct str all;
    bool ok = source_read(path, a, &all, e);

    p.begin = all.at;
    ok = ok && take_names(&p, all, e) && source_unit(b, choose_kind(&p), path, e) &&
         take_samples(&p, all, e);
    if (ok && p.threads.count == 0)
        source_thread(b, name, STR(""), 0);
    if (ok && p.kinds > 2)
        build_note(b, arena_printf(a,
                                   "Of the kinds of values in a pprof file one is "
                                   "shown: %.*s.",
                                   (int)text(&p, p.kind[p.value].type).len,
                                   text(&p, p.kind[p.value].type).at));
    build_quality(b)->sampled = p.calls == KINDS_MOST;
    build_quality(b)->exact = build_quality(b)->exact && p.calls < KINDS_MOST;
    arena_close(a);
    return ok;
}

static const char *const suffix[] = { ".pb.gz", ".pprof", NULL };

const struct importer import_pprof = {
    .name = "pprof",
    .suffix = suffix,
    .help = "go tool pprof, Pyroscope, Parca",
    .sniff = sniff,
    .read = read,
};
