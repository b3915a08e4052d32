/* SPDX-License-Identifier: Apache-2.0 */
/* in.c - reads a file at the place it stands at, and inflates with zlib. */
#include "base/in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { PIECE = 64 * 1024 }; /* of what is to be inflated */

struct in {
    int fd; /* -1: memory */
    const char *memory;
    uint64_t size, at;
    const char *fault;
};

static struct in *in_new(int fd, uint64_t size)
{
    struct in *i = calloc(1, sizeof *i);

    if (!i) {
        fputs("sonde: out of memory\n", stderr);
        exit(1);
    }
    i->fd = fd;
    i->size = size;
    return i;
}

struct in *in_open(const char *path, const char *what, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat s;

    if (fd < 0) {
        err_set(e, ERR_IO, "%s: %s: %s", what, path, strerror(errno));
        return NULL;
    }
    if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode))
        return in_new(fd, (uint64_t)s.st_size);
    err_set(e, ERR_FORMAT, "%s: %s: %s", what, path,
            S_ISDIR(s.st_mode) ? "a directory" : "not a regular file");
    close(fd);
    return NULL;
}

struct in *in_memory(struct str bytes)
{
    struct in *i = in_new(-1, bytes.len);

    i->memory = bytes.at;
    return i;
}

void in_close(struct in *i)
{
    if (!i)
        return;
    if (i->fd >= 0)
        close(i->fd);
    free(i);
}

uint64_t in_size(const struct in *i)
{
    return i->size;
}

uint64_t in_at(const struct in *i)
{
    return i->at;
}

uint64_t in_left(const struct in *i)
{
    return i->fault ? 0 : i->size - i->at;
}

const char *in_fault(const struct in *i)
{
    return i->fault;
}

void in_go_on(struct in *i)
{
    i->fault = NULL;
}

static bool fail(struct in *i, const char *why)
{
    if (!i->fault)
        i->fault = why;
    return false;
}

void in_seek(struct in *i, uint64_t at)
{
    if (i->fault)
        return;
    if (at > i->size)
        fail(i, "cut short");
    else
        i->at = at;
}

/* len is at most what is left. */
static bool file_bytes(struct in *i, char *to, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pread(i->fd, to + done, len - done, (off_t)(i->at + done));

        if (n == 0)
            return fail(i, "cut short while it was read");
        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR)
            return fail(i, strerror(errno));
    }
    return true;
}

bool in_bytes(struct in *i, void *to, size_t len)
{
    bool there = !i->fault && (len <= i->size - i->at || fail(i, "cut short"));

    if (there && i->fd >= 0)
        there = file_bytes(i, to, len);
    else if (there && len > 0)
        memcpy(to, i->memory + i->at, len);
    if (there)
        i->at += len;
    else
        memset(to, 0, len);
    return there;
}

/* Up to the end of the stream, in both what is taken and what is made. */
static int inflate_pieces(struct in *i, z_stream *z, uint64_t stored)
{
    unsigned char piece[PIECE];
    int status = Z_OK;

    while (status == Z_OK && stored > 0) {
        z->avail_in = stored < sizeof piece ? (uInt)stored : (uInt)sizeof piece;
        z->next_in = piece;
        stored -= z->avail_in;
        if (!in_bytes(i, piece, z->avail_in))
            return Z_ERRNO;
        status = inflate(z, Z_NO_FLUSH);
        if (z->avail_in > 0 && status == Z_OK)
            return Z_BUF_ERROR; /* it would be longer */
    }
    return status == Z_STREAM_END && stored + z->avail_in > 0 ? Z_DATA_ERROR : status;
}

bool in_inflate(struct in *i, uint64_t stored, void *to, uint32_t len)
{
    uint64_t begun = i->at;
    z_stream z = { .next_out = to, .avail_out = len };
    bool whole = false;

    if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
        fail(i, "no memory to inflate it");
    else
        whole = inflate_pieces(i, &z, stored) == Z_STREAM_END && z.avail_out == 0;
    inflateEnd(&z);
    if (whole)
        return true;
    memset(to, 0, len);
    if (!i->fault)
        i->at = begun; /* the fault is in what begins there */
    return fail(i, "damaged: it does not inflate to its length");
}
