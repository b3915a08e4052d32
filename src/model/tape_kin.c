/* SPDX-License-Identifier: Apache-2.0 */
/* tape_kin.c - who is whose parent, what each is called, and parents before children.
 * Between a process and the nearest that is known may stand some that nobody saw; a
 * tape made to hurt may tell of parents in a circle: then somebody in it is first. */
#include <stdlib.h>

#include "model/tape_processes.h"

#define NOBODY UINT32_MAX

/* Of rows, by their place. */
struct kin {
    struct reading *r;
    const struct seen *launched;
    struct row *row;
    uint32_t rows;
    uint32_t *parent, *child, *sibling; /* child: the first one */
    process_id *order;
    uint32_t ordered;
};

struct row *kin_at(struct row *rows, uint32_t count, uint32_t pid, uint64_t then_ns)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (rows[mid].pid < pid ||
            (rows[mid].pid == pid && rows[mid].begin_ns <= then_ns))
            low = mid + 1;
        else
            high = mid;
    }
    return low > 0 && rows[low - 1].pid == pid ? &rows[low - 1] : NULL;
}

static uint32_t find_parent(const struct kin *k, const struct row *row)
{
    for (uint32_t i = 0; i < CHAIN && row->chain[i] != 0; i++) {
        if (row->chain[i] == row->pid)
            continue;
        const struct row *above = kin_at(k->row, k->rows, row->chain[i], row->begin_ns);
        if (above)
            return (uint32_t)(above - k->row);
    }
    return NOBODY;
}

static const struct process *process_of(const struct kin *k, uint32_t row)
{
    return build_process_at(k->r->build, k->row[row].process);
}

static bool is_main(const struct kin *k, uint32_t i)
{
    const struct row *row = &k->row[i];
    const struct seen *launched = k->launched;

    if (!launched)
        return k->parent[i] == NOBODY && (process_of(k, i)->entered || row->image);
    return row->pid == launched->record.pid &&
           row->begin_ns >= launched->record.start_ns &&
           (!(launched->record.flags & TAPE_PROCESS_ENDED) ||
            row->begin_ns <= launched->record.end_ns);
}

/* What a tape may say of its process; all else is not ours. */
static bool is_duty(struct str duty)
{
    return str_begins(duty, STR("worker: ")) || str_eq(duty, STR("forkserver")) ||
           str_eq(duty, STR("resource_tracker"));
}

/* main: what was launched; worker: the same program again, below it, where it forked;
 * child: any other program. */
static struct str role_of(const struct kin *k, uint32_t i)
{
    const struct row *row = &k->row[i];
    uint32_t parent = k->parent[i];

    if (is_main(k, i))
        return STR("main");
    if (is_duty(row->duty))
        return row->duty;
    if (row->flags != 0)
        return row->flags & TAPE_FORKED ? STR("worker") : STR("child");
    bool same = parent != NOBODY && process_of(k, i)->entered &&
                str_eq(process_of(k, parent)->program, process_of(k, i)->program);
    return same ? STR("worker") : STR("child");
}

struct place {
    bool main;
    uint64_t start_ns;
    process_id process;
    uint32_t row;
};

/* The program, and then in the order they were started. */
static int by_start(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->main != y->main)
        return x->main ? -1 : 1;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->process < y->process ? -1 : x->process > y->process;
}

static struct place *oldest_first(const struct kin *k)
{
    struct place *places = arena_array(k->r->scratch, k->rows, sizeof *places);

    for (uint32_t i = 0; i < k->rows; i++)
        places[i] =
            (struct place){ is_main(k, i), k->row[i].start_ns, k->row[i].process, i };
    if (k->rows > 0)
        qsort(places, k->rows, sizeof *places, by_start);
    return places;
}

/* Youngest first, so that of each parent's list the oldest ends up in front. */
static void link_children(struct kin *k, const struct place *places)
{
    for (uint32_t i = 0; i < k->rows; i++)
        k->child[i] = k->sibling[i] = NOBODY;
    for (uint32_t n = k->rows; n-- > 0;) {
        uint32_t i = places[n].row, parent = k->parent[i];

        if (parent == NOBODY)
            continue;
        k->sibling[i] = k->child[parent];
        k->child[parent] = i;
    }
}

static uint32_t not_done(const struct kin *k, uint32_t i, const bool *done)
{
    while (i != NOBODY && done[i]) /* a circle, back at its beginning */
        i = k->sibling[i];
    return i;
}

/* From one down to the last below it. None comes twice: each has one parent. */
static void put_below(struct kin *k, uint32_t top, bool *done)
{
    for (uint32_t i = top;;) {
        k->order[k->ordered++] = k->row[i].process;
        done[i] = true;
        uint32_t next = not_done(k, k->child[i], done);
        while (next == NOBODY && i != top) {
            next = not_done(k, k->sibling[i], done);
            i = k->parent[i];
        }
        if (next == NOBODY)
            return;
        i = next;
    }
}

static void put_in_order(struct kin *k)
{
    const struct place *places = oldest_first(k);
    bool *done = arena_array(k->r->scratch, k->rows, sizeof *done);

    link_children(k, places);
    for (uint32_t n = 0; n < k->rows; n++)
        if (k->parent[places[n].row] == NOBODY)
            put_below(k, places[n].row, done);
    for (uint32_t n = 0; n < k->rows; n++)
        if (!done[places[n].row])
            put_below(k, places[n].row, done);
    build_order_processes(k->r->build, k->r->first, k->order);
}

void kin_find(struct reading *r, struct row *rows, uint32_t count,
              const struct seen *launched)
{
    struct kin k = { .r = r, .launched = launched, .row = rows, .rows = count };

    k.parent = arena_array(r->scratch, count, sizeof *k.parent);
    k.child = arena_array(r->scratch, count, sizeof *k.child);
    k.sibling = arena_array(r->scratch, count, sizeof *k.sibling);
    k.order = arena_array(r->scratch, count, sizeof *k.order);
    for (uint32_t i = 0; i < count; i++)
        k.parent[i] = find_parent(&k, &rows[i]);
    for (uint32_t i = 0; i < count; i++) {
        struct process *p = build_process_at(r->build, rows[i].process);

        p->role = build_text(r->build, role_of(&k, i));
        if (k.parent[i] != NOBODY && rows[k.parent[i]].pid != 0)
            p->parent_pid = rows[k.parent[i]].pid;
    }
    put_in_order(&k);
}
