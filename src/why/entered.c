/* SPDX-License-Identifier: Apache-2.0 */
/* entered.c - each node of the tree leads up to where its library was entered. Parents
 * stand before their children, so that one pass does. */
#include "why/entered.h"

static bool same_function(const struct split_row *a, const struct split_row *b)
{
    return a->part == b->part && str_eq(a->library, b->library) &&
           str_eq(a->function, b->function);
}

const struct entered *entered_like(const struct entries *in, const struct split_row *r)
{
    for (uint32_t i = 0; i < in->count; i++)
        if (same_function(in->at[i].row, r))
            return &in->at[i];
    return NULL;
}

static struct entered *entry_of(struct entries *in, const struct split_row *r)
{
    struct entered *known = (struct entered *)entered_like(in, r);

    if (known)
        return known;
    in->at[in->count] = (struct entered){ .row = r };
    return &in->at[in->count++];
}

static const struct split_row *row_of(const struct split *s, uint32_t node)
{
    uint32_t row = s->node[node].row;

    return row < s->rows ? &s->row[row] : NULL;
}

struct entries entered_of(const struct split *s, enum split_part part, struct arena *a)
{
    struct entries in = { arena_array(a, s->rows + 1, sizeof *in.at), 0 };
    uint32_t *entry = arena_array(a, s->nodes + 1, sizeof *entry);

    for (uint32_t i = 1; i < s->nodes; i++) {
        const struct split_row *r = row_of(s, i);
        uint32_t parent = s->node[i].parent;

        entry[i] = i;
        if (!r || r->part != part || parent >= i)
            continue;
        const struct split_row *above = parent > 0 ? row_of(s, parent) : NULL;
        bool inside =
            above && above->part == part && str_eq(above->library, r->library);
        entry[i] = inside ? entry[parent] : i;
        struct entered *to = entry_of(&in, row_of(s, entry[i]));
        to->instructions += s->node[i].self;
        if (!inside)
            to->calls += s->node[i].calls;
    }
    return in;
}
