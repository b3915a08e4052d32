/* SPDX-License-Identifier: Apache-2.0 */
/* sandwich.c - one function: boxes of its callers upwards, of its callees downwards. */
#include "query/boxes.h"

static bool half(struct tree t, enum view view, struct ask *a, const char *key,
                 struct str root, const struct boxes_of *of, struct used *u,
                 struct json *j)
{
    struct boxes way;

    t.view = view;
    if (!tree_find(&t, a, root, &way))
        return false;
    json_object(j, key);
    json_str(j, "root", root);
    boxes_steps(&t, &way, way.count - 1, false, "ancestors", u, j);
    boxes_write(&t, &way.at[way.count - 1], of, u, j);
    json_end(j);
    return true;
}

/* Of all its calls, those of recursion as well: what function() says. */
static uint64_t self_of(const struct tree *t, const struct box *whole)
{
    struct slice nodes = inside_nodes(t->query, t->function);
    node_id *own = arena_array(t->arena, nodes.count, sizeof *own);
    struct box all = *whole;

    all.nodes = 0;
    for (uint32_t i = 0; i < nodes.count; i++)
        if (lens_owner(t->lens, nodes.at[i]) == nodes.at[i])
            own[all.nodes++] = nodes.at[i];
    all.node = own;
    return box_self(t, &all);
}

static void answer(struct query *q, struct ask *a, struct json *j)
{
    struct tree t;
    struct boxes_of of = boxes_asked(a, 8, 4000);
    struct str above = ask_text(a, "root_callers"), below = ask_text(a, "root_callees");

    if (!tree_asked_of(q, a, VIEW_CALLEES, &t) || !ask_done(a))
        return;
    struct box whole = tree_whole(&t);
    struct used u = used_begin(t.query, a->arena);

    json_u64(j, "function", t.function);
    json_u64(j, "total", t.lens->total);
    json_u64(j, "value", whole.value);
    json_u64(j, "self", self_of(&t, &whole));
    json_u64(j, "calls", whole.calls);
    used_add(&u, t.function);
    if (half(t, VIEW_CALLERS, a, "callers", above, &of, &u, j) &&
        half(t, VIEW_CALLEES, a, "callees", below, &of, &u, j))
        used_write(&u, j);
}

const struct kind_of_query query_sandwich = { "sandwich", answer };
