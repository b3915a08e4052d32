/* SPDX-License-Identifier: Apache-2.0 */
/* known.c - a table from the address of what is alive to its function. */
#include <sys/mman.h>

#include "calls/calls.h"

enum { KNOWN_FIRST = 1024 };

static struct known {
    uint64_t key;      /* address of the code, method or type; 0: empty */
    uint32_t function; /* 0: died */
} * table;
static uint32_t size, used; /* open addressing */

static struct known *slot_of(uint64_t key)
{
    uint32_t at = tree_hash(key, 0) & (size - 1);

    while (table[at].key != 0 && table[at].key != key)
        at = (at + 1) & (size - 1);
    return &table[at];
}

uint32_t known_find(const void *key)
{
    return table ? slot_of((uintptr_t)key)->function : 0;
}

/* The dead are left behind. */
static bool grow(void)
{
    struct known *old = table;
    uint32_t old_size = size, live = 0;

    for (uint32_t i = 0; i < old_size; i++)
        live += old[i].function != 0;
    uint32_t new_size = old_size == 0         ? KNOWN_FIRST
                        : live * 4 > old_size ? old_size * 2
                                              : old_size;
    struct known *grown = writer_map_private(new_size * sizeof *grown);
    if (!grown)
        return false;
    table = grown;
    size = new_size;
    used = live;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].function != 0)
            *slot_of(old[i].key) = old[i];
    if (old)
        munmap(old, old_size * sizeof *old);
    return true;
}

bool known_room(void)
{
    return used * 2 < size || grow();
}

void known_add(const void *key, uint32_t function)
{
    struct known *k = slot_of((uintptr_t)key);

    if (k->key == 0)
        used++;
    *k = (struct known){ .key = (uintptr_t)key, .function = function };
}

uint32_t known_forget(const void *key)
{
    struct known *k = table ? slot_of((uintptr_t)key) : NULL;
    uint32_t function = k ? k->function : 0;

    if (k)
        k->function = 0;
    return function;
}

void known_drop(void)
{
    if (table)
        munmap(table, size * sizeof *table);
    table = NULL;
    size = used = 0;
}
