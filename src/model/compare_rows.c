/* SPDX-License-Identifier: Apache-2.0 */
/* compare_rows.c - the two sides' lists become one list of rows. */
#include "model/compare_body.h"

static struct row *add_row(struct compare *c, uint32_t before, uint32_t after)
{
    struct row *row = pile_add(&c->rows);

    row->place[SIDE_BEFORE] = before;
    row->place[SIDE_AFTER] = after;
    row->shown.parent = COMPARED_NONE;
    return row;
}

/* By place in the list of after: its partner before. */
static uint32_t *partners_before(const struct compare *c, const uint32_t *after,
                                 struct arena *scratch)
{
    uint32_t count = c->list[SIDE_AFTER].functions.count;
    uint32_t *before = arena_array(scratch, count, sizeof *before);

    for (uint32_t i = 0; i < count; i++)
        before[i] = COMPARED_NONE;
    for (uint32_t i = 0; i < c->list[SIDE_BEFORE].functions.count; i++)
        if (after[i] != FUNCTION_NONE)
            before[after[i]] = i;
    return before;
}

static const struct function *function_at(const struct compare *c, enum side side,
                                          uint32_t place)
{
    return place == COMPARED_NONE ? NULL : pile_at(&c->list[side].functions, place);
}

static void make_function_rows(struct compare *c, const uint32_t *after,
                               const uint32_t *before)
{
    for (uint32_t i = 0; i < c->list[SIDE_BEFORE].functions.count; i++)
        add_row(c, i, after[i]);
    for (uint32_t i = 0; i < c->list[SIDE_AFTER].functions.count; i++)
        if (before[i] == COMPARED_NONE)
            add_row(c, COMPARED_NONE, i);
    for (uint32_t i = 0; i < c->rows.count; i++) {
        struct row *row = pile_at(&c->rows, i);

        for (int side = 0; side < SIDES; side++)
            row->shown.function[side] = function_at(c, side, row->place[side]);
    }
}

/* By place in the list of after: the row it has among functions. */
static uint32_t *rows_after(const struct compare *c, const uint32_t *before,
                            struct arena *scratch)
{
    uint32_t next = c->list[SIDE_BEFORE].functions.count;
    uint32_t count = c->list[SIDE_AFTER].functions.count;
    uint32_t *row = arena_array(scratch, count, sizeof *row);

    for (uint32_t i = 0; i < count; i++)
        row[i] = before[i] != COMPARED_NONE ? before[i] : next++;
    return row;
}

static void name_path(const struct compare *c, struct row *row, enum side side,
                      const struct path *p, uint32_t function_row)
{
    row->shown.depth = p->depth;
    row->shown.function_row = function_row;
    row->shown.folded = p->function == FUNCTION_NONE;
    row->shown.function[side] = function_at(c, side, p->function);
}

/* A path after is one before where its parent's is and its function's is. Ids of rows
 * and places are the same before. */
static void make_path_rows(struct compare *c, const uint32_t *before,
                           struct arena *scratch)
{
    struct list *l = c->list;
    uint32_t *row_of = arena_array(scratch, l[SIDE_AFTER].paths.count, sizeof *row_of);
    const uint32_t *row_at = rows_after(c, before, scratch);

    for (uint32_t i = 0; i < l[SIDE_BEFORE].paths.count; i++) {
        const struct path *p = pile_at(&l[SIDE_BEFORE].paths, i);
        struct row *row = add_row(c, i, COMPARED_NONE);

        row->shown.parent = p->parent;
        name_path(c, row, SIDE_BEFORE, p, p->function);
    }
    for (uint32_t i = 0; i < l[SIDE_AFTER].paths.count; i++) {
        const struct path *p = pile_at(&l[SIDE_AFTER].paths, i);
        bool marked = p->function == FUNCTION_NONE;
        uint32_t function = marked ? FUNCTION_NONE : before[p->function];
        uint32_t parent =
            p->parent == COMPARED_NONE ? COMPARED_NONE : row_of[p->parent];
        bool known = (marked || function != COMPARED_NONE) &&
                     (parent == COMPARED_NONE || parent < l[SIDE_BEFORE].paths.count);
        struct wanted_path w = { &l[SIDE_BEFORE], { parent, function, 0 } };
        uint64_t hash = compare_path_hash(&w.path);

        row_of[i] =
            known ? map_find(&l[SIDE_BEFORE].path_ids, hash, compare_same_path, &w)
                  : MAP_NONE;
        struct row *row;
        if (row_of[i] == MAP_NONE) {
            row_of[i] = c->rows.count;
            row = add_row(c, COMPARED_NONE, i);
            row->shown.parent = parent;
        } else {
            row = pile_at(&c->rows, row_of[i]);
            row->place[SIDE_AFTER] = i;
        }
        name_path(c, row, SIDE_AFTER, p, marked ? COMPARED_NONE : row_at[p->function]);
    }
}

void compare_pair(struct compare *c)
{
    struct arena *scratch = arena_open();
    const uint32_t *after =
        pair_functions(compare_functions(&c->list[SIDE_BEFORE], scratch),
                       compare_functions(&c->list[SIDE_AFTER], scratch), scratch);
    const uint32_t *before = partners_before(c, after, scratch);

    if (c->options.paths)
        make_path_rows(c, before, scratch);
    else
        make_function_rows(c, after, before);
    for (uint32_t i = 0; i < c->rows.count; i++) {
        struct row *row = pile_at(&c->rows, i);

        row->shown.row = i;
    }
    arena_close(scratch);
}
