/* SPDX-License-Identifier: Apache-2.0 */
/* stack.c - mends the shadow stack from the real frames: after a start inside
 * running functions, generators dropped mid-way, callbacks that never came.
 * What was running already is entered with no call counted. */
#include <string.h>
#include <sys/mman.h>

#include "agent/agent.h"
#include "agent/event.h"

bool stack_grow(struct thread *t)
{
    size_t count = (size_t)(t->limit - t->stack) + 1, bytes = count * sizeof *t->stack;
    struct entry *grown = writer_map_private(bytes * 2);

    if (!grown)
        return false;
    memcpy(grown, t->stack, bytes);
    if (t->stack != t->first_stack)
        munmap(t->stack, t->stack_bytes);
    t->top = grown + (t->top - t->stack);
    t->stack = grown;
    t->stack_bytes = bytes * 2;
    t->limit = grown + count * 2 - 1;
    return true;
}

static void drop_above(struct thread *t, uint32_t tag)
{
    uint64_t dropped = 0;

    event_charge(t);
    while (t->top > t->stack && t->top->tag > tag) {
        t->top--;
        dropped++;
    }
    t->cell->current = t->top->node;
    writer_header(&agent.tape)->healed += dropped;
}

/* Enters what runs from the top's depth up to frame, which is at `depth`. */
static void seed(struct thread *t, struct pyabi_frame *frame, uint32_t depth)
{
    uint32_t missing = depth - t->top->tag / 2, found = 0;

    while ((size_t)(t->limit - t->top) < missing)
        if (!stack_grow(t))
            return;
    struct entry *slot = t->top + missing; /* filled from the nearest down */
    for (; frame && found < missing; frame = pyabi_previous(frame)) {
        if (!pyabi_code(frame) || pyabi_suspended(frame))
            continue;
        *slot-- = (struct entry){ .tag = (depth - found) * 2, .frame = frame };
        found++;
    }
    memmove(t->top + 1, slot + 1, found * sizeof *slot);
    for (; found > 0; found--) {
        struct entry *e = t->top + 1;
        PyObject *code = (PyObject *)pyabi_code(e->frame);
        e->node = tree_child(t, t->top->node, code, code);
        if (e->node == 0)
            e->node = t->top->node;
        t->top = e;
    }
    t->cell->current = t->top->node;
}

void stack_sync_push(struct thread *t, struct pyabi_frame *frame, uint32_t depth)
{
    drop_above(t, depth * 2 - 1);
    if (depth > 1 && t->top->tag / 2 < depth - 1)
        seed(t, pyabi_previous(frame), depth - 1);
}

bool stack_sync_pop(struct thread *t, uint32_t depth)
{
    drop_above(t, depth * 2);
    if (t->top->tag == depth * 2 && t->top > t->stack)
        return true;
    writer_header(&agent.tape)->healed++;
    return false;
}

void stack_sync_call(struct thread *t, struct pyabi_frame *frame, uint32_t depth)
{
    drop_above(t, depth * 2);
    if (t->top->tag / 2 < depth)
        seed(t, frame, depth);
}
