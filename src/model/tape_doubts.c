/* SPDX-License-Identifier: Apache-2.0 */
/* tape_doubts.c - what a recording lacks, bounds or mixes, in sentences. */
#include <time.h>

#include "model/tape_processes.h"
#include "tape/fault.h"

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
    if (r->unrecorded > 0)
        build_note(
            r->build,
            arena_printf(r->scratch,
                         "%llu process%s could not be recorded (%.*s): the calls "
                         "made there are missing.",
                         (unsigned long long)r->unrecorded,
                         r->unrecorded == 1 ? "" : "es", (int)r->why_unrecorded.len,
                         r->why_unrecorded.at));
    if (r->more_processes > 0)
        build_note(r->build,
                   arena_printf(r->scratch,
                                "%llu more processes were started than there was room "
                                "to list.",
                                (unsigned long long)r->more_processes));
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

/* What ended in this state lacks what it did from then on. */
static void note_ended_held(struct reading *r)
{
    static const char lacks[] = "what ran after sonde stop is not counted";
    bool one = r->ended == 1;

    if (r->ended_held == 0)
        return;
    if (r->ended_held == r->ended && r->living == 0)
        build_note(r->build,
                   arena_printf(r->scratch,
                                "Counting was stopped when the program ended: %s.",
                                lacks));
    else
        build_note(r->build,
                   arena_printf(r->scratch,
                                "Counting was stopped in %u of %u process%s when %s "
                                "ended: %s.",
                                r->ended_held, r->ended, one ? "" : "es",
                                one ? "it" : "they", lacks));
}

static void note_held(struct reading *r)
{
    if (r->held == 0)
        return;
    const char *share =
        r->held == r->living
            ? ""
            : arena_printf(r->scratch, "in %u of %u processes ", r->held, r->living).at;
    build_note(r->build,
               arena_printf(r->scratch, "Counting is stopped %s(sonde start goes on).",
                            share));
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

static bool any_builtins(struct build *b, process_id from, process_id to)
{
    bool any = false;

    for (process_id i = from; i < to; i++)
        any = any || build_process_at(b, i)->probed.builtins;
    return any;
}

static void note_builtins(const struct reading *r)
{
    struct build *b = r->build;

    if (r->first > 0 &&
        any_builtins(b, 0, r->first) != any_builtins(b, r->first, build_processes(b)))
        build_note(b,
                   STR("Some of these recordings are without builtins: in those their "
                       "time is their callers'."));
}

void reading_doubts(struct reading *r, const struct recording *recording)
{
    note_lost(r);
    note_bounds(r);
    note_packed(r, recording);
    note_held(r);
    note_ended_held(r);
    reading_note_bounded(r);
    note_builtins(r);
}
