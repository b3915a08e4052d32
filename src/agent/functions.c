/* SPDX-License-Identifier: Apache-2.0 */
/* functions.c - functions by the address of what is alive. The records of the
 * dead are kept by what they were made of: code that is compiled again from
 * the same source (eval in a loop, a dataclass in a function) goes on with its
 * record, so that what is kept is bounded by distinct sources. */
#include <string.h>
#include <sys/mman.h>

#include "agent/children.h"

enum {
    DEAD_FIRST = 1024,
    NODES_MOST = 1024, /* what a death, and coming back, may have to go through */
};

static uint32_t *dead; /* heads of chains of dead functions, by their source */
static uint32_t dead_size, dead_used;
static uint32_t order; /* how many there are */

static const uint64_t odd = 0x9e3779b97f4a7c15u;

static struct tape_function *record(uint32_t cell)
{
    return writer_cell(&calls.tape, cell);
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
    uint32_t *head = &dead[source_hash(record(cell)) & (dead_size - 1)];

    record(cell)->next_dead = *head;
    *head = cell;
}

static bool dead_grow(void)
{
    uint32_t *old = dead, old_size = dead_size;
    uint32_t size = old_size ? old_size * 2 : DEAD_FIRST;
    uint32_t *table = writer_map_private(size * sizeof *table);

    if (!table)
        return false;
    dead = table;
    dead_size = size;
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
    if (dead_used == 0)
        return 0;
    uint32_t *at = &dead[source_hash(f) & (dead_size - 1)];
    while (*at != 0 && !same_source(record(*at), f))
        at = &record(*at)->next_dead;
    uint32_t cell = *at;
    if (cell != 0) {
        *at = record(cell)->next_dead;
        dead_used--;
    }
    return cell;
}

/* The nodes of a function that died: none finds them; how many there are ... */
static uint32_t hide(uint32_t first)
{
    uint32_t count = 0;

    for (uint32_t id = first; id != 0; id = tree_node(id)->same) {
        tree_node(id)->key |= TREE_HIDDEN;
        count++;
    }
    return count;
}

static struct thread *thread_in(struct thread *t, uint32_t cell)
{
    while (t && t->cell_id != cell)
        t = t->next;
    return t;
}

static struct thread *thread_of(uint32_t cell)
{
    struct thread *t = thread_in(agent.threads, cell);

    return t ? t : thread_in(agent.spare, cell);
}

/* ... until they are shown under another key. */
static void show(uint32_t *first, const void *key)
{
    for (uint32_t *at = first; *at != 0;) {
        uint32_t id = *at;
        struct tape_node *node = tree_node(id);
        struct thread *t = thread_of(node->owner);
        if (!t) { /* it has ended: nobody will look for them any more */
            *at = node->same;
            continue;
        }
        tree_rekey(t, id, key);
        at = &node->same;
    }
}

static uint32_t add_record(const struct tape_function *f)
{
    uint32_t cell = writer_add(&calls.tape, &calls.tape.functions, TAPE_FUNCTIONS, 0);

    if (cell == 0)
        return 0;
    *record(cell) = *f;
    record(cell)->order = order++;
    writer_commit(&calls.tape.functions);
    return cell;
}

static uint32_t named(void *key, PyObject *object)
{
    struct tape_function f = { 0 };

    names_of(&f, object);
    roles_look_at(object);
    starts_seen(object);
    uint32_t cell = dead_take(&f);
    if (cell == 0)
        return add_record(&f);
    record(cell)->died = 0;
    show(&record(cell)->first_node, key);
    return cell;
}

uint32_t functions_special(uint32_t *cell, enum tape_function_kind kind,
                           const char *name)
{
    if (*cell != 0)
        return *cell;
    tape_text text = writer_text(&calls.tape, name, strlen(name));
    struct tape_function f = {
        .name = text,
        .qualname = text,
        .file = writer_text(&calls.tape, "~", 1),
        .kind = kind,
    };
    *cell = add_record(&f);
    return *cell;
}

uint32_t functions_of(void *key, PyObject *object)
{
    uint32_t cell = known_find(key);

    if (key == roles_key && cell != 0)
        roles_begin();
    if (cell != 0)
        return cell;
    if (!known_room())
        return 0;
    bool more = order >= calls.max_functions;
    cell = more
               ? functions_special(&calls.more_functions, TAPE_MORE, "<more functions>")
               : named(key, object);
    if (cell == 0)
        return 0;
    if (more)
        writer_header(&calls.tape)->more_functions++;
    known_add(key, cell);
    return cell;
}

enum tape_function_kind functions_kind(uint32_t function)
{
    return record(function)->kind;
}

uint32_t functions_link(uint32_t function, uint32_t node)
{
    uint32_t same = record(function)->first_node;

    record(function)->first_node = node;
    return same;
}

void functions_forget(void *key)
{
    roles_forget(key);
    if (!calls.tape.base || agent.forked)
        return;
    uint32_t cell = known_forget(key);
    if (cell == 0 || cell == calls.more_functions)
        return;
    record(cell)->died = 1;
    if (hide(record(cell)->first_node) > NODES_MOST)
        return;
    if (dead_used >= dead_size && !dead_grow())
        return;
    dead_link(cell);
    dead_used++;
}

void functions_drop(void)
{
    roles_drop();
    known_drop();
    if (dead)
        munmap(dead, dead_size * sizeof *dead);
    dead = NULL;
    dead_size = dead_used = order = calls.more_functions = 0;
}
