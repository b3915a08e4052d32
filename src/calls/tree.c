/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - a thread's calling context tree: an index from (parent, key) to the
 * node, chained through the nodes themselves. */
#include <string.h>
#include <sys/mman.h>

#include "calls/front.h"

enum { INDEX_FIRST = 256 };

bool tree_index_open(struct thread *t)
{
    t->index = writer_map_private(INDEX_FIRST * sizeof *t->index);
    t->index_size = t->index ? INDEX_FIRST : 0;
    return t->index != NULL;
}

void tree_index_close(struct thread *t)
{
    if (t->index)
        munmap(t->index, t->index_size * sizeof *t->index);
    t->index = NULL;
}

void tree_index_empty(struct thread *t)
{
    uint32_t *old = t->index, old_size = t->index_size;

    if (old_size > INDEX_FIRST && tree_index_open(t)) {
        munmap(old, old_size * sizeof *old);
    } else {
        t->index = old;
        t->index_size = old_size;
        if (t->nodes_used > 0)
            memset(old, 0, old_size * sizeof *old);
    }
    t->nodes_used = 0;
}

static uint32_t *bucket_of(const struct thread *t, const struct tape_node *node)
{
    return &t->index[tree_hash(node->key & ~TREE_HIDDEN, node->parent) &
                     (t->index_size - 1)];
}

static void link_node(struct thread *t, uint32_t id)
{
    uint32_t *bucket = bucket_of(t, tree_node(id));

    tree_node(id)->chain = *bucket;
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
            next = tree_node(id)->chain;
            if (!(tree_node(id)->key & TREE_HIDDEN))
                link_node(t, id);
        }
    munmap(old, old_size * sizeof *old);
}

static uint32_t add_node(struct thread *t, struct tape_node made)
{
    uint32_t id = writer_add(&calls.tape, &t->nodes, TAPE_NODES, t->cell_id);

    if (id == 0)
        return 0;
    made.owner = t->cell_id;
    *tree_node(id) = made;
    writer_commit(&t->nodes);
    calls.nodes++;
    front_grown(t);
    return id;
}

uint32_t tree_root(struct thread *t)
{
    return add_node(t, (struct tape_node){ 0 });
}

uint32_t tree_new(struct thread *t, uint32_t parent, void *key, uint32_t function,
                  uint32_t fold)
{
    uint32_t id = add_node(t, (struct tape_node){ .parent = parent,
                                                  .function = function,
                                                  .key = (uintptr_t)key,
                                                  .fold = fold });

    if (id == 0)
        return 0;
    tree_node(id)->same = functions_link(function, id);
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
        struct tape_node *node = tree_node(id);
        if (node->key == (uintptr_t)key && node->parent == parent) {
            if (before != 0) {
                tree_node(before)->chain = node->chain;
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
    if (function == FUNCTION_HIDDEN)
        return TREE_NO_TRACE;
    if (function == calls.more_functions)
        key = &calls.more_functions; /* one for them all */
    id = tree_find(t, parent, key);
    if (id != 0)
        return id;
    if (fold_wanted(t))
        return fold_child(t, parent, key, function);
    return tree_new(t, parent, key, function, 0);
}

static void unlink_node(const struct thread *t, uint32_t id)
{
    uint32_t *at = bucket_of(t, tree_node(id));

    while (*at != 0 && *at != id)
        at = &tree_node(*at)->chain;
    if (*at == id)
        *at = tree_node(id)->chain;
}

void tree_rekey(struct thread *t, uint32_t id, const void *key)
{
    unlink_node(t, id);
    tree_node(id)->key = (uintptr_t)key;
    link_node(t, id);
}
