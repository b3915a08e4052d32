/* SPDX-License-Identifier: Apache-2.0 */
/* in_file.c - what base/in_file.c is elsewhere: inputs are what was handed in. */
#include <string.h>

#include "base/in_own.h"
#include "page/files.h"
#include "page/inflate.h"

struct in *in_open(const char *path, const char *what, struct err *e)
{
    const struct str *found = files_find(path);

    if (found)
        return in_memory(*found);
    err_set(e, ERR_IO, "%s: %s: it was not handed in", what, path);
    return NULL;
}

void in_close(struct in *i)
{
    if (i)
        arena_close(i->arena);
}

bool in_inflate(struct in *i, uint64_t stored, void *to, uint32_t len)
{
    size_t taken, given;

    if (!i->fault && stored > i->size - i->at)
        in_fail(i, "cut short");
    if (!i->fault &&
        inflate_raw(i->memory + i->at, (size_t)stored, to, len, &taken, &given) ==
            INFLATE_WHOLE &&
        taken == stored && given == len) {
        i->at += stored;
        return true;
    }
    memset(to, 0, len);
    return in_fail(i, "damaged: it does not inflate to its length");
}
