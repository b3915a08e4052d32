/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - the file's making, its growth in bounded steps, and copying out.
 * Every block is a whole number of pages, so a page belongs to one block. A
 * page is known to have changed by its checksum: eight bytes a page instead of
 * a second copy. */
#include "tape/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/host.h"
#include "base/proc.h"
#include "tape/room.h"
#include "tape/sum.h"

enum {
    PAGE = 4096,
    TRIES = 100, /* of a call that signals break off */
};

void file_identify(struct tape_header *h)
{
    struct proc_stat s;

    h->pid = (uint32_t)getpid();
    h->parent_pid = (uint32_t)getppid();
    h->start_ticks = proc_stat(0, &s) ? s.start : 0;
    h->started_ns = clock_realtime_ns();
    h->machine = host_id();
}

/* File systems on which room once given is there for a mapping's stores. Not:
 * those that copy on write (btrfs, bcachefs, zfs), network ones, FUSE. */
static bool mapping_is_safe(int fd)
{
    static const unsigned long safe[] = {
        EXT4_SUPER_MAGIC, /* ext2 and ext3 too */
        XFS_SUPER_MAGIC,       TMPFS_MAGIC,      RAMFS_MAGIC,
        OVERLAYFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
    };
    struct statfs s;

    if (fstatfs(fd, &s) != 0)
        return false;
    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
        if ((unsigned long)s.f_type == safe[i])
            return true;
    return false;
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

/* Tells readers that the writer lives; the kernel drops it at our death. */
static void lock(int fd)
{
    struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };

    fcntl(fd, F_SETLK, &l);
}

static bool is_ours(const struct writer *w, int fd, struct stat *s)
{
    return fd >= 0 && fstat(fd, s) == 0 && s->st_dev == w->device &&
           s->st_ino == w->inode;
}

/* The program may close every descriptor; the number then is not ours. */
bool file_held(struct writer *w)
{
    struct stat s;

    if (is_ours(w, w->fd, &s))
        return true;
    int fd = open(w->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    if (!is_ours(w, fd, &s)) {
        close(fd);
        errno = ENOENT;
        return false;
    }
    w->fd = descriptor_out_of_the_way(fd);
    lock(w->fd);
    return true;
}

/* Going beyond RLIMIT_FSIZE would send the program SIGXFSZ. */
static bool beyond_limit(size_t bytes)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        bytes <= limit.rlim_cur)
        return false;
    errno = EFBIG;
    return true;
}

static bool write_all(struct writer *w, const void *bytes, size_t len, size_t at)
{
    int tries = 0;

    if (beyond_limit(at + len))
        return false;
    for (size_t done = 0; done < len;) {
        ssize_t n =
            pwrite(w->fd, (const char *)bytes + done, len - done, (off_t)(at + done));
        if (n > 0) {
            done += (size_t)n;
            continue;
        }
        if (n == 0)
            errno = ENOSPC;
        if (errno != EINTR || ++tries == TRIES)
            return false;
    }
    return true;
}

static bool allocate(const struct writer *w, size_t step)
{
    int fault, tries = 0;

    do
        fault = posix_fallocate(w->fd, (off_t)w->mapped, (off_t)step);
    while (fault == EINTR && ++tries < TRIES);
    errno = fault;
    return fault == 0;
}

static bool map(const struct writer *w, size_t step)
{
    int flags = w->shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;

    return mmap(w->base + w->mapped, step, PROT_READ | PROT_WRITE, flags | MAP_FIXED,
                w->shared ? w->fd : -1, w->shared ? (off_t)w->mapped : 0) != MAP_FAILED;
}

static bool add(struct writer *w, size_t step)
{
    if (beyond_limit(w->mapped + step) || !file_held(w))
        return false;
    return w->shared
               ? allocate(w, step) && map(w, step)
               : map(w, step) && write_all(w, w->base + w->mapped, step, w->mapped);
}

bool file_grow(struct writer *w, size_t wanted)
{
    return room_grow(w, wanted, add);
}

static bool create(struct writer *w, const char *directory)
{
    struct stat s;

    for (int try = 0; try < 16; try++) {
        int len = snprintf(w->path, sizeof w->path, "%s/%ld-%llx.tape", directory,
                           (long)getpid(), (unsigned long long)clock_monotonic_ns());
        if (len < 0 || (size_t)len >= sizeof w->path) {
            errno = ENAMETOOLONG;
            return false;
        }
        w->fd = open(w->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (w->fd >= 0 || (errno != EEXIST && errno != EINTR))
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

static size_t sums_bytes(const struct writer *w)
{
    return w->reserved / PAGE * sizeof *w->sums;
}

/* btrfs: overwritten in place, or a full disk would be met at each copy. */
static void do_not_copy_on_write(int fd)
{
    long flags = 0;

    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
        flags |= FS_NOCOW_FL;
        ioctl(fd, FS_IOC_SETFLAGS, &flags);
    }
}

static bool in_private_memory(struct writer *w)
{
    do_not_copy_on_write(w->fd);
    void *sums = mmap(NULL, sums_bytes(w), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (sums == MAP_FAILED)
        return false;
    w->sums = sums;
    w->shared = false;
    w->again_ns = 0;
    return file_grow(w, 1);
}

static bool no_room(int fault)
{
    return fault == ENOSPC || fault == EDQUOT || fault == EFBIG || fault == ENOMEM;
}

static bool first_room(struct writer *w, enum writer_io io)
{
    w->shared = io == WRITER_MAPPED || (io == WRITER_AUTO && mapping_is_safe(w->fd));
    if (!w->shared)
        return in_private_memory(w);
    return file_grow(w, 1) ||
           (io == WRITER_AUTO && !no_room(errno) && in_private_memory(w));
}

bool file_make(struct writer *w, const char *directory, const struct writer_how *how)
{
    w->step = how->step;
    if (create(w, directory) && room_reserve(w)) {
        lock(w->fd);
        if (first_room(w, how->io))
            return true;
    }
    int fault = errno;
    if (w->fd >= 0)
        unlink(w->path);
    file_forget(w);
    errno = fault;
    return false;
}

void file_forget(struct writer *w)
{
    struct stat s;

    if (w->base)
        munmap(w->base, w->reserved);
    if (w->sums)
        munmap(w->sums, sums_bytes(w));
    if (w->fd >= 0 && (w->inode == 0 || is_ours(w, w->fd, &s)))
        close(w->fd);
}

void file_cut(struct writer *w, size_t bytes)
{
    int tries = 0;

    if (file_held(w))
        while (ftruncate(w->fd, (off_t)bytes) != 0 && errno == EINTR && ++tries < TRIES)
            ;
}

bool file_announce(struct writer *w, const struct tape_block *b, uint64_t end)
{
    size_t at = (size_t)((const char *)b - w->base);

    return w->shared ||
           (file_held(w) && write_all(w, b, sizeof *b, at) &&
            write_all(w, &end, sizeof end, offsetof(struct tape_header, end)));
}

/* Pages first .. first + count, those of them that changed. */
static bool copy_pages(struct writer *w, size_t first, size_t count)
{
    size_t run = 0; /* changed pages in a row up to `at` */

    for (size_t at = first; at <= first + count; at++) {
        const char *page = w->base + at * PAGE;
        uint64_t sum = at < first + count ? tape_sum(page, PAGE) : w->sums[at];
        if (sum != w->sums[at] && at < first + count) {
            w->sums[at] = sum;
            run++;
            continue;
        }
        if (run > 0 &&
            !write_all(w, page - run * PAGE, run * PAGE, (at - run) * PAGE)) {
            memset(&w->sums[at - run], 0, run * sizeof *w->sums);
            return false;
        }
        run = 0;
    }
    return true;
}

/* Its first page says how much of the others is there: it comes last. */
static bool copy_block(struct writer *w, const struct tape_block *b)
{
    size_t first = (size_t)((const char *)b - w->base) / PAGE;
    size_t bytes =
        TAPE_CELL + (size_t)(b->kind == TAPE_TEXTS ? b->used : b->used * TAPE_CELL);
    size_t pages = (bytes + PAGE - 1) / PAGE;

    return copy_pages(w, first + 1, pages - 1) && copy_pages(w, first, 1);
}

/* Without what others write there. */
bool file_copy_header(struct writer *w)
{
    size_t behind = TAPE_CONTROL_AT + sizeof(struct tape_control);
    uint64_t sum = tape_sum(w->base, PAGE);

    if (sum == w->sums[0])
        return true;
    w->sums[0] = 0;
    if (!write_all(w, w->base, TAPE_CONTROL_AT, 0) ||
        !write_all(w, w->base + behind, PAGE - behind, behind))
        return false;
    w->sums[0] = sum;
    return true;
}

void file_read_control(struct writer *w)
{
    struct tape_control asked;

    if (file_held(w) &&
        pread(w->fd, &asked, sizeof asked, TAPE_CONTROL_AT) == sizeof asked)
        writer_header(w)->control = asked;
}

/* Somebody cut the file short: nothing is known to be there. */
static void mind_cut(struct writer *w)
{
    struct stat s;

    if (fstat(w->fd, &s) == 0 && (size_t)s.st_size < w->mapped)
        memset(w->sums, 0, w->mapped / PAGE * sizeof *w->sums);
}

bool file_copy_out(struct writer *w)
{
    static const enum tape_kind order[] = { TAPE_TEXTS, TAPE_FUNCTIONS, TAPE_THREADS,
                                            TAPE_PROCESSES, TAPE_NODES };
    const struct tape_header *h = writer_header(w);

    if (!file_held(w))
        return false;
    mind_cut(w);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (uint64_t cell = TAPE_HEADER_BYTES / TAPE_CELL; cell < h->end;) {
            const struct tape_block *b = writer_cell(w, (uint32_t)cell);
            if (b->kind == order[i] && !copy_block(w, b))
                return false;
            cell += b->cells;
        }
    return file_copy_header(w);
}
