/* SPDX-License-Identifier: Apache-2.0 */
/* path.c - one box: what is above it, beside it, below it, and where else its
 * function is. */
#include "query/boxes.h"

#include <string.h>

enum { SAME_MAX = 1000000 };

static struct str above(struct str path)
{
    for (size_t i = path.len; i-- > 0;)
        if (path.at[i] == '.')
            return (struct str){ path.at, i };
    return (struct str){ 0 };
}

static struct str below(struct str path, const struct box *b, struct arena *a)
{
    struct str step = tree_step(b, a);

    if (path.len == 0)
        return step;
    return arena_printf(a, "%.*s.%.*s", (int)path.len, path.at, (int)step.len, step.at);
}

static void path_or_null(struct json *j, const char *key, struct str path, bool there)
{
    if (there)
        json_str(j, key, path);
    else
        json_null(j, key);
}

static void write_siblings(const struct tree *t, const struct boxes *way,
                           struct str path, struct json *j)
{
    struct box rest;
    struct boxes c = { NULL, 0 };
    const struct box *at = &way->at[way->count - 1];
    uint32_t place = 0;

    if (way->count > 1)
        c = tree_children(t, at - 1, 0, &rest);
    while (place + 1 < c.count &&
           (c.at[place].type != at->type || c.at[place].id != at->id))
        place++;
    json_object(j, "siblings");
    json_u64(j, "count", c.count);
    json_u64(j, "place", c.count > 0 ? place + 1 : 0);
    path_or_null(j, "next",
                 place + 1 < c.count ? below(above(path), &c.at[place + 1], t->arena)
                                     : path,
                 place + 1 < c.count);
    path_or_null(j, "previous",
                 place > 0 ? below(above(path), &c.at[place - 1], t->arena) : path,
                 place > 0);
    json_end(j);
    c = tree_children(t, at, 0, &rest);
    path_or_null(j, "first_child", c.count > 0 ? below(path, &c.at[0], t->arena) : path,
                 c.count > 0);
}

/* Of those of its function: before it, behind it, in the order of their cost. */
static void write_same(const struct tree *t, const struct box *at, struct json *j)
{
    struct slice same = inside_nodes(t->query, at->id);
    node_id self = at->node[0], next = NODE_ROOT, before = NODE_ROOT;
    uint64_t cost = lens_below(t->query, t->lens, self);
    uint32_t count = 0, place = 1;

    for (uint32_t i = 0; i < same.count; i++) {
        node_id n = same.at[i];
        uint64_t other = lens_below(t->query, t->lens, n);
        bool larger = other > cost || (other == cost && n < self);

        if (other == 0)
            continue;
        count++;
        place += larger && n != self;
        if (n == self)
            continue;
        node_id *best = larger ? &before : &next;
        uint64_t found = *best ? lens_below(t->query, t->lens, *best) : 0;
        bool nearer = larger ? other < found || (other == found && n > *best)
                             : other > found || (other == found && n < *best);
        if (*best == NODE_ROOT || nearer)
            *best = n;
    }
    json_object(j, "same");
    json_u64(j, "count", count);
    json_u64(j, "place", place);
    path_or_null(j, "next", next ? names_path(t->query, next, t->arena) : STR(""),
                 next != NODE_ROOT);
    path_or_null(j, "previous",
                 before ? names_path(t->query, before, t->arena) : STR(""),
                 before != NODE_ROOT);
    json_end(j);
}

static void answer(struct query *q, struct ask *a, struct json *j)
{
    struct tree t;
    struct boxes way;
    struct str path = ask_text(a, "path");
    if (!tree_asked(q, a, &t) || !ask_done(a) || !tree_find(&t, a, path, &way))
        return;
    struct used u = used_begin(t.query, a->arena);
    const struct box *at = &way.at[way.count - 1];
    struct boxes steps = { way.at + 1, way.count - 1 };
    bool paths = t.view == VIEW_ICICLE || t.view == VIEW_SUNBURST;

    json_text(j, "view", view_names[t.view]);
    json_str(j, "path", path);
    json_u64(j, "total", t.lens->total);
    boxes_steps(&t, &steps, steps.count, true, "steps", &u, j);
    write_siblings(&t, &way, path, j);
    if (paths && at->type == BOX_FUNCTION && at->nodes == 1 && !at->guessed &&
        !t.lens->owner && inside_nodes(t.query, at->id).count <= SAME_MAX)
        write_same(&t, at, j);
    else
        json_null(j, "same");
    used_write(&u, j);
}

const struct kind_of_query query_path = { "path", answer };
