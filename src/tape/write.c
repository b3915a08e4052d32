/* SPDX-License-Identifier: Apache-2.0 */
/* write.c - the tape's header, blocks and texts. */
#include "tape/write.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tape/file.h"
#include "tape/sum.h"

enum {
    BLOCK_CELLS_FIRST = 64,  /* 4 KiB, doubled by every new block of its kind */
    BLOCK_CELLS_MAX = 16384, /* 1 MiB */
    INTERNED_FIRST = 1024,
    FLUSH_NS = 100000000, /* 0.1 s */
    FLUSH_SHARE = 20,     /* times as long as a flush took, till the next */
    HEAR_NS = 100000000,  /* 0.1 s */
};

void *writer_map_private(size_t bytes)
{
    void *at =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return at == MAP_FAILED ? NULL : at;
}

static void fill_header(struct writer *w, const struct writer_how *how)
{
    struct tape_header *h = writer_header(w);

    h->version = TAPE_VERSION;
    h->header_bytes = TAPE_HEADER_BYTES;
    h->role = how->role;
    h->state = TAPE_RUNNING;
    h->flags = w->shared ? TAPE_SHARED : 0;
    h->clock = how->clock;
    file_identify(h);
    h->first = h->last = clock_pair_now(how->clock);
    h->end = TAPE_HEADER_BYTES / TAPE_CELL;
    h->control.idle = how->clock == CLOCK_KIND_TSC && w->shared;
    __atomic_store_n(&h->magic, TAPE_MAGIC, __ATOMIC_RELEASE);
}

bool writer_open(struct writer *w, const char *directory, const struct writer_how *how)
{
    *w = (struct writer){ .fd = -1 };
    if (!file_make(w, directory, how)) {
        int fault = errno;
        *w = (struct writer){ .fd = -1 };
        errno = fault;
        return false;
    }
    fill_header(w, how);
    return true;
}

void writer_forget(struct writer *w)
{
    if (w->interned)
        munmap(w->interned, w->interned_size * sizeof *w->interned);
    file_forget(w);
    *w = (struct writer){ .fd = -1 };
}

/* The first of them is what the report tells. */
static void fail(struct writer *w, int fault)
{
    struct tape_header *h = writer_header(w);

    if (h->fault == 0)
        h->fault = (uint32_t)fault;
}

void writer_lose(struct writer *w)
{
    writer_header(w)->lost_events++;
    fail(w, ENOMEM); /* what is no file's fault has been told */
}

struct tape_header *writer_header_of_parent(const struct writer *w)
{
    if (!w->base || !w->shared)
        return NULL;
    /* Of no bytes: a second mapping of the same page. */
    void *at = mremap(w->base, 0, TAPE_HEADER_BYTES, MREMAP_MAYMOVE);
    return at == MAP_FAILED ? NULL : at;
}

void writer_give_back(struct tape_header *parents)
{
    if (parents)
        munmap(parents, TAPE_HEADER_BYTES);
}

void writer_lose_process(struct tape_header *parents)
{
    uint32_t *count = &parents->lost_processes;
    uint32_t before = __atomic_load_n(count, __ATOMIC_RELAXED);

    while (!(before & TAPE_LOST_CLOSED) &&
           !__atomic_compare_exchange_n(count, &before, before + 1, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

bool writer_is_removed(struct writer *w)
{
    struct stat s;

    return file_held(w) && fstat(w->fd, &s) == 0 && s.st_nlink == 0;
}

/* What could not be copied out now may be next time. */
void writer_flush(struct writer *w)
{
    struct tape_header *h = writer_header(w);

    if (!w->base || w->shared)
        return;
    uint64_t before = clock_monotonic_ns();
    h->flags &= ~(uint32_t)(TAPE_BEHIND | TAPE_SAVED);
    h->flags |= w->last ? TAPE_SAVED : 0;
    if (!file_copy_out(w)) {
        fail(w, errno);
        h->flags |= TAPE_BEHIND;
        file_copy_header(w);
    }
    uint64_t now = clock_monotonic_ns(), pause = (now - before) * FLUSH_SHARE;
    w->flush_ns = now + (pause > FLUSH_NS ? pause : FLUSH_NS);
}

void writer_flush_last(struct writer *w)
{
    if (w->shared)
        __atomic_fetch_or(&writer_header(w)->flags, TAPE_SAVED, __ATOMIC_RELAXED);
    w->last = true;
    writer_flush(w);
    w->last = false;
}

void writer_flush_now_and_then(struct writer *w)
{
    if (w->base && !w->shared && clock_coarse_ns() >= w->flush_ns)
        writer_flush(w);
}

static size_t used_bytes(const struct tape_block *b)
{
    return b->kind == TAPE_TEXTS ? b->used : b->used * TAPE_CELL;
}

static void seal(struct writer *w)
{
    struct tape_header *h = writer_header(w);

    for (uint64_t cell = TAPE_HEADER_BYTES / TAPE_CELL; cell < h->end;) {
        struct tape_block *b = writer_cell(w, (uint32_t)cell);
        b->sum = tape_sum(b + 1, used_bytes(b));
        b->head = tape_head_sum(b);
        cell += b->cells;
    }
}

void writer_close(struct writer *w)
{
    struct tape_header *h = writer_header(w);

    if (!w->base)
        return;
    writer_stamp(w);
    if (!w->shared)
        file_read_control(w);
    if (h->role == TAPE_ROLE_LAUNCHER) /* it has no counters: this is what is told */
        h->answer.since.ns = h->control.reset_ns;
    seal(w);
    writer_flush(w);
    __atomic_fetch_or(&h->lost_processes, TAPE_LOST_CLOSED, __ATOMIC_RELAXED);
    __atomic_store_n(&h->state, TAPE_FINISHED, __ATOMIC_RELEASE);
    uint64_t sum = tape_page_sum(h);
    __atomic_store_n((uint64_t *)(void *)(w->base + TAPE_SEAL_AT), sum,
                     __ATOMIC_RELEASE);
    if (!w->shared && file_held(w))
        file_copy_header(w);
    file_cut(w, h->end * TAPE_CELL);
    writer_forget(w);
}

/* A moment to see that readers can tell we live, too. */
void writer_stamp(struct writer *w)
{
    struct tape_header *h = writer_header(w);

    file_held(w);
    if (w->shared && h->flags & TAPE_SAVED)
        __atomic_fetch_and(&h->flags, ~(uint32_t)TAPE_SAVED, __ATOMIC_RELAXED);
    h->last = clock_pair_now((enum clock_kind)h->clock);
    h->cpu_ns = clock_process_cpu_ns() - w->cpu_from_ns;
}

bool writer_is_asked(struct writer *w)
{
    struct tape_header *h = writer_header(w);

    if (!w->shared && clock_coarse_ns() >= w->hear_ns) {
        file_read_control(w);
        w->hear_ns = clock_coarse_ns() + HEAR_NS;
    }
    if (h->clock == CLOCK_KIND_TSC && w->shared)
        __atomic_exchange_n(&h->control.idle, 1, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&h->control.asked, __ATOMIC_ACQUIRE) != h->answer.heard;
}

struct clock_pair writer_moment(const struct writer *w, uint64_t ns)
{
    const struct tape_header *h = writer_header(w);
    struct clock_pair now = clock_pair_now((enum clock_kind)h->clock);

    if (ns < h->first.ns || ns >= now.ns || now.ticks <= h->first.ticks ||
        h->clock == CLOCK_KIND_THREAD_CPU)
        return now;
    double ratio =
        (double)(now.ticks - h->first.ticks) / (double)(now.ns - h->first.ns);
    return (struct clock_pair){ now.ticks - (uint64_t)((double)(now.ns - ns) * ratio),
                                ns };
}

static void forget_nodes(struct tape_node *n, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        n[i].calls = n[i].resumes = n[i].self = 0;
}

/* moments: ticks are no thread's own. */
static void forget_threads(struct tape_thread *t, uint64_t count, uint64_t since,
                           bool moments)
{
    for (uint64_t i = 0; i < count; i++) {
        t[i].merged = 0;
        if (t[i].ended)
            t[i].ended = TAPE_PAST;
        if (moments && t[i].first < since)
            t[i].first = since;
        if (moments && t[i].last < since)
            t[i].last = since;
    }
}

void writer_reset(struct writer *w, uint64_t since_ns)
{
    struct tape_header *h = writer_header(w);
    struct clock_pair since = writer_moment(w, since_ns);

    h->answer.since = since;
    for (uint64_t cell = TAPE_HEADER_BYTES / TAPE_CELL; cell < h->end;) {
        struct tape_block *b = writer_cell(w, (uint32_t)cell);

        if (b->kind == TAPE_NODES)
            forget_nodes((void *)(b + 1), b->used);
        if (b->kind == TAPE_THREADS)
            forget_threads((void *)(b + 1), b->used, since.ticks,
                           h->clock != CLOCK_KIND_THREAD_CPU);
        cell += b->cells;
    }
    h->lost_events = h->healed = h->backward = h->paused_ns = 0;
    h->fault = 0;
    __atomic_fetch_and(&h->lost_processes, TAPE_LOST_CLOSED, __ATOMIC_RELAXED);
    h->cpu_from_ns = w->cpu_from_ns = clock_process_cpu_ns();
    writer_stamp(w);
}

/* Of 2^n cells, n; those given back are kept so. */
static uint32_t *spare_of(struct writer *w, uint32_t cells)
{
    return &w->spare[__builtin_ctz(cells)];
}

void writer_give_block(struct writer *w, struct tape_block *b)
{
    uint32_t *spare = spare_of(w, b->cells), next = *spare;

    *spare = (uint32_t)(((char *)b - w->base) / TAPE_CELL);
    memset(b + 1, 0, used_bytes(b));
    b->used = next; /* nobody reads it as what it was */
}

static struct tape_block *spare_block(struct writer *w, struct writer_block *b,
                                      enum tape_kind kind, uint32_t cells,
                                      uint32_t owner)
{
    uint32_t *spare = spare_of(w, cells);

    if (*spare == 0)
        return NULL;
    *b = (struct writer_block){ writer_cell(w, *spare), *spare };
    *spare = (uint32_t)b->at->used;
    *b->at = (struct tape_block){
        .magic = TAPE_BLOCK_MAGIC, .kind = kind, .cells = cells, .owner = owner
    };
    return b->at;
}

static struct tape_block *new_block(struct writer *w, struct writer_block *b,
                                    enum tape_kind kind, uint32_t cells, uint32_t owner)
{
    struct tape_header *h = writer_header(w);
    uint64_t cell = h->end, end = cell + cells;

    if (end > UINT32_MAX)
        return NULL;
    if (end * TAPE_CELL > w->mapped && !file_grow(w, end * TAPE_CELL)) {
        fail(w, errno);
        return NULL;
    }
    struct tape_block *at = writer_cell(w, (uint32_t)cell);
    *at = (struct tape_block){
        .magic = TAPE_BLOCK_MAGIC, .kind = kind, .cells = cells, .owner = owner
    };
    if (!file_announce(w, at, end)) {
        fail(w, errno);
        return NULL;
    }
    *b = (struct writer_block){ at, (uint32_t)cell };
    __atomic_store_n(&h->end, end, __ATOMIC_RELEASE);
    return at;
}

static uint32_t next_size(const struct writer_block *b)
{
    if (!b->at)
        return BLOCK_CELLS_FIRST;
    return b->at->cells < BLOCK_CELLS_MAX ? b->at->cells * 2 : BLOCK_CELLS_MAX;
}

uint32_t writer_add(struct writer *w, struct writer_block *b, enum tape_kind kind,
                    uint32_t owner)
{
    if ((!b->at || b->at->used + 1 >= b->at->cells) &&
        !spare_block(w, b, kind, next_size(b), owner) &&
        !new_block(w, b, kind, next_size(b), owner))
        return 0;
    return b->cell + 1 + (uint32_t)b->at->used;
}

static tape_text append_text(struct writer *w, const char *bytes, size_t len)
{
    struct writer_block *b = &w->texts;

    if (!b->at || b->at->used + len > (size_t)(b->at->cells - 1) * TAPE_CELL) {
        uint32_t cells = next_size(b);
        while ((size_t)(cells - 1) * TAPE_CELL < len)
            cells *= 2;
        if (!new_block(w, b, TAPE_TEXTS, cells, 0))
            return 0;
    }
    uint64_t offset = (uint64_t)(b->cell + 1) * TAPE_CELL + b->at->used;
    memcpy(w->base + offset, bytes, len);
    __atomic_store_n(&b->at->used, b->at->used + len, __ATOMIC_RELEASE);
    return offset | (uint64_t)len << 40;
}

static const struct str more = { "...", 3 };

static bool grow_interned(struct writer *w)
{
    uint32_t size = w->interned ? w->interned_size * 2 : INTERNED_FIRST;
    tape_text *table = writer_map_private(size * sizeof *table);

    if (!table)
        return false;
    for (uint32_t i = 0; i < w->interned_size; i++) {
        tape_text text = w->interned[i];
        struct str s = { w->base + (text & 0xffffffffff), text >> 40 };
        uint32_t at = (uint32_t)str_hash(s) & (size - 1);

        if (text == 0)
            continue;
        while (table[at] != 0)
            at = (at + 1) & (size - 1);
        table[at] = text;
    }
    if (w->interned)
        munmap(w->interned, w->interned_size * sizeof *table);
    w->interned = table;
    w->interned_size = size;
    return true;
}

/* Its place in the table: empty where it is new. */
static tape_text *interned_slot(const struct writer *w, struct str wanted)
{
    uint32_t at = (uint32_t)str_hash(wanted) & (w->interned_size - 1);

    for (; w->interned[at] != 0; at = (at + 1) & (w->interned_size - 1)) {
        tape_text text = w->interned[at];
        struct str s = { w->base + (text & 0xffffffffff), text >> 40 };
        if (str_eq(s, wanted))
            break;
    }
    return &w->interned[at];
}

static tape_text intern(struct writer *w, struct str s)
{
    if (w->interned_used * 2 >= w->interned_size && !grow_interned(w))
        return 0;
    tape_text *slot = interned_slot(w, s);
    if (*slot != 0)
        return *slot;
    bool full = w->text_bytes_max != 0 && w->text_bytes + s.len > w->text_bytes_max;
    if (full && !str_eq(s, more)) {
        writer_header(w)->cut_texts++;
        return intern(w, more);
    }
    *slot = append_text(w, s.at, s.len);
    if (*slot != 0) {
        w->interned_used++;
        w->text_bytes += s.len;
    }
    return *slot;
}

tape_text writer_text(struct writer *w, const char *bytes, size_t len)
{
    if (len == 0)
        return 0;
    return intern(w, (struct str){ bytes, len < TAPE_TEXT_MAX ? len : TAPE_TEXT_MAX });
}
