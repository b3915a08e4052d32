/* SPDX-License-Identifier: Apache-2.0 */
/* from_tape.c - tapes one after another into the builder, the launcher's first:
 * it knows when others ended. */
#include "model/from_tape.h"

#include <time.h>

#include "model/tape_nodes.h"
#include "model/tape_processes.h"
#include "tape/fault.h"

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
 * tells roughly; the one it was read at tells well, on the same machine and boot. */
static double ns_per_tick_guessed(const struct tape *t)
{
    const struct tape_header *h = tape_header(t);
    double rough = h->first.ticks ? (double)h->first.ns / (double)h->first.ticks : 1.0;
    struct clock_pair now = tape_moment(t);

    if (now.ticks <= h->first.ticks || now.ns <= h->first.ns)
        return rough;
    double ratio =
        (double)(now.ns - h->first.ns) / (double)(now.ticks - h->first.ticks);
    return ratio > 0.9 * rough && ratio < 1.1 * rough ? ratio : rough;
}

static double ns_per_tick(const struct reading *r, const struct tape *t)
{
    double ratio = tape_ns_per_tick(tape_header(t));

    if (ratio <= 0)
        ratio = r->ns_per_tick > 0 ? r->ns_per_tick : ns_per_tick_guessed(t);
    return ratio > 1e-3 && ratio < 1e6 ? ratio : 1.0; /* damaged, else */
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

/* When the process became another, or ended, on CLOCK_MONOTONIC; 0: unknown. */
static uint64_t end_ns(const struct reading *r, const struct tape_header *h)
{
    const struct seen *seen = reading_seen(r, h->pid);
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
        return h->clock == CLOCK_KIND_TSC ? tape_moment(t).ticks : tape_moment(t).ns;
    uint64_t end = end_ns(r, h);
    if (end <= h->last.ns)
        return h->last.ticks;
    double more = (double)(end - h->last.ns) / ratio;
    return more < 0x1p62 ? h->last.ticks + (uint64_t)more : h->last.ticks;
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
        .probed = { tape_str(t, h->executable), h->python, h->clock,
                    h->flags & TAPE_BUILTINS, h->machine },
    };

    if (p.python.len > 0)
        build_python(r->build, p.python);
    return build_process(r->build, &p);
}

static void note_quality(struct reading *r, const struct tape *t, const char *path)
{
    struct quality *q = build_quality(r->build);
    const struct tape_header *h = tape_header(t);

    q->lost_events += h->lost_events;
    r->lost_events += h->lost_events;
    r->backward += h->backward;
    r->lost_processes += h->lost_processes & ~TAPE_LOST_CLOSED;
    if (h->fault != 0 && (r->fault == 0 || h->lost_events > 0))
        r->fault = h->fault;
    bool behind = fault_behind(h, tape_alive(t));
    r->behind += behind;
    if (h->lost_events > 0 || r->lost_processes > 0 || behind)
        q->exact = false;
    q->more_functions += h->more_functions;
    q->cut_texts += h->cut_texts;
    if (h->flags & TAPE_REPLACED) {
        q->exact = false;
        *(h->python < 0x030c0000 ? &r->replaced : &r->taken) = true;
    }
    if (h->flags & TAPE_SEVERAL) {
        q->exact = false;
        r->several = true;
    }
    if (h->flags & TAPE_UNSEEN) {
        q->exact = false;
        r->unseen = true;
    }
    struct str name = str_basename(str_of(path));
    if (tape_header_damaged(t)) {
        q->exact = false;
        build_note(r->build, arena_printf(r->scratch,
                                          "The header of %.*s is damaged: its clock, "
                                          "counts and length may be wrong.",
                                          (int)name.len, name.at));
    }
    if (tape_damaged_at(t) == 0)
        return;
    q->truncated = true;
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
    reading_see(r, t);
    if (r->started_ns == 0 || h->started_ns < r->started_ns)
        r->started_ns = h->started_ns;
    if (h->role == TAPE_ROLE_LAUNCHER) {
        r->running |= tape_alive(t);
        r->launched = arena_str(r->scratch, tape_str(t, h->program));
        return;
    }
    r->agents++;
    if (h->max_paths != 0 && (r->max_paths == 0 || h->max_paths < r->max_paths))
        r->max_paths = h->max_paths;
    if (h->clock == CLOCK_KIND_THREAD_CPU)
        build_run(r->build)->clock = STR("cpu");
    double ratio = ns_per_tick(r, t);
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

        if (!recording_peek(recording, i, &header, &ignored))
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
        struct tape *t = recording_open_tape(recording, i % tapes, &why);
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

/* What was bounded is told together with what that leaves exact. */
static void note_bounds(struct reading *r)
{
    const struct quality *q = build_quality(r->build);

    if (q->folded_calls > 0)
        build_note(r->build,
                   arena_printf(
                       r->scratch,
                       "%llu calls were on paths beyond the %llu a process keeps, and "
                       "are folded to caller and callee: calls and self times are "
                       "exact, cumulative times at least, primitive calls at most what "
                       "is shown (sonde run --max-paths keeps more).",
                       (unsigned long long)q->folded_calls,
                       (unsigned long long)r->max_paths));
    if (q->more_functions > 0)
        build_note(r->build,
                   arena_printf(r->scratch,
                                "%llu functions came when there was no room for more: "
                                "their calls are those of <more functions>.",
                                (unsigned long long)q->more_functions));
    if (q->cut_texts > 0)
        build_note(
            r->build,
            arena_printf(r->scratch,
                         "%llu names were too long, or too many, and end in \"...\".",
                         (unsigned long long)q->cut_texts));
}

static void note_lost(struct reading *r)
{
    if (r->taken)
        build_note(r->build,
                   STR("The program changed the events or callbacks of the "
                       "sys.monitoring tool that is sonde's: calls are missing."));
    if (r->several)
        build_note(r->build, STR("The program made subinterpreters: the calls in those "
                                 "are not counted."));
    if (r->unseen)
        build_note(r->build, STR("Threads made in C ran: on Python 3.11 what they call "
                                 "is not counted until they are seen, if ever."));
    if (r->replaced)
        build_note(r->build,
                   STR("The program put cProfile or a sys.setprofile() of its "
                       "own in sonde's place: on Python 3.11 that thread's "
                       "calls are not counted while it is there."));
    if (r->lost_events > 0)
        build_note(r->build,
                   arena_printf(r->scratch,
                                "%llu call%s not counted: %s. Their time is with "
                                "their callers.",
                                (unsigned long long)r->lost_events,
                                r->lost_events == 1 ? " was" : "s were",
                                r->fault ? fault_text(r->fault) : "no room was left"));
    if (r->lost_processes > 0)
        build_note(
            r->build,
            arena_printf(r->scratch,
                         "%llu forked process%s could not be recorded: calls made "
                         "there, and in what was forked from there, are missing.",
                         (unsigned long long)r->lost_processes,
                         r->lost_processes == 1 ? "" : "es"));
    if (r->backward > 0)
        build_note(r->build,
                   arena_printf(r->scratch,
                                "The clock went backward %llu time%s: it was taken to "
                                "have stood still.",
                                (unsigned long long)r->backward,
                                r->backward == 1 ? "" : "s"));
    if (r->behind > 0)
        build_note(r->build,
                   arena_printf(r->scratch,
                                "The last counts of %u process%s are missing: %s.",
                                r->behind, r->behind == 1 ? "" : "es",
                                r->fault ? fault_text(r->fault)
                                         : "killed, or not written to the end"));
}

/* Of a recording that is being written the reader sees the present; of its pack a
 * moment of the past. */
static void note_packed(struct reading *r, const struct recording *recording)
{
    time_t packed = (time_t)(recording_packed_ns(recording) / 1000000000u);
    bool alive = false;
    char when[32];
    struct tm utc;

    for (process_id i = r->first; i < build_processes(r->build); i++)
        alive |= build_process_at(r->build, i)->alive;
    if (!alive || !recording_is_pack(recording))
        return;
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", gmtime_r(&packed, &utc));
    build_note(r->build, arena_printf(r->scratch,
                                      "It was packed while it was running, at %s UTC: "
                                      "this is what it had done so far.",
                                      when));
}

static bool nothing_recorded(struct reading *r, const struct recording *recording,
                             const char *path, struct err *e)
{
    if (r->unreadable.code != ERR_NONE)
        return err_set(e, r->unreadable.code, "%s", r->unreadable.text);
    for (uint32_t i = 0; i < r->seen_count; i++)
        if (r->seen[i].reason.len > 0)
            return err_set(e, ERR_TARGET, "nothing recorded: %s: %.*s", path,
                           (int)r->seen[i].reason.len, r->seen[i].reason.at);
    if (r->running && recording_is_pack(recording))
        return err_set(e, ERR_TARGET,
                       "nothing recorded: %s: it was packed before the program ran any "
                       "Python (pack it again)",
                       path);
    if (r->running)
        return err_set(e, ERR_TARGET,
                       "nothing recorded yet: %s: the program is running (try again)",
                       path);
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
    bool ok = read_tapes(&r, recording, e);
    reading_notes(&r, recording);
    ok = ok && (r.agents > 0 || nothing_recorded(&r, recording, path, e));
    if (ok) {
        reading_processes(&r);
        note_lost(&r);
        note_bounds(&r);
        note_packed(&r, recording);
    }
    arena_close(r.scratch);
    recording_close(recording);
    return ok;
}
