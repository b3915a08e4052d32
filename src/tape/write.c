/* SPDX-License-Identifier: Apache-2.0 */
/* write.c - the tape's file, its growth in bounded steps, blocks and texts. */
#include "tape/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tape/sum.h"

enum {
    STEP_FIRST = 256 * 1024,
    STEP_MAX = 4 * 1024 * 1024,
    BLOCK_CELLS_FIRST = 64,  /* 4 KiB, doubled by every new block of its kind */
    BLOCK_CELLS_MAX = 16384, /* 1 MiB */
    INTERNED_FIRST = 1024,
    PATH_BYTES = 4096,
};
#define RESERVE_MAX ((size_t)16 << 30) /* address space only: 250 M nodes */
#define RESERVE_MIN ((size_t)64 << 20)

void *writer_map_private(size_t bytes)
{
    void *at =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return at == MAP_FAILED ? NULL : at;
}

/* Address space is the program's as well: of a limited one, take little. */
static size_t reserve_bytes(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return RESERVE_MAX;
    size_t share = limit.rlim_cur / 16;
    share -= share % STEP_MAX;
    return share < RESERVE_MIN   ? RESERVE_MIN
           : share > RESERVE_MAX ? RESERVE_MAX
                                 : share;
}

/* Out of the way of the numbers the program's own files will get. */
static int descriptor_out_of_the_way(int fd)
{
    struct rlimit limit;
    int least = 768;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 1024)
        least = (int)(limit.rlim_cur / 4 * 3);
    int high = fcntl(fd, F_DUPFD_CLOEXEC, least);
    if (high < 0)
        return fd;
    close(fd);
    return high;
}

/* Field 22 of /proc/self/stat; 0 where there is no /proc. */
static uint64_t process_start_ticks(void)
{
    char text[1024];
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 0;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    char *at = strrchr(text, ')'); /* the name before it may hold anything */
    uint64_t ticks = 0;
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    for (at = at ? at + 1 : text; *at >= '0' && *at <= '9'; at++)
        ticks = ticks * 10 + (uint64_t)(*at - '0');
    return ticks;
}

/* Asking for more than RLIMIT_FSIZE would send the program SIGXFSZ. */
static bool beyond_file_limit(size_t bytes)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
           bytes > limit.rlim_cur;
}

/* Room in the file first, then the mapping of it at its place. */
static bool grow(struct writer *w, size_t wanted)
{
    struct stat s;
    size_t step = w->mapped == 0         ? STEP_FIRST
                  : w->mapped < STEP_MAX ? w->mapped
                                         : STEP_MAX;

    while (w->mapped + step < wanted)
        step += STEP_MAX;
    if (w->mapped + step > w->reserved || beyond_file_limit(w->mapped + step)) {
        errno = EFBIG;
        return false;
    }
    if (fstat(w->fd, &s) != 0 || s.st_dev != w->device || s.st_ino != w->inode)
        return false;
    int fault;
    do
        fault = posix_fallocate(w->fd, (off_t)w->mapped, (off_t)step);
    while (fault == EINTR);
    if (fault != 0) {
        errno = fault;
        return false;
    }
    void *at = mmap(w->base + w->mapped, step, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_FIXED, w->fd, (off_t)w->mapped);
    if (at == MAP_FAILED)
        return false;
    w->mapped += step;
    return true;
}

/* Tells readers that the writer lives; the kernel drops it at our death. */
static void lock(int fd)
{
    struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };

    fcntl(fd, F_SETLK, &l);
}

static bool create_file(struct writer *w, const char *directory, char path[PATH_BYTES])
{
    struct stat s;

    for (int try = 0; try < 16; try++) {
        int len = snprintf(path, PATH_BYTES, "%s/%ld-%llx.tape", directory,
                           (long)getpid(), (unsigned long long)clock_monotonic_ns());
        if (len < 0 || len >= PATH_BYTES) {
            errno = ENAMETOOLONG;
            return false;
        }
        w->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (w->fd >= 0 || errno != EEXIST)
            break;
    }
    if (w->fd < 0)
        return false;
    w->fd = descriptor_out_of_the_way(w->fd);
    fchmod(w->fd, 0600);
    if (fstat(w->fd, &s) != 0)
        return false;
    w->device = s.st_dev;
    w->inode = s.st_ino;
    return true;
}

/* The range is kept free by a mapping nobody may touch. Smaller where the
 * system does not give that much. */
static bool reserve(struct writer *w)
{
    for (w->reserved = reserve_bytes(); w->reserved >= RESERVE_MIN; w->reserved /= 4) {
        void *at = mmap(NULL, w->reserved, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at != MAP_FAILED) {
            w->base = at;
            return true;
        }
    }
    return false;
}

static void fill_header(struct tape_header *h, enum tape_role role,
                        enum clock_kind clock)
{
    h->version = TAPE_VERSION;
    h->header_bytes = TAPE_HEADER_BYTES;
    h->role = role;
    h->state = TAPE_RUNNING;
    h->flags = TAPE_SHARED;
    h->clock = clock;
    h->pid = (uint32_t)getpid();
    h->parent_pid = (uint32_t)getppid();
    h->start_ticks = process_start_ticks();
    h->started_ns = clock_realtime_ns();
    h->first = h->last = clock_pair_now(clock);
    h->end = TAPE_HEADER_BYTES / TAPE_CELL;
    __atomic_store_n(&h->magic, TAPE_MAGIC, __ATOMIC_RELEASE);
}

bool writer_open(struct writer *w, const char *directory, enum tape_role role,
                 enum clock_kind clock)
{
    char path[PATH_BYTES];

    *w = (struct writer){ .fd = -1 };
    if (create_file(w, directory, path) && reserve(w)) {
        lock(w->fd);
        if (grow(w, STEP_FIRST)) {
            fill_header(writer_header(w), role, clock);
            return true;
        }
    }
    int fault = errno;
    if (w->base)
        munmap(w->base, w->reserved);
    if (w->fd >= 0) {
        close(w->fd);
        unlink(path);
    }
    *w = (struct writer){ .fd = -1 };
    errno = fault;
    return false;
}

static void close_descriptor(struct writer *w)
{
    struct stat s;

    if (w->fd >= 0 && fstat(w->fd, &s) == 0 && s.st_dev == w->device &&
        s.st_ino == w->inode)
        close(w->fd);
}

void writer_forget(struct writer *w)
{
    if (w->base)
        munmap(w->base, w->reserved);
    if (w->interned)
        munmap(w->interned, w->interned_size * sizeof *w->interned);
    close_descriptor(w);
    *w = (struct writer){ .fd = -1 };
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
        cell += b->cells;
    }
}

void writer_close(struct writer *w)
{
    struct tape_header *h = writer_header(w);

    if (!w->base)
        return;
    writer_stamp(w);
    seal(w);
    __atomic_store_n(&h->state, TAPE_FINISHED, __ATOMIC_RELEASE);
    struct stat s;
    if (fstat(w->fd, &s) == 0 && s.st_dev == w->device && s.st_ino == w->inode)
        while (ftruncate(w->fd, (off_t)(h->end * TAPE_CELL)) != 0 && errno == EINTR)
            ;
    writer_forget(w);
}

void writer_stamp(struct writer *w)
{
    struct tape_header *h = writer_header(w);

    h->last = clock_pair_now((enum clock_kind)h->clock);
    h->cpu_ns = clock_process_cpu_ns();
}

static struct tape_block *new_block(struct writer *w, struct writer_block *b,
                                    enum tape_kind kind, uint32_t cells)
{
    struct tape_header *h = writer_header(w);
    uint64_t cell = h->end;

    if (cell + cells > UINT32_MAX)
        return NULL;
    if ((cell + cells) * TAPE_CELL > w->mapped && !grow(w, (cell + cells) * TAPE_CELL))
        return NULL;
    b->cell = (uint32_t)cell;
    b->at = writer_cell(w, b->cell);
    b->at->magic = TAPE_BLOCK_MAGIC;
    b->at->kind = kind;
    b->at->cells = cells;
    __atomic_store_n(&h->end, cell + cells, __ATOMIC_RELEASE);
    return b->at;
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
    if (!b->at || b->at->used + 1 >= b->at->cells) {
        if (!new_block(w, b, kind, next_size(b)))
            return 0;
        b->at->owner = owner;
    }
    return b->cell + 1 + (uint32_t)b->at->used;
}

static tape_text append_text(struct writer *w, const char *bytes, size_t len)
{
    struct writer_block *b = &w->texts;

    if (!b->at || b->at->used + len > (size_t)(b->at->cells - 1) * TAPE_CELL) {
        uint32_t cells = next_size(b);
        while ((size_t)(cells - 1) * TAPE_CELL < len)
            cells *= 2;
        if (!new_block(w, b, TAPE_TEXTS, cells))
            return 0;
    }
    uint64_t offset = (uint64_t)(b->cell + 1) * TAPE_CELL + b->at->used;
    memcpy(w->base + offset, bytes, len);
    __atomic_store_n(&b->at->used, b->at->used + len, __ATOMIC_RELEASE);
    return offset | (uint64_t)len << 40;
}

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

tape_text writer_text(struct writer *w, const char *bytes, size_t len)
{
    struct str wanted = { bytes, len > TAPE_TEXT_MAX ? TAPE_TEXT_MAX : len };

    if (len == 0)
        return 0;
    if (w->interned_used * 2 >= w->interned_size && !grow_interned(w))
        return 0;
    uint32_t at = (uint32_t)str_hash(wanted) & (w->interned_size - 1);
    for (; w->interned[at] != 0; at = (at + 1) & (w->interned_size - 1)) {
        tape_text text = w->interned[at];
        struct str s = { w->base + (text & 0xffffffffff), text >> 40 };
        if (str_eq(s, wanted))
            return text;
    }
    tape_text text = append_text(w, bytes, wanted.len);
    if (text != 0) {
        w->interned[at] = text;
        w->interned_used++;
    }
    return text;
}
