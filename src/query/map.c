/* SPDX-License-Identifier: Apache-2.0 */
/* map.c - packages, modules and functions by self, as rectangles that are as square as
 * can be (Bruls, Huizing, van Wijk): a row takes items while that makes it squarer. */
#include <stdlib.h>
#include <string.h>

#include "base/texts.h"
#include "model/names.h"
#include "query/names.h"
#include "query/narrow.h"
#include "query/order.h"

enum { SIDE_MAX = 16384, LEVELS = 3, HEAD = 18, HEAD_WIDTH = 64, HEAD_HEIGHT = 44 };

/* A package, a module or a function: those of one lie together, the largest first. */
struct group {
    struct str key;
    uint64_t value;
    uint32_t from, count; /* of what is in it, one level below */
    function_id function;
};

struct map_groups {
    struct group *at[LEVELS];
    uint32_t count[LEVELS];
};

struct placed {
    double x, y, w, h;         /* pixels */
    const struct group *group; /* NULL: several that are merged */
    uint64_t value;
    uint32_t level, merged;
    int64_t parent;
};

struct layout {
    struct arena *arena;
    const struct map_groups *groups;
    double least;
    uint32_t levels; /* so many are shown */
    struct placed *at;
    uint32_t count, room;
};

struct modules {
    struct arena *arena;
    struct group *at;
    uint32_t count;
};

static int by_package(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    int order = str_cmp(name_package_of(x->key), name_package_of(y->key));

    if (order != 0)
        return order;
    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    return str_cmp(x->key, y->key);
}

static int by_value(const void *a, const void *b)
{
    const struct group *x = a, *y = b;

    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    return str_cmp(x->key, y->key);
}

/* Functions by self, so those of a module come in that order as well. */
static struct group *functions_of(struct query *q, struct modules *m, uint32_t *count)
{
    struct slice all = order_of(q, BY_FUNCTION, ORDER_SELF);
    uint32_t *module = arena_array(m->arena, all.count, sizeof *module);
    struct group *function = arena_array(q->arena, all.count, sizeof *function);
    struct texts names = texts_on(m->arena);

    for (*count = 0; *count < all.count; ++*count) {
        if (stats_of(q->stats, all.at[*count])->self == 0)
            break;
        module[*count] = texts_number(&names, names_module(q, all.at[*count]));
    }
    m->count = names.count;
    m->at = arena_array(m->arena, m->count, sizeof *m->at);
    for (uint32_t i = 0; i < *count; i++) {
        m->at[module[i]].value += stats_of(q->stats, all.at[i])->self;
        m->at[module[i]].count++;
    }
    for (uint32_t i = 0; i < m->count; i++) {
        m->at[i].key = names.at[i];
        m->at[i].from = i > 0 ? m->at[i - 1].from + m->at[i - 1].count : 0;
    }
    uint32_t *next = arena_array(m->arena, m->count, sizeof *next);
    for (uint32_t i = 0; i < *count; i++)
        function[m->at[module[i]].from + next[module[i]]++] =
            (struct group){ .value = stats_of(q->stats, all.at[i])->self,
                            .function = all.at[i] };
    return function;
}

static void find_packages(const struct modules *m, struct map_groups *g)
{
    for (uint32_t i = 0; i < m->count; i++) {
        struct str package = name_package_of(m->at[i].key);

        if (i == 0 || !str_eq(package, g->at[0][g->count[0] - 1].key))
            g->at[0][g->count[0]++] = (struct group){ .key = package, .from = i };
        g->at[0][g->count[0] - 1].value += m->at[i].value;
        g->at[0][g->count[0] - 1].count++;
    }
    if (g->count[0] > 1)
        qsort(g->at[0], g->count[0], sizeof *g->at[0], by_value);
}

/* Found once. */
static const struct map_groups *group(struct query *q)
{
    struct map_groups g = { 0 };

    if (q->map_groups)
        return q->map_groups;
    struct arena *scratch = arena_open();
    struct modules m = { .arena = scratch };

    g.at[2] = functions_of(q, &m, &g.count[2]);
    if (m.count > 1)
        qsort(m.at, m.count, sizeof *m.at, by_package);
    g.count[1] = m.count;
    g.at[1] = arena_array(q->arena, m.count, sizeof *g.at[1]);
    g.at[0] = arena_array(q->arena, m.count, sizeof *g.at[0]);
    if (m.count > 0)
        memcpy(g.at[1], m.at, m.count * sizeof *m.at);
    find_packages(&m, &g);
    arena_close(scratch);
    q->map_groups = arena_alloc(q->arena, sizeof g);
    *q->map_groups = g;
    return q->map_groups;
}

static struct placed *add(struct layout *l, struct placed p)
{
    if (l->count == l->room) {
        uint32_t room = l->room ? 2 * l->room : 256;

        l->at =
            arena_grow(l->arena, l->at, l->room * sizeof *l->at, room * sizeof *l->at);
        l->room = room;
    }
    l->at[l->count] = p;
    return &l->at[l->count++];
}

struct area { /* what is left of a rectangle, and pixels for each unit of value */
    double x, y, w, h, scale;
};

static double worst_side(double least, double most, double sum, double side)
{
    double thick = sum / side;

    return thick * thick / least > most / (thick * thick) ? thick * thick / least
                                                          : most / (thick * thick);
}

/* Values of a row along the shorter side; how many fit best. */
static uint32_t row_of(const double *size, uint32_t count, double side)
{
    double sum = size[0], best = worst_side(size[0], size[0], sum, side);
    uint32_t taken = 1;

    while (taken < count) {
        double next = worst_side(size[taken], size[0], sum + size[taken], side);

        if (next > best)
            break;
        best = next;
        sum += size[taken++];
    }
    return taken;
}

static void lay_row(struct area *a, const double *size, uint32_t count,
                    struct placed *to)
{
    bool upright = a->w > a->h; /* the row stands at the left */
    double side = upright ? a->h : a->w, sum = 0, at = 0;

    for (uint32_t i = 0; i < count; i++)
        sum += size[i];
    double thick = side > 0 ? sum / side : 0;
    for (uint32_t i = 0; i < count; i++) {
        double length = thick > 0 ? size[i] / thick : 0;

        to[i].x = upright ? a->x : a->x + at;
        to[i].y = upright ? a->y + at : a->y;
        to[i].w = upright ? thick : length;
        to[i].h = upright ? length : thick;
        at += length;
    }
    if (upright) {
        a->x += thick;
        a->w -= thick;
    } else {
        a->y += thick;
        a->h -= thick;
    }
}

/* Those that would be smaller than `least` each way are merged into the last one. */
static void lay_out(struct layout *l, struct area a, const struct group *group,
                    uint32_t count, uint32_t level, int64_t parent)
{
    uint32_t first = l->count, shown = 0, items;
    uint64_t all = 0, rest = 0;

    for (uint32_t i = 0; i < count; i++)
        all += group[i].value;
    if (all == 0 || a.w <= 0 || a.h <= 0)
        return;
    a.scale = a.w * a.h / (double)all;
    while (shown < count && (double)group[shown].value * a.scale >= l->least * l->least)
        shown++;
    if (shown + 1 == count)
        shown = count;
    for (uint32_t i = shown; i < count; i++)
        rest += group[i].value;
    items = shown + (shown < count);
    double *size = arena_array(l->arena, items, sizeof *size);
    for (uint32_t i = 0; i < items; i++) {
        bool merged = i == shown;

        size[i] = (double)(merged ? rest : group[i].value) * a.scale;
        add(l, (struct placed){ .group = merged ? NULL : &group[i],
                                .value = merged ? rest : group[i].value,
                                .level = level,
                                .merged = merged ? count - shown : 0,
                                .parent = parent });
    }
    for (uint32_t done = 0; done < items;) {
        double side = a.w > a.h ? a.h : a.w;
        uint32_t row =
            side > 0 ? row_of(size + done, items - done, side) : items - done;

        lay_row(&a, size + done, row, l->at + first + done);
        done += row;
    }
}

/* Room is left for its name: not for a module that is all of its package, twice. */
static bool has_head(const struct layout *l, const struct placed *p)
{
    const struct placed *in =
        p->level == 1 && p->parent >= 0 ? &l->at[p->parent] : NULL;
    bool again = in && p->group && in->group && in->group->count == 1 &&
                 str_eq(p->group->key, in->group->key);

    return !again && p->w >= HEAD_WIDTH && p->h >= HEAD_HEIGHT;
}

/* Level by level: boxes are placed before what is in them. */
static void lay_out_levels(struct layout *l, struct area whole, const struct group *top,
                           uint32_t count, uint32_t level)
{
    uint32_t from = 0;

    lay_out(l, whole, top, count, level, -1);
    for (uint32_t below = level + 1; below < LEVELS && below < l->levels; below++)
        for (uint32_t end = l->count; from < end; from++) {
            struct placed p = l->at[from];
            bool head = has_head(l, &p);
            struct area in = { p.x, p.y + (head ? HEAD : 0), p.w,
                               p.h - (head ? HEAD : 0), 0 };

            if (p.group && p.w >= l->least && p.h >= l->least)
                lay_out(l, in, l->groups->at[below] + p.group->from, p.group->count,
                        below, from);
        }
}

enum column {
    COLUMN_X,
    COLUMN_Y,
    COLUMN_W,
    COLUMN_H,
    COLUMN_LEVEL,
    COLUMN_PARENT,
    COLUMN_ID,
    COLUMN_VALUE,
    COLUMN_MERGED,
    COLUMNS
};

static int64_t tenths(double pixels)
{
    return (int64_t)(pixels * 10 + 0.5);
}

static int64_t cell_of(const struct placed *p, enum column c)
{
    switch (c) {
    case COLUMN_X:
        return tenths(p->x);
    case COLUMN_Y:
        return tenths(p->y);
    case COLUMN_W: /* edges meet, however they are rounded */
        return tenths(p->x + p->w) - tenths(p->x);
    case COLUMN_H:
        return tenths(p->y + p->h) - tenths(p->y);
    case COLUMN_LEVEL:
        return p->level;
    case COLUMN_PARENT:
        return p->parent;
    case COLUMN_ID:
        return p->group && p->level == 2 ? (int64_t)p->group->function : -1;
    case COLUMN_VALUE:
        return (int64_t)p->value;
    default:
        return p->merged;
    }
}

static void write_columns(const struct layout *l, struct json *j)
{
    static const char *const key[COLUMNS] = { "x",      "y",  "w",     "h",     "level",
                                              "parent", "id", "value", "merged" };

    for (int c = 0; c < COLUMNS; c++) {
        json_array(j, key[c]);
        for (uint32_t i = 0; i < l->count; i++)
            json_i64(j, NULL, cell_of(&l->at[i], (enum column)c));
        json_end(j);
    }
    json_array(j, "key");
    for (uint32_t i = 0; i < l->count; i++)
        if (l->at[i].group && l->at[i].level < 2)
            json_str(j, NULL, l->at[i].group->key);
        else
            json_null(j, NULL);
    json_end(j);
}

static const struct group *named(const struct group *at, uint32_t count, struct str key)
{
    for (uint32_t i = 0; i < count; i++)
        if (str_eq(at[i].key, key))
            return &at[i];
    return NULL;
}

/* What is below the root: of which level, from where, how many. */
static bool find_root(const struct map_groups *g, struct ask *a, struct str root,
                      const struct group *way[2], uint32_t *steps)
{
    const struct group *from = g->at[0];
    uint32_t count = g->count[0];
    bool found = true;

    for (*steps = 0; root.len > 0 && found && *steps < 2; ++*steps) {
        struct str key;

        way[*steps] =
            ask_take(&root, ',', &key, a->arena) ? named(from, count, key) : NULL;
        found = way[*steps] != NULL;
        if (found) {
            from = g->at[*steps + 1] + way[*steps]->from;
            count = way[*steps]->count;
        }
    }
    return (found && root.len == 0) ||
           err_set(&a->err, ERR_USAGE, "bad query: root: no such package or module");
}

static void answer(struct query *all, struct ask *a, struct json *j)
{
    double width = ask_number(a, "width", 800, 1, SIDE_MAX);
    double height = ask_number(a, "height", 500, 1, SIDE_MAX);
    uint32_t depth = ask_number(a, "depth", LEVELS, 1, LEVELS), steps;
    struct layout l = { .arena = a->arena,
                        .least = ask_number(a, "least", 3, 0, SIDE_MAX) };
    struct str root = ask_text(a, "root");
    const struct group *way[2];
    struct query *q = narrow_asked(all, a);

    if (!q || !ask_done(a))
        return;
    const struct map_groups *g = group(q);

    l.groups = g;
    if (!find_root(g, a, root, way, &steps))
        return;
    const struct group *in = steps > 0 ? way[steps - 1] : NULL;
    l.levels = steps + depth;
    lay_out_levels(&l, (struct area){ 0, 0, width, height, 0 },
                   g->at[steps] + (in ? in->from : 0), in ? in->count : g->count[0],
                   steps);
    struct used u = used_begin(q, a->arena);
    for (uint32_t i = 0; i < l.count; i++)
        if (l.at[i].level == 2 && l.at[i].group)
            used_add(&u, l.at[i].group->function);
    json_u64(j, "total", stats_total(q->stats)->self);
    json_str(j, "root", root);
    json_array(j, "root_names");
    for (uint32_t i = 0; i < steps; i++)
        json_str(j, NULL, way[i]->key);
    json_end(j);
    write_columns(&l, j);
    used_write(&u, j);
}

const struct kind_of_query query_map = { "map", answer };
