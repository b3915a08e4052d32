/* SPDX-License-Identifier: Apache-2.0 */
/* tape_seen.c - collects what tapes and notes tell of processes other than their own.
 */
#include <string.h>

#include "model/tape_processes.h"

static uint32_t *bucket_of(const struct reading *r, uint32_t pid)
{
    return &r->bucket[pid % SEEN_BUCKETS];
}

static struct seen *seen_new(struct reading *r, uint32_t pid)
{
    if (!r->bucket)
        r->bucket = arena_array(r->scratch, SEEN_BUCKETS, sizeof *r->bucket);
    if (r->seen_count == r->seen_room) {
        size_t size = sizeof *r->seen;
        uint32_t room = r->seen_room ? r->seen_room * 2 : 16;

        r->seen = arena_grow(r->scratch, r->seen, r->seen_room * size, room * size);
        r->seen_room = room;
    }
    struct seen *s = &r->seen[r->seen_count++];
    *s = (struct seen){ .before = *bucket_of(r, pid) };
    *bucket_of(r, pid) = r->seen_count;
    return s;
}

struct image reading_image(const struct tape_header *h)
{
    struct image i = {
        .pid = h->pid,
        .flags = h->flags,
        .first_ns = h->first.ns,
        .start_ticks = h->start_ticks,
        .start_ns = h->first.ns,
        .chain = { h->parent_pid },
        .process = PROCESS_NONE,
    };

    memcpy(i.chain + 1, h->ancestors, sizeof h->ancestors);
    if (h->state == TAPE_FINISHED || h->flags & TAPE_SAVED)
        i.last_ns = h->last.ns;
    if (h->role == TAPE_ROLE_AGENT)
        i.reset_ns =
            h->state == TAPE_RUNNING ? h->control.reset_ns : h->answer.since.ns;
    return i;
}

/* Its teller and those above; of the teller's own next image those above alone. */
static void set_chain(struct seen *s, const struct image *teller)
{
    if (s->record.flags & TAPE_PROCESS_IMAGE) {
        memcpy(s->chain, teller->chain, sizeof s->chain);
        return;
    }
    s->chain[0] = teller->pid;
    memcpy(s->chain + 1, teller->chain, sizeof s->chain - sizeof *s->chain);
}

static void see_process(struct reading *r, const struct tape *t,
                        const struct tape_process *record)
{
    const struct tape_header *h = tape_header(t);
    struct image teller = reading_image(h);
    uint64_t start = record->start_ns;

    if (record->flags & TAPE_PROCESS_VOID)
        return;
    if (r->seen_count >= SEEN_MOST) {
        r->more_processes++;
        return;
    }
    struct seen *s = seen_new(r, record->pid);
    s->record = *record;
    s->name = arena_str(r->scratch, tape_str(t, record->name));
    s->reason = arena_str(r->scratch, tape_str(t, record->reason));
    s->started_ns = h->started_ns + (start > h->first.ns ? start - h->first.ns : 0);
    s->teller_ticks = h->start_ticks;
    s->launched = h->role == TAPE_ROLE_LAUNCHER;
    s->alive = tape_alive(t) && !(record->flags & TAPE_PROCESS_ENDED);
    set_chain(s, &teller);
    if (s->launched && r->launched_at == 0)
        r->launched_at = r->seen_count;
}

void reading_see(struct reading *r, const struct tape *t)
{
    for (uint32_t i = 0; i < tape_runs(t); i++) {
        struct tape_run run = tape_run(t, i);
        const struct tape_process *record = run.records;

        for (uint32_t k = 0; run.kind == TAPE_PROCESSES && k < run.count; k++)
            see_process(r, t, &record[k]);
    }
    r->more_processes += tape_header(t)->more_processes;
}

const struct seen *reading_seen(const struct reading *r, uint32_t pid, uint64_t then_ns)
{
    const struct seen *found = NULL;
    uint32_t looks = 0;

    for (uint32_t i = r->bucket ? *bucket_of(r, pid) : 0; i != 0 && looks < LOOKS_MOST;
         i = r->seen[i - 1].before, looks++) {
        const struct seen *s = &r->seen[i - 1];

        if (s->record.pid == pid && !(s->record.flags & TAPE_PROCESS_IMAGE) &&
            s->record.start_ns <= then_ns &&
            (!found || s->record.start_ns > found->record.start_ns))
            found = s;
    }
    return found;
}

/* What the note is of: told of by another that could not know the reason. */
static struct seen *noted(struct reading *r, uint32_t pid)
{
    uint32_t looks = 0;

    for (uint32_t i = r->bucket ? *bucket_of(r, pid) : 0; i != 0 && looks < LOOKS_MOST;
         i = r->seen[i - 1].before, looks++) {
        struct seen *s = &r->seen[i - 1];

        if (s->record.pid == pid && !(s->record.flags & TAPE_PROCESS_IMAGE))
            return s;
    }
    return NULL;
}

void reading_index_images(struct reading *r)
{
    r->image_bucket = arena_array(r->scratch, SEEN_BUCKETS, sizeof *r->image_bucket);
    for (uint32_t i = 0; i < r->images; i++) {
        uint32_t *bucket = &r->image_bucket[r->image[i].pid % SEEN_BUCKETS];

        r->image[i].before = *bucket;
        *bucket = i + 1;
    }
}

uint32_t reading_image_of(const struct reading *r, uint32_t pid)
{
    return r->image_bucket ? r->image_bucket[pid % SEEN_BUCKETS] : 0;
}

static bool has_tape(const struct reading *r, uint32_t pid)
{
    uint32_t looks = 0;

    for (uint32_t i = reading_image_of(r, pid); i != 0 && looks < LOOKS_MOST;
         i = r->image[i - 1].before, looks++)
        if (r->image[i - 1].pid == pid && r->image[i - 1].process != PROCESS_NONE)
            return true;
    return false;
}

static struct seen *note_alone(struct reading *r, const struct recording_note *note)
{
    struct seen *s = seen_new(r, note->pid);

    s->record.pid = note->pid;
    s->record.start_ns = UINT64_MAX; /* not known: it comes last */
    s->chain[0] = note->parent;
    s->name = arena_str(r->scratch, str_basename(note->python));
    return s;
}

/* Its calls are missing, but for one that ended before counters were set to 0. */
static void cannot_record(struct reading *r, struct seen *s, struct str why)
{
    size_t mark = strlen("agent: ");
    bool past = s->record.flags & TAPE_PROCESS_ENDED && s->record.end_ns < r->reset_ns;

    why = (struct str){ why.at + mark, why.len - mark };
    s->reason = arena_printf(r->scratch, "cannot record: %.*s", (int)why.len, why.at);
    if (past)
        return;
    r->unrecorded++;
    r->why_unrecorded = why;
    build_quality(r->build)->exact = false;
}

/* A note is what a Python without an agent left: of one that is in no tape. */
void reading_notes(struct reading *r, const struct recording *recording)
{
    for (uint32_t i = 0; i < recording_notes(recording); i++) {
        struct recording_note note = recording_note(recording, i);

        if (note.version.len == 0)
            continue;
        struct seen *s = noted(r, note.pid);
        if (!s && has_tape(r, note.pid))
            continue;
        if (!s)
            s = note_alone(r, &note);
        if (str_begins(note.why, STR("agent: ")))
            cannot_record(r, s, note.why);
        else
            s->reason = arena_printf(r->scratch, "no agent for Python %.*s (%.*s)",
                                     (int)note.version.len, note.version.at,
                                     (int)note.python.len, note.python.at);
    }
}
