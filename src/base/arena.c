/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c - a list of chunks; big pieces get a chunk of their own. A large one is
 * mapped: it can be made larger, and neither it nor its end is touched for that. Large
 * pages are not asked for: making room for them costs more than their fewer faults
 * spare where others have just used up the memory (bench/dumps.py). */
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
enum { MAPPED_MIN = 2 << 20, PAGE_BYTES = 4096 };
/* Chunks of an arena that has so many bytes already. */
enum { MANY_BYTES = 1 << 19, LARGE_BYTES = 4 << 20 };

struct chunk {
    struct chunk *next;
    size_t used, size; /* of what follows */
    size_t mapped;     /* 0: from malloc */
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct chunk *chunks; /* the newest first; it alone is filled further */
    size_t bytes;         /* of chunks that are not one large piece's */
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

#ifdef __wasi__
static struct chunk *map_chunk(size_t bytes)
{
    (void)bytes;
    return NULL;
}
#else
static size_t whole_pages(size_t bytes)
{
    return (bytes + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
}

/* NULL: there is none. */
static struct chunk *map_chunk(size_t bytes)
{
    size_t mapped = whole_pages(bytes);
    struct chunk *c =
        mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (c == MAP_FAILED)
        return NULL;
    c->mapped = mapped;
    return c;
}
#endif

static struct chunk *chunk_new(size_t size)
{
    struct chunk *c = NULL;

    if (size >= MAPPED_MIN - sizeof *c && size <= SIZE_MAX / 2)
        c = map_chunk(sizeof *c + size);
    if (!c && size <= SIZE_MAX / 2)
        c = calloc(1, sizeof *c + size);
    if (!c)
        out_of_memory(size);
    c->size = size;
    return c;
}

static void chunk_free(struct chunk *c)
{
#ifndef __wasi__
    if (c->mapped > 0) {
        munmap(c, c->mapped);
        return;
    }
#endif
    free(c);
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
        chunk_free(c);
    }
    free(a);
}

/* For what comes behind to be aligned; less than bytes: they are too many. */
static size_t rounded(size_t bytes)
{
    return bytes + (ALIGN - bytes % ALIGN) % ALIGN;
}

/* A big piece goes behind the newest chunk, which stays the one to fill. */
static void *alloc_big(struct arena *a, size_t bytes)
{
    struct chunk *c = chunk_new(bytes);

    c->used = bytes;
    if (bytes <= LARGE_BYTES / 2)
        a->bytes += bytes;
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
    size_t size = rounded(bytes);
    size_t whole =
        a->bytes < MANY_BYTES ? CHUNK_BYTES : LARGE_BYTES - sizeof *a->chunks;
    struct chunk *c = a->chunks;

    if (size < bytes)
        out_of_memory(bytes);
    if (c && c->size - c->used >= size) {
        c->used += size;
        return c->bytes + c->used - size;
    }
    if (size > whole / 2)
        return alloc_big(a, size);
    c = chunk_new(whole);
    c->next = a->chunks;
    a->chunks = c;
    a->bytes += whole;
    c->used = size;
    return c->bytes;
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

/* A chunk with what it holds, and zeroes behind that. */
static struct chunk *chunk_widen(struct chunk *c, size_t size)
{
    size_t before = c->size;
    struct chunk *wide = NULL;

#ifndef __wasi__
    if (c->mapped > 0 && size <= SIZE_MAX / 2) {
        size_t mapped = whole_pages(sizeof *c + size);

        wide = mremap(c, c->mapped, mapped, MREMAP_MAYMOVE);
        if (wide == MAP_FAILED)
            out_of_memory(size);
        wide->mapped = mapped;
        wide->size = size;
        return wide;
    }
#endif
    if (size <= SIZE_MAX / 2)
        wide = realloc(c, sizeof *c + size);
    if (!wide)
        out_of_memory(size);
    memset(wide->bytes + before, 0, size - before);
    wide->size = size;
    return wide;
}

void *arena_widen(struct arena *a, void *piece, size_t old_bytes, size_t new_bytes)
{
    struct chunk **at = &a->chunks;

    while (*at && !((*at)->bytes == piece && (*at)->size == rounded(old_bytes)))
        at = &(*at)->next;
    if (!*at) { /* it shares one */
        void *own = alloc_big(a, rounded(new_bytes));

        memcpy(own, piece, old_bytes);
        return own;
    }
    struct chunk *c = chunk_widen(*at, rounded(new_bytes));
    c->used = c->size;
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
