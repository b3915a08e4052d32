/* SPDX-License-Identifier: Apache-2.0 */
/* in.c - base/in.h over memory: what was handed in, and what a reader holds. */
#include "base/in.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "page/files.h"
#include "page/inflate.h"

struct in {
    struct arena *arena;
    const char *memory;
    uint64_t size, at;
    const char *fault;
};

struct in *in_open(const char *path, const char *what, struct err *e)
{
    const struct str *found = files_find(path);

    if (found)
        return in_memory(*found);
    err_set(e, ERR_IO, "%s: %s: it was not handed in", what, path);
    return NULL;
}

struct in *in_memory(struct str bytes)
{
    struct arena *arena = arena_open();
    struct in *i = arena_alloc(arena, sizeof *i);

    *i = (struct in){ .arena = arena, .memory = bytes.at, .size = bytes.len };
    return i;
}

void in_close(struct in *i)
{
    if (i)
        arena_close(i->arena);
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

bool in_bytes(struct in *i, void *to, size_t len)
{
    bool there = !i->fault && (len <= i->size - i->at || fail(i, "cut short"));

    if (there && len > 0)
        memcpy(to, i->memory + i->at, len);
    if (there)
        i->at += len;
    else
        memset(to, 0, len);
    return there;
}

bool in_inflate(struct in *i, uint64_t stored, void *to, uint32_t len)
{
    size_t taken, given;

    if (!i->fault && stored > i->size - i->at)
        fail(i, "cut short");
    if (!i->fault &&
        inflate_raw(i->memory + i->at, (size_t)stored, to, len, &taken, &given) ==
            INFLATE_WHOLE &&
        taken == stored && given == len) {
        i->at += stored;
        return true;
    }
    memset(to, 0, len);
    return fail(i, "damaged: it does not inflate to its length");
}
