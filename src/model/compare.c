/* SPDX-License-Identifier: Apache-2.0 */
/* compare.c - each side is a list of what was seen in any of its runs, in the order of
 * first sight; a run is figures by place in that list. The two lists are paired last.
 */
#include <stdlib.h>

#include "model/compare_body.h"
#include "model/fold.h"
#include "model/pair.h"
#include "model/stats.h"

struct compare *compare_open(struct compare_options o)
{
    struct arena *a = arena_open();
    struct compare *c = arena_alloc(a, sizeof *c);

    c->arena = a;
    c->options = o;
    for (int side = 0; side < SIDES; side++) {
        c->list[side].functions = pile_on(a, sizeof(struct function));
        c->list[side].paths = pile_on(a, sizeof(struct path));
        c->list[side].path_ids = map_on(a);
        c->list[side].runs = pile_on(a, sizeof(struct run_of_side));
    }
    c->rows = pile_on(a, sizeof(struct row));
    return c;
}

void compare_close(struct compare *c)
{
    if (c)
        arena_close(c->arena);
}

struct functions compare_functions(const struct list *l, struct arena *a)
{
    const struct function **at = arena_array(a, l->functions.count, sizeof *at);

    for (uint32_t i = 0; i < l->functions.count; i++)
        at[i] = pile_at(&l->functions, i);
    return (struct functions){ at, l->functions.count };
}

static uint32_t add_function(struct compare *c, struct list *l,
                             const struct function *f)
{
    struct function *copy = pile_add(&l->functions);

    *copy = *f;
    copy->name = arena_str(c->arena, f->name);
    copy->qualname = arena_str(c->arena, f->qualname);
    copy->file = arena_str(c->arena, f->file);
    copy->owner = arena_str(c->arena, f->owner);
    return l->functions.count - 1;
}

/* Constructors folded away, or a file's own callers, cost nothing anywhere. */
static bool is_seen(const struct stat_row *s)
{
    return s->calls > 0 || s->resumes > 0 || s->cumulative > 0;
}

/* By function of the profile: its place in the side's list, which it may be new to. */
static uint32_t *place_functions(struct compare *c, struct list *l,
                                 const struct profile *p, const struct stats *s,
                                 struct arena *scratch)
{
    uint32_t functions = profile_functions(p), seen = 0;
    uint32_t *place = arena_array(scratch, functions, sizeof *place);
    const struct function **at = arena_array(scratch, functions, sizeof *at);

    for (function_id f = 0; f < functions; f++) {
        place[f] = COMPARED_NONE;
        if (is_seen(stats_of(s, f)))
            at[seen++] = profile_function(p, f);
    }
    uint32_t *known = pair_functions((struct functions){ at, seen },
                                     compare_functions(l, scratch), scratch);
    seen = 0;
    for (function_id f = 0; f < functions; f++) {
        if (!is_seen(stats_of(s, f)))
            continue;
        place[f] =
            known[seen] != FUNCTION_NONE ? known[seen] : add_function(c, l, at[seen]);
        seen++;
    }
    return place;
}

static void add_functions(struct compare *c, struct list *l, struct run_of_side *run,
                          const struct profile *p, const struct stats *s,
                          const uint32_t *place)
{
    run->count = l->functions.count;
    run->of = arena_array(c->arena, run->count, sizeof *run->of);
    for (function_id f = 0; f < profile_functions(p); f++) {
        const struct stat_row *stat = stats_of(s, f);

        if (place[f] != COMPARED_NONE)
            run->of[place[f]] =
                (struct figure){ stat->calls, stat->self,
                                 c->options.cumulative ? stat->cumulative
                                                       : stat->self };
    }
}

uint64_t compare_path_hash(const struct path *p)
{
    return (uint64_t)p->parent << 32 | p->function;
}

bool compare_same_path(const void *with, uint32_t id)
{
    const struct wanted_path *w = with;
    const struct path *p = pile_at(&w->list->paths, id);

    return p->parent == w->path.parent && p->function == w->path.function;
}

static uint32_t path_of(struct list *l, uint32_t parent, uint32_t function,
                        uint32_t depth)
{
    struct wanted_path w = { l, { parent, function, depth } };
    uint64_t hash = compare_path_hash(&w.path);
    uint32_t id = map_find(&l->path_ids, hash, compare_same_path, &w);

    if (id == MAP_NONE) {
        id = l->paths.count;
        *(struct path *)pile_add(&l->paths) = w.path;
        map_add(&l->path_ids, hash, id);
    }
    return id;
}

/* p: of one tree. By node: the path's place. */
static uint32_t *place_nodes(struct list *l, const struct profile *p,
                             const uint32_t *place, struct arena *scratch)
{
    uint32_t *path = arena_array(scratch, profile_nodes(p), sizeof *path);

    path[NODE_ROOT] = COMPARED_NONE;
    for (node_id n = NODE_ROOT + 1; n < profile_nodes(p); n++) {
        const struct node *node = profile_node(p, n);
        uint32_t function = FUNCTION_NONE;

        if (node->function != FUNCTION_NONE)
            function = place[node->function];
        else if (!node_is_marker(node)) {
            path[n] = COMPARED_NONE; /* a thread's root */
            continue;
        }
        path[n] = path_of(l, path[node->parent], function, node->depth - 2);
    }
    return path;
}

static void add_paths(struct compare *c, struct list *l, struct run_of_side *run,
                      const struct profile *p, const uint32_t *place,
                      struct arena *scratch)
{
    struct profile *tree = fold(p, FOLD_THREADS);
    struct stats *s = stats_open(tree);
    const uint32_t *path = place_nodes(l, tree, place, scratch);

    run->count = l->paths.count;
    run->of = arena_array(c->arena, run->count, sizeof *run->of);
    for (node_id n = NODE_ROOT + 1; n < profile_nodes(tree); n++)
        if (path[n] != COMPARED_NONE) {
            const struct node *node = profile_node(tree, n);
            struct figure *f = &run->of[path[n]];

            f->calls += node->calls;
            f->self += node->self;
            f->time += stats_below(s, n);
        }
    stats_close(s);
    profile_close(tree);
}

void compare_add(struct compare *c, enum side side, const struct profile *p)
{
    struct arena *scratch = arena_open();
    struct list *l = &c->list[side];
    struct stats *s = stats_open(p);
    const uint32_t *place = place_functions(c, l, p, s, scratch);
    struct run_of_side *run = pile_add(&l->runs);

    run->started_ns = profile_run(p)->started_ns;
    run->self = stats_total(s)->self;
    run->calls = stats_total(s)->calls;
    if (c->options.paths)
        add_paths(c, l, run, p, place, scratch);
    else
        add_functions(c, l, run, p, s, place);
    stats_close(s);
    arena_close(scratch);
}

const struct figure *compare_figure(const struct compare *c, enum side side,
                                    uint32_t place, uint32_t run)
{
    static const struct figure none = { 0, 0, 0 };
    const struct run_of_side *r = pile_at(&c->list[side].runs, run);

    return place < r->count ? &r->of[place] : &none;
}

void compare_leave_out(struct compare *c, uint32_t row)
{
    struct row *r = pile_at(&c->rows, row);

    r->left_out = true;
}

void compare_finish(struct compare *c, double above)
{
    struct arena *scratch = arena_open();

    compare_fill_rows(c, above, scratch);
    arena_close(scratch);
}

uint32_t compare_runs(const struct compare *c, enum side side)
{
    return c->list[side].runs.count;
}

uint32_t compare_rows(const struct compare *c)
{
    return c->rows.count;
}

const struct compared *compare_row(const struct compare *c, uint32_t row)
{
    const struct row *r = pile_at(&c->rows, row);

    return &r->shown;
}

const struct compared *compare_total(const struct compare *c)
{
    return &c->total.shown;
}

const struct effect *compare_common(const struct compare *c)
{
    return &c->common;
}

struct start {
    uint64_t ns;
    enum side side;
};

static int by_start(const void *one, const void *other)
{
    const struct start *a = one, *b = other;

    return (a->ns > b->ns) - (a->ns < b->ns);
}

bool compare_in_turn(const struct compare *c)
{
    uint32_t before = compare_runs(c, SIDE_BEFORE), after = compare_runs(c, SIDE_AFTER);
    struct arena *scratch = arena_open();
    struct start *start = arena_array(scratch, (size_t)before + after, sizeof *start);
    uint32_t count = 0, turns = 0;
    bool known = true;

    for (int side = 0; side < SIDES; side++)
        for (uint32_t r = 0; r < compare_runs(c, side); r++) {
            const struct run_of_side *run = pile_at(&c->list[side].runs, r);

            known = known && run->started_ns > 0;
            start[count++] = (struct start){ run->started_ns, side };
        }
    qsort(start, count, sizeof *start, by_start);
    for (uint32_t i = 1; i < count; i++)
        turns += start[i].side != start[i - 1].side;
    arena_close(scratch);
    /* ABBA...: half of the steps. */
    return known && turns + 1 >= (before < after ? before : after);
}

double compare_time(const struct compare *c, uint32_t row, enum side side, uint32_t run)
{
    const struct row *r = pile_at(&c->rows, row);

    return (double)compare_figure(c, side, r->place[side], run)->time;
}
