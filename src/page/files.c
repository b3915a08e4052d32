/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - the calls of the system that readers use, over files in memory, and those
 * of the library that would lead to one. */
#include "page/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FIRST = 3 }; /* of descriptors */

static struct {
    const char *path;
    struct str bytes;
    size_t at;
} file[FILES_MAX];
static uint32_t files;

bool files_add(const char *path, struct str bytes)
{
    if (files == FILES_MAX)
        return false;
    file[files].path = path;
    file[files].bytes = bytes;
    files++;
    return true;
}

void files_forget(void)
{
    files = 0;
}

static int index_of(const char *path)
{
    for (uint32_t i = 0; i < files; i++)
        if (strcmp(file[i].path, path) == 0)
            return (int)i;
    return -1;
}

const struct str *files_find(const char *path)
{
    int i = index_of(path);

    return i < 0 ? NULL : &file[i].bytes;
}

int open(const char *path, int flags, ...)
{
    int i = index_of(path);

    (void)flags;
    if (i < 0) {
        errno = ENOENT;
        return -1;
    }
    file[i].at = 0;
    return i + FIRST;
}

int close(int fd)
{
    (void)fd;
    return 0;
}

ssize_t pread(int fd, void *to, size_t len, off_t at)
{
    struct str b = file[fd - FIRST].bytes;
    size_t left = at >= 0 && (size_t)at < b.len ? b.len - (size_t)at : 0;

    if (len > left)
        len = left;
    if (len > 0)
        memcpy(to, b.at + at, len);
    return (ssize_t)len;
}

ssize_t read(int fd, void *to, size_t len)
{
    ssize_t got = pread(fd, to, len, (off_t)file[fd - FIRST].at);

    file[fd - FIRST].at += (size_t)got;
    return got;
}

int fstat(int fd, struct stat *s)
{
    memset(s, 0, sizeof *s);
    s->st_mode = S_IFREG | 0600;
    s->st_size = (off_t)file[fd - FIRST].bytes.len;
    return 0;
}

int stat(const char *restrict path, struct stat *restrict s)
{
    int i = index_of(path);

    if (i < 0) {
        errno = ENOENT;
        return -1;
    }
    return fstat(i + FIRST, s);
}

int fstatat(int folder, const char *restrict path, struct stat *restrict s, int flags)
{
    (void)folder;
    (void)flags;
    return stat(path, s);
}

int access(const char *path, int how)
{
    struct stat s;

    (void)how;
    return stat(path, &s);
}

DIR *opendir(const char *path)
{
    (void)path;
    errno = ENOENT;
    return NULL;
}

struct dirent *readdir(DIR *d)
{
    (void)d;
    return NULL;
}

int closedir(DIR *d)
{
    (void)d;
    return 0;
}

/* What the library would say to a terminal. */
ssize_t writev(int fd, const struct iovec *piece, int pieces)
{
    size_t all = 0;

    (void)fd;
    for (int i = 0; i < pieces; i++)
        all += piece[i].iov_len;
    return (ssize_t)all;
}

off_t(lseek)(int fd, off_t by, int from)
{
    (void)fd;
    (void)by;
    (void)from;
    errno = ESPIPE;
    return -1;
}

off_t __lseek(int fd, off_t by, int from);
off_t __lseek(int fd, off_t by, int from)
{
    return (lseek)(fd, by, from);
}

char *getcwd(char *to, size_t len)
{
    (void)to;
    (void)len;
    errno = ENOENT;
    return NULL;
}

enum { PAGE = 65536, GROW = 256 }; /* bytes of a page; pages at a time */

/* Memory grows by large steps: each costs the same, and moves what the page looks at.
 */
void *sbrk(intptr_t bytes)
{
    static uintptr_t end;
    size_t size = __builtin_wasm_memory_size(0) * (size_t)PAGE;

    if (end == 0)
        end = size;
    if (bytes > 0 && (size_t)bytes > size - end) {
        size_t pages = ((size_t)bytes - (size - end) + PAGE - 1) / PAGE;
        size_t grown = SIZE_MAX;

        if (pages < GROW)
            grown = __builtin_wasm_memory_grow(0, GROW);
        if (grown == SIZE_MAX)
            grown = __builtin_wasm_memory_grow(0, pages);
        if (grown == SIZE_MAX) {
            errno = ENOMEM;
            return (void *)-1;
        }
    }
    void *begin = (void *)end;
    end += (uintptr_t)bytes;
    return begin;
}

char *getenv(const char *name)
{
    (void)name;
    return NULL;
}

void abort(void)
{
    __builtin_trap();
}
