/* SPDX-License-Identifier: Apache-2.0 */
/* tape_ends.c - up to when a process was where its last event left it: its end, told by
 * itself or by who waited for it. Of one that nobody saw end, where a whole group was
 * killed, nothing is known but that who started it would have told, had it been there:
 * so it was over by the end of that one, at most, or by the last moment that any tape
 * tells of where all were killed. */
#include "model/tape_processes.h"
#include "tape/asked.h"

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

double reading_ns_per_tick(const struct reading *r, const struct tape *t)
{
    double ratio = tape_ns_per_tick(tape_header(t));

    if (ratio <= 0)
        ratio = r->ns_per_tick > 0 ? r->ns_per_tick : ns_per_tick_guessed(t);
    return ratio > 1e-3 && ratio < 1e6 ? ratio : 1.0; /* damaged, else */
}

uint64_t reading_last_ticks(const struct tape *t)
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

uint64_t reading_ticks_at(const struct tape_header *h, uint64_t ns, double ratio)
{
    double more = ns > h->first.ns ? (double)(ns - h->first.ns) / ratio : 0;

    return more < 0x1p62 ? h->first.ticks + (uint64_t)more : h->first.ticks;
}

/* When the process became another, or ended, on CLOCK_MONOTONIC; 0: unknown. */
static uint64_t end_ns(const struct reading *r, const struct tape_header *h)
{
    const struct seen *s = reading_seen(r, h->pid, h->first.ns);
    uint64_t end = s && s->record.flags & TAPE_PROCESS_ENDED ? s->record.end_ns : 0;
    uint32_t looks = 0;

    for (uint32_t i = reading_image_of(r, h->pid); i != 0 && looks < LOOKS_MOST;
         i = r->image[i - 1].before, looks++) {
        const struct image *m = &r->image[i - 1];

        if (m->pid == h->pid && m->first_ns > h->first.ns &&
            (end == 0 || m->first_ns < end))
            end = m->first_ns;
    }
    return end;
}

/* The process that had this pid then, by its own tape. */
static const struct image *image_at(const struct reading *r, uint32_t pid,
                                    uint64_t then_ns)
{
    const struct image *found = NULL;
    uint32_t looks = 0;

    for (uint32_t i = reading_image_of(r, pid); i != 0 && looks < LOOKS_MOST;
         i = r->image[i - 1].before, looks++) {
        const struct image *m = &r->image[i - 1];

        if (m->pid == pid && m->first_ns <= then_ns && m->process != PROCESS_NONE &&
            (!found || m->first_ns > found->first_ns))
            found = m;
    }
    return found;
}

struct bound {   /* by the end of another */
    uint64_t ns; /* 0: there is none, for that one lives */
    uint32_t pid;
    struct str name;
};

/* false: it is not known either when that one ended, nor that it lives. */
static bool bound_by(const struct reading *r, uint32_t pid, uint64_t then_ns,
                     struct bound *b)
{
    const struct seen *s = reading_seen(r, pid, then_ns);
    const struct image *i = image_at(r, pid, then_ns);

    *b = (struct bound){ .pid = pid };
    if (i || s)
        b->name = i ? build_process_at(r->build, i->process)->name : s->name;
    if (s && s->record.flags & TAPE_PROCESS_ENDED) {
        b->ns = s->record.end_ns;
        return true;
    }
    if ((i && i->alive) || (!i && s && s->alive))
        return true;
    if (!i || i->last_ns == 0)
        return false;
    b->ns = i->last_ns;
    return true;
}

static uint64_t last_told_of(const struct reading *r, const struct tape *t)
{
    const struct tape_header *h = tape_header(t);
    uint64_t last = h->last.ns, ticks = reading_last_ticks(t);

    if (h->clock != CLOCK_KIND_THREAD_CPU && ticks > h->last.ticks) {
        double more = (double)(ticks - h->last.ticks) * reading_ns_per_tick(r, t);
        last += more < 0x1p62 ? (uint64_t)more : 0;
    }
    for (uint32_t i = 0; i < tape_runs(t); i++) {
        struct tape_run run = tape_run(t, i);
        const struct tape_process *p = run.records;

        for (uint32_t k = 0; run.kind == TAPE_PROCESSES && k < run.count; k++) {
            bool ended = p[k].flags & TAPE_PROCESS_ENDED;
            uint64_t moment = ended ? p[k].end_ns : p[k].start_ns;
            last = moment > last ? moment : last;
        }
    }
    return last;
}

/* What a damaged tape tells is not to be believed here: it would be everybody's. */
static uint64_t last_told_ns(struct reading *r)
{
    uint32_t tapes = r->looked_for_last ? 0 : recording_tapes(r->recording);

    r->looked_for_last = true;
    for (uint32_t i = 0; i < tapes; i++) {
        struct err ignored = { 0 };
        struct tape *t = recording_open_tape(r->recording, i, &ignored);
        bool whole = t && !tape_header_damaged(t) && tape_damaged_at(t) == 0;
        uint64_t last = whole ? last_told_of(r, t) : 0;

        if (last > r->last_told_ns)
            r->last_told_ns = last;
        tape_close(t);
    }
    return r->last_told_ns;
}

/* The nearest above that is known: who started it, or further up, or the program. */
static struct bound bound_of(struct reading *r, const struct tape *t)
{
    struct image i = reading_image(tape_header(t));
    uint32_t launched = r->launched_at ? r->seen[r->launched_at - 1].record.pid : 0;
    struct bound b;

    for (uint32_t k = 0; k < CHAIN && i.chain[k] != 0; k++)
        if (i.chain[k] != i.pid && bound_by(r, i.chain[k], i.first_ns, &b))
            return b;
    if (launched != 0 && launched != i.pid && bound_by(r, launched, UINT64_MAX, &b))
        return b;
    return (struct bound){ .ns = r->running ? 0 : last_told_ns(r) };
}

/* A thread is in a call that has not returned. */
static bool is_in_call(const struct tape *t)
{
    bool in_call = false;

    for (uint32_t i = 0; i < tape_runs(t); i++) {
        struct tape_run run = tape_run(t, i);
        const struct tape_thread *record = run.records;

        for (uint32_t k = 0; run.kind == TAPE_THREADS && k < run.count; k++)
            in_call = in_call || (!record[k].ended && record[k].current != 0);
    }
    return in_call;
}

static void remember_bounded(struct reading *r, const struct bound *b)
{
    struct bounded *all = &r->bounded;

    if (all->count++ == 0) {
        all->pid = b->pid;
        all->name = b->name;
    } else if (all->pid != b->pid) {
        all->pid = 0;
    }
    all->moment |= b->pid == 0;
}

static uint64_t ticks_after_last(const struct tape_header *h, uint64_t ns, double ratio)
{
    double more = ns > h->last.ns ? (double)(ns - h->last.ns) / ratio : 0;

    return more < 0x1p62 ? h->last.ticks + (uint64_t)more : h->last.ticks;
}

/* It was there at its last event, whatever the others did. */
static uint64_t until_bound(struct reading *r, const struct tape *t, double ratio)
{
    const struct tape_header *h = tape_header(t);

    if (tape_header_damaged(t) || tape_damaged_at(t) != 0)
        return h->last.ticks;
    struct bound b = bound_of(r, t);
    uint64_t known = reading_last_ticks(t), until = ticks_after_last(h, b.ns, ratio);
    if (until <= known || !is_in_call(t))
        return known;
    remember_bounded(r, &b);
    return until;
}

/* It told of its end, and went on to none: by os._exit, exec, a signal to itself. */
static bool told_its_end(const struct tape *t)
{
    const struct tape_header *h = tape_header(t);

    return h->flags & TAPE_SAVED && reading_last_ticks(t) == h->last.ticks;
}

uint64_t reading_until(struct reading *r, const struct tape *t, double ratio)
{
    const struct tape_header *h = tape_header(t);

    if (h->state != TAPE_RUNNING || h->clock == CLOCK_KIND_THREAD_CPU)
        return 0;
    if (asked_hold(&h->control, &h->answer))
        return reading_ticks_at(h, h->control.hold_ns, ratio);
    if (tape_alive(t))
        return h->clock == CLOCK_KIND_TSC ? tape_moment(t).ticks : tape_moment(t).ns;
    if (told_its_end(t))
        return h->last.ticks;
    uint64_t end = end_ns(r, h);
    return end == 0 ? until_bound(r, t, ratio) : ticks_after_last(h, end, ratio);
}

/* "2 processes ended unseen: ..." */
void reading_note_bounded(struct reading *r)
{
    const struct bounded *all = &r->bounded;
    const char *when = all->moment ? "the last moment that was recorded"
                                   : "the end of who started each";

    if (all->count == 0)
        return;
    if (all->pid != 0)
        when = arena_printf(r->scratch, "the end of %.*s (%u)", (int)all->name.len,
                            all->name.at, all->pid)
                   .at;
    build_note(r->build,
               arena_printf(r->scratch,
                            "%u process%s ended unseen: what %s in last is charged up "
                            "to %s, at most.",
                            all->count, all->count == 1 ? "" : "es",
                            all->count == 1 ? "it was" : "they were", when));
}
