/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.c - blocks and their trees, taken and given back. A tree's nodes lie in blocks
 * of the tape, chained through what those have in reserve. */
#include <string.h>

#include "calls/event.h"
#include "profile/functions.h"

static struct block *spare; /* as many as were ever in use at a time */

static uint32_t *chain_of(const struct tape_block *nodes)
{
    return (uint32_t *)(uintptr_t)nodes->reserved;
}

const struct tape_block *blocks_next(const struct tape_block *nodes)
{
    uint32_t next = *chain_of(nodes);

    return next ? writer_cell(&calls.tape, next) : NULL;
}

/* The root is the first record of the first of them. */
const struct tape_block *blocks_nodes(const struct block *b)
{
    uint32_t root = b->thread.cell->root;

    return root ? writer_cell(&calls.tape, root - 1) : NULL;
}

/* The block a node was just put into may be a new one. */
void front_grown(const struct thread *t)
{
    struct block *b = block_of(t);

    if (t->nodes.at == b->last_nodes)
        return;
    if (b->last_nodes)
        *chain_of(b->last_nodes) = t->nodes.cell;
    b->last_nodes = t->nodes.at;
}

static void unlink_functions(const struct tape_block *nodes)
{
    const struct tape_node *node = (const void *)(nodes + 1);

    for (uint64_t i = 0; i < nodes->used; i++)
        if (node[i].function != 0)
            functions_unlink(node[i].function);
}

static void drop_tree(struct block *b)
{
    struct thread *t = &b->thread;
    const struct tape_block *nodes = blocks_nodes(b);

    for (const struct tape_block *next; nodes; nodes = next) {
        next = blocks_next(nodes);
        unlink_functions(nodes);
        calls.nodes -= (uint32_t)nodes->used;
        writer_give_block(&calls.tape, (struct tape_block *)(uintptr_t)nodes);
    }
    tree_index_empty(t);
    t->nodes = (struct writer_block){ 0 };
    b->last_nodes = NULL;
    t->cell->root = t->cell->current = 0;
    t->marker = t->marker_from = t->markers = 0;
}

static bool plant_tree(struct block *b)
{
    struct thread *t = &b->thread;

    t->cell->root = tree_root(t);
    return t->cell->root != 0;
}

void blocks_restart(struct block *b)
{
    struct thread *t = &b->thread;

    greenlet_forget(t);
    t->any_clock = b->owner->timer != NULL;
    bool quick = !t->any_clock && writer_header(&calls.tape)->clock == CLOCK_KIND_TSC;
    t->quick = &thread_quick[quick];
    t->unplaced = 0;
    t->top = t->stack;
    *t->top = (struct entry){ .node = t->cell->root };
    t->cell->current = t->cell->root;
    t->cell->last = front_now(t);
    b->epoch++;
}

bool blocks_clear(struct block *b)
{
    drop_tree(b);
    if (!plant_tree(b))
        return false;
    blocks_restart(b);
    return true;
}

static struct block *new_block(void)
{
    struct thread *t = thread_open();

    if (!t)
        return NULL;
    t->cell_id = writer_add(&calls.tape, &calls.tape.threads, TAPE_THREADS, 0);
    if (t->cell_id == 0) {
        thread_close(t);
        return NULL;
    }
    writer_commit(&calls.tape.threads);
    t->cell = writer_cell(&calls.tape, t->cell_id);
    t->from_here = true;
    return block_of(t);
}

static struct block *take_spare(void)
{
    struct block *b = spare;

    if (!b)
        return new_block();
    spare = b->next;
    return b;
}

static struct block *idle_of(const struct profiler *p)
{
    struct block *b = p->blocks;

    while (b && b->in_line)
        b = b->next;
    return b;
}

/* One that is in no line any more goes on with its tree. */
struct block *blocks_take(struct profiler *p)
{
    struct block *b = idle_of(p);

    if (b)
        return b;
    b = take_spare();
    if (!b)
        return NULL;
    if (!plant_tree(b)) {
        blocks_give(b);
        return NULL;
    }
    b->owner = p;
    b->next = p->blocks;
    p->blocks = b;
    return b;
}

static void forget_block(struct profiler *p, const struct block *b)
{
    struct block **at = &p->blocks;

    while (*at && *at != b)
        at = &(*at)->next;
    if (*at)
        *at = b->next;
}

void blocks_drop(struct block *b)
{
    drop_tree(b);
    forget_block(b->owner, b);
    b->owner = NULL;
    b->epoch++;
}

void blocks_shrink(struct block *b)
{
    struct thread *t = &b->thread;

    stack_close(t);
    memset(t->spare, 0, sizeof t->spare);
    t->slab = NULL;
    stack_open(t);
}

void blocks_give(struct block *b)
{
    b->next = spare;
    spare = b;
}
