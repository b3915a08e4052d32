/* SPDX-License-Identifier: Apache-2.0 */
/* callgrind.c - KCacheGrind's and callgrind_annotate's. KCacheGrind takes functions of
 * one name and one base name of a file for the same, and makes a class of what stands
 * before the last "::"; so functions are called module::Class::name, and what is still
 * alike gets its line behind it. */
#include <string.h>

#include "base/map.h"
#include "export/export.h"
#include "model/choose.h"
#include "model/names.h"
#include "model/places.h"
#include "model/stats.h"

struct called {
    struct str name; /* as written */
    struct str file;
    uint32_t file_id;
    uint32_t line;
    bool told; /* its name stands in the file already */
};

/* What calls of a function say of it, once its name and file are told: together with
 * nothing else, as this is what is looked for in no order. */
struct call_text {
    uint8_t before, after; /* lengths; 0: not told yet */
    char text[62];         /* "cfi=(1)\ncfn=(2)\ncalls=", " 12\n" */
};

struct top { /* of a function: what no function called */
    uint64_t calls, cumulative;
};

struct grind {
    const struct profile *profile;
    const struct stats *stats;
    struct arena *arena;
    struct out *out;
    struct called *of;      /* by function */
    struct call_text *call; /* by function */
    struct map files;       /* ids of functions, by the file's text */
    uint32_t file_count;
    uint32_t file_now; /* that fl= says; 0: none yet */
    bool *file_told;   /* by file_id */
    struct top *top;   /* by function */
    struct top *had;   /* by function: what its callers had of it, of those written */
};

static char *text_to(char *to, struct str s)
{
    if (s.len > 0)
        memcpy(to, s.at, s.len);
    return to + s.len;
}

/* What would end the line becomes ?; nothing else is special but "(7)" in front. */
static struct str plain(struct str s, struct arena *a)
{
    char *text = arena_alloc(a, s.len + 2);
    size_t at = 0;

    if (s.len > 1 && s.at[0] == '(' && s.at[1] >= '0' && s.at[1] <= '9')
        text[at++] = '_';
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        bool end = c == 0xe2 && export_ends_line((struct str){ s.at + i, s.len - i });

        text[at++] = (char)(c < 0x20 || c == 0x7f || end ? '?' : c);
        i += end ? 2 : 0;
    }
    return (struct str){ text, at };
}

/* "Feed.parse" of module "orders.feed": "orders.feed::Feed::parse". */
static struct str qualified(const struct grind *g, const struct function *f,
                            struct str root)
{
    const struct str sep = STR("::");
    struct str module = name_module(f, root, g->arena);
    struct str name = f->qualname.len > 0 ? f->qualname : f->name;
    if (name.len == 0)
        name = STR("???"); /* as callgrind calls what it does not know */
    size_t last = name.len;

    bool python = str_ends(f->file, STR(".py")) || str_begins(f->file, STR("<"));
    if (!python)
        module = STR("");
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] == '.' && (python || str_eq(f->file, STR("~"))))
            last = i;
    struct str owner = { name.at, last < name.len ? last : 0 };
    struct str own = { name.at + (last < name.len ? last + 1 : 0),
                       name.len - (last < name.len ? last + 1 : 0) };
    const struct str part[] = { module, module.len > 0 ? sep : STR(""), owner,
                                owner.len > 0 ? sep : STR(""), own };
    char *text = arena_alloc(g->arena, module.len + name.len + 5), *at = text;
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        at = text_to(at, part[i]);
    return plain((struct str){ text, (size_t)(at - text) }, g->arena);
}

struct wanted {
    const struct called *of;
    struct str text;
    struct str base; /* of names: of the file */
};

static bool same_file(const void *with, uint32_t id)
{
    const struct wanted *w = with;

    return str_eq(w->of[id].file, w->text);
}

static bool same_name(const void *with, uint32_t id)
{
    const struct wanted *w = with;

    return str_eq(w->of[id].name, w->text) &&
           str_eq(str_basename(w->of[id].file), w->base);
}

static uint32_t file_of(struct grind *g, function_id f)
{
    struct wanted w = { g->of, g->of[f].file, STR("") };
    uint64_t hash = str_hash(w.text);
    uint32_t first = map_find(&g->files, hash, same_file, &w);

    if (first != MAP_NONE)
        return g->of[first].file_id;
    map_add(&g->files, hash, f);
    return ++g->file_count;
}

/* With its line, and then with a number, where another one is called the same. */
static void tell_apart(struct grind *g, struct map *names, function_id f)
{
    struct called *c = &g->of[f];
    struct str plainly = c->name;

    for (uint32_t n = 0;; n++) {
        struct wanted w = { g->of, c->name, str_basename(c->file) };
        uint64_t hash = str_hash(c->name);

        if (map_find(names, hash, same_name, &w) == MAP_NONE) {
            map_add(names, hash, f);
            return;
        }
        c->name = n == 0 ? arena_printf(g->arena, "%.*s:%u", (int)plainly.len,
                                        plainly.at, c->line)
                         : arena_printf(g->arena, "%.*s:%u~%u", (int)plainly.len,
                                        plainly.at, c->line, n);
    }
}

static void name_all(struct grind *g)
{
    uint32_t count = profile_functions(g->profile);
    struct str root = places_root(g->profile);
    struct map names = map_on(g->arena);

    g->of = arena_array(g->arena, count + 1u, sizeof *g->of);
    g->call = arena_array(g->arena, count + 1u, sizeof *g->call);
    g->had = arena_array(g->arena, count + 1u, sizeof *g->had);
    g->files = map_on(g->arena);
    for (function_id f = 0; f < count; f++) {
        const struct function *is = profile_function(g->profile, f);

        g->of[f].line = is->line;
        g->of[f].file = is->file.len > 0 ? plain(is->file, g->arena) : STR("???");
        g->of[f].name = qualified(g, is, root);
        g->of[f].file_id = file_of(g, f);
        tell_apart(g, &names, f);
    }
    g->file_told = arena_array(g->arena, g->file_count + 1u, sizeof *g->file_told);
}

static void put_id(struct out *o, const char *key, uint32_t id)
{
    out_text_of(o, key);
    out_text_of(o, "=(");
    out_u64(o, id);
    out_char(o, ')');
}

static void put_file(struct grind *g, const char *key, function_id f)
{
    const struct called *c = &g->of[f];

    put_id(g->out, key, c->file_id);
    if (!g->file_told[c->file_id]) {
        out_char(g->out, ' ');
        out_str(g->out, c->file);
    }
    g->file_told[c->file_id] = true;
    out_char(g->out, '\n');
}

static void put_name(struct grind *g, const char *key, function_id f)
{
    struct called *c = &g->of[f];

    put_id(g->out, key, f + 1u);
    if (!c->told) {
        out_char(g->out, ' ');
        out_str(g->out, c->name);
    }
    c->told = true;
    out_char(g->out, '\n');
}

static void make_call_text(struct grind *g, function_id f)
{
    struct call_text *c = &g->call[f];
    char *at = c->text;

    at = digits_to(text_to(at, STR("cfi=(")), g->of[f].file_id);
    at = digits_to(text_to(at, STR(")\ncfn=(")), f + 1u);
    at = text_to(at, STR(")\ncalls="));
    c->before = (uint8_t)(at - c->text);
    at = text_to(digits_to(text_to(at, STR(" ")), g->of[f].line), STR("\n"));
    c->after = (uint8_t)(at - c->text - c->before);
}

/* Where it was resumed only, as often. Never 0: callgrind_annotate takes what no call
 * cost for the function's own. */
static uint64_t calls_of(const struct stat_row *row)
{
    uint64_t calls = row->calls > 0 ? row->calls : row->resumes;

    return calls > 0 ? calls : 1;
}

/* The most frequent lines by far: made in one piece. */
static void put_call(struct grind *g, struct str caller_line, const struct edge *e)
{
    const struct call_text *c = &g->call[e->callee];
    char line[sizeof c->text + DIGITS_MOST * 2 + 14], *at = line;

    if (c->before == 0) {
        put_file(g, "cfi", e->callee);
        put_name(g, "cfn", e->callee);
        out_text_of(g->out, "calls=");
        make_call_text(g, e->callee);
    } else {
        at = text_to(at, (struct str){ c->text, c->before });
    }
    at = digits_to(at, calls_of(&e->stat));
    at = text_to(at, (struct str){ c->text + c->before, c->after });
    at = digits_to(text_to(at, caller_line), e->stat.cumulative);
    at = text_to(at, STR("\n"));
    out_bytes(g->out, line, (size_t)(at - line));
}

/* Of a big profile all that a call needs is far away. */
static void fetch_ahead(const struct grind *g, function_id f)
{
    uint32_t functions = profile_functions(g->profile);
    struct edges next = { 0 }, later = { 0 };

    if (f + 1 < functions)
        next = stats_callees(g->stats, f + 1);
    if (f + 2 < functions)
        later = stats_callees(g->stats, f + 2);
    for (uint32_t i = 0; i < later.count && i < 16; i++)
        __builtin_prefetch(later.at[i]);
    for (uint32_t i = 0; i < next.count && i < 16; i++)
        __builtin_prefetch(&g->call[next.at[i]->callee]);
}

static void put_function(struct grind *g, function_id f)
{
    const struct stat_row *row = stats_of(g->stats, f);
    struct edges callees = stats_callees(g->stats, f);
    char line[12], *end;

    if (row->calls == 0 && row->resumes == 0 && row->self == 0 && callees.count == 0)
        return;
    out_char(g->out, '\n');
    put_file(g, "fl", f);
    put_name(g, "fn", f);
    *(end = digits_to(line, g->of[f].line)) = ' ';
    struct str position = { line, (size_t)(end + 1 - line) };
    out_str(g->out, position);
    out_u64(g->out, row->self);
    out_char(g->out, '\n');
    fetch_ahead(g, f);
    for (uint32_t i = 0; i < callees.count; i++) {
        const struct edge *e = callees.at[i];
        struct top *had = &g->had[e->callee];

        put_call(g, position, e);
        had->calls += e->stat.calls;
        had->cumulative += e->callee != f ? e->stat.cumulative : 0;
    }
}

static void find_tops(struct grind *g)
{
    const struct profile *p = g->profile;

    for (node_id n = NODE_ROOT + 1; n < profile_nodes(p); n++) {
        const struct node *node = profile_node(p, n);

        if (node->depth != 2 || node->function == FUNCTION_NONE)
            continue;
        g->top[node->function].calls += node->calls;
        g->top[node->function].cumulative += stats_below(g->stats, n);
    }
}

/* Where paths are not known of all: what its callers are not known to have had of it.
 */
static struct top rest_of(const struct grind *g, function_id f)
{
    const struct stat_row *row = stats_of(g->stats, f);
    struct top had = g->had[f], rest = { 0 };

    if (had.cumulative < row->cumulative)
        rest.cumulative = row->cumulative - had.cumulative;
    if (had.calls < row->calls)
        rest.calls = row->calls - had.calls;
    return rest;
}

/* What nobody called is called by a function outside of all cycles, and first in the
 * alphabet: KCacheGrind adds up what the callers of a function had of it, and finds
 * the cycle of a function only if it does not begin to look at that one. */
static void put_tops(struct grind *g)
{
    uint32_t functions = profile_functions(g->profile);
    bool given = given_rows(g->profile) > 0;

    g->top = arena_array(g->arena, functions + 1u, sizeof *g->top);
    if (!given)
        find_tops(g);
    out_printf(g->out, "\nfl=(%u) ~\nfn=(%u) (program)\n0 0\n", g->file_count + 1,
               functions + 1);
    for (function_id f = 0; f < functions; f++) {
        struct top top = given ? rest_of(g, f) : g->top[f];
        struct edge edge = { .callee = f & INT32_MAX,
                             .stat = { .calls = top.calls,
                                       .cumulative = top.cumulative } };

        if (top.cumulative > 0 || top.calls > 0)
            put_call(g, STR("0 "), &edge);
    }
}

/* pid and thread 0: not told. A part has its own numbers of files and functions. */
static void put_part(const struct profile *p, uint32_t pid, uint32_t thread,
                     uint32_t part, struct out *o)
{
    static const char *const events[] = {
        [UNIT_NS] = "event: ns : Time (ns)\nevents: ns\n",
        [UNIT_SAMPLES] = "event: samples : Samples\nevents: samples\n",
        [UNIT_BYTES] = "event: bytes : Bytes\nevents: bytes\n",
    };
    struct stats *s = stats_open(p);
    struct grind g = { .profile = p, .stats = s, .arena = arena_open(), .out = o };

    stats_add_edges(s);
    name_all(&g);
    if (pid > 0)
        out_printf(o, "pid: %u\n", pid);
    if (thread > 0)
        out_printf(o, "thread: %u\n", thread);
    if (part > 0)
        out_printf(o, "part: %u\n", part);
    out_text_of(o, "positions: line\n");
    out_text_of(o, events[profile_unit(p)]);
    out_printf(o, "summary: %llu\n", (unsigned long long)stats_total(s)->self);
    for (function_id f = 0; f < profile_functions(p); f++)
        put_function(&g, f);
    put_tops(&g);
    stats_close(s);
    arena_close(g.arena);
}

static void put_head(const struct profile *p, struct out *o)
{
    struct arena *a = arena_open();

    out_text_of(o,
                "# callgrind format\nversion: 1\ncreator: sonde " SONDE_VERSION "\n");
    out_text_of(o, "cmd: ");
    out_str(o, plain(profile_run(p)->program, a));
    out_char(o, '\n');
    arena_close(a);
}

static bool write(const struct profile *p, struct out *o, struct err *e)
{
    (void)e;
    put_head(p, o);
    put_part(p, 0, 0, 0, o);
    return true;
}

static bool write_parts(const struct profile *p, enum export_parts by, struct out *o,
                        struct err *e)
{
    uint32_t count = by == PARTS_PROCESS ? profile_processes(p) : profile_threads(p);
    uint32_t parts = 0;

    if (!profile_has_paths(p))
        return err_set(e, ERR_FORMAT,
                       "cannot be parted: what was read does not tell whose "
                       "calls were whose (leave --by out)");
    put_head(p, o);
    for (uint32_t i = 0; i < count; i++) {
        struct profile *part =
            by == PARTS_PROCESS ? choose_process(p, i) : choose_thread(p, i);
        process_id of = by == PARTS_PROCESS ? i : profile_thread(p, i)->process;

        if (profile_functions(part) > 0) {
            out_text_of(o, parts > 0 ? "\n" : "");
            put_part(part, profile_process(p, of)->pid,
                     by == PARTS_THREAD ? profile_thread(p, i)->native : 0, ++parts, o);
        }
        profile_close(part);
    }
    return true;
}

static const char *const suffix[] = { ".callgrind", "callgrind.out*", NULL };

static const char *const lost[] = {
    "Call paths: of them callers and callees are left.",
    "Threads and processes: they are one.",
    "Primitive calls and resumptions: all calls are counted; where it is not known how "
    "many, 1 stands.",
    "Cumulative times of recursive functions: KCacheGrind finds cycles of its own.",
    NULL,
};

const struct exporter export_callgrind = {
    .name = "callgrind",
    .suffix = suffix,
    .help = "KCacheGrind, QCacheGrind, callgrind_annotate",
    .lost = lost,
    .write = write,
    .write_parts = write_parts,
};
