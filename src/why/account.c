/* SPDX-License-Identifier: Apache-2.0 */
/* account.c - tables of rows by their words and of nodes by parent and row. */
#include <stdlib.h>

#include "why/account.h"

#define NO_ROW UINT32_MAX

void account_open(struct account *t, struct arena *a)
{
    *t = (struct account){ .arena = a, .row_map = map_on(a), .node_map = map_on(a) };
    t->row = pile_on(a, sizeof(struct account_row));
    t->node = pile_on(a, sizeof(struct account_node));
    ((struct account_node *)pile_add(&t->node))->is.row = NO_ROW;
}

static uint64_t hash_row(const struct split_row *r)
{
    uint64_t hash = str_hash(r->library) * 31 + str_hash(r->function);

    return (hash * 31 + str_hash(r->symbol)) * 31 + r->part;
}

struct wanted {
    const struct account *account;
    const struct split_row *row;
    uint32_t parent, of;
};

static bool same_row(const void *with, uint32_t id)
{
    const struct wanted *w = with;
    const struct split_row *r = pile_at(&w->account->row, id); /* `is` comes first */

    return r->part == w->row->part && str_eq(r->function, w->row->function) &&
           str_eq(r->library, w->row->library) && str_eq(r->symbol, w->row->symbol);
}

uint32_t account_row(struct account *t, const struct split_row *like)
{
    struct wanted wanted = { .account = t, .row = like };
    uint64_t hash = hash_row(like);
    uint32_t id = map_find(&t->row_map, hash, same_row, &wanted);
    struct account_row *r;

    if (id != MAP_NONE)
        return id;
    id = t->row.count;
    map_add(&t->row_map, hash, id);
    r = pile_add(&t->row);
    r->is = *like;
    return id;
}

static bool same_node(const void *with, uint32_t id)
{
    const struct wanted *w = with;
    const struct account_node *n = pile_at(&w->account->node, id);

    return n->is.parent == w->parent && n->is.row == w->of;
}

uint32_t account_node(struct account *t, uint32_t parent, uint32_t row)
{
    struct wanted wanted = { .account = t, .parent = parent, .of = row };
    uint64_t hash = ((uint64_t)parent << 32 | row) * 0x9e3779b97f4a7c15ull;
    const struct account_node *above = pile_at(&t->node, parent);
    uint32_t depth = above->depth + 1, id;
    struct account_node *n;

    if (above->is.row == row || depth > ACCOUNT_DEEPEST)
        return parent;
    id = map_find(&t->node_map, hash, same_node, &wanted);
    if (id != MAP_NONE)
        return id;
    id = t->node.count;
    map_add(&t->node_map, hash, id);
    n = pile_add(&t->node);
    n->is.parent = parent;
    n->is.row = row;
    n->depth = depth;
    return id;
}

void account_enter(struct account *t, uint32_t row)
{
    struct account_row *r = pile_at(&t->row, row);

    if (r->entered++ == 0)
        r->total_then = t->total;
}

void account_leave(struct account *t, uint32_t row)
{
    struct account_row *r = pile_at(&t->row, row);

    if (r->entered > 0 && --r->entered == 0)
        r->is.inclusive += t->total - r->total_then;
}

void account_call(struct account *t, uint32_t row, uint32_t node)
{
    if (!t->on)
        return;
    ((struct account_row *)pile_at(&t->row, row))->is.calls++;
    ((struct account_node *)pile_at(&t->node, node))->is.calls++;
}

void account_charge(struct account *t, uint32_t row, uint32_t node, int64_t count,
                    bool borrowed)
{
    struct split_row *r = pile_at(&t->row, row);

    if (!t->on)
        return;
    r->self += count;
    ((struct account_node *)pile_at(&t->node, node))->is.self += count;
    t->part[r->part] += count;
    t->total += count;
    if (borrowed) {
        r->borrowed = true;
        t->borrowed += count;
    }
}

static const struct split_row *sorting;

static int by_part(const void *left, const void *right)
{
    const struct split_row *a = &sorting[*(const uint32_t *)left];
    const struct split_row *b = &sorting[*(const uint32_t *)right];

    if (a->part != b->part)
        return a->part < b->part ? -1 : 1;
    if (a->self != b->self)
        return a->self > b->self ? -1 : 1;
    return str_cmp(a->function, b->function);
}

static bool is_something(const struct split_row *r)
{
    return r->self != 0 || r->inclusive != 0 || r->calls != 0;
}

/* The rows that count, in order; `place` says where each went. */
static void close_rows(struct account *t, struct split *out, uint32_t *place)
{
    struct split_row *all = arena_array(t->arena, t->row.count + 1, sizeof *all);
    uint32_t *order = arena_array(t->arena, t->row.count + 1, sizeof *order);

    for (uint32_t i = 0; i < t->row.count; i++) {
        all[i] = ((const struct account_row *)pile_at(&t->row, i))->is;
        place[i] = NO_ROW;
        if (is_something(&all[i]))
            order[out->rows++] = i;
    }
    sorting = all;
    qsort(order, out->rows, sizeof *order, by_part);
    out->row = arena_array(t->arena, out->rows + 1, sizeof *out->row);
    for (uint32_t i = 0; i < out->rows; i++) {
        out->row[i] = all[order[i]];
        place[order[i]] = i;
    }
}

void account_close(struct account *t, struct split *out)
{
    uint32_t *place = arena_array(t->arena, t->row.count + 1, sizeof *place);
    uint32_t *moved = arena_array(t->arena, t->node.count + 1, sizeof *moved);

    close_rows(t, out, place);
    for (uint32_t i = t->node.count; i-- > 0;) {
        struct split_node *n = pile_at(&t->node, i);
        n->inclusive += n->self;
        if (i != ACCOUNT_ROOT)
            ((struct split_node *)pile_at(&t->node, n->parent))->inclusive +=
                n->inclusive;
    }
    out->node = arena_array(t->arena, t->node.count + 1, sizeof *out->node);
    for (uint32_t i = 0; i < t->node.count; i++) {
        struct split_node n = *(const struct split_node *)pile_at(&t->node, i);
        if (i != ACCOUNT_ROOT && (n.inclusive == 0 && n.calls == 0))
            continue; /* and so is all below it */
        n.parent = moved[n.parent];
        n.row = i == ACCOUNT_ROOT ? NO_ROW : place[n.row];
        moved[i] = out->nodes;
        out->node[out->nodes++] = n;
    }
    out->total = t->total;
    out->borrowed = t->borrowed;
    for (int i = 0; i < SPLIT_PARTS; i++)
        out->part[i] = t->part[i];
}
