/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.c - nodes are numbered in the order they were made in, functions in the
 * order they are met in. */
#include "profile/snapshot.h"

#include <sys/mman.h>

#include "profile/functions.h"

static uint32_t count_nodes(const struct profiler *p)
{
    uint64_t count = 1;

    for (const struct block *b = p->blocks; b; b = b->next)
        for (const struct tape_block *nodes = blocks_nodes(b); nodes;
             nodes = blocks_next(nodes))
            count += nodes->used;
    return (uint32_t)count;
}

/* There are no more functions than nodes. */
static bool make_room(struct snapshot *s, uint32_t nodes)
{
    s->bytes = (size_t)nodes * (3 * sizeof(uint64_t) + sizeof *s->code +
                                sizeof *s->name + 3 * sizeof(uint32_t));
    s->room = writer_map_private(s->bytes);
    if (!s->room)
        return false;
    s->calls = s->room;
    s->resumes = s->calls + nodes;
    s->self = s->resumes + nodes;
    s->name = s->self + nodes;
    s->code = (PyObject **)(void *)(s->name + nodes);
    s->parent = (uint32_t *)(void *)(s->code + nodes);
    s->function = s->parent + nodes;
    return true;
}

/* By function's number: its cell. A number from before is told by what is there. */
static uint32_t *cells_of(const struct snapshot *s, uint32_t nodes)
{
    return s->function + nodes;
}

static uint32_t number_of(struct snapshot *s, uint32_t *cells, uint32_t function)
{
    uint32_t *number = functions_number(function);

    if (*number >= s->functions || cells[*number] != function) {
        *number = s->functions++;
        cells[*number] = function;
        s->code[*number] = Py_XNewRef(functions_object(function));
        s->name[*number] = functions_name(function);
    }
    return *number;
}

static void copy_node(struct snapshot *s, uint32_t *cells, struct tape_node *node)
{
    uint32_t n = s->nodes++;

    node->number = n;
    s->parent[n] = node->parent ? tree_node(node->parent)->number : 0;
    if (node->function != 0 && functions_kind(node->function) != TAPE_FOLDED)
        s->function[n] = number_of(s, cells, node->function) + 1;
    s->calls[n] = node->calls;
    s->resumes[n] = node->resumes;
    s->self[n] = node->self;
}

bool snapshot_take(struct snapshot *s, const struct profiler *p)
{
    *s = (struct snapshot){ 0 };
    session_charge(p);
    uint32_t nodes = count_nodes(p);
    if (!make_room(s, nodes))
        return false;
    uint32_t *cells = cells_of(s, nodes);
    s->nodes = 1;
    for (const struct block *b = p->blocks; b; b = b->next)
        for (const struct tape_block *block = blocks_nodes(b); block;
             block = blocks_next(block)) {
            struct tape_node *node = (void *)(uintptr_t)(block + 1);
            for (uint64_t i = 0; i < block->used; i++)
                copy_node(s, cells, &node[i]);
        }
    return true;
}

void snapshot_close(struct snapshot *s)
{
    for (uint32_t i = 0; i < s->functions; i++)
        Py_XDECREF(s->code[i]);
    munmap(s->room, s->bytes);
}
