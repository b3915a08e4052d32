/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - a thread's calling context tree: an index from (parent, key) to the
 * node, chained through the nodes themselves. */
#include <string.h>
#include <sys/mman.h>

#include "agent/agent.h"

/* Of a node whose function died: no address has this bit, so nothing finds it. */
static const uint64_t hidden = (uint64_t)1 << 63;

bool tree_index_open(struct thread *t)
{
    t->index = writer_map_private(AGENT_INDEX_FIRST * sizeof *t->index);
    t->index_size = t->index ? AGENT_INDEX_FIRST : 0;
    return t->index != NULL;
}

static uint32_t *bucket_of(const struct thread *t, const struct tape_node *node)
{
    return &t->index[tree_hash(node->key & ~hidden, node->parent) &
                     (t->index_size - 1)];
}

static void link_node(struct thread *t, uint32_t id)
{
    uint32_t *bucket = bucket_of(t, agent_node(id));

    agent_node(id)->chain = *bucket;
    *bucket = id;
}

/* Nodes that are hidden are left out: they are linked again when shown. */
static void index_grow(struct thread *t)
{
    uint32_t *old = t->index, old_size = t->index_size;
    uint32_t *index = writer_map_private(old_size * 2 * sizeof *index);

    if (!index)
        return; /* longer chains are slower, not wrong */
    t->index = index;
    t->index_size = old_size * 2;
    for (uint32_t i = 0; i < old_size; i++)
        for (uint32_t id = old[i], next; id != 0; id = next) {
            next = agent_node(id)->chain;
            if (!(agent_node(id)->key & hidden))
                link_node(t, id);
        }
    munmap(old, old_size * sizeof *old);
}

/* Once in a while, not by the clock: a new node is a rare and cheap moment. */
static void stamp_now_and_then(const struct thread *t)
{
    struct tape_header *h = writer_header(&agent.tape);

    if (h->clock == CLOCK_KIND_TSC && t->cell->last - h->last.ticks > (uint64_t)1 << 28)
        writer_stamp(&agent.tape);
}

static uint32_t add_node(struct thread *t, struct tape_node made)
{
    uint32_t id = writer_add(&agent.tape, &t->nodes, TAPE_NODES, t->cell_id);

    if (id == 0)
        return 0;
    made.owner = t->cell_id;
    *agent_node(id) = made;
    writer_commit(&t->nodes);
    agent.nodes++;
    stamp_now_and_then(t);
    return id;
}

uint32_t tree_root(struct thread *t)
{
    return add_node(t, (struct tape_node){ 0 });
}

uint32_t tree_new(struct thread *t, uint32_t parent, void *key, uint32_t function,
                  uint32_t fold)
{
    struct tape_function *f = writer_cell(&agent.tape, function);
    uint32_t id = add_node(t, (struct tape_node){ .parent = parent,
                                                  .function = function,
                                                  .key = (uintptr_t)key,
                                                  .same = f->first_node,
                                                  .fold = fold });

    if (id == 0)
        return 0;
    f->first_node = id;
    if (++t->nodes_used > t->index_size / 4 * 3)
        index_grow(t);
    link_node(t, id);
    return id;
}

/* What is found moves to the head of its chain, where event.h looks. */
uint32_t tree_find(struct thread *t, uint32_t parent, const void *key)
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
    return 0;
}

/* Finding the function may have shown nodes that were hidden. */
uint32_t tree_child(struct thread *t, uint32_t parent, void *key, PyObject *object)
{
    uint32_t id = tree_find(t, parent, key);

    if (id != 0)
        return id;
    uint32_t function = functions_of(key, object);
    if (function == 0)
        return 0;
    if (function == agent.more_functions)
        key = &agent.more_functions; /* one for them all */
    id = tree_find(t, parent, key);
    if (id != 0)
        return id;
    if (fold_wanted(t))
        return fold_child(t, parent, key, function);
    return tree_new(t, parent, key, function, 0);
}

uint32_t tree_hide(uint32_t first)
{
    uint32_t count = 0;

    for (uint32_t id = first; id != 0; id = agent_node(id)->same) {
        agent_node(id)->key |= hidden;
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

static void unlink_node(const struct thread *t, uint32_t id)
{
    uint32_t *at = bucket_of(t, agent_node(id));

    while (*at != 0 && *at != id)
        at = &agent_node(*at)->chain;
    if (*at == id)
        *at = agent_node(id)->chain;
}

void tree_show(uint32_t *first, const void *key)
{
    for (uint32_t *at = first; *at != 0;) {
        uint32_t id = *at;
        struct tape_node *node = agent_node(id);
        struct thread *t = thread_of(node->owner);
        if (!t) { /* it has ended: nobody will look for them any more */
            *at = node->same;
            continue;
        }
        unlink_node(t, id);
        node->key = (uintptr_t)key;
        link_node(t, id);
        at = &node->same;
    }
}
