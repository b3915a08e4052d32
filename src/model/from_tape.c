/* SPDX-License-Identifier: Apache-2.0 */
/* from_tape.c - tapes one after another into the builder, the launcher's first:
 * it knows when others ended. */
#include "model/from_tape.h"

#include <stdlib.h>

#include "model/tape_nodes.h"
#include "model/tape_processes.h"
#include "tape/asked.h"
#include "tape/fault.h"

enum { NAME_MOST = 300 }; /* bytes of what multiprocessing told: agents write fewer */

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

/* Up to when it was counted, less what it was stopped for meanwhile: none of its
 * threads has had an event since, so all have been in one call before and after. */
static uint64_t spent_until(const struct tape_header *h, uint64_t until, double ratio)
{
    uint64_t pause_ns = asked_pause_ns(&h->control, &h->answer);
    double pause = pause_ns > 0 ? (double)pause_ns / ratio : 0;

    return pause < (double)until ? until - (uint64_t)pause : 0;
}

/* It was to set its counters to 0, and has had no event since. */
static bool reset_unheard(const struct tape_header *h)
{
    return h->role == TAPE_ROLE_AGENT && h->state == TAPE_RUNNING &&
           h->control.resets != h->answer.resets && h->control.reset_ns > h->first.ns;
}

/* When what is told of it began. */
static struct clock_pair begin_of(const struct tape_header *h, double ratio)
{
    if (reset_unheard(h))
        return (struct clock_pair){ reading_ticks_at(h, h->control.reset_ns, ratio),
                                    h->control.reset_ns };
    return h->answer.since.ns ? h->answer.since : h->first;
}

/* The same on CLOCK_REALTIME. */
static uint64_t began_ns(const struct tape_header *h)
{
    uint64_t begin = begin_of(h, 1).ns;

    return h->started_ns + (begin > h->first.ns ? begin - h->first.ns : 0);
}

static uint64_t wall_ns(const struct tape *t, double ratio, uint64_t until)
{
    const struct tape_header *h = tape_header(t);
    struct clock_pair begin = begin_of(h, ratio);
    uint64_t last = reading_last_ticks(t);

    if (last < until)
        last = until;
    if (h->clock == CLOCK_KIND_THREAD_CPU) /* its ticks are no moments */
        return h->last.ns > begin.ns ? h->last.ns - begin.ns : 0;
    if (last <= begin.ticks)
        return 0;
    double ns = (double)(last - begin.ticks) * ratio;
    return ns < 0x1p62 ? (uint64_t)ns : 0;
}

static struct str at_most(struct str s, size_t len)
{
    return (struct str){ s.at, s.len < len ? s.len : len };
}

static process_id add_process(struct reading *r, const struct tape *t, uint64_t wall)
{
    const struct tape_header *h = tape_header(t);
    struct str called = at_most(tape_str(t, h->called), NAME_MOST);
    bool shown = !(h->flags & TAPE_LEFT_OUT);
    struct process p = {
        .pid = h->pid,
        .parent_pid = h->parent_pid,
        .name = called.len > 0 ? called : tape_str(t, h->program),
        .role = at_most(tape_str(t, h->duty), NAME_MOST),
        .program = tape_str(t, h->program),
        .python = python_name(r, h->python),
        .started_ns = h->started_ns,
        .wall_ns = wall,
        .cpu_ns = reset_unheard(h) ? 0 : h->cpu_ns,
        .exit = -1,
        .entered = shown,
        .reason = shown ? (struct str){ 0 } : STR("left out by --children"),
        .alive = tape_alive(t),
        .probed = { tape_str(t, h->executable), h->python, h->clock,
                    h->flags & TAPE_BUILTINS, h->machine },
    };

    if (p.python.len > 0)
        build_python(r->build, p.python);
    return build_process(r->build, &p);
}

static void note_counting(struct reading *r, const struct tape_header *h, bool alive)
{
    bool running = h->state == TAPE_RUNNING;
    bool held = h->answer.counting == TAPE_HELD;

    if (running && held)
        held = !asked_start(&h->control, &h->answer);
    else if (running)
        held = asked_hold(&h->control, &h->answer);
    r->living += alive;
    r->ended += !alive;
    r->held += alive && held;
    r->ended_held += !alive && held;
}

static void note_quality(struct reading *r, const struct tape *t, const char *path)
{
    struct quality *q = build_quality(r->build);
    const struct tape_header *h = tape_header(t);

    if (!reset_unheard(h)) {
        q->lost_events += h->lost_events;
        r->lost_events += h->lost_events;
        r->backward += h->backward;
        r->lost_processes += h->lost_processes & ~TAPE_LOST_CLOSED;
    }
    if (h->fault != 0 && (r->fault == 0 || h->lost_events > 0))
        r->fault = h->fault;
    bool behind = fault_behind(h, tape_alive(t));
    r->behind += behind;
    if (h->lost_events > 0 || r->lost_processes > 0 || behind)
        q->exact = false;
    if (h->role == TAPE_ROLE_AGENT)
        note_counting(r, h, tape_alive(t));
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

static bool is_asked_of_another(const struct reading *r, uint64_t reset_ns)
{
    bool asked = false;

    for (uint32_t i = 0; i < r->images; i++)
        asked = asked || r->image[i].reset_ns == reset_ns;
    return asked;
}

/* Since when the recording tells of what others did. A launcher that had ended by then
 * is asked as well, and no sum is made of that: who outlived it must say the same. */
static uint64_t launchers_reset_ns(const struct reading *r, const struct tape_header *h)
{
    uint64_t asked = h->control.reset_ns;

    if (h->role != TAPE_ROLE_LAUNCHER)
        return 0;
    if (h->state == TAPE_RUNNING ||
        (asked > h->last.ns && is_asked_of_another(r, asked)))
        return asked;
    return h->answer.since.ns;
}

static void add_tape(struct reading *r, const struct tape *t, const char *path,
                     struct image *image)
{
    const struct tape_header *h = tape_header(t);

    reading_see(r, t);
    image->alive = tape_alive(t);
    if (h->flags & TAPE_LEFT_OUT) { /* what it may have counted is not wanted */
        image->process = add_process(r, t, 0);
        return;
    }
    note_quality(r, t, path);
    uint64_t reset_ns = launchers_reset_ns(r, h);
    if (reset_ns > r->reset_ns)
        r->reset_ns = reset_ns;
    if (reset_ns == 0 && (r->started_ns == 0 || began_ns(h) < r->started_ns))
        r->started_ns = began_ns(h);
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
    double ratio = reading_ns_per_tick(r, t);
    uint64_t until = reading_until(r, t, ratio);
    image->process = add_process(r, t, wall_ns(t, ratio, until));
    uint64_t unheard = reset_unheard(h) ? begin_of(h, ratio).ticks : 0;
    tape_nodes_add(t, image->process, ratio, spent_until(h, until, ratio), unheard,
                   &r->cells, r->build);
}

static void note_unreadable(struct reading *r, const struct err *why)
{
    build_quality(r->build)->truncated = true;
    build_note(r->build,
               arena_printf(r->scratch, "A tape is left out: %s.", why->text));
    if (r->unreadable.code == ERR_NONE)
        r->unreadable = *why;
}

struct turn { /* of a tape */
    uint32_t tape;
    bool launcher;
    uint64_t first_ns;
};

static int by_turn(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;

    if (x->launcher != y->launcher)
        return x->launcher ? -1 : 1;
    if (x->first_ns != y->first_ns)
        return x->first_ns < y->first_ns ? -1 : 1;
    return x->tape < y->tape ? -1 : x->tape > y->tape;
}

/* What others need of a tape is known first: how fast ticks are, and in which order
 * they come: the launcher's and then the oldest, for who started others tells when
 * they ended. */
static const struct turn *peek(struct reading *r, const struct recording *recording)
{
    uint32_t tapes = recording_tapes(recording);
    struct turn *turns = arena_array(r->scratch, tapes, sizeof *turns);

    r->image = arena_array(r->scratch, tapes, sizeof *r->image);
    r->images = tapes;
    for (uint32_t i = 0; i < tapes; i++) {
        struct tape_header header = { 0 };
        struct err ignored = { 0 }; /* it comes again when the tape is read */

        turns[i].tape = i;
        r->image[i].process = PROCESS_NONE;
        if (!recording_peek(recording, i, &header, &ignored))
            continue;
        remember_clock(r, &header);
        r->image[i] = reading_image(&header);
        turns[i].launcher = header.role == TAPE_ROLE_LAUNCHER;
        turns[i].first_ns = header.first.ns;
    }
    reading_index_images(r);
    qsort(turns, tapes, sizeof *turns, by_turn);
    return turns;
}

static bool read_tapes(struct reading *r, const struct recording *recording,
                       struct err *e)
{
    uint32_t tapes = recording_tapes(recording);
    const struct turn *turns = peek(r, recording);

    for (uint32_t n = 0; n < tapes; n++) {
        uint32_t i = turns[n].tape;
        struct err why = { 0 };
        struct tape *t = recording_open_tape(recording, i, &why);

        if (t)
            add_tape(r, t, recording_tape(recording, i), &r->image[i]);
        else if (tapes == 1)
            return err_set(e, why.code, "%s", why.text);
        else
            note_unreadable(r, &why);
        tape_close(t);
    }
    return true;
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
    if (r->reset_ns != 0)
        return err_set(e, ERR_TARGET,
                       "nothing recorded: %s: no Python has run since sonde reset",
                       path);
    return err_set(e, ERR_TARGET,
                   "nothing recorded: %s: the program ran no Python that sonde entered "
                   "(sonde doctor tells which it can)",
                   path);
}

/* Wall and CPU time make no sum. */
static bool goes_with_others(const struct reading *r, const struct recording *recording,
                             const char *path, struct err *e)
{
    struct str others = build_run(r->build)->clock;
    bool cpu = false;

    for (uint32_t i = 0; i < recording_tapes(recording); i++) {
        struct tape_header header;
        struct err ignored = { 0 };

        cpu = cpu || (recording_peek(recording, i, &header, &ignored) &&
                      header.clock == CLOCK_KIND_THREAD_CPU);
    }
    if (r->first == 0 || str_eq(others, STR("cpu")) == cpu)
        return true;
    return err_set(e, ERR_FORMAT,
                   "cannot be one profile: %s: it tells %s time, the files before it "
                   "%s time (take them one by one)",
                   path, cpu ? "CPU" : "wall", cpu ? "wall" : "CPU");
}

bool from_recording(const char *path, struct build *b, struct err *e)
{
    struct recording *recording = recording_open(path, e);
    struct reading r = { .build = b, .recording = recording };

    if (!recording)
        return false;
    r.scratch = arena_open();
    r.first = build_processes(b);
    bool ok = goes_with_others(&r, recording, path, e) && read_tapes(&r, recording, e);
    reading_notes(&r, recording);
    ok = ok && (r.agents > 0 || nothing_recorded(&r, recording, path, e));
    if (ok) {
        reading_processes(&r);
        reading_doubts(&r, recording);
    }
    arena_close(r.cells.arena);
    arena_close(r.scratch);
    recording_close(recording);
    return ok;
}
