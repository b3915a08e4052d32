/* SPDX-License-Identifier: Apache-2.0 */
/* tape_nodes.c - arrays indexed by cell turn references into ids; no reference
 * is trusted: one that leads nowhere costs its node the place, not the counts. */
#include "model/tape_nodes.h"

#include <string.h>

#include "base/arena.h"

struct adding {
    const struct tape *tape;
    struct build *build;
    struct arena *scratch;
    process_id process;
    double ns_per_tick;
    uint64_t until;
    uint64_t unheard; /* ticks: what has been counted came before, and is not told */
    uint32_t cells;
    /* By cell: the id plus 1, 0 none. */
    uint32_t *function, *thread, *node;
    uint32_t marker; /* cell of the function that markers have; 0: none */
    bool *folded;    /* by cell of a node, where there is one */
    bool *counted;   /* the same: it, or one below it, has counts; NULL: not asked */
    /* By function id: how many of this tape had the same identity so far. */
    uint32_t *ties, ties_room;
};

static bool is_generated(struct str file)
{
    return str_begins(file, STR("<")) && !str_begins(file, STR("<frozen "));
}

static enum function_kind kind_of(uint32_t kind)
{
    switch (kind) {
    case TAPE_PYTHON:
        return FUNCTION_PYTHON;
    case TAPE_BUILTIN:
    case TAPE_MORE:
        return FUNCTION_BUILTIN;
    case TAPE_TYPE:
        return FUNCTION_TYPE;
    default:
        return FUNCTION_OBJECT;
    }
}

static uint32_t *tie_count(struct adding *a, function_id f)
{
    if (f >= a->ties_room) {
        size_t size = sizeof *a->ties;
        uint32_t room = f < 512 ? 1024 : f * 2;

        a->ties = arena_grow(a->scratch, a->ties, a->ties_room * size, room * size);
        a->ties_room = room;
    }
    return &a->ties[f];
}

/* The first of those that tie within this tape is the first of every other
 * tape, the second the second. */
static function_id add_function(struct adding *a, const struct tape_function *record)
{
    const struct tape *t = a->tape;
    struct function f = {
        .name = tape_str(t, record->name),
        .qualname = tape_str(t, record->qualname),
        .file = tape_str(t, record->file),
        .line = record->line,
        .kind = kind_of(record->kind),
        .hash = record->hash,
    };

    if (is_generated(f.file))
        f.owner = tape_str(t, record->owner);
    function_id id = build_function(a->build, &f);
    f.order = (*tie_count(a, id))++;
    return f.order == 0 ? id : build_function(a->build, &f);
}

static void add_functions(struct adding *a, struct tape_run run)
{
    const struct tape_function *record = run.records;

    for (uint32_t i = 0; i < run.count; i++)
        if (record[i].kind == TAPE_FOLDED)
            a->marker = run.first + i;
        else
            a->function[run.first + i] = add_function(a, &record[i]) + 1;
}

/* A program that has not imported threading has no name for its first thread. */
static struct str thread_name(const struct adding *a, const struct tape_thread *record)
{
    struct str name = tape_str(a->tape, record->name);
    bool first = record->native == tape_header(a->tape)->pid;

    if (record->merged > 0)
        name = arena_printf(a->scratch, "%.*s and %u more", (int)name.len,
                            name.len ? name.at : "", record->merged);
    return name.len == 0 && first ? STR("MainThread") : name;
}

static void add_threads(struct adding *a, struct tape_run run)
{
    const struct tape_thread *record = run.records;

    for (uint32_t i = 0; i < run.count; i++)
        if (record[i].ended != TAPE_PAST)
            a->thread[run.first + i] =
                build_thread(a->build, a->process, thread_name(a, &record[i]),
                             record[i].native) +
                1;
}

/* What a node's function is called that is not in the tape (any more). */
static function_id unknown_function(struct adding *a)
{
    struct function f = { .name = STR("<unknown>"),
                          .qualname = STR("<unknown>"),
                          .file = STR("~") };

    return build_function(a->build, &f);
}

static thread_id thread_of(struct adding *a, uint32_t cell)
{
    if (cell >= a->cells)
        cell = 0; /* no record lies there: the threads nobody told of */
    if (a->thread[cell] == 0)
        a->thread[cell] = build_thread(a->build, a->process, STR(""), 0) + 1;
    return a->thread[cell] - 1;
}

static uint64_t to_ns(const struct adding *a, uint64_t ticks)
{
    double ns = (double)ticks * a->ns_per_tick + 0.5;

    return ns < 0x1p62 ? (uint64_t)ns : (uint64_t)1 << 62;
}

/* Whether it is a marker or below one. */
static bool note_folded(struct adding *a, uint32_t cell, uint32_t parent,
                        const struct tape_node *record)
{
    uint64_t *calls = &build_quality(a->build)->folded_calls;

    if (!a->folded)
        a->folded = arena_array(a->scratch, (size_t)a->cells + 1, sizeof *a->folded);
    a->folded[cell] = record->function == a->marker || a->folded[parent];
    if (a->folded[cell] && record->calls < ((uint64_t)1 << 62) - *calls)
        *calls += record->calls;
    return a->folded[parent];
}

/* There are none below markers, but in a tape that is damaged. */
static node_id marker_below(struct adding *a, node_id above, bool folded)
{
    return folded ? above : build_child(a->build, above, FUNCTION_NONE);
}

/* A root's own counts are nobody's: time before the first function. A marker
 * has none. */
static void add_node(struct adding *a, uint32_t cell, const struct tape_node *record,
                     node_id root)
{
    uint32_t parent = record->parent < cell ? a->node[record->parent] : 0;

    if (record->function == 0) {
        a->node[cell] = root + 1;
        return;
    }
    node_id above = parent ? parent - 1 : root;
    bool folded =
        a->marker != 0 && note_folded(a, cell, parent ? record->parent : 0, record);
    if (a->marker != 0 && record->function == a->marker) {
        a->node[cell] = marker_below(a, above, folded) + 1;
        return;
    }
    uint32_t f = record->function < a->cells ? a->function[record->function] : 0;
    function_id function = f ? f - 1 : unknown_function(a);
    node_id n = f && parent ? build_node(a->build, above, function)
                            : build_child(a->build, above, function);
    a->node[cell] = n + 1;
    if (a->unheard == 0)
        build_add(a->build, n, record->calls, record->resumes, to_ns(a, record->self));
}

static void add_nodes(struct adding *a, struct tape_run run)
{
    const struct tape_node *record = run.records;
    const struct tape_thread *owner = tape_record(a->tape, TAPE_THREADS, run.owner);

    if (owner && owner->ended == TAPE_PAST)
        return;
    node_id root = build_thread_root(a->build, thread_of(a, run.owner));
    for (uint32_t i = 0; i < run.count; i++)
        if (!a->counted || a->counted[run.first + i] || record[i].function == 0)
            add_node(a, run.first + i, &record[i], root);
}

/* A thread that lives, or was killed, has been in its last node since its last
 * event: a long call's time shows while it lasts. */
static void add_pending(struct adding *a, struct tape_run run)
{
    const struct tape_thread *record = run.records;

    for (uint32_t i = 0; i < run.count; i++) {
        uint32_t current = record[i].current < a->cells ? record[i].current : 0;

        uint64_t from = record[i].last > a->unheard ? record[i].last : a->unheard;

        if (record[i].ended || a->until <= from || a->node[current] == 0)
            continue;
        build_add(a->build, a->node[current] - 1, 0, 0, to_ns(a, a->until - from));
    }
}

static void each_run(struct adding *a, enum tape_kind kind,
                     void (*add)(struct adding *, struct tape_run))
{
    for (uint32_t i = 0; i < tape_runs(a->tape); i++) {
        struct tape_run run = tape_run(a->tape, i);

        if (run.kind == TAPE_NODES && kind == TAPE_NODES) {
            run.records = tape_nodes(a->tape, i);
            run.count = run.records ? run.count : 0;
        }
        if (run.kind == kind)
            add(a, run);
    }
}

static void mark_current(struct adding *a, struct tape_run run)
{
    const struct tape_thread *record = run.records;

    for (uint32_t i = 0; i < run.count; i++)
        if (record[i].current < a->cells)
            a->counted[record[i].current] = true;
}

/* Of counters that were set to 0 the paths are there yet: those that nothing happened
 * on since are left out. A parent's cell is smaller, so the last comes first. */
static void mark_counted(struct adding *a)
{
    a->counted = arena_array(a->scratch, (size_t)a->cells + 1, sizeof *a->counted);
    each_run(a, TAPE_THREADS, mark_current);
    for (uint32_t i = tape_runs(a->tape); i-- > 0;) {
        struct tape_run run = tape_run(a->tape, i);
        const struct tape_node *n =
            run.kind == TAPE_NODES ? tape_nodes(a->tape, i) : NULL;

        for (uint32_t k = n ? run.count : 0; k-- > 0;) {
            uint32_t cell = run.first + k;

            if (a->unheard == 0 &&
                (n[k].calls > 0 || n[k].resumes > 0 || n[k].self > 0))
                a->counted[cell] = true;
            if (a->counted[cell] && n[k].parent < cell)
                a->counted[n[k].parent] = true;
        }
    }
}

static uint32_t count_nodes(const struct tape *t)
{
    uint32_t nodes = 0;

    for (uint32_t i = 0; i < tape_runs(t); i++)
        if (tape_run(t, i).kind == TAPE_NODES)
            nodes += tape_run(t, i).count;
    return nodes;
}

/* Three numbers a cell, all 0. What a tape claims to have, and has not, is not cleared:
 * it costs nothing where it is new. */
static uint32_t *clear(struct tape_cells *c, size_t cells, uint32_t nodes)
{
    if (cells <= c->room && cells / 4 <= nodes) {
        memset(c->at, 0, cells * 3 * sizeof *c->at);
        return c->at;
    }
    arena_close(c->arena);
    c->arena = arena_open();
    c->at = arena_array(c->arena, cells, 3 * sizeof *c->at);
    c->room = cells;
    return c->at;
}

void tape_nodes_add(const struct tape *t, process_id process, double ns_per_tick,
                    uint64_t until, uint64_t unheard, struct tape_cells *cells,
                    struct build *b)
{
    struct arena *scratch = arena_open();
    struct adding a = {
        .tape = t,
        .build = b,
        .scratch = scratch,
        .process = process,
        .ns_per_tick = ns_per_tick,
        .until = until,
        .unheard = unheard,
        .cells = tape_cells(t),
    };

    uint32_t nodes = count_nodes(t);

    build_expect(b, nodes);
    a.function = clear(cells, (size_t)a.cells + 1, nodes);
    a.thread = a.function + a.cells + 1;
    a.node = a.thread + a.cells + 1;
    if (unheard != 0 || tape_header(t)->answer.since.ns != 0)
        mark_counted(&a);
    each_run(&a, TAPE_FUNCTIONS, add_functions);
    each_run(&a, TAPE_THREADS, add_threads);
    each_run(&a, TAPE_NODES, add_nodes);
    each_run(&a, TAPE_THREADS, add_pending);
    arena_close(scratch);
}
