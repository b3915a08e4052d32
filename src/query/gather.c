/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c - a list of what belongs to which box, then laid out box by box. */
#include "query/gather.h"

enum { FIRST_ROOM = 32 };

struct found {
    uint32_t box;
    node_id node, origin;
};

struct finds {
    struct found *at;
    uint32_t count, room;
    bool up;
};

struct gathered gather_on(const struct tree *t, uint64_t least)
{
    return (struct gathered){ .tree = t, .least = least, .place = t->query->place };
}

static uint32_t *place_of(struct gathered *g, enum box_type type, function_id f)
{
    return &g->place[type == BOX_MARKER ? profile_functions(g->tree->query->profile)
                                        : f];
}

struct box *gather_box(struct gathered *g, enum box_type type, function_id f)
{
    uint32_t *place = place_of(g, type, f);

    if (*place > 0)
        return &g->boxes.at[*place - 1];
    if (g->boxes.count == g->room) {
        uint32_t room = g->room ? 2 * g->room : FIRST_ROOM;
        size_t size = sizeof *g->boxes.at;

        g->boxes.at =
            arena_grow(g->tree->arena, g->boxes.at, g->room * size, room * size);
        g->room = room;
    }
    struct box *b = &g->boxes.at[g->boxes.count];
    *place = ++g->boxes.count;
    *b = (struct box){ .type = type, .id = type == BOX_MARKER ? UINT32_MAX : f };
    return b;
}

struct boxes gather_done(struct gathered *g)
{
    for (uint32_t i = 0; i < g->boxes.count; i++)
        *place_of(g, g->boxes.at[i].type, g->boxes.at[i].id) = 0;
    return g->boxes;
}

static struct box *box_of_node(struct gathered *g, node_id n)
{
    function_id f = profile_node(g->tree->query->profile, n)->function;

    return gather_box(g, f == FUNCTION_NONE ? BOX_MARKER : BOX_FUNCTION, f);
}

static void find(struct gathered *g, struct finds *f, struct box *b, node_id n,
                 node_id origin)
{
    if (f->count == f->room) {
        uint32_t room = f->room ? 2 * f->room : 4 * FIRST_ROOM;

        f->at = arena_grow(g->tree->arena, f->at, f->room * sizeof *f->at,
                           room * sizeof *f->at);
        f->room = room;
    }
    f->at[f->count++] = (struct found){ (uint32_t)(b - g->boxes.at), n, origin };
    b->nodes++;
}

/* Each box its own part of one array, in the order of the finds. */
static void lay_out(struct gathered *g, const struct finds *f)
{
    node_id *node = arena_array(g->tree->arena, f->count, sizeof *node);
    node_id *origin = NULL;
    uint32_t *next = arena_array(g->tree->arena, g->boxes.count, sizeof *next);

    if (f->up)
        origin = arena_array(g->tree->arena, f->count, sizeof *origin);
    for (uint32_t i = 0, at = 0; i < g->boxes.count; i++) {
        g->boxes.at[i].node = node + at;
        g->boxes.at[i].origin = f->up ? origin + at : NULL;
        next[i] = at;
        at += g->boxes.at[i].nodes;
    }
    for (uint32_t i = 0; i < f->count; i++) {
        uint32_t at = next[f->at[i].box]++;

        node[at] = f->at[i].node;
        if (f->up)
            origin[at] = f->at[i].origin;
    }
}

static uint64_t weight_of(const struct tree *t, node_id origin)
{
    return t->view == VIEW_CALLERS ? lens_below(t->query, t->lens, origin)
                                   : lens_self(t->query, t->lens, origin);
}

static void find_caller(struct gathered *g, struct finds *f, node_id n, node_id origin)
{
    const struct tree *t = g->tree;
    const struct node *above = profile_node(t->query->profile, n);

    if (above->depth < 2) /* a thread's root: nobody called */
        return;
    struct box *b = box_of_node(g, n);
    b->value += weight_of(t, origin);
    b->calls += profile_node(t->query->profile, origin)->calls;
    find(g, f, b, n, origin);
}

void gather_callers(struct gathered *g, const struct box *b)
{
    const struct tree *t = g->tree;
    struct finds f = { .up = true };

    if (b->origin) {
        f.at = arena_array(t->arena, b->nodes, sizeof *f.at);
        f.room = b->nodes;
    }
    if (b->type == BOX_WHOLE)
        for (node_id n = NODE_ROOT + 1; n < profile_nodes(t->query->profile); n++)
            if (lens_self(t->query, t->lens, n) > 0)
                find_caller(g, &f, lens_owner(t->lens, n), n);
    for (uint32_t i = 0; i < b->nodes && b->origin; i++)
        find_caller(g, &f, lens_parent(t->query, t->lens, b->node[i]), b->origin[i]);
    lay_out(g, &f);
}

static void find_callee(struct gathered *g, struct finds *f, node_id n)
{
    const struct tree *t = g->tree;
    struct box *b = box_of_node(g, n);

    b->value += lens_below(t->query, t->lens, n);
    b->calls += profile_node(t->query->profile, n)->calls;
    find(g, f, b, n, n);
}

/* One node's callees lie in order: what is narrow is summed, and no more. */
static void few_callees(struct gathered *g, struct finds *f, node_id n,
                        struct box *rest)
{
    const struct tree *t = g->tree;
    struct slice c = slice_of(&t->query->children, n);

    while (c.count > 0 && lens_below(t->query, t->lens, c.at[c.count - 1]) == 0)
        c.count--;
    for (uint32_t i = 0; i < c.count; i++) {
        uint64_t below = lens_below(t->query, t->lens, c.at[i]);

        if (below == 0)
            continue;
        if (below >= g->least || (i + 1 == c.count && rest->nodes == 0)) {
            find_callee(g, f, c.at[i]);
            continue;
        }
        rest->nodes++;
        rest->value += below;
        rest->guess.low += below;
        rest->guess.high += below;
        rest->calls += profile_node(t->query->profile, c.at[i])->calls;
    }
}

/* Nodes whose children are to be looked at, as those of a box are. */
struct pending {
    node_id *at;
    uint32_t count, room;
};

static void put_off(struct pending *p, node_id n, struct arena *a)
{
    if (p->count == p->room) {
        uint32_t room = p->room ? 2 * p->room : FIRST_ROOM;

        p->at = arena_grow(a, p->at, p->room * sizeof *p->at, room * sizeof *p->at);
        p->room = room;
    }
    p->at[p->count++] = n;
}

/* Those that are part of the box are gone through. */
static void all_callees(struct gathered *g, struct finds *f, node_id n)
{
    const struct tree *t = g->tree;
    struct pending p = { 0 };

    for (bool more = true; more; more = p.count > 0) {
        struct slice c = slice_of(&t->query->children, p.count ? p.at[--p.count] : n);

        for (uint32_t i = 0; i < c.count; i++) {
            if (lens_below(t->query, t->lens, c.at[i]) == 0)
                continue;
            if (lens_owner(t->lens, c.at[i]) == c.at[i])
                find_callee(g, f, c.at[i]);
            else
                put_off(&p, c.at[i], t->arena);
        }
    }
}

void gather_callees(struct gathered *g, const struct box *b, struct box *rest)
{
    struct finds f = { .up = false };

    if (b->nodes == 1 && !g->tree->lens->owner && !b->guessed)
        few_callees(g, &f, b->node[0], rest);
    else
        for (uint32_t i = 0; i < b->nodes; i++)
            all_callees(g, &f, b->node[i]);
    lay_out(g, &f);
}

uint64_t gather_uncalled(const struct tree *t, const struct box *b)
{
    uint64_t uncalled = 0;

    for (uint32_t i = 0; i < b->nodes && b->origin; i++)
        if (profile_node(t->query->profile, lens_parent(t->query, t->lens, b->node[i]))
                ->depth < 2)
            uncalled += weight_of(t, b->origin[i]);
    return uncalled;
}

uint64_t gather_absorbed(const struct tree *t, const struct box *b)
{
    struct pending p = { 0 };
    uint64_t self = 0;

    for (uint32_t i = 0; i < b->nodes; i++)
        put_off(&p, b->node[i], t->arena);
    while (p.count > 0) {
        struct slice c = slice_of(&t->query->children, p.at[--p.count]);

        for (uint32_t i = 0; i < c.count; i++)
            if (lens_owner(t->lens, c.at[i]) != c.at[i]) {
                self += lens_self(t->query, t->lens, c.at[i]);
                put_off(&p, c.at[i], t->arena);
            }
    }
    return self;
}
