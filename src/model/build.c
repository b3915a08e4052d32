/* SPDX-License-Identifier: Apache-2.0 */
/* build.c - arrays that double in the profile's arena; what finds equal
 * functions and children again lives in a second arena and goes at the end. */
#include "model/build.h"

#include "base/clock.h"
#include "base/map.h"
#include "model/body.h"

struct array {
    void *items;
    uint32_t used, room;
    size_t size;
};

struct build {
    struct arena *arena;   /* becomes the profile's */
    struct arena *scratch; /* holds this struct, too */
    enum unit unit;
    struct run run;
    struct quality quality;
    struct array functions, nodes, threads, processes, notes, pythons;
    struct pile givens, given_edges;
    struct map function_ids, child_ids;
    uint64_t seed;                    /* of hashes of names */
    struct stat_row left, edges_left; /* until sums could overflow */
    bool cut, spares_edges;
};

/* Calls of all nodes and given rows stay below this sum, so do all other figures,
 * and those of all given edges. */
#define SUM_MAX ((uint64_t)1 << 62)
static const struct stat_row left_at_first = { SUM_MAX, SUM_MAX, SUM_MAX, SUM_MAX,
                                               SUM_MAX };

static void *item(const struct array *a, uint32_t i)
{
    return (char *)a->items + i * a->size;
}

static void make_room(struct build *b, struct array *a, uint32_t room)
{
    if (room <= a->room)
        return;
    if (a == &b->nodes && a->room > 0) /* nobody points to one */
        a->items = arena_widen(b->arena, a->items, a->room * a->size, room * a->size);
    else
        a->items = arena_grow(b->arena, a->items, a->used * a->size, room * a->size);
    a->room = room;
}

static void *append(struct build *b, struct array *a)
{
    if (a->used == a->room)
        make_room(b, a, a->room ? a->room * 2 : 16);
    return item(a, a->used++);
}

struct build *build_open(enum unit unit)
{
    struct arena *scratch = arena_open();
    struct build *b = arena_alloc(scratch, sizeof *b);

    *b = (struct build){
        .arena = arena_open(),
        .scratch = scratch,
        .unit = unit,
        .quality = { .exact = true },
        .left = left_at_first,
        .edges_left = left_at_first,
        .functions = { .size = sizeof(struct function) },
        .nodes = { .size = sizeof(struct node) },
        .threads = { .size = sizeof(struct thread) },
        .processes = { .size = sizeof(struct process) },
        .notes = { .size = sizeof(struct str) },
        .pythons = { .size = sizeof(struct str) },
        .function_ids = map_on(scratch),
        .seed = clock_monotonic_ns() ^ (uint64_t)(uintptr_t)b,
        .child_ids = map_on(scratch),
    };
    b->givens = pile_on(b->arena, sizeof(struct given));
    b->given_edges = pile_on(b->arena, sizeof(struct edge));
    struct node *root = append(b, &b->nodes);
    *root = (struct node){ .function = FUNCTION_NONE };
    return b;
}

/* None for an empty text: most functions have one. */
static struct str copy_text(struct build *b, struct str s)
{
    return s.len > 0 ? arena_str(b->arena, s) : (struct str){ 0 };
}

enum unit build_unit(const struct build *b)
{
    return b->unit;
}

void build_set_unit(struct build *b, enum unit unit)
{
    b->unit = unit;
}

void build_abandon(struct build *b)
{
    if (!b)
        return;
    arena_close(b->arena);
    arena_close(b->scratch);
}

void build_expect(struct build *b, uint32_t nodes)
{
    struct array *a = &b->nodes;
    uint32_t wanted = nodes <= UINT32_MAX - a->used ? a->used + nodes : a->used;

    if (wanted > a->room)
        make_room(b, a, wanted > a->room / 8 * 9 ? wanted : a->room / 8 * 9);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static uint64_t function_hash(const struct build *b, const struct function *f)
{
    uint64_t hash = str_hash_seeded(f->qualname, str_hash_seeded(f->name, b->seed));

    hash = str_hash_seeded(f->owner, str_hash_seeded(f->file, hash));
    hash = mix(mix(hash, f->line), f->kind);
    return mix(mix(hash, f->hash), f->order);
}

struct wanted_function {
    const struct build *build;
    const struct function *function;
};

static bool same_function(const void *with, uint32_t id)
{
    const struct wanted_function *w = with;
    const struct function *a = w->function, *b = item(&w->build->functions, id);

    return a->line == b->line && a->kind == b->kind && a->hash == b->hash &&
           a->order == b->order && str_eq(a->name, b->name) &&
           str_eq(a->file, b->file) && str_eq(a->qualname, b->qualname) &&
           str_eq(a->owner, b->owner);
}

uint32_t build_functions(const struct build *b)
{
    return b->functions.used;
}

const struct function *build_function_at(const struct build *b, function_id f)
{
    return item(&b->functions, f);
}

void build_expect_functions(struct build *b, uint32_t functions)
{
    if (functions <= UINT32_MAX - b->functions.used)
        make_room(b, &b->functions, b->functions.used + functions);
    map_expect(&b->function_ids, b->functions.room);
}

function_id build_function(struct build *b, const struct function *f)
{
    struct wanted_function wanted = { b, f };
    uint64_t hash = function_hash(b, f);
    uint32_t id = map_find(&b->function_ids, hash, same_function, &wanted);

    if (id != MAP_NONE)
        return id;
    id = b->functions.used;
    struct function *copy = append(b, &b->functions);
    *copy = *f;
    copy->name = copy_text(b, f->name);
    copy->qualname = copy_text(b, f->qualname);
    copy->file = copy_text(b, f->file);
    copy->owner = copy_text(b, f->owner);
    if (copy->merged == 0)
        copy->merged = 1;
    map_add(&b->function_ids, hash, id);
    return id;
}

process_id build_process(struct build *b, const struct process *p)
{
    process_id id = b->processes.used;
    struct process *copy = append(b, &b->processes);

    *copy = *p;
    copy->name = arena_str(b->arena, p->name);
    copy->role = arena_str(b->arena, p->role);
    copy->program = arena_str(b->arena, p->program);
    copy->python = arena_str(b->arena, p->python);
    copy->reason = arena_str(b->arena, p->reason);
    copy->probed.executable = arena_str(b->arena, p->probed.executable);
    return id;
}

struct process *build_process_at(struct build *b, process_id i)
{
    return item(&b->processes, i);
}

uint32_t build_processes(const struct build *b)
{
    return b->processes.used;
}

void build_order_processes(struct build *b, process_id first, const process_id *order)
{
    uint32_t count = b->processes.used - first;
    struct arena *scratch = arena_open();
    struct process *old = arena_array(scratch, count, sizeof *old);
    process_id *place = arena_array(scratch, count, sizeof *place);

    for (uint32_t i = 0; i < count; i++)
        old[i] = *build_process_at(b, first + i);
    for (uint32_t i = 0; i < count; i++) {
        *build_process_at(b, first + i) = old[order[i] - first];
        place[order[i] - first] = first + i;
    }
    for (thread_id t = 0; t < b->threads.used; t++) {
        struct thread *thread = item(&b->threads, t);

        if (thread->process >= first)
            thread->process = place[thread->process - first];
    }
    arena_close(scratch);
}

static node_id node_new(struct build *b, node_id parent, function_id f, thread_id t)
{
    node_id id = b->nodes.used;
    struct node *n = append(b, &b->nodes);
    const struct node *above = item(&b->nodes, parent);

    *n = (struct node){
        .parent = parent, .function = f, .thread = t, .depth = above->depth + 1
    };
    return id;
}

thread_id build_thread(struct build *b, process_id process, struct str name,
                       uint32_t native)
{
    thread_id id = b->threads.used;
    struct thread *t = append(b, &b->threads);

    *t = (struct thread){
        .name = arena_str(b->arena, name),
        .process = process,
        .native = native,
        .root = node_new(b, NODE_ROOT, FUNCTION_NONE, id),
    };
    return id;
}

node_id build_thread_root(const struct build *b, thread_id t)
{
    const struct thread *thread = item(&b->threads, t);

    return thread->root;
}

node_id build_node(struct build *b, node_id parent, function_id f)
{
    const struct node *above = item(&b->nodes, parent);

    return node_new(b, parent, f, above->thread);
}

struct wanted_child {
    const struct build *build;
    node_id parent;
    function_id function;
};

static bool same_child(const void *with, uint32_t id)
{
    const struct wanted_child *w = with;
    const struct node *n = item(&w->build->nodes, id);

    return n->parent == w->parent && n->function == w->function;
}

node_id build_child(struct build *b, node_id parent, function_id f)
{
    struct wanted_child wanted = { b, parent, f };
    uint64_t hash = (uint64_t)parent << 32 | f;
    uint32_t id = map_find(&b->child_ids, hash, same_child, &wanted);

    if (id == MAP_NONE) {
        id = build_node(b, parent, f);
        map_add(&b->child_ids, hash, id);
    }
    return id;
}

/* What only a damaged file can claim. */
static uint64_t within(struct build *b, uint64_t *left, uint64_t wanted)
{
    if (wanted > *left) {
        wanted = *left;
        b->cut = true;
    }
    *left -= wanted;
    return wanted;
}

void build_add(struct build *b, node_id n, uint64_t calls, uint64_t resumes,
               uint64_t self)
{
    struct node *node = item(&b->nodes, n);

    self = within(b, &b->left.self, self);
    node->calls += within(b, &b->left.calls, calls);
    node->resumes += within(b, &b->left.resumes, resumes);
    node->self += self;
    if (node->function != FUNCTION_NONE)
        ((struct thread *)item(&b->threads, node->thread))->self += self;
}

static struct stat_row row_within(struct build *b, struct stat_row *left,
                                  const struct stat_row *stat)
{
    struct stat_row row = {
        .calls = within(b, &left->calls, stat->calls),
        .resumes = within(b, &left->resumes, stat->resumes),
        .self = within(b, &left->self, stat->self),
        .cumulative = within(b, &left->cumulative, stat->cumulative),
        .primitive_calls = stat->primitive_calls,
    };

    if (row.primitive_calls > row.calls)
        row.primitive_calls = row.calls;
    return row;
}

void build_spare_edges(struct build *b)
{
    b->spares_edges = true;
}

bool build_spares_edges(const struct build *b)
{
    return b->spares_edges;
}

void build_given(struct build *b, thread_id t, function_id f,
                 const struct stat_row *stat)
{
    struct given *given = pile_add(&b->givens);

    *given = (struct given){ f, t, row_within(b, &b->left, stat) };
}

void build_given_edge(struct build *b, const struct edge *edge)
{
    struct edge *copy = pile_add(&b->given_edges);

    *copy = *edge;
    copy->stat = row_within(b, &b->edges_left, &edge->stat);
}

struct run *build_run(struct build *b)
{
    return &b->run;
}

struct quality *build_quality(struct build *b)
{
    return &b->quality;
}

struct str build_text(struct build *b, struct str s)
{
    return arena_str(b->arena, s);
}

void build_note(struct build *b, struct str sentence)
{
    for (uint32_t i = 0; i < b->notes.used; i++)
        if (str_eq(*(const struct str *)item(&b->notes, i), sentence))
            return;
    struct str *note = append(b, &b->notes);

    *note = arena_str(b->arena, sentence);
}

void build_python(struct build *b, struct str version)
{
    for (uint32_t i = 0; i < b->pythons.used; i++)
        if (str_eq(*(const struct str *)item(&b->pythons, i), version))
            return;
    struct str *python = append(b, &b->pythons);
    *python = arena_str(b->arena, version);
}

void build_like(struct build *b, const struct profile *p, bool borrow)
{
    const struct quality *q = profile_quality(p);
    const struct run *run = profile_run(p);

    b->run = *run;
    b->run.program = arena_str(b->arena, run->program);
    b->run.clock = arena_str(b->arena, run->clock);
    b->quality = *q;
    for (uint32_t i = 0; i < run->pythons; i++)
        build_python(b, run->python[i]);
    for (uint32_t i = 0; i < q->notes; i++)
        build_note(b, q->note[i]);
    if (borrow) {
        b->functions.items = p->function;
        b->functions.used = b->functions.room = p->functions;
    }
    for (function_id i = b->functions.used; i < profile_functions(p); i++)
        build_function(b, profile_function(p, i));
    for (process_id i = 0; i < profile_processes(p); i++)
        build_process(b, profile_process(p, i));
}

/* Threads' roots lie among the nodes of others: each is made at its place. */
void build_like_nodes(struct build *b, const struct profile *p)
{
    thread_id thread = 0;

    build_expect(b, profile_nodes(p));
    for (node_id id = NODE_ROOT + 1; id < profile_nodes(p); id++) {
        const struct node *n = profile_node(p, id);

        if (n->function != FUNCTION_NONE || node_is_marker(n)) {
            build_node(b, n->parent, n->function);
            continue;
        }
        const struct thread *t = profile_thread(p, thread++);
        build_thread(b, t->process, t->name, t->native);
    }
}

void build_like_given(struct build *b, const struct profile *p)
{
    for (uint32_t i = 0; i < given_rows(p); i++) {
        const struct given *given = given_row(p, i);

        build_given(b, given->thread, given->function, &given->stat);
    }
    for (uint32_t i = 0; i < given_edges(p); i++)
        build_given_edge(b, given_edge(p, i));
}

static void add_given(struct profile *p)
{
    for (uint32_t i = 0; i < p->givens.count; i++) {
        const struct given *given = given_row(p, i);

        p->thread[given->thread].self += given->stat.self;
    }
}

struct profile *build_finish(struct build *b)
{
    struct profile *p = arena_alloc(b->arena, sizeof *p);

    if (b->cut) {
        b->quality.exact = false;
        build_note(b, STR("What was read is damaged: figures too large to be true "
                          "together were cut."));
    }
    b->quality.note = b->notes.items;
    b->quality.notes = b->notes.used;
    b->run.python = b->pythons.items;
    b->run.pythons = b->pythons.used;
    *p = (struct profile){
        .arena = b->arena,
        .unit = b->unit,
        .run = b->run,
        .quality = b->quality,
        .function = b->functions.items,
        .functions = b->functions.used,
        .node = b->nodes.items,
        .nodes = b->nodes.used,
        .thread = b->threads.items,
        .threads = b->threads.used,
        .process = b->processes.items,
        .processes = b->processes.used,
        .givens = b->givens,
        .given_edges = b->given_edges,
    };
    add_given(p);
    arena_close(b->scratch);
    return p;
}
