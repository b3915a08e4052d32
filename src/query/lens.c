/* SPDX-License-Identifier: Apache-2.0 */
/* lens.c - one pass forwards finds whose box each node is part of, one backwards sums
 * calls. */
#include "query/lens.h"

#include <string.h>

#include "model/given.h"

static const char *const metrics[] = { "value", "calls", NULL };

static void put_ids(struct out *o, struct ids ids)
{
    out_char(o, '|');
    for (uint32_t i = 0; i < ids.count; i++)
        out_printf(o, "%u,", ids.at[i]);
}

static void put_key(struct out *o, const struct lens *w)
{
    out_printf(o, "%d%d", w->calls, w->collapse_all);
    put_ids(o, w->hide);
    put_ids(o, w->collapse);
}

static void sum(const struct query *q, struct lens *l)
{
    uint32_t nodes = profile_nodes(q->profile);
    uint64_t *below = arena_array(l->arena, nodes, sizeof *below);

    for (node_id n = nodes - 1; n > NODE_ROOT; n--) {
        below[n] += lens_self(q, l, n);
        below[profile_node(q->profile, n)->parent] += below[n];
    }
    l->below = below;
}

static void give_owners(const struct query *q, struct lens *l)
{
    uint32_t nodes = profile_nodes(q->profile);
    node_id *owner = arena_array(l->arena, nodes, sizeof *owner);

    for (node_id n = NODE_ROOT + 1; n < nodes; n++) {
        const struct node *node = profile_node(q->profile, n);
        node_id above = owner[node->parent];
        function_id f = node->function;
        bool part =
            f != FUNCTION_NONE &&
            (lens_hides(l, f) ||
             (profile_node(q->profile, above)->function == f && lens_collapses(l, f)));

        owner[n] = part ? above : n;
    }
    l->owner = owner;
}

static struct ids copy_ids(struct ids ids, struct arena *a)
{
    struct ids copy = { arena_array(a, ids.count, sizeof *copy.at), ids.count };

    if (ids.count > 0)
        memcpy(copy.at, ids.at, ids.count * sizeof *copy.at);
    return copy;
}

static struct lens *lens_new(struct query *q, const struct lens *wanted, struct str key)
{
    struct arena *arena = arena_open();
    struct lens *l = arena_alloc(arena, sizeof *l);

    *l = *wanted;
    l->arena = arena;
    l->key = arena_str(arena, key);
    l->hide = copy_ids(wanted->hide, arena);
    l->collapse = copy_ids(wanted->collapse, arena);
    if (l->calls)
        sum(q, l);
    if (l->hide.count + l->collapse.count > 0 || l->collapse_all)
        give_owners(q, l);
    l->total = lens_below(q, l, NODE_ROOT);
    for (uint32_t i = 0; i < given_rows(q->profile) && l->given; i++)
        l->total += given_row(q->profile, i)->stat.self;
    return l;
}

/* To the front, so that the last one is the one used longest ago. */
static struct lens *use(struct query *q, int at, struct lens *l)
{
    memmove(q->lens + 1, q->lens, (size_t)at * sizeof *q->lens);
    return q->lens[0] = l;
}

struct lens *lens_asked(struct query *q, struct ask *a)
{
    struct lens w = { .calls = ask_choice(a, "metric", metrics) == 1,
                      .hide = ask_ids(a, "hide", profile_functions(q->profile)) };
    struct lens *l = NULL;

    w.collapse_all = str_eq(ask_text(a, "collapse"), STR("all"));
    if (!w.collapse_all)
        w.collapse = ask_ids(a, "collapse", profile_functions(q->profile));
    w.given = given_rows(q->profile) > 0 && !w.calls;
    if (w.calls && given_rows(q->profile) > 0 && !profile_has_paths(q->profile))
        err_set(&a->err, ERR_USAGE,
                "not known: %s: of calls on paths it tells nothing (metric=value)",
                q->of.title);
    if (a->err.code != ERR_NONE)
        return NULL;
    struct out *key = out_memory();
    put_key(key, &w);
    for (int i = 0; i < LENSES && !l; i++)
        if (q->lens[i] && str_eq(q->lens[i]->key, out_text(key)))
            l = use(q, i, q->lens[i]);
    if (!l) {
        lens_close(q->lens[LENSES - 1]);
        l = use(q, LENSES - 1, lens_new(q, &w, out_text(key)));
    }
    out_abandon(key);
    return l;
}

void lens_close(struct lens *l)
{
    if (l)
        arena_close(l->arena);
}

uint64_t lens_self(const struct query *q, const struct lens *l, node_id n)
{
    const struct node *node = profile_node(q->profile, n);

    if (node->function == FUNCTION_NONE)
        return 0;
    return l->calls ? node->calls : node->self;
}

uint64_t lens_below(const struct query *q, const struct lens *l, node_id n)
{
    return l->below ? l->below[n] : stats_below(q->stats, n);
}

node_id lens_owner(const struct lens *l, node_id n)
{
    return l->owner ? l->owner[n] : n;
}

node_id lens_parent(const struct query *q, const struct lens *l, node_id n)
{
    return lens_owner(l, profile_node(q->profile, lens_owner(l, n))->parent);
}

bool lens_hides(const struct lens *l, function_id f)
{
    return ids_have(l->hide, f);
}

bool lens_collapses(const struct lens *l, function_id f)
{
    return l->collapse_all || ids_have(l->collapse, f);
}
