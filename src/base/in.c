/* SPDX-License-Identifier: Apache-2.0 */
/* in.c - where an input stands, and the first fault of it; inputs in memory. */
#include <string.h>

#include "base/in_own.h"

struct in *in_new(uint64_t size)
{
    struct arena *arena = arena_open();
    struct in *i = arena_alloc(arena, sizeof *i);

    *i = (struct in){ .arena = arena, .fd = -1, .size = size };
    return i;
}

struct in *in_memory(struct str bytes)
{
    struct in *i = in_new(bytes.len);

    i->memory = bytes.at;
    return i;
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

bool in_fail(struct in *i, const char *why)
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
        in_fail(i, "cut short");
    else
        i->at = at;
}

bool in_bytes(struct in *i, void *to, size_t len)
{
    bool there = !i->fault && (len <= i->size - i->at || in_fail(i, "cut short"));

    if (there && i->read)
        there = i->read(i, to, len);
    else if (there && len > 0)
        memcpy(to, i->memory + i->at, len);
    if (there)
        i->at += len;
    else
        memset(to, 0, len);
    return there;
}
