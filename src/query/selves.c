/* SPDX-License-Identifier: Apache-2.0 */
/* selves.c - nodes sorted by the function whose box they are part of, by counting. */
#include "query/selves.h"

#include <stdlib.h>

struct sum {
    uint64_t value, calls;
    uint32_t key; /* of a function its id; of markers the number of functions */
};

struct selves {
    struct slices nodes; /* by key: those that cost something themselves */
    struct sum *sum;     /* by key, ... */
    struct sum *sorted;  /* ... and those that are more than 0, by value */
    uint32_t count;
};

bool selves_are(const struct tree *t, const struct box *b)
{
    return t->view == VIEW_INVERTED && b->type == BOX_WHOLE && !b->guessed;
}

static int by_value(const void *a, const void *b)
{
    const struct sum *x = a, *y = b;

    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    return x->key < y->key ? -1 : x->key > y->key;
}

/* UINT32_MAX: it has no box. */
static uint32_t key_of(const struct tree *t, node_id n)
{
    const struct profile *p = t->query->profile;
    const struct node *node = profile_node(p, lens_owner(t->lens, n));

    if (lens_self(t->query, t->lens, n) == 0 || node->depth < 2)
        return UINT32_MAX;
    return node->function == FUNCTION_NONE ? profile_functions(p) : node->function;
}

static void sort_nodes(const struct tree *t, struct selves *s, uint32_t keys)
{
    struct slices *to = &s->nodes;
    uint32_t nodes = profile_nodes(t->query->profile);
    struct arena *scratch = arena_open();
    uint32_t *key = arena_array(scratch, nodes, sizeof *key);

    to->from = arena_array(t->lens->arena, (size_t)keys + 2, sizeof *to->from);
    for (node_id n = NODE_ROOT + 1; n < nodes; n++) {
        key[n] = key_of(t, n);
        if (key[n] == UINT32_MAX)
            continue;
        to->from[key[n] + 2]++;
        s->sum[key[n]].value += lens_self(t->query, t->lens, n);
        s->sum[key[n]].calls += profile_node(t->query->profile, n)->calls;
    }
    for (uint32_t k = 0; k < keys; k++)
        to->from[k + 2] += to->from[k + 1];
    to->at = arena_array(t->lens->arena, to->from[keys + 1], sizeof *to->at);
    for (node_id n = NODE_ROOT + 1; n < nodes; n++)
        if (key[n] != UINT32_MAX)
            to->at[to->from[key[n] + 1]++] = n;
    arena_close(scratch);
}

static const struct selves *selves_of(const struct tree *t)
{
    struct arena *a = t->lens->arena;
    uint32_t keys = profile_functions(t->query->profile) + 1;
    struct selves *s = t->lens->selves;

    if (s)
        return s;
    t->lens->selves = s = arena_alloc(a, sizeof *s);
    s->sum = arena_array(a, keys, sizeof *s->sum);
    sort_nodes(t, s, keys);
    for (uint32_t k = 0; k < keys; k++)
        s->count += s->sum[k].value > 0;
    s->sorted = arena_array(a, s->count, sizeof *s->sorted);
    for (uint32_t k = 0, count = 0; k < keys; k++) {
        s->sum[k].key = k;
        if (s->sum[k].value > 0)
            s->sorted[count++] = s->sum[k];
    }
    if (s->count > 1)
        qsort(s->sorted, s->count, sizeof *s->sorted, by_value);
    return s;
}

static struct box box_of(const struct tree *t, const struct selves *s,
                         const struct sum *sum)
{
    struct slice nodes = slice_of(&s->nodes, sum->key);
    bool marker = sum->key == profile_functions(t->query->profile);
    struct box b = { .type = marker ? BOX_MARKER : BOX_FUNCTION,
                     .id = marker ? UINT32_MAX : sum->key,
                     .nodes = nodes.count,
                     .node = nodes.at,
                     .origin = nodes.at,
                     .value = sum->value,
                     .calls = sum->calls };

    if (!t->lens->owner || nodes.count == 0)
        return b;
    node_id *owner = arena_array(t->arena, nodes.count, sizeof *owner);
    for (uint32_t i = 0; i < nodes.count; i++)
        owner[i] = lens_owner(t->lens, nodes.at[i]);
    b.node = owner;
    return b;
}

struct box selves_box(const struct tree *t, function_id f)
{
    const struct selves *s = selves_of(t);

    if (f >= profile_functions(t->query->profile))
        return (struct box){ 0 };
    return box_of(t, s, &s->sum[f]);
}

struct boxes selves_boxes(const struct tree *t, uint64_t least, struct box *rest)
{
    const struct selves *s = selves_of(t);
    struct boxes c = { NULL, 0 };

    while (c.count < s->count && s->sorted[c.count].value >= least)
        c.count++;
    if (c.count + 1 == s->count) /* one alone is shown, however narrow */
        c.count++;
    c.at = arena_array(t->arena, c.count, sizeof *c.at);
    for (uint32_t i = 0; i < c.count; i++)
        c.at[i] = box_of(t, s, &s->sorted[i]);
    for (uint32_t i = c.count; i < s->count; i++) {
        rest->nodes++;
        rest->value += s->sorted[i].value;
        rest->calls += s->sorted[i].calls;
    }
    rest->guess.low = rest->guess.high = rest->value;
    return c;
}
