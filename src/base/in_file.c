/* SPDX-License-Identifier: Apache-2.0 */
/* in_file.c - inputs that are files, read at the place they stand at; inflates with
 * zlib. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/in_own.h"

enum { PIECE = 64 * 1024 }; /* of what is to be inflated */

static bool file_bytes(struct in *i, char *to, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pread(i->fd, to + done, len - done, (off_t)(i->at + done));

        if (n == 0)
            return in_fail(i, "cut short while it was read");
        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR)
            return in_fail(i, strerror(errno));
    }
    return true;
}

struct in *in_open(const char *path, const char *what, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat s;

    if (fd < 0) {
        err_set(e, ERR_IO, "%s: %s: %s", what, path, strerror(errno));
        return NULL;
    }
    if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode)) {
        struct in *i = in_new((uint64_t)s.st_size);

        i->fd = fd;
        i->read = file_bytes;
        return i;
    }
    err_set(e, ERR_FORMAT, "%s: %s: %s", what, path,
            S_ISDIR(s.st_mode) ? "a directory" : "not a regular file");
    close(fd);
    return NULL;
}

void in_close(struct in *i)
{
    if (!i)
        return;
    if (i->fd >= 0)
        close(i->fd);
    arena_close(i->arena);
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
        in_fail(i, "no memory to inflate it");
    else
        whole = inflate_pieces(i, &z, stored) == Z_STREAM_END && z.avail_out == 0;
    inflateEnd(&z);
    if (whole)
        return true;
    memset(to, 0, len);
    if (!i->fault)
        i->at = begun; /* the fault is in what begins there */
    return in_fail(i, "damaged: it does not inflate to its length");
}
