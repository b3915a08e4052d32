/* SPDX-License-Identifier: Apache-2.0 */
/* ancestry.c - parents are found by pid and moment in a sorted list: of a pid that
 * several processes had, one after another, it is the last that began before. */
#include "model/ancestry.h"

#include <stdlib.h>

#define NONE UINT32_MAX

struct began {
    uint64_t ns;
    uint32_t pid;
    process_id process;
};

struct laying {
    uint32_t count;
    const struct began *by_pid;
    process_id *child, *next; /* by process: the youngest child, an older sibling */
    bool *laid;
    struct kin *waiting, *at;
    uint32_t laid_out;
};

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_moment(const void *a, const void *b)
{
    const struct began *x = a, *y = b;
    int order = compare(x->ns, y->ns);

    if (order == 0)
        order = compare(x->pid, y->pid);
    return order != 0 ? order : compare(x->process, y->process);
}

static int by_pid(const void *a, const void *b)
{
    const struct began *x = a, *y = b;
    int order = compare(x->pid, y->pid);

    return order != 0 ? order : by_moment(a, b);
}

/* How many of the list come before that process, or began with it. */
static uint32_t up_to(const struct laying *l, uint32_t pid, uint64_t ns)
{
    struct began wanted = { ns, pid, NONE };
    uint32_t from = 0, to = l->count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;

        if (by_pid(&l->by_pid[middle], &wanted) <= 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* Where a clock was set back the parent seems to be the younger: any will do. */
static process_id parent_of(const struct laying *l, const struct process *p)
{
    uint32_t before = up_to(l, p->parent_pid, p->started_ns);

    if (p->parent_pid == 0 || p->parent_pid == p->pid)
        return NONE;
    if (before > 0 && l->by_pid[before - 1].pid == p->parent_pid)
        return l->by_pid[before - 1].process;
    if (before < l->count && l->by_pid[before].pid == p->parent_pid)
        return l->by_pid[before].process;
    return NONE;
}

/* The process and all below it, but what has its place already. */
static void lay_out(struct laying *l, process_id root)
{
    uint32_t waiting = 0;

    l->waiting[waiting++] = (struct kin){ root, 0 };
    while (waiting > 0) {
        struct kin k = l->waiting[--waiting];

        if (l->laid[k.process])
            continue;
        l->laid[k.process] = true;
        l->at[l->laid_out++] = k;
        for (process_id c = l->child[k.process]; c != NONE; c = l->next[c])
            l->waiting[waiting++] = (struct kin){ c, k.depth + 1 };
    }
}

const struct kin *ancestry_of(const struct profile *p, struct arena *a)
{
    uint32_t count = profile_processes(p);
    struct began *moment = arena_array(a, count, sizeof *moment);
    struct began *pid = arena_array(a, count, sizeof *pid);
    bool *below = arena_array(a, count, sizeof *below);
    struct laying l = {
        .count = count,
        .by_pid = pid,
        .child = arena_array(a, count, sizeof *l.child),
        .next = arena_array(a, count, sizeof *l.next),
        .laid = arena_array(a, count, sizeof *l.laid),
        .waiting = arena_array(a, (size_t)count + 1, sizeof *l.waiting),
        .at = arena_array(a, count, sizeof *l.at),
    };

    for (process_id i = 0; i < count; i++) {
        const struct process *process = profile_process(p, i);

        uint64_t begun = process->begun_ns ? process->begun_ns : process->started_ns;
        moment[i] = (struct began){ begun, process->pid, i };
        pid[i] = (struct began){ process->started_ns, process->pid, i };
        l.child[i] = l.next[i] = NONE;
    }
    qsort(moment, count, sizeof *moment, by_moment);
    qsort(pid, count, sizeof *pid, by_pid);
    for (uint32_t i = 0; i < count; i++) {
        process_id child = moment[i].process;
        process_id parent = parent_of(&l, profile_process(p, child));

        if (parent == NONE)
            continue;
        below[child] = true;
        l.next[child] = l.child[parent];
        l.child[parent] = child;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!below[moment[i].process])
            lay_out(&l, moment[i].process);
    for (uint32_t i = 0; i < count; i++) /* what is left goes round in circles */
        lay_out(&l, moment[i].process);
    return l.at;
}
