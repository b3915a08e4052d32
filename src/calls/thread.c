/* SPDX-License-Identifier: Apache-2.0 */
/* thread.c - blocks, in mappings of their own. */
#include "calls/thread.h"

#include <sys/mman.h>

#include "calls/calls.h"

static struct tape_thread no_cell;
static struct entry nowhere = { .tag = TAG_NOTHING, .frame = &no_cell };
const uint8_t thread_quick[2] = { 0, 1 };
struct thread thread_nothing = { .top = &nowhere,
                                 .limit = &nowhere,
                                 .cell = &no_cell,
                                 .quick = &thread_quick[0],
                                 .special = true };
__thread struct thread *thread_now = &thread_nothing;

struct thread *thread_open(void)
{
    struct thread *t = writer_map_private(THREAD_BYTES);

    if (!t)
        return NULL;
    t->quick = &thread_quick[0];
    stack_open(t);
    if (tree_index_open(t))
        return t;
    thread_close(t);
    return NULL;
}

void thread_close(struct thread *t)
{
    stack_close(t);
    tree_index_close(t);
    munmap(t, THREAD_BYTES);
}

void thread_unfit(struct thread *t)
{
    t->top = t->stack;
    t->top->tag = TAG_NOTHING;
    t->top->frame = &no_cell;
}
