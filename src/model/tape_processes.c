/* SPDX-License-Identifier: Apache-2.0 */
/* tape_processes.c - joins what was told of processes with their own tapes. A record
 * and a tape are of one process where the pid is the same and the tape was begun
 * between its start and its end: pids are used again. */
#include <stdlib.h>

#include "model/tape_processes.h"

enum { OVERLAPS_MOST = 64 }; /* images of a process; calls of system(3) at one time */

struct joining {
    struct reading *r;
    struct seen **seen; /* by pid, then start */
    uint32_t seen_count;
    struct image *image; /* by pid, then begin; those that are rows */
    uint32_t images;
    struct row *row;
    uint32_t rows;
};

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_pid_seen(const void *a, const void *b)
{
    const struct seen *x = *(struct seen *const *)a, *y = *(struct seen *const *)b;
    int order = compare(x->record.pid, y->record.pid);

    if (order == 0)
        order = compare(x->record.start_ns, y->record.start_ns);
    return order != 0 ? order : compare((uintptr_t)x, (uintptr_t)y);
}

static int by_pid_image(const void *a, const void *b)
{
    const struct image *x = a, *y = b;
    int order = compare(x->pid, y->pid);

    if (order == 0)
        order = compare(x->first_ns, y->first_ns);
    return order != 0 ? order : compare(x->process, y->process);
}

static int by_pid_row(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = compare(x->pid, y->pid);

    if (order == 0)
        order = compare(x->begin_ns, y->begin_ns);
    return order != 0 ? order : compare(x->process, y->process);
}

/* Where the images of a pid begin that are no older. */
static uint32_t first_image(const struct joining *j, uint32_t pid, uint64_t then_ns)
{
    uint32_t low = 0, high = j->images;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        const struct image *m = &j->image[mid];

        if (m->pid < pid || (m->pid == pid && m->first_ns < then_ns))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Up to when the pid was this process's: its end, or the next that had it. */
static void set_until(const struct joining *j)
{
    uint64_t next = UINT64_MAX, beyond = UINT64_MAX;

    for (uint32_t i = j->seen_count; i-- > 0;) {
        struct seen *s = j->seen[i];
        const struct tape_process *p = &s->record;
        bool other = i + 1 == j->seen_count || j->seen[i + 1]->record.pid != p->pid;

        if (other)
            next = beyond = UINT64_MAX;
        if (p->start_ns < next)
            beyond = next;
        bool ended = p->flags & TAPE_PROCESS_ENDED && p->end_ns >= p->start_ns;
        s->until_ns = ended ? p->end_ns : beyond;
        s->begin_ns = p->start_ns;
        if (!(p->flags & TAPE_PROCESS_IMAGE))
            next = p->start_ns;
    }
}

/* What was forked goes on; what was executed begins anew; old tapes tell neither. */
static bool fits(const struct seen *s, const struct image *i)
{
    if (s->record.flags & TAPE_PROCESS_FORKED)
        return !(i->flags & TAPE_EXECUTED);
    if (i->flags & TAPE_FORKED)
        return false;
    return !(s->record.flags & TAPE_PROCESS_IMAGE) || s->teller_ticks == 0 ||
           i->start_ticks == 0 || s->teller_ticks == i->start_ticks;
}

static void have_told(struct joining *j, const struct seen *s, struct image *i)
{
    uint64_t later = s->begin_ns - s->record.start_ns;

    i->told = true;
    i->start_ns = s->begin_ns;
    build_process_at(j->r->build, i->process)->begun_ns = s->started_ns + later;
}

static void have_met(struct joining *j, struct seen *s, struct image *i)
{
    s->met = true;
    have_told(j, s, i);
}

/* Code that subprocess runs between fork and exec has a tape of its own. */
static void meet_one(struct joining *j, struct seen *s)
{
    uint32_t first = first_image(j, s->record.pid, s->record.start_ns);
    bool command = (s->record.flags & (TAPE_PROCESS_FORKED | TAPE_PROCESS_IMAGE)) == 0;

    for (uint32_t k = first; k < j->images && k - first < OVERLAPS_MOST; k++) {
        struct image *i = &j->image[k];

        if (i->pid != s->record.pid || i->first_ns > s->until_ns)
            return;
        if (i->told)
            continue;
        if (fits(s, i)) {
            have_met(j, s, i);
            return;
        }
        if (command && i->flags & TAPE_FORKED) {
            have_told(j, s, i);
            s->begin_ns = i->first_ns + 1;
        }
    }
}

static void meet(struct joining *j)
{
    set_until(j);
    for (uint32_t i = 0; i < j->seen_count; i++)
        if (j->seen[i]->record.pid != 0)
            meet_one(j, j->seen[i]);
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

/* What system(3) started has a pid when it is seen above, or as, a process. */
static void claim(struct joining *j, struct image *i, struct seen *s)
{
    if (s->record.flags & TAPE_PROCESS_UNENTERED) /* it was never executed */
        return;
    for (uint32_t k = 0; k < CHAIN && i->chain[k] != 0; k++) {
        if (i->chain[k] != s->record.parent_pid)
            continue;
        if (k == 0 && s->record.pid == 0 && !s->met && !(i->flags & TAPE_FORKED)) {
            have_met(j, s, i);
            set_end(build_process_at(j->r->build, i->process), &s->record);
        } else if (k > 0 && s->record.pid == 0 && !s->met) {
            s->record.pid = i->chain[k - 1];
        }
        return;
    }
}

static void claim_all(struct joining *j)
{
    uint32_t unknown = 0; /* they are the first, in order of their start */

    while (unknown < j->seen_count && j->seen[unknown]->record.pid == 0)
        unknown++;
    for (uint32_t i = 0; i < j->images; i++) {
        struct image *image = &j->image[i];
        uint32_t low = 0, high = unknown;

        while (low < high) {
            uint32_t mid = low + (high - low) / 2;
            if (j->seen[mid]->record.start_ns <= image->first_ns)
                low = mid + 1;
            else
                high = mid;
        }
        for (uint32_t k = low; !image->told && k > 0 && low - k < OVERLAPS_MOST; k--)
            if (!(j->seen[k - 1]->record.flags & TAPE_PROCESS_ENDED) ||
                j->seen[k - 1]->record.end_ns >= image->first_ns)
                claim(j, image, j->seen[k - 1]);
    }
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

static void add_unmet(struct joining *j, const struct seen *s)
{
    const struct tape_process *record = &s->record;
    struct process p = {
        .pid = record->pid,
        .parent_pid = s->chain[0],
        .name = s->name,
        .program = s->name,
        .reason = s->reason.len > 0 ? s->reason : STR("not Python"),
        .started_ns = s->started_ns,
        .wall_ns = span_ns(j->r, record),
        .cpu_ns = record->cpu_ns,
        .exit = -1,
        .alive = s->alive,
    };

    if (is_past(j->r, record))
        return;
    set_end(&p, record);
    j->row[j->rows++] = (struct row){
        .process = build_process(j->r->build, &p),
        .pid = record->pid,
        .begin_ns = s->begin_ns,
        .start_ns = s->begin_ns,
        .chain = s->chain,
        .flags = s->launched                           ? 0
                 : record->flags & TAPE_PROCESS_FORKED ? TAPE_FORKED
                                                       : TAPE_EXECUTED,
        .image = record->flags & TAPE_PROCESS_IMAGE,
    };
}

static void add_rows(struct joining *j)
{
    struct reading *r = j->r;

    j->row = arena_array(r->scratch, j->images + j->seen_count, sizeof *j->row);
    for (uint32_t i = 0; i < j->images; i++)
        j->row[j->rows++] = (struct row){
            .process = j->image[i].process,
            .pid = j->image[i].pid,
            .begin_ns = j->image[i].first_ns,
            .start_ns = j->image[i].start_ns,
            .chain = j->image[i].chain,
            .duty = build_process_at(r->build, j->image[i].process)->role,
            .flags = j->image[i].flags & (TAPE_FORKED | TAPE_EXECUTED),
        };
    for (uint32_t i = 0; i < j->seen_count; i++)
        if (!j->seen[i]->met)
            add_unmet(j, j->seen[i]);
    qsort(j->row, j->rows, sizeof *j->row, by_pid_row);
}

/* What was killed could not tell its processor time to the end; who waited for it can,
 * with that of all it had waited for itself, in each of its images. */
static void set_time(const struct joining *j, const struct row *last,
                     const struct seen *s)
{
    struct process *p = build_process_at(j->r->build, last->process);
    uint64_t own = s->record.cpu_ns;
    bool sure = s->record.start_ns >= j->r->reset_ns;

    for (size_t i = (size_t)(last - j->row) + 1; i-- > 0;) {
        const struct row *row = &j->row[i];

        if (row->pid != last->pid || row->begin_ns < s->record.start_ns)
            break;
        sure = sure && !row->unsure;
        own = own > row->waited_ns ? own - row->waited_ns : 0;
    }
    if (p->signal != 0 && sure && own > p->cpu_ns)
        p->cpu_ns = own;
}

static void add_waited(struct row *row, const struct tape_process *child)
{
    if (!(child->flags & TAPE_PROCESS_ENDED) || child->flags & TAPE_PROCESS_UNENTERED)
        return;
    row->unsure |= child->cpu_ns == 0 || row->waited_ns > UINT64_MAX - child->cpu_ns;
    row->waited_ns += child->cpu_ns;
}

/* Whom it waited for: of what C started nobody told. */
static void mark_parents(struct joining *j)
{
    for (uint32_t i = 0; i < j->seen_count; i++) {
        const struct seen *s = j->seen[i];
        struct row *row = kin_at(j->row, j->rows, s->chain[0], s->record.start_ns);

        if (row && !(s->record.flags & TAPE_PROCESS_IMAGE))
            add_waited(row, &s->record);
    }
    for (uint32_t i = 0; i < j->images; i++) {
        const struct image *m = &j->image[i];
        struct row *row = kin_at(j->row, j->rows, m->chain[0], m->first_ns);

        if (row && !m->told)
            row->unsure = true;
    }
}

/* A process ends as its last image. */
static void apply_ends(struct joining *j)
{
    mark_parents(j);
    for (uint32_t i = 0; i < j->seen_count; i++) {
        const struct tape_process *record = &j->seen[i]->record;

        if (record->pid == 0 || !(record->flags & TAPE_PROCESS_ENDED))
            continue;
        struct row *row = kin_at(j->row, j->rows, record->pid, record->end_ns);
        if (!row || row->begin_ns < record->start_ns)
            continue;
        set_end(build_process_at(j->r->build, row->process), record);
        set_time(j, row, j->seen[i]);
    }
}

static void fill_run(struct reading *r, const struct seen *launched)
{
    struct run *run = build_run(r->build);
    uint64_t wall = launched ? span_ns(r, &launched->record) : 0, longest = 0;

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

static struct joining begin(struct reading *r)
{
    struct joining j = { .r = r, .seen_count = r->seen_count };

    j.seen = arena_array(r->scratch, r->seen_count, sizeof *j.seen);
    for (uint32_t i = 0; i < r->seen_count; i++)
        j.seen[i] = &r->seen[i];
    if (j.seen_count > 0)
        qsort(j.seen, j.seen_count, sizeof *j.seen, by_pid_seen);
    j.image = arena_array(r->scratch, r->images, sizeof *j.image);
    for (uint32_t i = 0; i < r->images; i++)
        if (r->image[i].process != PROCESS_NONE)
            j.image[j.images++] = r->image[i];
    if (j.images > 0)
        qsort(j.image, j.images, sizeof *j.image, by_pid_image);
    return j;
}

void reading_processes(struct reading *r)
{
    struct joining j = begin(r);
    const struct seen *launched = r->launched_at ? &r->seen[r->launched_at - 1] : NULL;

    meet(&j);
    claim_all(&j);
    add_rows(&j);
    apply_ends(&j);
    kin_find(r, j.row, j.rows, launched);
    fill_run(r, launched);
}
