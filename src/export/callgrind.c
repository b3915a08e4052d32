/* SPDX-License-Identifier: Apache-2.0 */
/* callgrind.c - KCacheGrind's and callgrind_annotate's. */
#include <string.h>

#include "export/callgrind.h"
#include "export/export.h"
#include "model/choose.h"
#include "model/stats.h"

struct position { /* of a caller: "12 " */
    char text[12];
    uint8_t len;
};

struct top { /* of a function: what no function called */
    uint64_t calls, cumulative;
};

struct grind {
    const struct profile *profile;
    const struct stats *stats;
    struct arena *arena;
    struct out *out;
    struct called *of; /* by function */
    uint32_t file_count;
    bool *file_told; /* by file_id */
    struct top *top; /* by function */
    struct top *had; /* by function: what its callers had of it, of those written */
    const struct edge *const *calls_end; /* behind the last function's */
};

/* "fn=(7) orders::parse"; the name is told once. */
static void put_id(struct out *o, const char *key, uint32_t id, struct str name,
                   bool told)
{
    char *at = text_to(out_room(o, OUT_ROOM), str_of(key));

    at = digits_to(text_to(at, STR("=(")), id);
    at = text_to(at, told ? STR(")\n") : STR(") "));
    out_filled(o, at);
    if (told)
        return;
    out_str(o, name);
    out_char(o, '\n');
}

static void make_text(struct called *c, function_id f)
{
    char *at = c->before;

    at = digits_to(text_to(at, STR("cfi=(")), c->file_id);
    at = digits_to(text_to(at, STR(")\ncfn=(")), f + 1u);
    at = text_to(at, STR(")\ncalls="));
    c->before_len = (uint8_t)(at - c->before);
    at = text_to(digits_to(text_to(c->after, STR(" ")), c->line), STR("\n"));
    c->after_len = (uint8_t)(at - c->after);
}

static void put_names(struct grind *g, const char *file_key, const char *name_key,
                      function_id f)
{
    struct called *c = &g->of[f];
    bool told = c->before_len > 0, *file_told = &g->file_told[c->file_id];

    put_id(g->out, file_key, c->file_id, c->file, *file_told);
    put_id(g->out, name_key, f + 1u, c->name, told);
    *file_told = true;
    if (!told)
        make_text(c, f);
}

/* Where it was resumed only, as often. Never 0: callgrind_annotate takes what no call
 * cost for the function's own. */
static uint64_t calls_of(const struct stat_row *row)
{
    uint64_t calls = row->calls > 0 ? row->calls : row->resumes;

    return calls > 0 ? calls : 1;
}

/* The most frequent lines by far: filled in where they stay, each piece copied at its
 * full size, which takes no call and no loop. */
static void put_call(struct grind *g, const struct position *caller,
                     const struct edge *e)
{
    const struct called *c = &g->of[e->callee];
    char *at;

    if (c->before_len == 0) {
        put_names(g, "cfi", "cfn", e->callee);
        at = text_to(out_room(g->out, OUT_ROOM), STR("calls="));
    } else {
        at = out_room(g->out, OUT_ROOM);
        memcpy(at, c->before, sizeof c->before);
        at += c->before_len;
    }
    at = digits_to(at, calls_of(&e->stat));
    memcpy(at, c->after, sizeof c->after);
    at += c->after_len;
    memcpy(at, caller->text, sizeof caller->text);
    at = digits_to(at + caller->len, e->stat.cumulative);
    *at++ = '\n';
    out_filled(g->out, at);
}

/* Of a big profile all that a call needs is far away: it is asked for in time, for the
 * calls to come in three steps. (GCC 12 drops calls of what does nothing else.) */
__attribute__((always_inline)) static inline void fetch_ahead(
    const struct grind *g, const struct edge *const *call)
{
    enum { TEXTS = 8, CALLED = 16, EDGES = 32 };
    ptrdiff_t left = g->calls_end - call;

    if (left > EDGES) {
        __builtin_prefetch(call[EDGES]);
        __builtin_prefetch(&call[EDGES]->stat.cumulative);
    }
    if (left > CALLED) {
        __builtin_prefetch(&g->of[call[CALLED]->callee]);
        __builtin_prefetch(&g->had[call[CALLED]->callee], 1);
    }
    if (left > TEXTS && g->of[call[TEXTS]->callee].before_len == 0) {
        __builtin_prefetch(g->of[call[TEXTS]->callee].name.at);
        __builtin_prefetch(g->of[call[TEXTS]->callee].file.at);
    }
}

static void put_function(struct grind *g, function_id f)
{
    const struct stat_row *row = stats_of(g->stats, f);
    struct edges callees = stats_callees(g->stats, f);
    struct position position = { 0 };

    if (row->calls == 0 && row->resumes == 0 && row->self == 0 && callees.count == 0)
        return;
    out_char(g->out, '\n');
    put_names(g, "fl", "fn", f);
    char *end = digits_to(position.text, g->of[f].line);
    *end++ = ' ';
    position.len = (uint8_t)(end - position.text);
    out_bytes(g->out, position.text, position.len);
    out_u64(g->out, row->self);
    out_char(g->out, '\n');
    for (uint32_t i = 0; i < callees.count; i++) {
        const struct edge *e = callees.at[i];
        struct top *had = &g->had[e->callee];

        fetch_ahead(g, &callees.at[i]);
        put_call(g, &position, e);
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
    static const struct position nowhere = { "0 ", 2 };
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
            put_call(g, &nowhere, &edge);
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
    uint32_t functions = profile_functions(p);

    stats_add_callees(s);
    g.of = callgrind_names(p, &g.file_count, g.arena);
    g.file_told = arena_array(g.arena, g.file_count + 1u, sizeof *g.file_told);
    g.had = arena_array(g.arena, functions + 1u, sizeof *g.had);
    if (pid > 0)
        out_printf(o, "pid: %u\n", pid);
    if (thread > 0)
        out_printf(o, "thread: %u\n", thread);
    if (part > 0)
        out_printf(o, "part: %u\n", part);
    out_text_of(o, "positions: line\n");
    out_text_of(o, events[profile_unit(p)]);
    out_printf(o, "summary: %llu\n", (unsigned long long)stats_total(s)->self);
    if (functions > 0) {
        struct edges last = stats_callees(s, functions - 1);

        g.calls_end = last.at + last.count;
    }
    for (function_id f = 0; f < functions; f++)
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
    out_str(o, callgrind_plain(profile_run(p)->program, a));
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
