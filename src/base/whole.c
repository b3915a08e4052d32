/* SPDX-License-Identifier: Apache-2.0 */
/* whole.c - reads to the end, in as many steps as it takes; or maps, and mends what
 * goes missing. */
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP = 64 * 1024 };

struct filling {
    struct arena *arena;
    char *at;
    size_t used, room;
};

static void make_room(struct filling *f)
{
    if (f->used < f->room)
        return;
    size_t room = f->room ? f->room * 2 : STEP;
    f->at = arena_grow(f->arena, f->at, f->used, room);
    f->room = room;
}

/* Up to one byte more than `most`; false: errno says why. */
static bool fill(int fd, uint64_t most, struct filling *f)
{
    while (f->used <= most) {
        make_room(f);
        ssize_t n = read(fd, f->at + f->used, f->room - f->used);

        if (n == 0)
            return true;
        if (n > 0)
            f->used += (size_t)n;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

/* A regular file's size is known, so that nothing is copied twice. */
static size_t first_room(int fd, uint64_t most)
{
    struct stat s;

    if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode) || s.st_size <= 0)
        return STEP;
    return (uint64_t)s.st_size < most ? (size_t)s.st_size + 1 : (size_t)most + 1;
}

bool whole_read(const char *path, const char *what, uint64_t most, struct arena *a,
                struct str *bytes, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return err_set(e, ERR_IO, "%s: %s: %s", what, path, strerror(errno));
    struct filling f = { .arena = a, .room = first_room(fd, most) };
    f.at = arena_alloc(a, f.room);
    bool ok = fill(fd, most, &f);
    int fault = errno;
    close(fd);
    if (!ok)
        return err_set(e, ERR_IO, "%s: %s: %s", what, path, strerror(fault));
    if (f.used > most)
        return err_set(e, ERR_FORMAT, "%s: %s: more than %llu bytes", what, path,
                       (unsigned long long)most);
    *bytes = (struct str){ f.at, f.used };
    return true;
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

bool whole_map(const char *path, const char *what, uint64_t most, struct arena *a,
               struct str *bytes, struct err *e)
{
    struct stat s;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *at = MAP_FAILED;

    if (fd >= 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_size > 0 &&
        (uint64_t)s.st_size <= most && mapped.count < MAPPED_MAX)
        at =
            mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (fd >= 0)
        close(fd);
    if (at == MAP_FAILED)
        return whole_read(path, what, most, a, bytes, e);
    watch(at, (size_t)s.st_size);
    *bytes = (struct str){ at, (size_t)s.st_size };
    return true;
}

size_t whole_begin(const char *path, char *to, size_t most)
{
    struct stat s;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t got = -1;

    if (fd < 0)
        return 0;
    if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode))
        got = read(fd, to, most);
    close(fd);
    return got > 0 ? (size_t)got : 0;
}
