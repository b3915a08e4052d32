/* SPDX-License-Identifier: Apache-2.0 */
/* groups.c - a group is active from the call that enters it on: what its members'
 * callers outside it had, and what nobody called, sums up to its cumulative time
 * unless calls leave it and come back, which then count twice. Whether they may is
 * a matter of cycles among the groups (Tarjan's components, without recursion). */
#include "model/groups.h"

#include "model/edges.h"

struct entry {             /* by function: what its calls brought */
    uint64_t calls;        /* by known callers */
    uint64_t cumulative;   /* of these, without itself */
    uint64_t from_outside; /* of these, outside the group */
    bool called_within;    /* by another of its group */
    bool unknown;          /* a caller's times are not known */
    struct stat_row stat;  /* all */
};

struct grouping {
    const struct profile *profile;
    const uint32_t *group;
    uint32_t groups;
    struct arena *scratch;
    struct entry *entry;
    bool *returns;    /* by group: calls leave it and may come back */
    uint32_t *circle; /* by group: one of its component; NULL: not asked for */
    bool trees;       /* call paths link groups as well */
};

static void add_edges(const struct grouping *g)
{
    for (uint32_t i = 0; i < given_edges(g->profile); i++) {
        const struct edge *e = given_edge(g->profile, i);
        struct entry *in = &g->entry[e->callee];
        bool same = g->group[e->caller] == g->group[e->callee];

        in->calls += e->stat.calls;
        if (e->caller != e->callee) {
            in->cumulative += e->stat.cumulative;
            in->called_within = in->called_within || same;
        }
        if (!same) {
            in->from_outside += e->stat.cumulative;
            in->unknown = in->unknown || e->untimed;
        }
    }
}

struct link {            /* of the graph of groups: which group calls which */
    uint32_t *to, *from; /* from: by group, where its links begin; the end last */
};

/* The i-th call there is: given ones first, then those of nodes. */
static bool call_at(const struct grouping *g, uint32_t i, uint32_t *from, uint32_t *to)
{
    uint32_t edges = given_edges(g->profile);
    function_id caller, callee;

    if (i < edges) {
        caller = given_edge(g->profile, i)->caller;
        callee = given_edge(g->profile, i)->callee;
    } else {
        const struct node *n = profile_node(g->profile, i - edges);

        caller = profile_node(g->profile, n->parent)->function;
        callee = n->function;
    }
    if (caller == FUNCTION_NONE || callee == FUNCTION_NONE)
        return false;
    *from = g->group[caller];
    *to = g->group[callee];
    return true;
}

static struct link links_of(const struct grouping *g)
{
    uint32_t calls =
        given_edges(g->profile) + (g->trees ? profile_nodes(g->profile) : 0);
    struct link l = { .from = arena_array(g->scratch, (size_t)g->groups + 2,
                                          sizeof *l.from) };
    uint32_t from, to;

    for (uint32_t i = 0; i < calls; i++)
        if (call_at(g, i, &from, &to))
            l.from[from + 2]++;
    for (uint32_t i = 0; i < g->groups; i++)
        l.from[i + 2] += l.from[i + 1];
    l.to = arena_array(g->scratch, calls, sizeof *l.to);
    for (uint32_t i = 0; i < calls; i++)
        if (call_at(g, i, &from, &to))
            l.to[l.from[from + 1]++] = to;
    return l;
}

struct search {
    struct link link;
    uint32_t *number, *low; /* by group; number 0: not seen, UINT32_MAX: done */
    uint32_t *next;         /* by group: the link to follow */
    uint32_t *path, *open;  /* stacks: where we are; not in a component yet */
    uint32_t depth, opened, count;
    bool *returns;
    uint32_t *circle;
};

static void enter(struct search *s, uint32_t group)
{
    s->number[group] = s->low[group] = ++s->count;
    s->next[group] = s->link.from[group];
    s->path[s->depth++] = group;
    s->open[s->opened++] = group;
}

/* All links of the group are followed: it may close a component. */
static void leave(struct search *s, uint32_t group)
{
    uint32_t above = --s->depth > 0 ? s->path[s->depth - 1] : group;
    bool alone = s->open[s->opened - 1] == group;

    if (s->low[group] < s->low[above])
        s->low[above] = s->low[group];
    if (s->low[group] != s->number[group])
        return;
    for (uint32_t member = UINT32_MAX; member != group;) {
        member = s->open[--s->opened];
        s->number[member] = UINT32_MAX;
        s->returns[member] = !alone;
        if (s->circle)
            s->circle[member] = group;
    }
}

static void find_components(const struct grouping *g)
{
    struct search s = { .link = links_of(g), .returns = g->returns };

    s.circle = g->circle;
    uint32_t **array[] = { &s.number, &s.low, &s.next, &s.path, &s.open };

    for (size_t i = 0; i < sizeof array / sizeof *array; i++)
        *array[i] = arena_array(g->scratch, g->groups, sizeof(uint32_t));
    for (uint32_t first = 0; first < g->groups; first++) {
        if (s.number[first] == 0)
            enter(&s, first);
        while (s.depth > 0) {
            uint32_t at = s.path[s.depth - 1];

            if (s.next[at] == s.link.from[at + 1]) {
                leave(&s, at);
                continue;
            }
            uint32_t to = s.link.to[s.next[at]++];
            if (s.number[to] == 0)
                enter(&s, to);
            else if (s.number[to] < s.low[at])
                s.low[at] = s.number[to];
        }
    }
}

/* What is known of a group while its functions are gone through. */
struct sum {
    struct stat_row stat;  /* cumulative: of all that entered it */
    uint64_t largest, all; /* cumulative times of its functions: largest, sum */
    bool unsure;
};

static void add_function(const struct entry *f, struct sum *to)
{
    uint64_t unasked = 0; /* in calls that have no known caller */

    if (f->stat.calls > f->calls && f->stat.cumulative > f->cumulative)
        unasked = f->stat.cumulative - f->cumulative;
    /* Where one of the group may have called it below itself it was not outermost,
     * and less was taken off than its callers had. */
    if (unasked > 0 && f->called_within)
        to->unsure = true;
    to->unsure = to->unsure || f->unknown;
    to->stat.calls += f->stat.calls;
    to->stat.primitive_calls += f->stat.primitive_calls;
    to->stat.resumes += f->stat.resumes;
    to->stat.self += f->stat.self;
    to->stat.cumulative += f->from_outside + unasked;
    to->all += f->stat.cumulative;
    if (f->stat.cumulative > to->largest)
        to->largest = f->stat.cumulative;
}

static void conclude(struct sum *sum, uint64_t total, bool returns,
                     struct stat_row *row, struct bounds *bounds)
{
    uint64_t least = sum->largest > sum->stat.self ? sum->largest : sum->stat.self;
    uint64_t most = sum->all < total ? sum->all : total;
    uint64_t *estimate = &sum->stat.cumulative;

    if (most < least) /* rounded, or not all told */
        most = least;
    *estimate = *estimate < least ? least : *estimate > most ? most : *estimate;
    if (!returns && !sum->unsure)
        least = most = *estimate;
    stat_add_row(row, &sum->stat);
    bounds->least += least;
    bounds->most += most;
}

void groups_add_given(const struct profile *p, const uint32_t *group, uint32_t groups,
                      struct stat_row *rows, struct bounds *bounds)
{
    struct arena *scratch = arena_open();
    uint32_t functions = profile_functions(p);
    struct grouping g = {
        .profile = p,
        .group = group,
        .groups = groups,
        .scratch = scratch,
        .entry = arena_array(scratch, functions, sizeof *g.entry),
        .returns = arena_array(scratch, groups, sizeof *g.returns),
    };
    struct sum *sum = arena_array(scratch, groups, sizeof *sum);
    uint64_t total = 0;

    for (uint32_t i = 0; i < given_rows(p); i++) {
        const struct given *given = given_row(p, i);

        stat_add_row(&g.entry[given->function].stat, &given->stat);
        total += given->stat.self;
    }
    add_edges(&g);
    find_components(&g);
    for (function_id f = 0; f < functions; f++)
        add_function(&g.entry[f], &sum[group[f]]);
    for (uint32_t i = 0; i < groups; i++)
        conclude(&sum[i], total, g.returns[i], &rows[i], &bounds[i]);
    arena_close(scratch);
}

uint32_t *groups_circles(const struct profile *p, bool trees, struct arena *a)
{
    struct arena *scratch = arena_open();
    uint32_t functions = profile_functions(p);
    uint32_t *group = arena_array(scratch, functions, sizeof *group);
    uint32_t *circle = arena_array(a, functions, sizeof *circle);
    struct grouping g = {
        .profile = p, .group = group, .groups = functions, .trees = trees
    };

    g.scratch = scratch;
    g.returns = arena_array(scratch, functions, sizeof *g.returns);
    g.circle = circle;
    for (function_id f = 0; f < functions; f++)
        group[f] = f;
    find_components(&g);
    arena_close(scratch);
    return circle;
}
