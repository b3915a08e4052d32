/* SPDX-License-Identifier: Apache-2.0 */
/* functions.c - functions by the address of what is alive. The records of the
 * dead are kept by what they were made of: code that is compiled again from
 * the same source (eval in a loop, a dataclass in a function) goes on with its
 * record, so that what is kept is bounded by distinct sources. */
#include <string.h>
#include <sys/mman.h>

#include "agent/agent.h"

enum {
    KNOWN_FIRST = 1024,
    DEAD_FIRST = 1024,
    NODES_MOST = 1024, /* what a death, and coming back, may have to go through */
};

static const uint64_t odd = 0x9e3779b97f4a7c15u;

static struct tape_function *record(uint32_t cell)
{
    return writer_cell(&agent.tape, cell);
}

static struct known *known_slot(uint64_t key)
{
    uint32_t at = tree_hash(key, 0) & (agent.known_size - 1);

    while (agent.known[at].key != 0 && agent.known[at].key != key)
        at = (at + 1) & (agent.known_size - 1);
    return &agent.known[at];
}

/* The dead are left behind. */
static bool known_grow(void)
{
    struct known *old = agent.known;
    uint32_t old_size = agent.known_size, live = 0;

    for (uint32_t i = 0; i < old_size; i++)
        live += old[i].function != 0;
    uint32_t size = old_size == 0         ? KNOWN_FIRST
                    : live * 4 > old_size ? old_size * 2
                                          : old_size;
    struct known *table = writer_map_private(size * sizeof *table);
    if (!table)
        return false;
    agent.known = table;
    agent.known_size = size;
    agent.known_used = live;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].function != 0)
            *known_slot(old[i].key) = old[i];
    if (old)
        munmap(old, old_size * sizeof *old);
    return true;
}

/* Equal texts are one text, so these tell what a function was made of. */
static uint32_t source_hash(const struct tape_function *f)
{
    uint64_t h = (f->name ^ f->qualname << 1 ^ f->line) * odd;

    h = (h ^ h >> 29 ^ f->file ^ f->owner << 1 ^ f->kind) * odd;
    h = (h ^ h >> 29 ^ f->hash) * odd;
    return (uint32_t)(h >> 32);
}

static bool same_source(const struct tape_function *a, const struct tape_function *b)
{
    return a->name == b->name && a->qualname == b->qualname && a->file == b->file &&
           a->owner == b->owner && a->line == b->line && a->kind == b->kind &&
           a->hash == b->hash;
}

static void dead_link(uint32_t cell)
{
    uint32_t *head = &agent.dead[source_hash(record(cell)) & (agent.dead_size - 1)];

    record(cell)->next_dead = *head;
    *head = cell;
}

static bool dead_grow(void)
{
    uint32_t *old = agent.dead, old_size = agent.dead_size;
    uint32_t size = old_size ? old_size * 2 : DEAD_FIRST;
    uint32_t *table = writer_map_private(size * sizeof *table);

    if (!table)
        return false;
    agent.dead = table;
    agent.dead_size = size;
    for (uint32_t i = 0; i < old_size; i++)
        for (uint32_t cell = old[i], next; cell != 0; cell = next) {
            next = record(cell)->next_dead;
            dead_link(cell);
        }
    if (old)
        munmap(old, old_size * sizeof *old);
    return true;
}

/* The record of a dead function made of the same, taken out; 0: none. */
static uint32_t dead_take(const struct tape_function *f)
{
    if (agent.dead_used == 0)
        return 0;
    uint32_t *at = &agent.dead[source_hash(f) & (agent.dead_size - 1)];
    while (*at != 0 && !same_source(record(*at), f))
        at = &record(*at)->next_dead;
    uint32_t cell = *at;
    if (cell != 0) {
        *at = record(cell)->next_dead;
        agent.dead_used--;
    }
    return cell;
}

static uint32_t add_record(const struct tape_function *f)
{
    uint32_t cell = writer_add(&agent.tape, &agent.tape.functions, TAPE_FUNCTIONS, 0);

    if (cell == 0)
        return 0;
    *record(cell) = *f;
    record(cell)->order = agent.function_order++;
    writer_commit(&agent.tape.functions);
    return cell;
}

static uint32_t named(void *key, PyObject *object)
{
    struct tape_function f = { 0 };

    names_of(&f, object);
    uint32_t cell = dead_take(&f);
    if (cell == 0)
        return add_record(&f);
    record(cell)->died = 0;
    tree_show(&record(cell)->first_node, key);
    return cell;
}

uint32_t functions_special(uint32_t *cell, enum tape_function_kind kind,
                           const char *name)
{
    if (*cell != 0)
        return *cell;
    tape_text text = writer_text(&agent.tape, name, strlen(name));
    struct tape_function f = {
        .name = text,
        .qualname = text,
        .file = writer_text(&agent.tape, "~", 1),
        .kind = kind,
    };
    *cell = add_record(&f);
    return *cell;
}

uint32_t functions_of(void *key, PyObject *object)
{
    if (agent.known_used * 2 >= agent.known_size && !known_grow())
        return 0;
    struct known *k = known_slot((uintptr_t)key);
    if (k->function != 0)
        return k->function;
    bool more = agent.function_order >= agent.options.functions;
    uint32_t cell =
        more ? functions_special(&agent.more_functions, TAPE_MORE, "<more functions>")
             : named(key, object);
    if (cell == 0)
        return 0;
    if (more)
        writer_header(&agent.tape)->more_functions++;
    if (k->key == 0)
        agent.known_used++;
    *k = (struct known){ .key = (uintptr_t)key, .function = cell };
    return cell;
}

void functions_forget(void *key)
{
    if (!agent.known || !agent.tape.base || agent.forked)
        return;
    struct known *k = known_slot((uintptr_t)key);
    uint32_t cell = k->function;
    k->function = 0;
    if (cell == 0 || cell == agent.more_functions)
        return;
    record(cell)->died = 1;
    if (tree_hide(record(cell)->first_node) > NODES_MOST)
        return;
    if (agent.dead_used >= agent.dead_size && !dead_grow())
        return;
    dead_link(cell);
    agent.dead_used++;
}

void functions_drop(void)
{
    if (agent.known)
        munmap(agent.known, agent.known_size * sizeof *agent.known);
    if (agent.dead)
        munmap(agent.dead, agent.dead_size * sizeof *agent.dead);
    agent.known = NULL;
    agent.dead = NULL;
    agent.known_size = agent.known_used = agent.dead_size = agent.dead_used = 0;
    agent.function_order = agent.more_functions = 0;
}
