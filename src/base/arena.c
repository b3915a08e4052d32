/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c - a list of chunks; big pieces get a chunk of their own. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef __wasi__
#include <sys/mman.h>
#endif

enum { CHUNK_BYTES = 256 * 1024, ALIGN = alignof(max_align_t) };
enum { PAGE_BYTES = 2 << 20 }; /* of the large ones, where the system has any */

struct chunk {
    struct chunk *next;
    size_t used, size; /* of what follows */
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct chunk *chunks; /* the newest first; it alone is filled further */
};

static void (*at_end)(void);

void arena_at_end(void (*end)(void))
{
    at_end = end;
}

static void out_of_memory(size_t bytes)
{
    if (at_end)
        at_end();
#ifdef __wasi__
    (void)bytes;
    __builtin_trap(); /* nobody is there to be told; the page makes a new instance */
#else
    fprintf(stderr, "sonde: out of memory: %zu bytes more were wanted\n", bytes);
    exit(1);
#endif
}

static struct chunk *chunk_new(size_t size)
{
    struct chunk *c = NULL;

    if (size <= SIZE_MAX / 2)
        c = calloc(1, sizeof *c + size);
    if (!c)
        out_of_memory(size);
    c->size = size;
    return c;
}

struct arena *arena_open(void)
{
    struct arena *a = calloc(1, sizeof *a);

    if (!a)
        out_of_memory(sizeof *a);
    return a;
}

void arena_close(struct arena *a)
{
    if (!a)
        return;
    for (struct chunk *c = a->chunks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(a);
}

/* Filling tens of megabytes page by page costs more than what is put there. */
static void ask_for_large_pages(char *at, size_t bytes)
{
#ifdef __wasi__
    (void)at;
    (void)bytes;
#else
    size_t skip = (PAGE_BYTES - (uintptr_t)at % PAGE_BYTES) % PAGE_BYTES;

    if (bytes >= 2 * (size_t)PAGE_BYTES)
        madvise(at + skip, (bytes - skip) / PAGE_BYTES * PAGE_BYTES, MADV_HUGEPAGE);
#endif
}

/* A big piece goes behind the newest chunk, which stays the one to fill. */
static void *alloc_big(struct arena *a, size_t bytes)
{
    struct chunk *c = chunk_new(bytes);

    ask_for_large_pages(c->bytes, bytes);
    c->used = bytes;
    if (a->chunks) {
        c->next = a->chunks->next;
        a->chunks->next = c;
    } else {
        a->chunks = c;
    }
    return c->bytes;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    size_t size = bytes + (ALIGN - bytes % ALIGN) % ALIGN;
    struct chunk *c = a->chunks;

    if (size < bytes)
        out_of_memory(bytes);
    if (size > CHUNK_BYTES / 4)
        return alloc_big(a, size);
    if (!c || c->size - c->used < size) {
        c = chunk_new(CHUNK_BYTES);
        c->next = a->chunks;
        a->chunks = c;
    }
    c->used += size;
    return c->bytes + c->used - size;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        out_of_memory(SIZE_MAX);
    return arena_alloc(a, count * size);
}

void *arena_grow(struct arena *a, const void *old, size_t old_bytes, size_t new_bytes)
{
    void *grown = arena_alloc(a, new_bytes);

    if (old_bytes > 0)
        memcpy(grown, old, old_bytes);
    return grown;
}

void *arena_widen(struct arena *a, void *piece, size_t new_bytes)
{
    struct chunk **at = &a->chunks;

    while ((*at)->bytes != piece)
        at = &(*at)->next;
    size_t before = (*at)->size;
    struct chunk *c = realloc(*at, sizeof *c + new_bytes);
    if (!c)
        out_of_memory(new_bytes);
    memset(c->bytes + before, 0, new_bytes - before);
    c->size = c->used = new_bytes;
    *at = c;
    return c->bytes;
}

char *arena_cstr(struct arena *a, struct str s)
{
    char *copy = arena_alloc(a, s.len + 1);

    if (s.len > 0)
        memcpy(copy, s.at, s.len);
    return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
    return (struct str){ arena_cstr(a, s), s.len };
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return (struct str){ 0 };
    char *text = arena_alloc(a, (size_t)len + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return (struct str){ text, (size_t)len };
}
