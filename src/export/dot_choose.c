/* SPDX-License-Identifier: Apache-2.0 */
/* dot_choose.c - in gprof2dot's order: what is below the threshold, what is of other
 * files, then what neither root nor leaf reaches. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "export/dot.h"
#include "model/names.h"

struct choosing {
    struct dot_graph *graph;
    const struct dot_options *options;
    double *share;  /* by function */
    double largest; /* of what is drawn */
};

static double share_of_edge(const struct dot_graph *g, const struct edge *e)
{
    return g->total > 0 ? (double)e->stat.cumulative / (double)g->total : 0;
}

bool dot_has_edge(const struct dot_graph *g, const struct edge *e)
{
    return g->node[e->caller] && g->node[e->callee] &&
           share_of_edge(g, e) >= g->edge_threshold;
}

static bool matches(const struct dot_globs *globs, const struct function *f,
                    struct arena *a)
{
    const char *name[] = { arena_cstr(a, dot_name(f, a)), arena_cstr(a, f->name),
                           arena_cstr(a, f->qualname),
                           arena_cstr(a, name_shown(f, a)) };

    for (uint32_t i = 0; i < globs->count; i++)
        for (size_t k = 0; k < sizeof name / sizeof *name; k++)
            if (fnmatch(globs->at[i], name[k], 0) == 0)
                return true;
    return false;
}

static bool begins(const struct dot_globs *paths, const struct function *f)
{
    for (uint32_t i = 0; i < paths->count; i++)
        if (str_begins(f->file, str_of(paths->at[i])))
            return true;
    return paths->count == 0;
}

/* Who has no caller that is drawn: where none is called by nobody, the largest. */
static bool is_top(const struct choosing *c, function_id f)
{
    const struct dot_graph *g = c->graph;
    struct edges callers = stats_callers(g->stats, f);

    for (uint32_t i = 0; i < callers.count; i++)
        if (callers.at[i]->caller != f && dot_has_edge(g, callers.at[i]))
            return c->share[f] >= c->largest;
    return true;
}

/* From what these names are, or from the tops (NULL), by breadth, upwards or
 * downwards, over edges that are drawn. */
static void reach(struct choosing *c, const struct dot_globs *from, bool upwards,
                  int depth, bool *reached)
{
    struct dot_graph *g = c->graph;
    uint32_t count = profile_functions(g->profile), first = 0, last = 0;
    function_id *line = arena_array(g->arena, count + 1u, sizeof *line);
    int *far = arena_array(g->arena, count + 1u, sizeof *far);

    for (function_id f = 0; f < count; f++)
        if (g->node[f] &&
            (from ? matches(from, profile_function(g->profile, f), g->arena)
                  : is_top(c, f))) {
            reached[f] = true;
            line[last++] = f;
        }
    for (; first < last; first++) {
        function_id f = line[first];
        struct edges edges =
            upwards ? stats_callers(g->stats, f) : stats_callees(g->stats, f);

        for (uint32_t i = 0; i < edges.count && (depth < 0 || far[f] < depth); i++) {
            function_id next = upwards ? edges.at[i]->caller : edges.at[i]->callee;

            if (!dot_has_edge(g, edges.at[i]) || reached[next])
                continue;
            reached[next] = true;
            far[next] = far[f] + 1;
            line[last++] = next;
        }
    }
}

static void keep_reached(struct choosing *c, const struct dot_globs *from, bool upwards,
                         int depth)
{
    struct dot_graph *g = c->graph;
    uint32_t count = profile_functions(g->profile);
    bool *reached = arena_array(g->arena, count + 1u, sizeof *reached);

    reach(c, from, upwards, depth, reached);
    for (function_id f = 0; f < count; f++)
        g->node[f] = g->node[f] && reached[f];
}

struct ranked {
    double share;
    function_id function;
};

static int by_share(const void *one, const void *other)
{
    const struct ranked *a = one, *b = other;

    if (a->share != b->share)
        return a->share < b->share ? 1 : -1;
    return (a->function > b->function) - (a->function < b->function);
}

/* The largest so many alone, the first of equal ones; the threshold that comes to. */
static double keep_most(struct choosing *c, double asked, uint32_t most)
{
    struct dot_graph *g = c->graph;
    uint32_t count = profile_functions(g->profile), nodes = 0;
    struct ranked *rank = arena_array(g->arena, count + 1u, sizeof *rank);

    for (function_id f = 0; f < count; f++)
        if (g->node[f])
            rank[nodes++] = (struct ranked){ c->share[f], f };
    if (most == 0 || most >= nodes)
        return asked;
    qsort(rank, nodes, sizeof *rank, by_share);
    for (uint32_t i = most; i < nodes; i++)
        g->node[rank[i].function] = false;
    return rank[most - 1].share;
}

static void count_all(struct dot_graph *g)
{
    for (function_id f = 0; f < profile_functions(g->profile); f++) {
        struct edges callees = stats_callees(g->stats, f);

        g->nodes += g->node[f];
        g->all_nodes +=
            stats_of(g->stats, f)->calls > 0 || stats_of(g->stats, f)->cumulative > 0;
        g->all_edges += callees.count;
        for (uint32_t i = 0; i < callees.count; i++)
            g->edges += dot_has_edge(g, callees.at[i]);
    }
}

struct dot_graph dot_choose(const struct profile *p, const struct stats *s,
                            const struct dot_options *o, struct arena *a)
{
    struct dot_graph g = { .profile = p, .stats = s, .arena = a };
    struct choosing c = { .graph = &g, .options = o };
    uint32_t count = profile_functions(p);

    g.total = stats_total(s)->self;
    g.node = arena_array(a, count + 1u, sizeof *g.node);
    c.share = arena_array(a, count + 1u, sizeof *c.share);
    for (function_id f = 0; f < count; f++) {
        const struct stat_row *row = stats_of(s, f);

        if (g.total > 0)
            c.share[f] = (double)row->cumulative / (double)g.total;
    }
    for (function_id f = 0; f < count; f++) {
        const struct stat_row *row = stats_of(s, f);

        g.node[f] = c.share[f] >= o->nodes && (row->calls > 0 || row->cumulative > 0) &&
                    begins(&o->path, profile_function(p, f));
    }
    for (function_id f = 0; f < count; f++)
        if (g.node[f] && c.share[f] > c.largest)
            c.largest = c.share[f];
    g.node_threshold = keep_most(&c, o->nodes, o->most);
    g.edge_threshold = o->edges;
    if (g.node_threshold > o->nodes && g.node_threshold / 5 > o->edges)
        g.edge_threshold =
            g.node_threshold / 5; /* as the usual two are to each other */
    if (o->root.count > 0 || o->depth >= 0)
        keep_reached(&c, o->root.count > 0 ? &o->root : NULL, false, o->depth);
    if (o->leaf.count > 0)
        keep_reached(&c, &o->leaf, true, -1);
    count_all(&g);
    return g;
}
