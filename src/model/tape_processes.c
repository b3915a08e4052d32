/* SPDX-License-Identifier: Apache-2.0 */
/* tape_processes.c - joins what was told of processes with their own tapes. */
#include "model/tape_processes.h"

const struct seen *reading_seen(const struct reading *r, uint32_t pid)
{
    for (uint32_t i = 0; i < r->seen_count; i++)
        if (r->seen[i].record.pid == pid)
            return &r->seen[i];
    return NULL;
}

static struct seen *seen_new(struct reading *r)
{
    if (r->seen_count == r->seen_room) {
        size_t size = sizeof *r->seen;
        uint32_t room = r->seen_room ? r->seen_room * 2 : 16;

        r->seen = arena_grow(r->scratch, r->seen, r->seen_room * size, room * size);
        r->seen_room = room;
    }
    return &r->seen[r->seen_count++];
}

static void see_process(struct reading *r, const struct tape *t,
                        const struct tape_process *record)
{
    if (r->main_pid == 0)
        r->main_pid = record->pid;
    *seen_new(r) = (struct seen){
        .record = *record,
        .name = arena_str(r->scratch, tape_str(t, record->name)),
        .reason = arena_str(r->scratch, tape_str(t, record->reason)),
    };
}

void reading_see(struct reading *r, const struct tape *t)
{
    for (uint32_t i = 0; i < tape_runs(t); i++) {
        struct tape_run run = tape_run(t, i);
        const struct tape_process *record = run.records;

        for (uint32_t k = 0; run.kind == TAPE_PROCESSES && k < run.count; k++)
            see_process(r, t, &record[k]);
    }
}

/* A note is what a Python without an agent left: of one that is in no tape. */
void reading_notes(struct reading *r, const struct recording *recording)
{
    for (uint32_t i = 0; i < recording_notes(recording); i++) {
        struct recording_note note = recording_note(recording, i);
        struct seen *known = NULL;

        if (note.version.len == 0)
            continue;
        for (uint32_t k = 0; k < r->seen_count; k++)
            if (r->seen[k].record.pid == note.pid)
                known = &r->seen[k];
        if (!known) {
            known = seen_new(r);
            known->record.pid = note.pid;
            known->name = arena_str(r->scratch, str_basename(note.python));
        }
        if (str_begins(note.why, STR("agent: "))) {
            known->reason = arena_printf(r->scratch, "cannot record: %.*s",
                                         (int)note.why.len - 7, note.why.at + 7);
            continue;
        }
        known->reason = arena_printf(r->scratch, "no agent for Python %.*s (%.*s)",
                                     (int)note.version.len, note.version.at,
                                     (int)note.python.len, note.python.at);
    }
}

/* The last image of that pid which began: a program that execs has several. */
static struct process *last_image(struct reading *r, uint32_t pid)
{
    struct process *found = NULL;

    for (process_id i = r->first; i < build_processes(r->build); i++) {
        struct process *p = build_process_at(r->build, i);

        if (p->entered && p->pid == pid &&
            (!found || p->started_ns >= found->started_ns))
            found = p;
    }
    return found;
}

/* Statuses are Linux's, wherever they are read: the signal's number, 0 when
 * there was none, and above it the exit status. */
static void set_end(struct process *p, const struct tape_process *record)
{
    if (!(record->flags & TAPE_PROCESS_ENDED))
        return;
    p->signal = (int)(record->status & 0x7f);
    if (p->signal == 0)
        p->exit = (int)(record->status >> 8 & 0xff);
    p->alive = false;
}

/* What came before the counters were set to 0 is not told of. */
static uint64_t span_ns(const struct reading *r, const struct tape_process *record)
{
    uint64_t start = record->start_ns < r->reset_ns ? r->reset_ns : record->start_ns;
    bool known = record->flags & TAPE_PROCESS_ENDED && record->end_ns > start;

    return known ? record->end_ns - start : 0;
}

static bool is_past(const struct reading *r, const struct tape_process *record)
{
    return record->flags & TAPE_PROCESS_ENDED && record->end_ns < r->reset_ns;
}

static void apply_seen(struct reading *r, const struct seen *s)
{
    struct process *known = last_image(r, s->record.pid);
    struct process p = {
        .pid = s->record.pid,
        .parent_pid = s->record.parent_pid,
        .name = s->name,
        .program = s->name,
        .reason = s->reason.len > 0 ? s->reason : STR("not Python"),
        .started_ns = r->started_ns,
        .wall_ns = span_ns(r, &s->record),
        .cpu_ns = s->record.cpu_ns,
        .exit = -1,
    };

    if (known) {
        set_end(known, &s->record);
        return;
    }
    if (is_past(r, &s->record))
        return;
    set_end(&p, &s->record);
    build_process(r->build, &p);
}

static const struct process *parent_of(const struct reading *r, const struct process *p)
{
    for (process_id i = r->first; i < build_processes(r->build); i++) {
        const struct process *other = build_process_at(r->build, i);

        if (other->entered && other->pid == p->parent_pid && other != p)
            return other;
    }
    return NULL;
}

/* main: what was launched, the first that its launcher told of; worker: the same
 * program again, below it; child: any other program. */
static void name_roles(struct reading *r)
{
    for (process_id i = r->first; i < build_processes(r->build); i++) {
        struct process *p = build_process_at(r->build, i);
        const struct process *parent = parent_of(r, p);

        if (p->role.len > 0)
            continue;
        if (r->main_pid ? p->pid == r->main_pid : p->entered && !parent)
            p->role = STR("main");
        else if (parent && str_eq(parent->program, p->program))
            p->role = STR("worker");
        else
            p->role = STR("child");
    }
}

static void fill_run(struct reading *r)
{
    struct run *run = build_run(r->build);
    uint64_t wall = 0, longest = 0;

    for (uint32_t i = 0; i < r->seen_count; i++)
        if (span_ns(r, &r->seen[i].record) > wall)
            wall = span_ns(r, &r->seen[i].record);
    for (process_id i = r->first; i < build_processes(r->build); i++) {
        const struct process *p = build_process_at(r->build, i);

        if (run->program.len == 0 && str_eq(p->role, STR("main")))
            run->program = p->program;
        if (p->wall_ns > longest)
            longest = p->wall_ns;
    }
    if (run->program.len == 0)
        run->program = build_text(r->build, r->launched);
    if (run->clock.len == 0)
        run->clock = STR("wall");
    if (run->started_ns == 0 || r->started_ns < run->started_ns)
        run->started_ns = r->started_ns;
    run->wall_ns += wall > 0 ? wall : longest;
}

void reading_processes(struct reading *r)
{
    for (uint32_t i = 0; i < r->seen_count; i++)
        apply_seen(r, &r->seen[i]);
    name_roles(r);
    fill_run(r);
}
