/* SPDX-License-Identifier: Apache-2.0 */
/* out.c - base/out.h into memory: the only place there is. */
#include "base/out.h"

#include <string.h>

#include "base/arena.h"

enum { FIRST = 1024 };

struct out {
    struct arena *arena;
    char *buffer;
    size_t used, size;
};

struct out *out_memory(void)
{
    struct arena *arena = arena_open();
    struct out *o = arena_alloc(arena, sizeof *o);

    *o = (struct out){ arena, arena_alloc(arena, FIRST), 0, FIRST };
    return o;
}

static void make_room(struct out *o, size_t len)
{
    size_t size = o->size;

    while (size - o->used <= len)
        size *= 2;
    if (size > o->size)
        o->buffer = arena_widen(o->arena, o->buffer, o->size, size);
    o->size = size;
}

struct str out_text(struct out *o)
{
    make_room(o, 1);
    o->buffer[o->used] = '\0';
    return (struct str){ o->buffer, o->used };
}

bool out_close(struct out *o, struct err *e)
{
    (void)e;
    out_abandon(o);
    return true;
}

void out_abandon(struct out *o)
{
    if (o)
        arena_close(o->arena);
}

bool out_failed(const struct out *o)
{
    (void)o;
    return false;
}

void out_bytes(struct out *o, const void *bytes, size_t len)
{
    make_room(o, len);
    if (len > 0)
        memcpy(o->buffer + o->used, bytes, len);
    o->used += len;
}
