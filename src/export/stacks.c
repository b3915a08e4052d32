/* SPDX-License-Identifier: Apache-2.0 */
/* stacks.c - nodes upwards to their root; edges that were given. */
#include "export/stacks.h"

#include "model/given.h"

struct telling {
    const struct profile *profile;
    struct arena *arena;
    function_id *at;
    uint32_t room;
    void (*tell)(void *with, const struct stack *s);
    void *with;
};

static void tell_node(struct telling *t, const struct node *n)
{
    uint32_t depth = n->depth - 1;

    if (depth > t->room) {
        t->room = 2 * depth;
        t->at = arena_array(t->arena, t->room, sizeof *t->at);
    }
    struct stack s = { t->at, depth, n->thread, n->calls, n->self };
    for (; depth > 0; n = profile_node(t->profile, n->parent))
        t->at[--depth] = n->function;
    t->tell(t->with, &s);
}

/* A function's own time and calls, less what its callers are known to have had of it.
 */
static void tell_given(struct telling *t)
{
    const struct profile *p = t->profile;
    uint64_t *left = arena_array(t->arena, profile_functions(p) + 1u, sizeof *left);
    uint64_t *calls = arena_array(t->arena, profile_functions(p) + 1u, sizeof *calls);
    thread_id thread = 0;

    for (uint32_t i = 0; i < given_rows(p); i++) {
        const struct given *g = given_row(p, i);

        left[g->function] += g->stat.self;
        calls[g->function] += g->stat.calls;
        thread = g->thread;
    }
    for (uint32_t i = 0; i < given_edges(p); i++) {
        const struct edge *e = given_edge(p, i);
        function_id at[2] = { e->caller, e->callee };
        uint64_t self = e->untimed ? 0 : e->stat.self;
        struct stack s = { at, 2, thread, e->stat.calls, self };

        s.self = self < left[e->callee] ? self : left[e->callee];
        left[e->callee] -= s.self;
        s.calls = s.calls < calls[e->callee] ? s.calls : calls[e->callee];
        calls[e->callee] -= s.calls;
        if (s.self > 0 || s.calls > 0)
            t->tell(t->with, &s);
    }
    for (uint32_t i = 0; i < given_rows(p); i++) {
        const struct given *g = given_row(p, i);
        struct stack s = { &g->function, 1, g->thread, calls[g->function],
                           left[g->function] };

        left[g->function] = calls[g->function] = 0;
        if (s.self > 0 || s.calls > 0)
            t->tell(t->with, &s);
    }
}

void stacks_tell(const struct profile *p, struct arena *a,
                 void (*tell)(void *with, const struct stack *s), void *with)
{
    struct telling t = { .profile = p, .arena = a, .tell = tell, .with = with };

    for (node_id n = 0; n < profile_nodes(p); n++) {
        const struct node *node = profile_node(p, n);

        if (node->depth > 1 && (node->self > 0 || node->calls > 0))
            tell_node(&t, node);
    }
    tell_given(&t);
}
