/* SPDX-License-Identifier: Apache-2.0 */
/* subtract.c - one split off another: lists by what their rows are called. What only
 * the other has comes in with figures below 0. */
#include <string.h>

#include "why/split.h"

#define NO_ROW UINT32_MAX

static bool same_row(const struct split_row *a, const struct split_row *b)
{
    return a->part == b->part && str_eq(a->function, b->function) &&
           str_eq(a->library, b->library) && str_eq(a->symbol, b->symbol);
}

/* Where each row of `what` is in from->row, which has room for all. */
static uint32_t *subtract_rows(struct split *from, const struct split *what,
                               struct arena *a)
{
    struct split_row *row = arena_array(a, from->rows + what->rows + 1, sizeof *row);
    uint32_t *place = arena_array(a, what->rows + 1, sizeof *place);

    if (from->rows)
        memcpy(row, from->row, from->rows * sizeof *row);
    from->row = row;
    for (uint32_t i = 0; i < what->rows; i++) {
        uint32_t at = 0;
        while (at < from->rows && !same_row(&row[at], &what->row[i]))
            at++;
        if (at == from->rows) {
            row[from->rows] = what->row[i];
            row[from->rows].self = row[from->rows].inclusive = row[from->rows].calls =
                0;
            from->rows++;
        }
        row[at].self -= what->row[i].self;
        row[at].inclusive -= what->row[i].inclusive;
        row[at].calls -= what->row[i].calls;
        place[i] = at;
    }
    return place;
}

static uint32_t find_child(const struct split *of, uint32_t parent, uint32_t row)
{
    for (uint32_t i = parent + 1; i < of->nodes; i++)
        if (of->node[i].parent == parent && of->node[i].row == row)
            return i;
    return NO_ROW;
}

static void subtract_nodes(struct split *from, const struct split *what,
                           const uint32_t *row_place, struct arena *a)
{
    struct split_node *node =
        arena_array(a, from->nodes + what->nodes + 1, sizeof *node);
    uint32_t *place = arena_array(a, what->nodes + 1, sizeof *place);

    if (from->nodes)
        memcpy(node, from->node, from->nodes * sizeof *node);
    else
        node[from->nodes++].row = NO_ROW;
    from->node = node;
    for (uint32_t i = 0; i < what->nodes; i++) {
        const struct split_node *w = &what->node[i];
        uint32_t at = 0;
        if (i > 0) {
            uint32_t parent = place[w->parent], row = row_place[w->row];
            at = find_child(from, parent, row);
            if (at == NO_ROW) {
                at = from->nodes++;
                node[at] = (struct split_node){ .parent = parent, .row = row };
            }
        }
        node[at].self -= w->self;
        node[at].inclusive -= w->inclusive;
        node[at].calls -= w->calls;
        place[i] = at;
    }
}

static bool row_is_nothing(const struct split_row *r)
{
    return r->self == 0 && r->inclusive == 0 && r->calls == 0;
}

/* Nodes with figures, and all between them and the root; then rows that nodes name or
 * that have figures. */
static void drop_nothing(struct split *s, struct arena *a)
{
    bool *keep_node = arena_array(a, s->nodes + 1, sizeof *keep_node);
    bool *keep_row = arena_array(a, s->rows + 1, sizeof *keep_row);
    uint32_t *place = arena_array(a, s->nodes + s->rows + 1, sizeof *place), rows = 0,
             nodes = 0;

    for (uint32_t i = s->nodes; i-- > 0;) {
        const struct split_node *n = &s->node[i];
        keep_node[i] |= i == 0 || n->self || n->inclusive || n->calls;
        if (keep_node[i] && i > 0)
            keep_node[n->parent] = keep_row[n->row] = true;
    }
    for (uint32_t i = 0; i < s->rows; i++)
        if (keep_row[i] || !row_is_nothing(&s->row[i])) {
            place[i] = rows;
            s->row[rows++] = s->row[i];
        }
    for (uint32_t i = 0; i < s->nodes; i++) {
        struct split_node n = s->node[i];
        if (!keep_node[i])
            continue;
        if (i > 0) {
            n.parent = place[s->rows + n.parent];
            n.row = place[n.row];
        }
        place[s->rows + i] = nodes;
        s->node[nodes++] = n;
    }
    s->rows = rows;
    s->nodes = nodes;
}

static struct split_count *subtract_counts(const struct split_count *from,
                                           uint32_t *count,
                                           const struct split_count *what,
                                           uint32_t what_count, struct arena *a)
{
    struct split_count *row = arena_array(a, *count + what_count + 1, sizeof *row);
    uint32_t left = 0;

    if (*count)
        memcpy(row, from, *count * sizeof *row);
    for (uint32_t i = 0; i < what_count; i++) {
        uint32_t at = 0;
        while (at < *count && !str_eq(row[at].name, what[i].name))
            at++;
        if (at == *count)
            row[(*count)++] = (struct split_count){ what[i].name, 0 };
        row[at].count -= what[i].count;
    }
    for (uint32_t i = 0; i < *count; i++)
        if (row[i].count != 0)
            row[left++] = row[i];
    *count = left;
    return row;
}

static void subtract_syscalls(struct split *from, const struct split *what,
                              struct arena *a)
{
    struct split_syscall *row =
        arena_array(a, from->syscalls + what->syscalls + 1, sizeof *row);
    uint32_t left = 0;

    if (from->syscalls)
        memcpy(row, from->syscall, from->syscalls * sizeof *row);
    for (uint32_t i = 0; i < what->syscalls; i++) {
        uint32_t at = 0;
        while (at < from->syscalls && !str_eq(row[at].name, what->syscall[i].name))
            at++;
        if (at == from->syscalls)
            row[from->syscalls++] =
                (struct split_syscall){ what->syscall[i].name, 0, 0 };
        row[at].count -= what->syscall[i].count;
        row[at].ns -= what->syscall[i].ns;
    }
    for (uint32_t i = 0; i < from->syscalls; i++)
        if (row[i].count != 0 || row[i].ns != 0)
            row[left++] = row[i];
    from->syscall = row;
    from->syscalls = left;
}

static bool same_function(const struct split_function *a,
                          const struct split_function *b)
{
    return a->line == b->line && str_eq(a->name, b->name) && str_eq(a->file, b->file);
}

static void subtract_functions(struct split *from, const struct split *what,
                               struct arena *a)
{
    struct split_function *row =
        arena_array(a, from->functions + what->functions + 1, sizeof *row);
    uint32_t left = 0;

    if (from->functions)
        memcpy(row, from->called, from->functions * sizeof *row);
    for (uint32_t i = 0; i < what->functions; i++) {
        uint32_t at = 0;
        while (at < from->functions && !same_function(&row[at], &what->called[i]))
            at++;
        if (at == from->functions) {
            row[from->functions] = what->called[i];
            row[from->functions++].calls = 0;
        }
        row[at].calls -= what->called[i].calls;
    }
    for (uint32_t i = 0; i < from->functions; i++)
        if (row[i].calls != 0)
            row[left++] = row[i];
    from->called = row;
    from->functions = left;
}

void split_subtract(struct split *from, const struct split *what, struct arena *a)
{
    const uint32_t *place = subtract_rows(from, what, a);

    subtract_nodes(from, what, place, a);
    drop_nothing(from, a);
    from->opcode =
        subtract_counts(from->opcode, &from->opcodes, what->opcode, what->opcodes, a);
    from->object =
        subtract_counts(from->object, &from->objects, what->object, what->objects, a);
    subtract_syscalls(from, what, a);
    subtract_functions(from, what, a);
    from->objects_known &= what->objects_known;
    from->total -= what->total;
    from->borrowed -= what->borrowed;
    from->allocations -= what->allocations;
    from->allocated_bytes -= what->allocated_bytes;
    for (int i = 0; i < SPLIT_PARTS; i++)
        from->part[i] -= what->part[i];
}
