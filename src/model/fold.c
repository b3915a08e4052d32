/* SPDX-License-Identifier: Apache-2.0 */
/* fold.c - copies a profile node by node; parents come first, so where a node
 * went to is known when its children follow. */
#include "model/fold.h"

#include "base/map.h"
#include "model/build.h"

struct folding {
    const struct profile *from;
    struct build *build;
    enum fold how;
    node_id *to;              /* by old node */
    function_id *function_to; /* by function */
};

static void copy_rest(const struct folding *f)
{
    const struct profile *p = f->from;

    build_like(f->build, p, false);
    for (thread_id i = 0; i < profile_threads(p); i++) {
        const struct thread *t = profile_thread(p, i);

        build_thread(f->build, t->process, t->name, t->native);
        f->to[t->root] = build_thread_root(f->build, f->how & FOLD_THREADS ? 0 : i);
    }
}

static bool vanishes(const struct folding *f, const struct node *n)
{
    enum function_kind kind = profile_function(f->from, n->function)->kind;

    return f->how & FOLD_AS_CPROFILE &&
           (kind == FUNCTION_TYPE || kind == FUNCTION_OBJECT);
}

/* cProfile knows one __new__ for all types made in C. */
static void fold_new(const struct folding *f)
{
    const struct str text = STR("<built-in method __new__ of type object");
    function_id first = FUNCTION_NONE;

    for (function_id i = 0; i < profile_functions(f->from); i++) {
        f->function_to[i] = i;
        if (!(f->how & FOLD_AS_CPROFILE) ||
            !str_begins(profile_function(f->from, i)->name, text))
            continue;
        if (first == FUNCTION_NONE)
            first = i;
        f->function_to[i] = first;
    }
}

struct wanted {
    const struct profile *profile;
    const struct function *function;
};

static bool is_named_so(const void *with, uint32_t id)
{
    const struct wanted *w = with;
    const struct function *f = profile_function(w->profile, id);

    return f->line == w->function->line && str_eq(f->name, w->function->name) &&
           str_eq(f->file, w->function->file);
}

/* What folds to one function so far goes on to the first of that name. */
static void fold_names(const struct folding *f, struct arena *scratch)
{
    struct map names = map_on(scratch);

    for (function_id i = 0; i < profile_functions(f->from); i++) {
        struct wanted w = { f->from, profile_function(f->from, i) };
        uint64_t hash = str_hash(w.function->file) * 31 + str_hash(w.function->name) +
                        w.function->line;
        uint32_t first = map_find(&names, hash, is_named_so, &w);

        if (first == MAP_NONE)
            map_add(&names, hash, i);
        else if (f->function_to[i] == i)
            f->function_to[i] = first;
    }
}

static void fold_node(const struct folding *f, node_id id)
{
    const struct node *n = profile_node(f->from, id);
    node_id above = f->to[n->parent];

    if (node_is_marker(n))
        f->to[id] = build_child(f->build, above, FUNCTION_NONE);
    if (n->function == FUNCTION_NONE)
        return;
    if (vanishes(f, n)) {
        f->to[id] = above;
        build_add(f->build, above, 0, 0, n->self);
        return;
    }
    f->to[id] = build_child(f->build, above, f->function_to[n->function]);
    if (f->how & FOLD_AS_CPROFILE)
        build_add(f->build, f->to[id], n->calls + n->resumes, 0, n->self);
    else
        build_add(f->build, f->to[id], n->calls, n->resumes, n->self);
}

static struct stat_row fold_stat(const struct folding *f, struct stat_row stat)
{
    if (f->how & FOLD_AS_CPROFILE) {
        stat.calls += stat.resumes;
        stat.primitive_calls += stat.resumes;
        stat.resumes = 0;
    }
    return stat;
}

static void fold_given(const struct folding *f)
{
    const struct profile *p = f->from;

    for (uint32_t i = 0; i < given_rows(p); i++) {
        const struct given *given = given_row(p, i);
        struct stat_row stat = fold_stat(f, given->stat);

        build_given(f->build, given->thread, f->function_to[given->function], &stat);
    }
    for (uint32_t i = 0; i < given_edges(p); i++) {
        struct edge edge = *given_edge(p, i);

        edge.caller = f->function_to[edge.caller];
        edge.callee = f->function_to[edge.callee];
        edge.stat = fold_stat(f, edge.stat);
        build_given_edge(f->build, &edge);
    }
}

struct profile *fold(const struct profile *p, enum fold how)
{
    struct arena *scratch = arena_open();
    struct folding f = {
        .from = p,
        .build = build_open(profile_unit(p)),
        .how = how,
        .to = arena_array(scratch, profile_nodes(p), sizeof *f.to),
        .function_to =
            arena_array(scratch, profile_functions(p), sizeof *f.function_to),
    };

    build_expect(f.build, profile_nodes(p));
    copy_rest(&f);
    fold_new(&f);
    if (how & FOLD_NAMES)
        fold_names(&f, scratch);
    for (node_id n = NODE_ROOT + 1; n < profile_nodes(p); n++)
        fold_node(&f, n);
    fold_given(&f);
    arena_close(scratch);
    return build_finish(f.build);
}
