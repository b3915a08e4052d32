/* SPDX-License-Identifier: Apache-2.0 */
/* out.c - one buffer in front of a descriptor, or one that grows; zlib deflates. */
#include "base/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>

enum { BUFFER_BYTES = 64 * 1024 };

struct out {
    int fd;              /* -1: memory */
    int fault;           /* errno of the first fault, 0 while all is well */
    char *path, *beside; /* NULL: no file to put in place */
    bool nameless;       /* it has no name so far */
    char *buffer;
    size_t used, size;
};

static struct out *out_new(int fd)
{
    struct out *o = calloc(1, sizeof *o);
    char *buffer = malloc(BUFFER_BYTES);

    if (!o || !buffer) {
        fputs("sonde: out of memory\n", stderr);
        exit(1);
    }
    o->fd = fd;
    o->buffer = buffer;
    o->size = BUFFER_BYTES;
    return o;
}

static void out_free(struct out *o)
{
    free(o->path);
    free(o->beside);
    free(o->buffer);
    free(o);
}

struct out *out_stdout(void)
{
    return out_new(STDOUT_FILENO);
}

struct out *out_memory(void)
{
    return out_new(-1);
}

/* What stands at path may be replaced: nothing, or the user's own file. */
static bool replaceable(const char *path, struct err *e)
{
    struct stat s;

    if (lstat(path, &s) != 0)
        return errno == ENOENT ||
               err_set(e, ERR_IO, "cannot write: %s: %s", path, strerror(errno));
    if (!S_ISREG(s.st_mode))
        return err_set(e, ERR_IO,
                       "cannot write: %s: not a regular file (give another name)",
                       path);
    if (s.st_uid != geteuid())
        return err_set(e, ERR_IO,
                       "cannot write: %s: another user's file (give another name)",
                       path);
    return true;
}

/* A file that is gone with us, however we end, until it is given a name. -1: not in
 * this file system, or there is no /proc to name it by. */
static int open_nameless(const char *path, mode_t mode)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int fd = folder ? open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, mode) : -1;
    char name[32];

    free(folder);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    if (fd < 0 || access(name, F_OK) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool give_name(const struct out *o)
{
    char name[32];

    snprintf(name, sizeof name, "/proc/self/fd/%d", o->fd);
    return linkat(AT_FDCWD, name, AT_FDCWD, o->beside, AT_SYMLINK_FOLLOW) == 0;
}

static struct out *open_file(const char *path, mode_t mode, struct err *e)
{
    if (strcmp(path, "-") == 0)
        return out_stdout();
    if (!replaceable(path, e))
        return NULL;
    char *beside = NULL;
    if (asprintf(&beside, "%s.%ld.part", path, (long)getpid()) < 0) {
        err_set(e, ERR_IO, "cannot write: %s: out of memory", path);
        return NULL;
    }
    int fd = open_nameless(path, mode);
    bool nameless = fd >= 0;
    if (!nameless)
        fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0) {
        err_set(e, ERR_IO, "cannot write: %s: %s", path, strerror(errno));
        free(beside);
        return NULL;
    }
    struct out *o = out_new(fd);
    o->path = strdup(path);
    o->beside = beside;
    o->nameless = nameless;
    if (!o->path)
        o->fault = ENOMEM;
    return o;
}

struct out *out_open(const char *path, struct err *e)
{
    /* As the umask has it, but never to be written by everybody. */
    return open_file(path, 0664, e);
}

struct out *out_open_private(const char *path, struct err *e)
{
    return open_file(path, 0600, e);
}

static void flush(struct out *o)
{
    size_t done = 0;

    while (o->fault == 0 && done < o->used) {
        ssize_t n = write(o->fd, o->buffer + done, o->used - done);

        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR)
            o->fault = n == 0 ? EIO : errno;
    }
    o->used = 0;
}

static void grow(struct out *o, size_t wanted)
{
    size_t size = o->size * 2 > wanted ? o->size * 2 : wanted;
    char *buffer = realloc(o->buffer, size);

    if (!buffer) {
        fprintf(stderr, "sonde: out of memory: %zu bytes more were wanted\n", size);
        exit(1);
    }
    o->buffer = buffer;
    o->size = size;
}

void out_bytes(struct out *o, const void *bytes, size_t len)
{
    const char *at = bytes;

    if (o->fault == 0 && len > 0 && o->size - o->used > len) {
        memcpy(o->buffer + o->used, bytes, len);
        o->used += len;
        return;
    }
    if (o->fault != 0 || len == 0)
        return;
    if (o->fd < 0 && o->size - o->used < len)
        grow(o, o->used + len);
    while (len > 0) {
        if (o->used == o->size)
            flush(o);
        size_t piece = o->size - o->used < len ? o->size - o->used : len;
        memcpy(o->buffer + o->used, at, piece);
        o->used += piece;
        at += piece;
        len -= piece;
    }
}

char *out_room(struct out *o, size_t most)
{
    if (o->size - o->used < most && o->fd < 0)
        grow(o, o->used + most);
    else if (o->size - o->used < most)
        flush(o);
    return o->buffer + o->used;
}

void out_filled(struct out *o, const char *end)
{
    if (o->fault == 0)
        o->used = (size_t)(end - o->buffer);
}

void out_deflate(struct out *o, const void *bytes, uint32_t len)
{
    unsigned char made[16 * 1024];
    z_stream z = { .next_in = (z_const Bytef *)bytes, .avail_in = len };
    int status = deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS,
                              MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY);

    if (status != Z_OK && o->fault == 0)
        o->fault = ENOMEM;
    while (status == Z_OK) {
        z.next_out = made;
        z.avail_out = sizeof made;
        status = deflate(&z, Z_FINISH);
        out_bytes(o, made, sizeof made - z.avail_out);
    }
    deflateEnd(&z);
}

static void out_le32(struct out *o, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out_char(o, (char)(value >> 8 * i));
}

void out_gzip(struct out *o, const void *bytes, uint32_t len)
{
    static const char begin[10] = { 0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, (char)255 };

    out_bytes(o, begin, sizeof begin);
    out_deflate(o, bytes, len);
    out_le32(o, (uint32_t)crc32(0, bytes, len));
    out_le32(o, len);
}

struct str out_text(struct out *o)
{
    if (o->used == o->size)
        grow(o, o->used + 1);
    o->buffer[o->used] = '\0';
    return (struct str){ o->buffer, o->used };
}

void out_abandon(struct out *o)
{
    if (!o)
        return;
    if (o->beside) {
        close(o->fd);
        if (!o->nameless)
            unlink(o->beside);
    }
    out_free(o);
}

static void put_in_place(struct out *o)
{
    if (o->nameless && o->fault == 0) {
        o->nameless = !give_name(o);
        o->fault = o->nameless ? errno : 0;
    }
    if (close(o->fd) != 0 && o->fault == 0)
        o->fault = errno;
    if (o->fault == 0 && rename(o->beside, o->path) != 0)
        o->fault = errno;
    if (o->fault != 0 && !o->nameless)
        unlink(o->beside);
}

bool out_close(struct out *o, struct err *e)
{
    if (!o)
        return true;
    if (o->fd >= 0)
        flush(o);
    if (o->beside)
        put_in_place(o);
    bool ok = o->fault == 0;
    if (!ok)
        err_set(e, ERR_IO, "cannot write: %s: %s",
                o->path ? o->path : "standard output", strerror(o->fault));
    out_free(o);
    return ok;
}

bool out_failed(const struct out *o)
{
    return o->fault != 0;
}
