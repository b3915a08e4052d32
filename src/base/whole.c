/* SPDX-License-Identifier: Apache-2.0 */
/* whole.c - reads to the end, in as many steps as it takes. */
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
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
