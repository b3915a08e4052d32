/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c - the call graph, cut down to what can be laid out: the costliest functions,
 * the costliest calls among them, and for who would hang in the air the way by which
 * most of its cost came. */
#include <stdlib.h>

#include "query/names.h"
#include "query/narrow.h"
#include "query/order.h"
#include "query/pairs.h"

enum { NODES_MAX = 200, EDGES_MAX = 1000, VIA_MAX = 64 };
#define NOBODY UINT32_MAX

struct link {
    uint32_t from, to;       /* places in nodes */
    const struct edge *edge; /* of a chain: the one that bounds it */
    uint32_t via;
};

struct graph {
    struct query *query;
    struct arena *arena;
    uint32_t nodes, nodes_max, links, links_max;
    function_id *node;
    uint32_t *place; /* by function: its node, or NOBODY */
    bool *near;      /* by function: it is around the focus; NULL: all are */
    struct link *link;
    double node_share, edge_share;
};

/* Everything that calls it, and that it calls, however far. */
static void mark_near(struct graph *g, function_id from)
{
    uint32_t functions = profile_functions(g->query->profile);
    bool *callees = arena_array(g->arena, functions, sizeof *callees);

    g->near = arena_array(g->arena, functions, sizeof *g->near);
    pairs_reach(g->query, from, true, g->near);
    pairs_reach(g->query, from, false, callees);
    for (function_id f = 0; f < functions; f++)
        g->near[f] = g->near[f] || callees[f];
}

static void choose(struct graph *g, function_id f)
{
    g->place[f] = g->nodes;
    g->node[g->nodes++] = f;
}

/* What was asked for first, then by cost while it has its share. */
static void choose_nodes(struct graph *g, uint32_t focus)
{
    struct slice all = order_of(g->query, BY_FUNCTION, ORDER_CUMULATIVE);
    uint64_t total = stats_total(g->query->stats)->self;

    for (uint32_t i = 0; i < all.count && focus != NOBODY; i++)
        if (all.at[i] == focus) {
            choose(g, focus);
            break;
        }
    for (uint32_t i = 0; i < all.count; i++) {
        uint64_t cost = stats_of(g->query->stats, all.at[i])->cumulative;
        double share = total ? (double)cost / (double)total : 0;

        if (share < g->node_share || cost == 0)
            break;
        if (all.at[i] == focus || (g->near && !g->near[all.at[i]]))
            continue;
        if (g->nodes == g->nodes_max) {
            g->node_share = share;
            break;
        }
        choose(g, all.at[i]);
    }
}

static int by_worth(const void *a, const void *b)
{
    const struct link *x = a, *y = b;

    if (x->edge->stat.cumulative != y->edge->stat.cumulative)
        return x->edge->stat.cumulative > y->edge->stat.cumulative ? -1 : 1;
    if (x->edge->stat.calls != y->edge->stat.calls)
        return x->edge->stat.calls > y->edge->stat.calls ? -1 : 1;
    return x->from != y->from ? (x->from < y->from ? -1 : 1) : x->to < y->to ? -1 : 1;
}

static void choose_links(struct graph *g)
{
    uint64_t total = stats_total(g->query->stats)->self;
    struct link *all = arena_array(g->arena, (size_t)g->nodes * g->nodes, sizeof *all);
    uint32_t count = 0;

    for (uint32_t i = 0; i < g->nodes; i++) {
        struct pairs p = pairs_of(g->query, g->node[i], false, g->arena);

        for (uint32_t k = 0; k < p.count; k++)
            if (g->place[p.at[k]->callee] != NOBODY)
                all[count++] =
                    (struct link){ i, g->place[p.at[k]->callee], p.at[k], 0 };
    }
    if (count > 1)
        qsort(all, count, sizeof *all, by_worth);
    for (uint32_t i = 0; i < count; i++) {
        const struct edge *e = all[i].edge;
        double share = total ? (double)e->stat.cumulative / (double)total : 0;

        if (!e->untimed && share < g->edge_share)
            continue;
        if (g->links == g->links_max) {
            g->edge_share = share > g->edge_share ? share : g->edge_share;
            return;
        }
        g->link[g->links++] = all[i];
    }
}

static bool has_more(const struct edge *a, const struct edge *b)
{
    if (a->stat.cumulative != b->stat.cumulative)
        return a->stat.cumulative > b->stat.cumulative;
    if (a->stat.calls != b->stat.calls)
        return a->stat.calls > b->stat.calls;
    return a->caller < b->caller;
}

/* The caller that had most of it and was not come by yet. */
static const struct edge *main_caller(const struct graph *g, function_id f,
                                      const bool *seen)
{
    struct pairs p = pairs_of(g->query, f, true, g->arena);
    const struct edge *most = NULL;

    for (uint32_t i = 0; i < p.count; i++)
        if (!seen[p.at[i]->caller] && (!most || has_more(p.at[i], most)))
            most = p.at[i];
    return most;
}

/* Nodes to which no edge leads, though they are called by functions left out. */
static void add_chains(struct graph *g)
{
    uint32_t functions = profile_functions(g->query->profile);
    bool *reached = arena_array(g->arena, g->nodes, sizeof *reached);
    bool *seen = arena_array(g->arena, functions, sizeof *seen);
    function_id way[VIA_MAX + 1];

    for (uint32_t i = 0; i < g->links; i++)
        reached[g->link[i].to] |= g->link[i].from != g->link[i].to;
    for (uint32_t i = 0; i < g->nodes && g->links < g->links_max; i++) {
        const struct edge *least = NULL, *e;
        uint32_t steps = 0;

        if (reached[i])
            continue;
        for (function_id f = g->node[i]; steps <= VIA_MAX; f = e->caller) {
            seen[f] = true;
            way[steps++] = f;
            e = main_caller(g, f, seen);
            if (!e)
                break;
            if (!least || e->stat.cumulative < least->stat.cumulative)
                least = e;
            if (g->place[e->caller] != NOBODY) {
                g->link[g->links++] =
                    (struct link){ g->place[e->caller], i, least, steps - 1 };
                break;
            }
        }
        while (steps > 0)
            seen[way[--steps]] = false;
    }
}

/* Nodes from which `from` can be reached and that it reaches: one circle. */
static void reach(const struct graph *g, uint32_t from, bool back, bool *reached,
                  uint32_t *todo)
{
    uint32_t count = 1;

    todo[0] = from;
    reached[from] = true;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < g->links; k++) {
            const struct link *l = &g->link[k];
            uint32_t next = back ? l->from : l->to;

            if ((back ? l->to : l->from) == todo[i] && l->via == 0 && !reached[next]) {
                reached[next] = true;
                todo[count++] = next;
            }
        }
}

static void write_cycles(const struct graph *g, struct json *j)
{
    int64_t *cycle = arena_array(g->arena, g->nodes, sizeof *cycle);
    bool *done = arena_array(g->arena, g->nodes, sizeof *done);
    uint32_t *todo = arena_array(g->arena, g->nodes, sizeof *todo);
    int64_t cycles = 0;

    for (uint32_t i = 0; i < g->nodes; i++) {
        struct arena *scratch = arena_open();
        bool *ahead = arena_array(scratch, g->nodes, sizeof *ahead);
        bool *behind = arena_array(scratch, g->nodes, sizeof *behind);
        uint32_t members = 0;

        if (!done[i]) {
            cycle[i] = -1;
            reach(g, i, false, ahead, todo);
            reach(g, i, true, behind, todo);
        }
        for (uint32_t k = 0; k < g->nodes && !done[i]; k++)
            members += ahead[k] && behind[k];
        for (uint32_t k = i; k < g->nodes && members > 1 && !done[i]; k++)
            if (ahead[k] && behind[k] && k != i) {
                cycle[k] = cycles;
                done[k] = true;
            }
        if (members > 1)
            cycle[i] = cycles++;
        arena_close(scratch);
    }
    json_array(j, "cycle");
    for (uint32_t i = 0; i < g->nodes; i++)
        json_i64(j, NULL, cycle[i]);
    json_end(j);
}

static void write_nodes(const struct graph *g, struct json *j)
{
    static const char *const key[] = { "self", "cumulative", "calls" };

    json_object(j, "nodes");
    names_ids(j, "id", g->node, g->nodes);
    for (int c = 0; c < 3; c++) {
        json_array(j, key[c]);
        for (uint32_t i = 0; i < g->nodes; i++) {
            const struct stat_row *s = stats_of(g->query->stats, g->node[i]);

            json_u64(j, NULL, c == 0 ? s->self : c == 1 ? s->cumulative : s->calls);
        }
        json_end(j);
    }
    write_cycles(g, j);
    json_end(j);
}

static void write_link(const struct link *l, int column, struct json *j)
{
    if (column == 3 && l->edge->untimed)
        json_null(j, NULL);
    else
        json_u64(j, NULL,
                 column == 0   ? l->from
                 : column == 1 ? l->to
                 : column == 2 ? l->edge->stat.calls
                 : column == 3 ? l->edge->stat.cumulative
                               : l->via);
}

static void write_links(const struct graph *g, struct json *j)
{
    static const char *const key[] = { "from", "to", "calls", "value", "via" };

    json_object(j, "edges");
    for (int c = 0; c < 5; c++) {
        json_array(j, key[c]);
        for (uint32_t i = 0; i < g->links; i++)
            write_link(&g->link[i], c, j);
        json_end(j);
    }
    json_array(j, "timed");
    for (uint32_t i = 0; i < g->links; i++)
        json_bool(j, NULL, !g->link[i].edge->untimed);
    json_end(j);
    json_end(j);
}

static struct graph make(struct query *q, struct graph asked, uint32_t focus)
{
    struct graph g = asked;
    uint32_t functions = profile_functions(q->profile);

    g.query = q;
    g.node = arena_array(g.arena, g.nodes_max, sizeof *g.node);
    g.link = arena_array(g.arena, g.links_max, sizeof *g.link);
    g.place = arena_array(g.arena, functions, sizeof *g.place);
    for (function_id f = 0; f < functions; f++)
        g.place[f] = NOBODY;
    if (focus != NOBODY)
        mark_near(&g, focus);
    choose_nodes(&g, focus);
    choose_links(&g);
    add_chains(&g);
    return g;
}

static void answer(struct query *all, struct ask *a, struct json *j)
{
    struct graph g = { .arena = a->arena,
                       .nodes_max = ask_number(a, "nodes", 60, 1, NODES_MAX),
                       .links_max = ask_number(a, "edges", 120, 0, EDGES_MAX),
                       .node_share = ask_share(a, "node_share", 0.005),
                       .edge_share = ask_share(a, "edge_share", 0.001) };
    struct ids focus = ask_ids(a, "focus_on", profile_functions(all->profile));
    struct query *q = narrow_asked(all, a);

    if (!q || !ask_done(a))
        return;
    g = make(q, g, focus.count > 0 ? focus.at[0] : NOBODY);
    struct used u = used_begin(q, a->arena);
    for (uint32_t i = 0; i < g.nodes; i++)
        used_add(&u, g.node[i]);
    json_u64(j, "total", stats_total(q->stats)->self);
    json_double(j, "node_share", g.node_share);
    json_double(j, "edge_share", g.edge_share);
    json_u64(j, "left_out", inside_functions(q).count - g.nodes);
    write_nodes(&g, j);
    write_links(&g, j);
    used_write(&u, j);
}

const struct kind_of_query query_graph = { "graph", answer };
