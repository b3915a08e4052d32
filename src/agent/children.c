/* SPDX-License-Identifier: Apache-2.0 */
/* children.c - records of the processes this one started, found again by pid when one
 * of them was waited for. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/children.h"

enum {
    TABLE_FIRST = 256,
    RECORDS_MOST = 1 << 20, /* of a process: 64 MB */
    EARLY = 16,
};

/* From the pid of one not yet waited for to its record: open addressing. */
static struct running {
    uint32_t pid, cell; /* pid 0: empty */
} * table;
static uint32_t size, used;

/* Ends that another thread saw before the start was noted: os.fork() runs callbacks
 * in Python before it returns. */
static struct early {
    uint32_t pid;
    uint64_t ns;
    struct child_end end;
} early[EARLY];
static uint32_t earlier;

static uint32_t records;  /* so far */
static uint32_t tape = 1; /* tells tickets of one tape from those of the next */

/* Its tape, which a forked child makes first. */
static bool writable(void)
{
    return !deaths_elsewhere() && (!agent.forked || agent_begin()) && calls.tape.base;
}

static struct running *slot_of(uint32_t pid)
{
    uint32_t at = pid * 0x9e3779b9u & (size - 1);

    while (table[at].pid != 0 && table[at].pid != pid)
        at = (at + 1) & (size - 1);
    return &table[at];
}

static bool grow(void)
{
    struct running *old = table;
    uint32_t old_size = size, new_size = old_size ? old_size * 2 : TABLE_FIRST;
    struct running *grown = writer_map_private(new_size * sizeof *grown);

    if (!grown)
        return false;
    table = grown;
    size = new_size;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].pid != 0)
            *slot_of(old[i].pid) = old[i];
    if (old)
        munmap(old, old_size * sizeof *old);
    return true;
}

static void remember(uint32_t pid, uint32_t cell)
{
    if (used * 2 >= size && !grow())
        return;
    struct running *r = slot_of(pid);
    used += r->pid == 0;
    *r = (struct running){ pid, cell };
}

/* Those behind it in its run move up, so that none is cut off. */
static void forget(struct running *r)
{
    r->pid = 0;
    used--;
    for (uint32_t i = (uint32_t)(r - table) + 1;; i++) {
        struct running *next = &table[i & (size - 1)], moved = *next;
        if (moved.pid == 0)
            return;
        next->pid = 0;
        *slot_of(moved.pid) = moved;
    }
}

static void settle(uint32_t cell, const struct child_end *end, uint64_t ns)
{
    struct tape_process *p = writer_cell(&calls.tape, cell);

    p->status = (uint32_t)end->status;
    p->end_ns = ns;
    p->cpu_ns = end->cpu_ns;
    p->max_rss_bytes = end->max_rss_bytes;
    __atomic_store_n(&p->flags, p->flags | TAPE_PROCESS_ENDED, __ATOMIC_RELEASE);
    writer_flush_now_and_then(&calls.tape);
}

void children_prepare(struct child *c, const struct command *command)
{
    c->start_ns = clock_monotonic_ns();
    c->flags = command ? 0 : TAPE_PROCESS_FORKED;
    c->reason = command ? reason_of(command) : reason_of_fork();
    if (command)
        command_name(command, c->name);
    else
        memcpy(c->name, agent.program, sizeof c->name);
}

static uint32_t add(const struct child *c, long pid)
{
    struct writer *w = &calls.tape;
    tape_text name = writer_text(w, c->name, strlen(c->name));
    tape_text reason = writer_text(w, c->reason, strlen(c->reason));
    bool image = c->flags & TAPE_PROCESS_IMAGE;
    uint32_t cell =
        records < RECORDS_MOST ? writer_add(w, &w->processes, TAPE_PROCESSES, 0) : 0;

    if (cell == 0) {
        writer_header(w)->more_processes++;
        return 0;
    }
    *(struct tape_process *)writer_cell(w, cell) = (struct tape_process){
        .name = name,
        .reason = reason,
        .pid = (uint32_t)pid,
        .parent_pid = image ? writer_header(w)->parent_pid : writer_header(w)->pid,
        .flags = c->flags,
        .start_ns = c->start_ns,
    };
    writer_commit(&w->processes);
    records++;
    return cell;
}

static void look_at_early(uint32_t pid, uint32_t cell, uint64_t start_ns)
{
    for (uint32_t i = 0; i < EARLY; i++)
        if (early[i].pid == pid && early[i].ns > start_ns) {
            settle(cell, &early[i].end, early[i].ns);
            early[i].pid = 0;
            return;
        }
    remember(pid, cell);
}

uint64_t children_started(const struct child *c, long pid)
{
    if (!writable())
        return 0;
    uint32_t cell = add(c, pid);
    if (cell == 0)
        return 0;
    if (pid > 0 && !(c->flags & TAPE_PROCESS_IMAGE))
        look_at_early((uint32_t)pid, cell, c->start_ns);
    writer_flush_now_and_then(&calls.tape);
    return (uint64_t)tape << 32 | cell;
}

/* It ended as posix_spawn(3)'s own child did, which nobody else has seen. */
void children_refused(struct child *c)
{
    struct child_end end = { .status = 127 << 8 };

    c->reason = REASON_NOT_EXECUTED;
    c->flags |= TAPE_PROCESS_UNENTERED;
    children_settle(children_started(c, 0), &end);
}

void children_ended(long pid, const struct child_end *end)
{
    uint64_t now = clock_monotonic_ns();

    if (pid <= 0 || !writable())
        return;
    struct running *r = table ? slot_of((uint32_t)pid) : NULL;
    if (!r || r->pid == 0) {
        early[earlier++ % EARLY] = (struct early){ (uint32_t)pid, now, *end };
        return;
    }
    uint32_t cell = r->cell;
    forget(r);
    settle(cell, end, now);
}

void children_settle(uint64_t ticket, const struct child_end *end)
{
    uint32_t cell = (uint32_t)ticket;

    if (ticket == 0 || ticket >> 32 != tape || agent.forked || !calls.tape.base)
        return;
    struct tape_process *p = writer_cell(&calls.tape, cell);
    if (end)
        settle(cell, end, clock_monotonic_ns());
    else
        p->flags |= TAPE_PROCESS_VOID;
}

void children_drop(void)
{
    if (table)
        munmap(table, size * sizeof *table);
    table = NULL;
    size = used = records = 0;
    memset(early, 0, sizeof early);
    tape++;
}
