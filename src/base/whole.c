/* SPDX-License-Identifier: Apache-2.0 */
/* whole.c - reads to the end, in as many steps as it takes; or maps, and mends what
 * goes missing. */
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a pipe: room for so much more at a time, and at most. */
enum { STEP = 128 * 1024, STEP_MAX = 16 << 20 };
/* It is looked at when the first bytes are there, at so many, and 16 times as many. */
enum { LOOK = 64 * 1024, LOOK_MAX = 16 << 20 };

enum { WRITER_MS = 4000 };

struct filling {
    const struct whole_kind *kind;
    const char *path;
    struct arena *arena;
    char *at;
    size_t used, room;
    size_t look; /* at so many bytes the next time */
};

static bool refused(const struct filling *f, const char *why, struct err *e)
{
    return err_set(e, ERR_FORMAT, "%s: %s: %s", f->kind->what, f->path, why);
}

static bool failed(const struct filling *f, struct err *e)
{
    return err_set(e, ERR_IO, "%s: %s: %s", f->kind->what, f->path, strerror(errno));
}

static bool too_long(const struct filling *f, struct err *e)
{
    return err_set(e, ERR_FORMAT, "%s: %s: more than %llu bytes", f->kind->what,
                   f->path, (unsigned long long)f->kind->most);
}

/* A regular file's size is known, so that nothing is copied twice. */
static bool fill_from_file(int fd, uint64_t size, struct filling *f, struct err *e)
{
    if (size > f->kind->most)
        return too_long(f, e);
    f->at = arena_alloc(f->arena, (size_t)size + 1);
    while (f->used < size) {
        ssize_t n = read(fd, f->at + f->used, (size_t)size - f->used);

        if (n == 0)
            break;
        if (n > 0)
            f->used += (size_t)n;
        else if (errno != EINTR)
            return failed(f, e);
    }
    return true;
}

static void make_room(struct filling *f)
{
    size_t more = f->room < STEP_MAX ? f->room : STEP_MAX;

    if (f->used < f->room)
        return;
    if (f->at)
        f->at = arena_widen(f->arena, f->at, f->room, f->room + more);
    else
        f->at = arena_alloc(f->arena, more = STEP);
    f->room += more;
}

static bool may_go_on(struct filling *f, struct err *e)
{
    if (f->used > f->kind->most)
        return too_long(f, e);
    if (f->used < f->look || f->look > LOOK_MAX || !f->kind->may_begin)
        return true;
    f->look = f->look < LOOK ? LOOK : f->look * 16;
    return f->kind->may_begin((struct str){ f->at, f->used }, f->path, e);
}

static void wait_for(int fd, int milliseconds)
{
    struct pollfd wait = { .fd = fd, .events = POLLIN };

    poll(&wait, 1, milliseconds);
}

/* Who opens a pipe without waiting is told that nothing is there yet, or, where
 * nobody writes, that this is the end: who is about to write has a moment. */
static bool fill_from_pipe(int fd, struct filling *f, struct err *e)
{
    for (bool waited = false;;) {
        make_room(f);
        ssize_t n = read(fd, f->at + f->used, f->room - f->used);

        if (n == 0 && f->used > 0)
            return true;
        if (n == 0 && waited)
            return refused(f, "a pipe that nobody writes to", e);
        if (n > 0)
            f->used += (size_t)n;
        else if (n == 0)
            wait_for(fd, WRITER_MS);
        else if (errno == EAGAIN)
            wait_for(fd, -1);
        else if (errno != EINTR)
            return failed(f, e);
        waited = waited || n == 0;
        if (n > 0 && !may_go_on(f, e))
            return false;
    }
}

static bool fill(int fd, struct filling *f, struct err *e)
{
    struct stat s;

    if (fstat(fd, &s) != 0)
        return failed(f, e);
    if (S_ISREG(s.st_mode))
        return fill_from_file(fd, (uint64_t)s.st_size, f, e);
    if (S_ISFIFO(s.st_mode))
        return fill_from_pipe(fd, f, e);
    return refused(
        f, S_ISDIR(s.st_mode) ? "a directory" : "neither a regular file nor a pipe", e);
}

bool whole_read(const char *path, const struct whole_kind *k, struct arena *a,
                struct str *bytes, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct filling f = { .kind = k, .path = path, .arena = a, .look = 1 };
    bool ok = fd >= 0 ? fill(fd, &f, e) : failed(&f, e);

    if (fd >= 0)
        close(fd);
    *bytes = (struct str){ f.at, f.used };
    return ok;
}

enum { MAPPED_MAX = 64 };

/* What the handler of a signal must find. */
static struct {
    char *at[MAPPED_MAX];
    size_t len[MAPPED_MAX];
    int count;
    volatile sig_atomic_t torn;
} mapped;

/* A page behind the end of a file that was longer once: an empty one comes in its
 * place. Any other such signal is what it was. */
static void on_missing_page(int number, siginfo_t *info, void *context)
{
    char *at = info->si_addr;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    (void)context;
    for (int i = 0; i < mapped.count; i++)
        if (at >= mapped.at[i] && at < mapped.at[i] + mapped.len[i]) {
            mapped.torn = 1;
            if (mmap(at - (uintptr_t)at % page, page, PROT_READ,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
                return;
        }
    signal(number, SIG_DFL);
}

static void watch(char *at, size_t len)
{
    struct sigaction act = { .sa_sigaction = on_missing_page, .sa_flags = SA_SIGINFO };

    mapped.at[mapped.count] = at;
    mapped.len[mapped.count++] = len;
    if (mapped.count == 1)
        sigaction(SIGBUS, &act, NULL);
}

bool whole_is_torn(void)
{
    return mapped.torn != 0;
}

bool whole_map(const char *path, const struct whole_kind *k, struct arena *a,
               struct str *bytes, struct err *e)
{
    struct stat s;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *at = MAP_FAILED;

    if (fd >= 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_size > 0 &&
        (uint64_t)s.st_size <= k->most && mapped.count < MAPPED_MAX)
        at = mmap(NULL, (size_t)s.st_size, PROT_READ,
                  MAP_PRIVATE | (k->page_by_page ? 0 : MAP_POPULATE), fd, 0);
    if (fd >= 0)
        close(fd);
    if (at == MAP_FAILED)
        return whole_read(path, k, a, bytes, e);
    watch(at, (size_t)s.st_size);
    *bytes = (struct str){ at, (size_t)s.st_size };
    return true;
}

void whole_forget(const char *at, size_t len)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)at + page - 1) / page * page;
    uintptr_t to = ((uintptr_t)at + len) / page * page;

    for (int i = 0; i < mapped.count; i++)
        if (at >= mapped.at[i] && at + len <= mapped.at[i] + mapped.len[i] && from < to)
            madvise(mapped.at[i] + (from - (uintptr_t)mapped.at[i]), to - from,
                    MADV_DONTNEED);
}

bool whole_begin(const char *path, char *to, size_t most, struct str *head)
{
    struct stat s;
    ssize_t got = -1;
    int fd = -1;

    /* Who opens a pipe and closes it again has broken it. */
    if (!whole_is_pipe(path))
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode))
        got = read(fd, to, most);
    if (fd >= 0)
        close(fd);
    *head = (struct str){ to, got > 0 ? (size_t)got : 0 };
    return got >= 0;
}

bool whole_is_pipe(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && S_ISFIFO(s.st_mode);
}

/* -1: the path is none of a descriptor. */
static int descriptor_of(const char *path)
{
    static const char *const before[] = { "/dev/fd/", "/proc/self/fd/" };

    if (strcmp(path, "/dev/stdin") == 0)
        return STDIN_FILENO;
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        size_t len = strlen(before[i]);
        char *end;

        if (strncmp(path, before[i], len) == 0 && path[len] >= '0' &&
            path[len] <= '9') {
            long fd = strtol(path + len, &end, 10);

            return *end == '\0' && fd < INT_MAX ? (int)fd : -1;
        }
    }
    return -1;
}

bool whole_keep_pipe(const char *path, struct err *e)
{
    int from = descriptor_of(path), kept;
    char piece[1 << 16];
    ssize_t n = 0;
    bool ok = true;

    if (from < 0 || !whole_is_pipe(path))
        return true;
    kept = memfd_create("profile", MFD_CLOEXEC);
    while (kept >= 0 && ok && (n = read(from, piece, sizeof piece)) != 0) {
        if (n < 0 && errno == EAGAIN)
            wait_for(from, -1);
        else if (n < 0)
            ok = errno == EINTR;
        for (ssize_t at = 0, put; ok && at < n; at += put)
            ok = (put = write(kept, piece + at, (size_t)(n - at))) > 0;
    }
    ok = ok && kept >= 0 && dup2(kept, from) >= 0;
    if (!ok)
        err_set(e, ERR_IO, "cannot read profile: %s: %s", path, strerror(errno));
    if (kept >= 0)
        close(kept);
    return ok;
}
