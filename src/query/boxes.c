/* SPDX-License-Identifier: Apache-2.0 */
/* boxes.c - row by row: a box that is wide enough is asked for its children. */
#include "query/boxes.h"

enum { WHOLE = 1000000, WIDTH_MAX = 16384, DEPTH_MAX = 512, LIMIT_MAX = 50000 };

struct placed {
    struct box box;
    uint32_t row;
    int64_t parent;
    double x0, x1; /* of the whole, 0 to 1 */
};

struct layout {
    const struct tree *tree;
    struct boxes_of of;
    struct placed *at;
    uint32_t count, room;
    uint64_t omitted;
    bool cut;
};

struct boxes_of boxes_asked(struct ask *a, uint32_t depth, uint32_t limit)
{
    struct boxes_of of = { .depth = ask_number(a, "depth", depth, 1, DEPTH_MAX),
                           .width = ask_number(a, "width", 1200, 1, WIDTH_MAX),
                           .least = ask_number(a, "least", 3, 0, WIDTH_MAX),
                           .limit = ask_number(a, "limit", limit, 1, LIMIT_MAX) };

    of.cutoff = ask_share(a, "cutoff", 0);
    return of;
}

static void place(struct layout *l, const struct box *b, int64_t parent, uint32_t row,
                  double x0, double x1)
{
    if (l->count == l->room) {
        uint32_t room = l->room ? 2 * l->room : 256;

        l->at = arena_grow(l->tree->arena, l->at, l->room * sizeof *l->at,
                           room * sizeof *l->at);
        l->room = room;
    }
    l->at[l->count++] = (struct placed){ *b, row, parent, x0, x1 };
}

static void place_children(struct layout *l, uint32_t parent)
{
    struct placed p = l->at[parent];
    double width = (p.x1 - p.x0) * l->of.width, value = (double)p.box.value;
    double least = width > 0 ? value * l->of.least / width : value;
    struct box rest;

    if (least < value * l->of.cutoff)
        least = value * l->of.cutoff;
    struct boxes c = tree_children(l->tree, &p.box, (uint64_t)(least + 0.5), &rest);
    double all = (double)rest.value, x = p.x0;
    for (uint32_t i = 0; i < c.count; i++)
        all += (double)c.at[i].value;
    double scale = (p.x1 - p.x0) / (all > value ? all : value > 0 ? value : 1);
    for (uint32_t i = 0; i < c.count; i++) {
        double end = x + (double)c.at[i].value * scale;

        place(l, &c.at[i], parent, p.row + 1, x, end);
        x = end;
    }
    if (rest.nodes > 0 && (double)rest.value * scale * l->of.width >= 0.5)
        place(l, &rest, parent, p.row + 1, x, x + (double)rest.value * scale);
    else
        l->omitted += rest.nodes;
}

static void lay_out(struct layout *l, const struct box *root)
{
    place(l, root, -1, 0, 0, 1);
    for (uint32_t i = 0; i < l->count; i++) {
        const struct placed *p = &l->at[i];
        bool wide = (p->x1 - p->x0) * l->of.width >= l->of.least;

        if (p->box.type == BOX_MORE || !wide || p->row >= l->of.depth ||
            p->box.value == 0)
            continue;
        if (l->count < l->of.limit)
            place_children(l, i);
        else
            l->cut = true;
    }
}

static int64_t id_of(const struct box *b)
{
    return b->id == UINT32_MAX ? -1 : (int64_t)b->id;
}

enum column {
    COLUMN_ROW,
    COLUMN_X0,
    COLUMN_X1,
    COLUMN_PARENT,
    COLUMN_TYPE,
    COLUMN_ID,
    COLUMN_VALUE,
    COLUMN_SELF,
    COLUMN_CALLS,
    COLUMN_LOW,
    COLUMN_HIGH,
    COLUMN_NODE,
    COLUMN_MERGED,
    COLUMN_GUESSED,
    COLUMNS,
};

static int64_t cell(const struct layout *l, const struct placed *p, enum column c)
{
    const struct box *b = &p->box;

    switch (c) {
    case COLUMN_ROW:
        return p->row;
    case COLUMN_X0:
        return (int64_t)(p->x0 * WHOLE + 0.5);
    case COLUMN_X1:
        return (int64_t)(p->x1 * WHOLE + 0.5);
    case COLUMN_PARENT:
        return p->parent;
    case COLUMN_TYPE:
        return b->type;
    case COLUMN_ID:
        return id_of(b);
    case COLUMN_VALUE:
        return (int64_t)b->value;
    case COLUMN_SELF:
        return (int64_t)box_self(l->tree, b);
    case COLUMN_CALLS:
        return (int64_t)b->calls;
    case COLUMN_LOW:
        return (int64_t)box_low(b);
    case COLUMN_HIGH:
        return (int64_t)box_high(b);
    case COLUMN_NODE:
        return box_node(l->tree, b) == UINT32_MAX ? -1 : (int64_t)box_node(l->tree, b);
    case COLUMN_MERGED:
        return b->type == BOX_MORE ? b->nodes : 0;
    default:
        return (int64_t)box_guessed(b);
    }
}

static bool any_guessed(const struct layout *l)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (box_guessed(&l->at[i].box) > 0)
            return true;
    return false;
}

static void write_columns(const struct layout *l, struct json *j)
{
    static const char *const key[COLUMNS] = { "row",    "x0",     "x1",    "parent",
                                              "type",   "id",     "value", "self",
                                              "calls",  "low",    "high",  "node",
                                              "merged", "guessed" };
    bool guessed = any_guessed(l);

    for (int c = 0; c < COLUMNS; c++) {
        if (!guessed && (c == COLUMN_LOW || c == COLUMN_HIGH || c == COLUMN_GUESSED)) {
            json_null(j, key[c]);
            continue;
        }
        json_array(j, key[c]);
        for (uint32_t i = 0; i < l->count; i++)
            json_i64(j, NULL, cell(l, &l->at[i], (enum column)c));
        json_end(j);
    }
}

void boxes_write(const struct tree *t, const struct box *root,
                 const struct boxes_of *of, struct used *u, struct json *j)
{
    struct layout l = { .tree = t, .of = *of };

    lay_out(&l, root);
    for (uint32_t i = 0; i < l.count; i++)
        if (l.at[i].box.type == BOX_FUNCTION)
            used_add(u, l.at[i].box.id);
    json_bool(j, "cut", l.cut);
    write_columns(&l, j);
    json_u64(j, "omitted", l.omitted);
}

static void write_step_column(const struct tree *t, const struct boxes *way,
                              uint32_t count, enum column c, const char *key,
                              struct json *j)
{
    struct layout l = { .tree = t };

    json_array(j, key);
    for (uint32_t i = 0; i < count; i++) {
        struct placed p = { .box = way->at[i] };

        json_i64(j, NULL, cell(&l, &p, c));
    }
    json_end(j);
}

void boxes_steps(const struct tree *t, const struct boxes *way, uint32_t count,
                 bool figures, const char *key, struct used *u, struct json *j)
{
    for (uint32_t i = 0; i < count; i++)
        if (way->at[i].type == BOX_FUNCTION)
            used_add(u, way->at[i].id);
    json_object(j, key);
    write_step_column(t, way, count, COLUMN_TYPE, "type", j);
    write_step_column(t, way, count, COLUMN_ID, "id", j);
    write_step_column(t, way, count, COLUMN_VALUE, "value", j);
    if (figures) {
        write_step_column(t, way, count, COLUMN_SELF, "self", j);
        write_step_column(t, way, count, COLUMN_CALLS, "calls", j);
    }
    write_step_column(t, way, count, COLUMN_LOW, "low", j);
    write_step_column(t, way, count, COLUMN_HIGH, "high", j);
    json_end(j);
}

static void answer(struct query *q, struct ask *a, struct json *j)
{
    struct tree t;
    struct boxes way;
    struct boxes_of of = boxes_asked(a, 10, 8000);
    struct str root = ask_text(a, "root");
    if (!tree_asked(q, a, &t) || !ask_done(a) || !tree_find(&t, a, root, &way))
        return;
    struct used u = used_begin(t.query, a->arena);
    json_text(j, "view", view_names[t.view]);
    json_u64(j, "total", t.lens->total);
    json_str(j, "root", root);
    json_u64(j, "depth", of.depth);
    boxes_steps(&t, &way, way.count - 1, false, "ancestors", &u, j);
    boxes_write(&t, &way.at[way.count - 1], &of, &u, j);
    used_write(&u, j);
}

const struct kind_of_query query_boxes = { "boxes", answer };
