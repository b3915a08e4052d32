/* SPDX-License-Identifier: Apache-2.0 */
/* figures.c - one pass backwards sums subtrees; nodes sorted by callee number the pairs
 * without a lookup; a walk knows which groups and pairs are active above a node. */
#include "profile/figures.h"

#include <sys/mman.h>

#define NONE UINT32_MAX

struct counting {
    const struct snapshot *s;
    uint32_t groups;
    /* By node. */
    int64_t *below; /* spent in it and its callees */
    uint32_t *group, *pair, *sorted, *child, *sibling;
    /* By group. */
    uint32_t *active, *noted, *from;
    uint32_t *pair_active; /* by pair */
    uint32_t sorted_count;
};

static bool make_room(struct figures *f, struct counting *c)
{
    size_t nodes = c->s->nodes, groups = c->groups;

    f->bytes = nodes * (sizeof *f->edge + sizeof *c->below + 6 * sizeof(uint32_t)) +
               groups * (sizeof *f->row + 3 * sizeof(uint32_t)) + sizeof(uint64_t);
    f->room = writer_map_private(f->bytes);
    if (!f->room)
        return false;
    f->edge = f->room;
    f->row = (struct row *)(void *)(f->edge + nodes);
    c->below = (int64_t *)(void *)(f->row + groups);
    c->group = (uint32_t *)(void *)(c->below + nodes);
    c->pair = c->group + nodes;
    c->sorted = c->pair + nodes;
    c->child = c->sorted + nodes;
    c->sibling = c->child + nodes;
    c->pair_active = c->sibling + nodes;
    c->active = c->pair_active + nodes;
    c->noted = c->active + groups;
    c->from = c->noted + groups;
    return true;
}

static void sum_subtrees(const struct counting *c, const uint32_t *group)
{
    const struct snapshot *s = c->s;

    for (uint32_t n = 0; n < s->nodes; n++)
        c->group[n] = s->function[n] ? group[s->function[n] - 1] : NONE;
    for (uint32_t n = s->nodes - 1; n > 0; n--) {
        if (c->group[n] != NONE)
            c->below[n] += (int64_t)s->self[n];
        c->below[s->parent[n]] += c->below[n];
        c->sibling[n] = c->child[s->parent[n]];
        c->child[s->parent[n]] = n;
    }
}

static void sort_by_callee(struct counting *c)
{
    for (uint32_t n = 1; n < c->s->nodes; n++)
        if (c->group[n] != NONE)
            c->from[c->group[n]]++;
    for (uint32_t g = 0; g < c->groups; g++) {
        uint32_t here = c->from[g];

        c->from[g] = c->sorted_count;
        c->sorted_count += here;
    }
    for (uint32_t n = 1; n < c->s->nodes; n++)
        if (c->group[n] != NONE)
            c->sorted[c->from[c->group[n]]++] = n;
}

/* Within the nodes of one callee, a caller's pair is the one noted for it since that
 * callee began. */
static void number_pairs(struct figures *f, const struct counting *c)
{
    uint32_t callee = NONE, begun = 0;

    for (uint32_t i = 0; i < c->sorted_count; i++) {
        uint32_t n = c->sorted[i], caller = c->group[c->s->parent[n]];

        if (c->group[n] != callee) {
            callee = c->group[n];
            begun = f->edges;
        }
        c->pair[n] = NONE;
        if (caller == NONE)
            continue;
        if (c->noted[caller] <= begun) {
            f->edge[f->edges] = (struct edge){ .caller = caller, .callee = callee };
            c->noted[caller] = ++f->edges;
        }
        c->pair[n] = c->noted[caller] - 1;
    }
}

static void add(struct row *row, const struct counting *c, uint32_t n, bool outer)
{
    row->calls += c->s->calls[n];
    row->resumes += c->s->resumes[n];
    row->self += (int64_t)c->s->self[n];
    if (outer) {
        row->primitive += c->s->calls[n];
        row->cumulative += c->below[n];
    }
}

static void enter(const struct figures *f, const struct counting *c, uint32_t n)
{
    if (c->group[n] == NONE)
        return;
    add(&f->row[c->group[n]], c, n, c->active[c->group[n]]++ == 0);
    if (c->pair[n] != NONE)
        add(&f->edge[c->pair[n]].row, c, n, c->pair_active[c->pair[n]]++ == 0);
}

static void leave(const struct counting *c, uint32_t n)
{
    if (c->group[n] == NONE)
        return;
    c->active[c->group[n]]--;
    if (c->pair[n] != NONE)
        c->pair_active[c->pair[n]]--;
}

static void walk(const struct figures *f, const struct counting *c)
{
    uint32_t n = c->child[0];

    while (n != 0) {
        enter(f, c, n);
        if (c->child[n] != 0) {
            n = c->child[n];
            continue;
        }
        while (n != 0 && c->sibling[n] == 0) {
            leave(c, n);
            n = c->s->parent[n];
        }
        if (n != 0) {
            leave(c, n);
            n = c->sibling[n];
        }
    }
}

bool figures_of(struct figures *f, const struct snapshot *s, const uint32_t *group,
                uint32_t groups)
{
    struct counting c = { .s = s, .groups = groups };

    *f = (struct figures){ 0 };
    if (!make_room(f, &c))
        return false;
    sum_subtrees(&c, group);
    sort_by_callee(&c);
    number_pairs(f, &c);
    walk(f, &c);
    return true;
}

void figures_close(struct figures *f)
{
    munmap(f->room, f->bytes);
}
