/* SPDX-License-Identifier: Apache-2.0 */
/* copy.c - copies a tape block by block. A live writer goes on meanwhile, so
 * what refers is copied before what it refers to: nodes (from the back: a
 * parent's cell is smaller), then functions and the like, then texts; each
 * time the header's end is read anew. */
#include "tape/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/proc.h"
#include "tape/body.h"
#include "tape/life.h"
#include "tape/sum.h"

enum { FIRST_CELL = TAPE_HEADER_BYTES / TAPE_CELL };
enum { LATER_MIN = 16 << 20 }; /* bytes of nodes: to copy fewer costs little */

/* How many bytes were there; a fault reads like the end of the file. */
static size_t read_at(int fd, void *to, size_t bytes, uint64_t offset)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t n = pread(fd, (char *)to + done, bytes - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

static void stop_at(struct tape *t, uint64_t cell)
{
    if (t->damaged_at == 0 || cell < t->damaged_at)
        t->damaged_at = cell;
}

static struct block *block_new(struct tape *t)
{
    if (t->blocks == t->room) {
        size_t size = sizeof *t->block;
        uint32_t room = t->room ? t->room * 2 : 64;

        t->block = arena_grow(t->arena, t->block, t->room * size, room * size);
        t->room = room;
    }
    return &t->block[t->blocks++];
}

static uint64_t used_bytes(uint32_t kind, uint64_t used)
{
    return kind == TAPE_TEXTS ? used : used * TAPE_CELL;
}

static bool block_fits(const struct tape_block *b, uint64_t room)
{
    if (b->magic != TAPE_BLOCK_MAGIC || b->cells == 0 || b->cells > room)
        return false;
    if (b->head != 0 && b->head != tape_head_sum(b))
        return false;
    return b->used <= (uint64_t)b->cells * TAPE_CELL &&
           used_bytes(b->kind, b->used) <= (uint64_t)(b->cells - 1) * TAPE_CELL;
}

static uint64_t file_bytes(int fd)
{
    struct stat s;

    return fstat(fd, &s) == 0 && s.st_size > 0 ? (uint64_t)s.st_size : 0;
}

/* Lists the blocks up to the header's end. One that is longer than the file is
 * the last: a writer gives a block its room before it tells of it. */
static void walk(struct tape *t, int fd)
{
    uint64_t end = t->header.end < UINT32_MAX ? t->header.end : UINT32_MAX;
    uint64_t there = file_bytes(fd) / TAPE_CELL;

    while (t->damaged_at == 0 && t->walked < end) {
        struct tape_block b;

        if (read_at(fd, &b, sizeof b, t->walked * TAPE_CELL) != sizeof b ||
            !block_fits(&b, end - t->walked)) {
            stop_at(t, t->walked);
            return;
        }
        if (b.kind >= TAPE_TEXTS && b.kind <= TAPE_PROCESSES)
            *block_new(t) = (struct block){
                .cell = (uint32_t)t->walked,
                .kind = b.kind,
                .owner = b.owner,
                .used = b.used,
                .sum = b.sum,
            };
        if (t->walked + b.cells > there)
            stop_at(t, t->walked);
        t->walked += b.cells;
    }
}

static unsigned char *hold(struct tape *t, size_t bytes)
{
    struct later *l = t->later;

    if (bytes > l->room) {
        l->room = bytes + bytes / 2;
        l->at = arena_alloc(t->arena, l->room);
    }
    return l->at;
}

/* Copies what a block holds. `used` is read anew: since the walk it may have
 * grown, and what is copied now may refer to what came with that growth. */
static bool block_load(struct tape *t, int fd, struct block *b,
                       const struct copy_to *to)
{
    uint64_t size = file_bytes(fd);
    uint64_t offset = ((uint64_t)b->cell + 1) * TAPE_CELL;
    uint64_t wanted = used_bytes(b->kind, b->used);
    uint64_t rounded = (wanted + TAPE_CELL - 1) / TAPE_CELL * TAPE_CELL;
    uint64_t there = size > offset ? size - offset : 0;
    size_t bytes = (size_t)(rounded < there ? rounded : there);
    bool later = t->later && b->kind == TAPE_NODES;
    unsigned char *at = later ? hold(t, bytes) : to->room(to->with, bytes);
    size_t got = read_at(fd, at, bytes, offset);

    if (got < rounded)
        stop_at(t, b->cell);
    else if (b->sum != 0 && tape_sum(at, (size_t)wanted) != b->sum) {
        stop_at(t, b->cell);
        return false;
    }
    if (got > wanted)
        got = (size_t)wanted;
    b->at = later ? NULL : at;
    b->later = later;
    b->bytes = b->kind == TAPE_TEXTS ? got : got / TAPE_CELL * TAPE_CELL;
    return true;
}

const void *copy_nodes(const struct tape *t, const struct block *b)
{
    unsigned char *at = t->later->at; /* it held each of them once */
    uint64_t offset = ((uint64_t)b->cell + 1) * TAPE_CELL;

    return read_at(t->later->fd, at, b->bytes, offset) == b->bytes ? at : NULL;
}

void copy_end(struct tape *t)
{
    if (t->later)
        close(t->later->fd);
}

static bool block_refresh(const struct tape *t, int fd, struct block *b)
{
    struct tape_block now;
    uint64_t end = t->walked - b->cell;

    if (read_at(fd, &now, sizeof now, (uint64_t)b->cell * TAPE_CELL) != sizeof now ||
        !block_fits(&now, end) || now.kind != b->kind)
        return false;
    b->used = now.used;
    b->sum = now.sum;
    return true;
}

static void load_kinds(struct tape *t, int fd, uint32_t from, uint32_t last,
                       const struct copy_to *to)
{
    for (uint32_t i = t->blocks; i-- > 0;) {
        struct block *b = &t->block[i];

        if (b->kind < from || b->kind > last)
            continue;
        if (t->alive && !block_refresh(t, fd, b))
            stop_at(t, b->cell);
        else if (block_load(t, fd, b, to) && to->take)
            to->take(to->with, b);
    }
}

/* Of a finished tape nothing is asked, and no sum vouches for what is there. But a
 * launcher may be outlived: when that was reset is compared with what others tell. */
static void drop_asked(struct tape_header *h)
{
    struct tape_control kept = { 0 };

    if (h->role == TAPE_ROLE_LAUNCHER)
        kept.reset_ns = h->control.reset_ns;
    if (h->state != TAPE_RUNNING)
        h->control = kept;
}

/* The end as it stands now; everything else of the header may move too. */
static void header_again(struct tape *t, int fd)
{
    struct tape_header now;

    if (read_at(fd, &now, sizeof now, 0) == sizeof now && now.magic == TAPE_MAGIC &&
        now.version == t->header.version && now.end >= t->header.end)
        t->header = now;
    drop_asked(&t->header);
}

/* The tape keeps the descriptor then. */
static void leave_for_later(struct tape *t, int fd)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < t->blocks; i++)
        if (t->block[i].kind == TAPE_NODES)
            bytes += used_bytes(TAPE_NODES, t->block[i].used);
    if (bytes < LATER_MIN || t->alive)
        return;
    t->later = arena_alloc(t->arena, sizeof *t->later);
    t->later->fd = fd;
}

static void read_blocks(struct tape *t, int fd, const struct copy_to *to)
{
    t->walked = FIRST_CELL;
    walk(t, fd);
    if (to->later)
        leave_for_later(t, fd);
    load_kinds(t, fd, TAPE_NODES, TAPE_NODES, to);
    header_again(t, fd);
    walk(t, fd);
    load_kinds(t, fd, TAPE_FUNCTIONS, TAPE_FUNCTIONS, to);
    load_kinds(t, fd, TAPE_THREADS, TAPE_PROCESSES, to);
    header_again(t, fd);
    walk(t, fd);
    load_kinds(t, fd, TAPE_TEXTS, TAPE_TEXTS, to);
    copy_drop_damaged(t);
}

/* A finished tape's header tells by its sum whether it is what was written. */
static bool header_whole(int fd)
{
    unsigned char page[TAPE_HEADER_BYTES];
    uint64_t sum;

    if (read_at(fd, page, sizeof page, 0) != sizeof page)
        return true; /* cut: that is told elsewhere */
    memcpy(&sum, page + TAPE_SEAL_AT, sizeof sum);
    return sum == 0 || sum == tape_page_sum(page);
}

/* A FIFO must not keep us waiting, nor a device be touched: hence O_NONBLOCK
 * and the look at what was opened. */
static int open_regular(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat s;

    if (fd < 0) {
        err_set(e, ERR_IO, "cannot read recording: %s: %s", path, strerror(errno));
        return -1;
    }
    if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode))
        return fd;
    err_set(e, ERR_FORMAT, "cannot read recording: %s: %s", path,
            S_ISDIR(s.st_mode) ? "a directory" : "not a regular file");
    close(fd);
    return -1;
}

/* What a reader may need of the present when the tape's own clock does not tell. */
static struct clock_pair moment(const struct tape *t)
{
    const struct tape_header *h = &t->header;
    bool own = tape_ns_per_tick(h) > 0;

    if (h->clock != CLOCK_KIND_TSC || (!t->alive && (own || !clock_trusts_tsc())))
        return (struct clock_pair){ 0, clock_monotonic_ns() };
    return clock_pair_now(CLOCK_KIND_TSC);
}

bool copy_header_good(const struct tape_header *h, size_t got, const char *path,
                      struct err *e)
{
    static const char what[] = "cannot read recording";

    bool begun = got >= sizeof h->magic && h->magic != 0;

    if (got == 0 || (!begun && got >= sizeof *h)) /* its writer was killed at once */
        return err_set(e, ERR_FORMAT, "%s: %s: empty (nothing was recorded in it)",
                       what, path);
    if (got >= sizeof h->magic && h->magic != TAPE_MAGIC)
        return err_set(e, ERR_FORMAT,
                       "%s: %s: not a recording of sonde "
                       "(sonde formats tells what can be read)",
                       what, path);
    if (got < sizeof *h)
        return err_set(e, ERR_FORMAT, "%s: %s: cut short: %zu bytes of at least %d",
                       what, path, got, TAPE_HEADER_BYTES);
    if (h->version > TAPE_VERSION)
        return err_set(e, ERR_FORMAT,
                       "%s: %s: written in version %u of the format, this sonde reads "
                       "up to %d (use a newer sonde)",
                       what, path, h->version, TAPE_VERSION);
    if (h->version == 0 || h->header_bytes != TAPE_HEADER_BYTES || h->end < FIRST_CELL)
        return err_set(e, ERR_FORMAT, "%s: %s: its header is damaged", what, path);
    return true;
}

/* Processor time of a process that lives, in ns; the kernel tells it in ticks of 10 ms
 * mostly. 0: it is not there. */
static uint64_t spent_ns(uint32_t pid)
{
    long second = sysconf(_SC_CLK_TCK);
    struct proc_stat s;

    if (second <= 0 || !proc_stat(pid, &s))
        return 0;
    return (s.user + s.system) * (1000000000u / (uint64_t)second);
}

/* Its writer tells now and then; while it lives the kernel knows better. */
static void ask_for_time(struct tape_header *h, uint32_t writer)
{
    uint64_t spent = writer ? spent_ns(writer) : 0;

    if (spent > h->cpu_from_ns && spent - h->cpu_from_ns > h->cpu_ns)
        h->cpu_ns = spent - h->cpu_from_ns;
}

bool copy_tape(struct tape *t, const char *path, const struct copy_to *to,
               struct err *e)
{
    int fd = open_regular(path, e);
    uint32_t writer;

    if (fd < 0)
        return false;
    t->alive = life_is_locked(fd, &writer);
    size_t got = read_at(fd, &t->header, sizeof t->header, 0);
    bool good = copy_header_good(&t->header, got, path, e);
    if (good) {
        drop_asked(&t->header);
        t->header_damaged = !header_whole(fd);
        read_blocks(t, fd, to);
        t->moment = moment(t);
        ask_for_time(&t->header, writer);
    }
    if (!t->later)
        close(fd);
    return good;
}

bool copy_header(const char *path, struct tape_header *header, struct err *e)
{
    int fd = open_regular(path, e);

    if (fd < 0)
        return false;
    *header = (struct tape_header){ 0 };
    size_t got = read_at(fd, header, sizeof *header, 0);
    close(fd);
    drop_asked(header);
    return copy_header_good(header, got, path, e);
}

void copy_drop_damaged(struct tape *t)
{
    if (t->damaged_at == 0)
        return;
    while (t->blocks > 0 && t->block[t->blocks - 1].cell > t->damaged_at)
        t->blocks--;
    t->walked = t->damaged_at;
    if (t->blocks > 0) {
        const struct block *b = &t->block[t->blocks - 1];
        uint64_t behind = b->cell + 1 + (b->bytes + TAPE_CELL - 1) / TAPE_CELL;

        if (t->walked < behind)
            t->walked = behind;
    }
}
