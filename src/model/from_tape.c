/* SPDX-License-Identifier: Apache-2.0 */
/* from_tape.c - tapes one after another into the builder; then what one
 * process knows of another: the launcher of what it started. */
#include "model/from_tape.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "model/tape_nodes.h"
#include "tape/recording.h"

struct seen { /* a process somebody told of */
    struct tape_process record;
    struct str name, reason;
};

struct image { /* one tape's: a process that execs has several */
    uint32_t pid;
    uint64_t first_ns;
};

struct reading {
    struct build *build;
    struct arena *scratch;
    process_id first;   /* of this recording */
    double ns_per_tick; /* of the tape that ran longest */
    uint64_t longest_ns;
    struct seen *seen;
    uint32_t seen_count, seen_room;
    struct image *image;
    uint32_t images;
    uint32_t agents;       /* tapes of Python processes */
    struct err unreadable; /* the first */
    uint64_t lost_events, started_ns;
    struct str launched; /* the program, as the launcher calls it */
};

static struct str python_name(struct reading *r, uint32_t hex)
{
    static const char *const level[16] = { [0xa] = "a", [0xb] = "b", [0xc] = "rc" };
    const char *word = level[hex >> 4 & 0xf];

    if (hex == 0)
        return (struct str){ 0 };
    struct str s = arena_printf(r->scratch, "%u.%u.%u", hex >> 24, hex >> 16 & 0xff,
                                hex >> 8 & 0xff);
    if (word)
        s = arena_printf(r->scratch, "%s%s%u", s.at, word, hex & 0xf);
    return s;
}

/* Of a tape whose second moment is missing. The time stamp counter and
 * CLOCK_MONOTONIC both begin when the machine does, so that the first moment
 * tells roughly; the present one tells well, on the same machine and boot. */
static double ns_per_tick_guessed(const struct tape_header *h)
{
    double rough = h->first.ticks ? (double)h->first.ns / (double)h->first.ticks : 1.0;
    struct clock_pair now;

    if (!clock_trusts_tsc())
        return rough;
    now = clock_pair_now(CLOCK_KIND_TSC);
    if (now.ticks <= h->first.ticks || now.ns <= h->first.ns)
        return rough;
    double ratio =
        (double)(now.ns - h->first.ns) / (double)(now.ticks - h->first.ticks);
    return ratio > 0.9 * rough && ratio < 1.1 * rough ? ratio : rough;
}

static double ns_per_tick(const struct reading *r, const struct tape_header *h)
{
    double own = tape_ns_per_tick(h);

    if (own > 0)
        return own;
    return r->ns_per_tick > 0 ? r->ns_per_tick : ns_per_tick_guessed(h);
}

/* The last sign of life, in ticks. */
static uint64_t last_ticks(const struct tape *t)
{
    uint64_t last = tape_header(t)->last.ticks;

    for (uint32_t i = 0; i < tape_runs(t); i++) {
        struct tape_run run = tape_run(t, i);
        const struct tape_thread *record = run.records;

        for (uint32_t k = 0; run.kind == TAPE_THREADS && k < run.count; k++)
            if (record[k].last > last)
                last = record[k].last;
    }
    return last;
}

static const struct seen *seen_process(const struct reading *r, uint32_t pid)
{
    for (uint32_t i = 0; i < r->seen_count; i++)
        if (r->seen[i].record.pid == pid)
            return &r->seen[i];
    return NULL;
}

/* When the process became another, or ended, on CLOCK_MONOTONIC; 0: unknown. */
static uint64_t end_ns(const struct reading *r, const struct tape_header *h)
{
    const struct seen *seen = seen_process(r, h->pid);
    uint64_t end = 0;

    if (seen && seen->record.flags & TAPE_PROCESS_ENDED)
        end = seen->record.end_ns;
    for (uint32_t i = 0; i < r->images; i++)
        if (r->image[i].pid == h->pid && r->image[i].first_ns > h->first.ns &&
            (end == 0 || r->image[i].first_ns < end))
            end = r->image[i].first_ns;
    return end;
}

/* Up to when threads were where their tape says they are; 0: not known, or it
 * was closed in good order and tells all. */
static uint64_t until_ticks(const struct reading *r, const struct tape *t, double ratio)
{
    const struct tape_header *h = tape_header(t);

    if (h->state != TAPE_RUNNING || h->clock == CLOCK_KIND_THREAD_CPU)
        return 0;
    if (tape_alive(t))
        return clock_ticks((enum clock_kind)h->clock);
    uint64_t end = end_ns(r, h);
    if (end <= h->last.ns)
        return h->last.ticks;
    return h->last.ticks + (uint64_t)((double)(end - h->last.ns) / ratio);
}

static uint64_t wall_ns(const struct tape *t, double ratio, uint64_t until)
{
    const struct tape_header *h = tape_header(t);
    uint64_t last = last_ticks(t);

    if (last < until)
        last = until;
    if (h->clock == CLOCK_KIND_THREAD_CPU) /* its ticks are no moments */
        return h->last.ns > h->first.ns ? h->last.ns - h->first.ns : 0;
    if (last <= h->first.ticks)
        return 0;
    double ns = (double)(last - h->first.ticks) * ratio;
    return ns < 0x1p62 ? (uint64_t)ns : 0;
}

static process_id add_process(struct reading *r, const struct tape *t, uint64_t wall)
{
    const struct tape_header *h = tape_header(t);
    struct process p = {
        .pid = h->pid,
        .parent_pid = h->parent_pid,
        .name = tape_str(t, h->program),
        .program = tape_str(t, h->program),
        .python = python_name(r, h->python),
        .started_ns = h->started_ns,
        .wall_ns = wall,
        .cpu_ns = h->cpu_ns,
        .exit = -1,
        .entered = true,
        .alive = tape_alive(t),
    };

    if (p.python.len > 0)
        build_python(r->build, p.python);
    return build_process(r->build, &p);
}

static void see_process(struct reading *r, const struct tape *t,
                        const struct tape_process *record)
{
    if (r->seen_count == r->seen_room) {
        size_t size = sizeof *r->seen;
        uint32_t room = r->seen_room ? r->seen_room * 2 : 16;

        r->seen = arena_grow(r->scratch, r->seen, r->seen_room * size, room * size);
        r->seen_room = room;
    }
    r->seen[r->seen_count++] = (struct seen){
        .record = *record,
        .name = arena_str(r->scratch, tape_str(t, record->name)),
        .reason = arena_str(r->scratch, tape_str(t, record->reason)),
    };
}

static void see_processes(struct reading *r, const struct tape *t)
{
    for (uint32_t i = 0; i < tape_runs(t); i++) {
        struct tape_run run = tape_run(t, i);
        const struct tape_process *record = run.records;

        for (uint32_t k = 0; run.kind == TAPE_PROCESSES && k < run.count; k++)
            see_process(r, t, &record[k]);
    }
}

static void note_quality(struct reading *r, const struct tape *t, const char *path)
{
    struct quality *q = build_quality(r->build);
    const struct tape_header *h = tape_header(t);

    q->lost_events += h->lost_events;
    r->lost_events += h->lost_events;
    if (tape_damaged_at(t) == 0)
        return;
    q->truncated = true;
    struct str name = str_basename(str_of(path));
    build_note(r->build,
               arena_printf(r->scratch,
                            "%.*s is damaged or cut short at byte %llu; what stands "
                            "before it is here.",
                            (int)name.len, name.at,
                            (unsigned long long)tape_damaged_at(t) * TAPE_CELL));
}

static void remember_clock(struct reading *r, const struct tape_header *h)
{
    double own = tape_ns_per_tick(h);

    if (h->clock != CLOCK_KIND_TSC || own <= 0 ||
        h->last.ns - h->first.ns < r->longest_ns)
        return;
    r->longest_ns = h->last.ns - h->first.ns;
    r->ns_per_tick = own;
}

static void add_tape(struct reading *r, const struct tape *t, const char *path)
{
    const struct tape_header *h = tape_header(t);

    note_quality(r, t, path);
    see_processes(r, t);
    if (r->started_ns == 0 || h->started_ns < r->started_ns)
        r->started_ns = h->started_ns;
    if (h->role == TAPE_ROLE_LAUNCHER) {
        r->launched = arena_str(r->scratch, tape_str(t, h->program));
        return;
    }
    r->agents++;
    if (h->clock == CLOCK_KIND_THREAD_CPU)
        build_run(r->build)->clock = STR("cpu");
    double ratio = ns_per_tick(r, h);
    uint64_t until = until_ticks(r, t, ratio);
    process_id process = add_process(r, t, wall_ns(t, ratio, until));
    tape_nodes_add(t, process, ratio, until, r->build);
}

static void note_unreadable(struct reading *r, const struct err *why)
{
    build_quality(r->build)->truncated = true;
    build_note(r->build,
               arena_printf(r->scratch, "A tape is left out: %s.", why->text));
    if (r->unreadable.code == ERR_NONE)
        r->unreadable = *why;
}

/* What others need of a tape is known first: how fast ticks are, and in which
 * order they come: the launcher's tell when the rest ended. */
static bool *peek(struct reading *r, const struct recording *recording)
{
    uint32_t tapes = recording_tapes(recording);
    bool *first = arena_array(r->scratch, tapes, sizeof *first);

    r->image = arena_array(r->scratch, tapes, sizeof *r->image);
    for (uint32_t i = 0; i < tapes; i++) {
        struct tape_header header;
        struct err ignored = { 0 }; /* it comes again when the tape is read */

        if (!tape_peek(recording_tape(recording, i), &header, &ignored))
            continue;
        remember_clock(r, &header);
        r->image[r->images++] = (struct image){ header.pid, header.first.ns };
        first[i] = header.role == TAPE_ROLE_LAUNCHER;
    }
    return first;
}

static bool read_tapes(struct reading *r, const struct recording *recording,
                       struct err *e)
{
    uint32_t tapes = recording_tapes(recording);
    const bool *first = peek(r, recording);

    for (uint32_t i = 0; i < 2 * tapes; i++) {
        const char *path = recording_tape(recording, i % tapes);
        struct err why = { 0 };

        if (first[i % tapes] != (i < tapes))
            continue;
        struct tape *t = tape_open(path, &why);
        if (t)
            add_tape(r, t, path);
        else if (tapes == 1)
            return err_set(e, why.code, "%s", why.text);
        else
            note_unreadable(r, &why);
        tape_close(t);
    }
    return true;
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

static void set_end(struct process *p, const struct tape_process *record)
{
    int status = (int)record->status;

    if (!(record->flags & TAPE_PROCESS_ENDED))
        return;
    if (WIFEXITED(status))
        p->exit = WEXITSTATUS(status);
    else if (WIFSIGNALED(status))
        p->signal = WTERMSIG(status);
    p->alive = false;
}

static uint64_t span_ns(const struct tape_process *record)
{
    bool known =
        record->flags & TAPE_PROCESS_ENDED && record->end_ns > record->start_ns;

    return known ? record->end_ns - record->start_ns : 0;
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
        .wall_ns = span_ns(&s->record),
        .cpu_ns = s->record.cpu_ns,
        .exit = -1,
    };

    if (known) {
        set_end(known, &s->record);
        return;
    }
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
        if (r->seen_count ? p->pid == r->seen[0].record.pid : !parent)
            p->role = STR("main");
        else if (parent && str_eq(parent->program, p->program))
            p->role = STR("worker");
        else
            p->role = STR("child");
    }
}

static void note_lost(struct reading *r)
{
    if (r->lost_events > 0)
        build_note(r->build,
                   arena_printf(r->scratch,
                                "%llu events were not counted for want of room.",
                                (unsigned long long)r->lost_events));
}

static void fill_run(struct reading *r)
{
    struct run *run = build_run(r->build);
    uint64_t wall = 0, longest = 0;

    for (uint32_t i = 0; i < r->seen_count; i++)
        if (span_ns(&r->seen[i].record) > wall)
            wall = span_ns(&r->seen[i].record);
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

static bool nothing_recorded(struct reading *r, const char *path, struct err *e)
{
    if (r->unreadable.code != ERR_NONE)
        return err_set(e, r->unreadable.code, "%s", r->unreadable.text);
    for (uint32_t i = 0; i < r->seen_count; i++)
        if (r->seen[i].reason.len > 0)
            return err_set(e, ERR_TARGET, "nothing recorded: %s: %.*s", path,
                           (int)r->seen[i].reason.len, r->seen[i].reason.at);
    return err_set(e, ERR_TARGET,
                   "nothing recorded: %s: the program ran no Python that sonde entered "
                   "(sonde doctor tells which it can)",
                   path);
}

bool from_recording(const char *path, struct build *b, struct err *e)
{
    struct recording *recording = recording_open(path, e);
    struct reading r = { .build = b };

    if (!recording)
        return false;
    r.scratch = arena_open();
    r.first = build_processes(b);
    bool ok =
        read_tapes(&r, recording, e) && (r.agents > 0 || nothing_recorded(&r, path, e));
    for (uint32_t i = 0; ok && i < r.seen_count; i++)
        apply_seen(&r, &r.seen[i]);
    if (ok) {
        name_roles(&r);
        note_lost(&r);
        fill_run(&r);
    }
    arena_close(r.scratch);
    recording_close(recording);
    return ok;
}
