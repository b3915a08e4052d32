/* SPDX-License-Identifier: Apache-2.0 */
/* sources.c - the kernel sees to it that a path stays below its root (openat2); where
 * it cannot, nothing is shown. */
#include "cmd/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

bool sources_add(struct sources *s, const char *folder, struct err *e)
{
    if (s->roots == SOURCES_ROOTS)
        return err_set(e, ERR_USAGE, "too many --source: %d are enough", SOURCES_ROOTS);
    const char *real = realpath(folder, s->root[s->roots].path);
    int fd = real ? open(real, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd < 0)
        return err_set(e, ERR_USAGE, "bad value: --source %.200s: %s", folder,
                       strerror(errno));
    s->root[s->roots++].fd = fd;
    return true;
}

void sources_close(struct sources *s)
{
    for (int i = 0; i < s->roots; i++)
        close(s->root[i].fd);
    s->roots = 0;
}

static int open_below(int root, const char *path)
{
    struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

static bool copy(int fd, struct out *to)
{
    char piece[16384];
    size_t all = 0;

    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        all += (size_t)n;
        if (all > SOURCES_BYTES)
            return false;
        out_bytes(to, piece, (size_t)n);
    }
}

bool sources_read(const struct sources *s, struct str path, struct out *to)
{
    char below[PATH_MAX];
    bool shown = false;

    for (int i = 0; i < s->roots && !shown; i++) {
        struct str rest = path;
        struct stat st;

        /* The root of all is "/", and needs no slash behind it. */
        if (!str_skip(&rest, str_of(s->root[i].path[1] ? s->root[i].path : "")) ||
            !str_skip(&rest, STR("/")) || rest.len == 0 || rest.len >= sizeof below ||
            memchr(rest.at, 0, rest.len))
            continue;
        memcpy(below, rest.at, rest.len);
        below[rest.len] = '\0';
        int fd = open_below(s->root[i].fd, below);
        if (fd < 0)
            continue;
        shown = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
                st.st_size <= SOURCES_BYTES && copy(fd, to);
        close(fd);
    }
    return shown;
}
