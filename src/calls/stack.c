/* SPDX-License-Identifier: Apache-2.0 */
/* stack.c - mends the shadow stack from the real frames: after a start inside
 * running functions, generators dropped mid-way, callbacks that never came.
 * What was running already is entered with no call counted. */
#include <string.h>
#include <sys/mman.h>

#include "calls/event.h"
#include "calls/front.h"

enum { SLAB_BYTES = 256 << 10, SLAB_HEAD = 64, FIRST_SIZE = 1 };
_Static_assert(sizeof(struct thread) + (STACK_BYTES << FIRST_SIZE) <= THREAD_BYTES,
               "a thread's block and its first stack are one mapping");

static size_t bytes_of(const struct stack *s)
{
    return (size_t)STACK_BYTES << s->size;
}

void stack_use(struct thread *t, struct stack *s, struct entry *top)
{
    size_t count = (bytes_of(s) - offsetof(struct stack, entries)) / sizeof *s->entries;

    t->stack = s->entries;
    t->limit = s->entries + count - 1;
    t->top = top;
}

void stack_open(struct thread *t)
{
    struct stack *s = (void *)((char *)t + THREAD_BYTES - (STACK_BYTES << FIRST_SIZE));

    s->size = FIRST_SIZE;
    stack_use(t, s, s->entries);
}

void stack_close(struct thread *t)
{
    greenlet_forget(t);
    stack_give(t, stack_of(t));
    for (void *slab = t->slab, *before; slab; slab = before) {
        before = *(void **)slab;
        munmap(slab, SLAB_BYTES);
    }
}

static bool new_slab(struct thread *t)
{
    void *slab = writer_map_private(SLAB_BYTES);

    if (!slab)
        return false;
    *(void **)slab = t->slab;
    t->slab = slab;
    t->slab_used = SLAB_HEAD;
    return true;
}

struct stack *stack_take(struct thread *t, uint32_t size)
{
    size_t bytes = (size_t)STACK_BYTES << size;
    struct stack *s = NULL;

    if (size >= STACK_SMALL) {
        s = writer_map_private(bytes);
    } else if (t->spare[size]) {
        s = t->spare[size];
        t->spare[size] = s->chain;
    } else if ((t->slab && t->slab_used + bytes <= SLAB_BYTES) || new_slab(t)) {
        s = (void *)((char *)t->slab + t->slab_used);
        t->slab_used += bytes;
    }
    if (s)
        s->size = size;
    return s;
}

void stack_give(struct thread *t, struct stack *s)
{
    if (s->size >= STACK_SMALL) {
        munmap(s, bytes_of(s));
        return;
    }
    s->chain = t->spare[s->size];
    t->spare[s->size] = s;
}

/* What was refused is not asked for again at once: each time is a system call. */
bool stack_grow(struct thread *t)
{
    enum { PATIENCE = 1000 };

    if (t->refused > 0 && --t->refused > 0)
        return false;
    struct stack *old = stack_of(t), *grown = stack_take(t, old->size + 1);
    size_t used = (size_t)(t->top - t->stack);
    if (!grown) {
        t->refused = PATIENCE;
        return false;
    }
    memcpy(grown->entries, old->entries, (used + 1) * sizeof *old->entries);
    stack_use(t, grown, grown->entries + used);
    stack_give(t, old);
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
    writer_header(&calls.tape)->healed += dropped;
}

/* Enters what runs from the top's depth up to frame, which is at `depth`. Without
 * room for it what follows has a caller too far down: that is counted as a loss.
 * Where what runs already is no function of the tree, one entry stands for it all. */
static void seed(struct thread *t, struct pyabi_frame *frame, uint32_t depth)
{
    uint32_t missing = depth - t->top->tag / 2, found = 0;

    if (t->from_here && t->top == t->stack) {
        *++t->top =
            (struct entry){ depth * 2, t->stack->node, pyabi_real(frame), NULL };
        return;
    }
    while ((size_t)(t->limit - t->top) < missing)
        if (!stack_grow(t)) {
            if (t->top != t->limit) /* else the event itself is lost */
                front_lose(t);
            return;
        }
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
        if (e->node == 0 || e->node == TREE_NO_TRACE)
            e->node = t->top->node;
        t->top = e;
    }
    t->cell->current = t->top->node;
}

/* Entries of frames that went while nobody told; frame is to be at that depth. */
static void drop_stale(struct thread *t, struct pyabi_frame *frame, uint32_t depth)
{
    enum { NEAR = 8 };
    struct pyabi_frame *f = pyabi_real(frame);

    if (t->top == t->limit && t->refused > 0)
        return; /* frames above it have no room: no use looking at each event */
    for (int i = 0; i < NEAR && f; i++, f = pyabi_real(pyabi_previous(f)))
        if (t->top->frame == f)
            return;
    struct entry *e = t->top;
    for (f = pyabi_real(frame); f; f = pyabi_real(pyabi_previous(f))) {
        if (pyabi_suspended(f))
            continue;
        while (e > t->stack && e->tag / 2 > depth)
            e--;
        if (e == t->stack || e->frame == f)
            break;
        depth--;
    }
    writer_header(&calls.tape)->healed += (uint64_t)(t->top - e);
    t->top = e;
    t->cell->current = t->top->node;
}

void stack_sync_push(struct thread *t, struct pyabi_frame *frame, uint32_t depth)
{
    drop_above(t, depth * 2 - 1);
    drop_stale(t, pyabi_previous(frame), depth - 1);
    if (depth > 1 && t->top->tag / 2 < depth - 1)
        seed(t, pyabi_previous(frame), depth - 1);
}

bool stack_sync_pop(struct thread *t, struct pyabi_frame *frame, uint32_t depth)
{
    drop_above(t, depth * 2);
    drop_stale(t, frame, depth);
    if (t->top->tag == depth * 2 && t->top > t->stack)
        return true;
    writer_header(&calls.tape)->healed++;
    return false;
}

void stack_sync_call(struct thread *t, struct pyabi_frame *frame, uint32_t depth)
{
    drop_above(t, depth * 2);
    drop_stale(t, frame, depth);
    if (t->top->tag / 2 < depth)
        seed(t, frame, depth);
}
