/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - a thread's calling context tree: an index from (parent, key) to the
 * node, chained through the nodes themselves, and the table of live functions. */
#include <string.h>
#include <sys/mman.h>

#include "agent/agent.h"

enum { KNOWN_FIRST = 1024 };

bool tree_index_open(struct thread *t)
{
    t->index = writer_map_private(AGENT_INDEX_FIRST * sizeof *t->index);
    t->index_size = t->index ? AGENT_INDEX_FIRST : 0;
    return t->index != NULL;
}

/* Nodes whose key has died are left out: nobody will look for them again. */
static void index_grow(struct thread *t)
{
    uint32_t size = t->index_size * 2;
    uint32_t *index = writer_map_private(size * sizeof *index);

    if (!index)
        return; /* longer chains are slower, not wrong */
    for (uint32_t i = 0; i < t->index_size; i++)
        for (uint32_t id = t->index[i], next; id != 0; id = next) {
            struct tape_node *node = agent_node(id);
            next = node->chain;
            if (node->key == 0)
                continue;
            uint32_t at = tree_hash(node->key, node->parent) & (size - 1);
            node->chain = index[at];
            index[at] = id;
        }
    munmap(t->index, t->index_size * sizeof *index);
    t->index = index;
    t->index_size = size;
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

static struct known *function_of(void *key, PyObject *object)
{
    if (agent.known_used * 2 >= agent.known_size && !known_grow())
        return NULL;
    struct known *k = known_slot((uintptr_t)key);
    if (k->function != 0)
        return k;
    uint32_t cell = writer_add(&agent.tape, &agent.tape.functions, TAPE_FUNCTIONS, 0);
    if (cell == 0)
        return NULL;
    struct tape_function *f = writer_cell(&agent.tape, cell);
    names_of(f, object);
    f->order = agent.function_order++;
    writer_commit(&agent.tape.functions);
    if (k->key == 0)
        agent.known_used++;
    *k = (struct known){ .key = (uintptr_t)key, .function = cell };
    return k;
}

/* Once in a while, not by the clock: a new node is a rare and cheap moment. */
static void stamp_now_and_then(const struct thread *t)
{
    struct tape_header *h = writer_header(&agent.tape);

    if (h->clock == CLOCK_KIND_TSC && t->cell->last - h->last.ticks > (uint64_t)1 << 28)
        writer_stamp(&agent.tape);
}

static uint32_t add_node(struct thread *t, uint32_t parent, uint32_t function,
                         uint64_t key)
{
    uint32_t id = writer_add(&agent.tape, &t->nodes, TAPE_NODES, t->cell_id);

    if (id == 0)
        return 0;
    struct tape_node *node = agent_node(id);
    node->parent = parent;
    node->function = function;
    node->key = key;
    writer_commit(&t->nodes);
    stamp_now_and_then(t);
    return id;
}

uint32_t tree_root(struct thread *t)
{
    return add_node(t, 0, 0, 0);
}

static uint32_t new_child(struct thread *t, uint32_t parent, void *key,
                          PyObject *object)
{
    struct known *k = function_of(key, object);

    if (!k)
        return 0;
    uint32_t id = add_node(t, parent, k->function, (uintptr_t)key);
    if (id == 0)
        return 0;
    struct tape_node *node = agent_node(id);
    node->same = k->first_node;
    k->first_node = id;
    if (++t->nodes_used > t->index_size / 4 * 3)
        index_grow(t);
    uint32_t *bucket = tree_bucket(t, parent, key);
    node->chain = *bucket;
    *bucket = id;
    return id;
}

/* What is found moves to the head of its chain, where event.h looks. */
uint32_t tree_child(struct thread *t, uint32_t parent, void *key, PyObject *object)
{
    uint32_t *bucket = tree_bucket(t, parent, key), before = 0;

    for (uint32_t id = *bucket; id != 0;) {
        struct tape_node *node = agent_node(id);
        if (node->key == (uintptr_t)key && node->parent == parent) {
            if (before != 0) {
                agent_node(before)->chain = node->chain;
                node->chain = *bucket;
                *bucket = id;
            }
            return id;
        }
        before = id;
        id = node->chain;
    }
    return new_child(t, parent, key, object);
}

void tree_forget(void *key)
{
    if (!agent.known || !agent.tape.base || agent.forked)
        return;
    struct known *k = known_slot((uintptr_t)key);
    if (k->function == 0)
        return;
    struct tape_function *f = writer_cell(&agent.tape, k->function);
    f->died = 1;
    for (uint32_t id = k->first_node; id != 0; id = agent_node(id)->same)
        agent_node(id)->key = 0;
    k->function = 0;
}
