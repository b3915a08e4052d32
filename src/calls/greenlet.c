/* SPDX-License-Identifier: Apache-2.0 */
/* greenlet.c - a greenlet takes the place of another in its thread, frames and
 * all, and nothing tells of it but the frames. Each has a stack of its own, whose
 * bottom function is a child of the thread's root; one that does not run waits
 * under the frame it will go on in, and is verified against the real frames
 * before it is used again, since frames' addresses are. */
#include <sys/mman.h>

#include "calls/event.h"
#include "calls/front.h"

enum {
    NEAR = 8,       /* frames and entries that are looked at first */
    VERIFIED = 256, /* frames of a stack that must fit, from its top down */
    BUCKETS_FIRST = 64,
};
static const size_t bytes_max = (size_t)64 << 20; /* of a thread's that wait */

static struct pyabi_frame *below(const struct pyabi_frame *frame)
{
    return pyabi_real(pyabi_previous(frame));
}

static struct stack **bucket_of(const struct waiting *w, const void *frame)
{
    uint64_t hash = ((uintptr_t)frame >> 4) * 0x9e3779b97f4a7c15u;

    return &w->buckets[hash >> 32 & (w->size - 1)];
}

static size_t bytes_of(const struct stack *s)
{
    return (size_t)STACK_BYTES << s->size;
}

static void unlink_waiting(struct waiting *w, struct stack *s)
{
    struct stack **at = bucket_of(w, s->top->frame);

    while (*at != s)
        at = &(*at)->chain;
    *at = s->chain;
    *(s->older ? &s->older->newer : &w->oldest) = s->newer;
    *(s->newer ? &s->newer->older : &w->newest) = s->older;
    w->count--;
    w->bytes -= bytes_of(s);
}

/* Its greenlet has died unseen, or there are too many: if it does live, its
 * stack is found anew from its frames. */
static void drop(struct thread *t, struct stack *s)
{
    unlink_waiting(&t->waiting, s);
    writer_header(&calls.tape)->healed += (uint64_t)(s->top - s->entries);
    stack_give(t, s);
}

void greenlet_forget(struct thread *t)
{
    struct waiting *w = &t->waiting;

    for (struct stack *s = w->oldest, *newer; s; s = newer) {
        newer = s->newer;
        stack_give(t, s);
    }
    if (w->buckets)
        munmap(w->buckets, w->size * sizeof(struct stack *));
    *w = (struct waiting){ .buckets = NULL };
}

static bool widen(struct waiting *w)
{
    uint32_t size = w->size ? w->size * 2 : BUCKETS_FIRST;
    struct stack **buckets = writer_map_private(size * sizeof(struct stack *));

    if (!buckets)
        return w->size != 0; /* longer chains are slower, not wrong */
    if (w->buckets)
        munmap(w->buckets, w->size * sizeof(struct stack *));
    w->buckets = buckets;
    w->size = size;
    for (struct stack *s = w->oldest; s; s = s->newer) {
        struct stack **bucket = bucket_of(w, s->top->frame);
        s->chain = *bucket;
        *bucket = s;
    }
    return true;
}

/* The stack in use waits from now on, unless there is nothing on it. */
static void park(struct thread *t)
{
    struct waiting *w = &t->waiting;
    struct stack *s = stack_of(t);

    s->top = t->top;
    if (t->top == t->stack || (w->count >= w->size && !widen(w))) {
        writer_header(&calls.tape)->healed += (uint64_t)(t->top - t->stack);
        stack_give(t, s);
        return;
    }
    struct stack **bucket = bucket_of(w, s->top->frame);
    s->chain = *bucket;
    *bucket = s;
    s->newer = NULL;
    s->older = w->newest;
    *(w->newest ? &w->newest->newer : &w->oldest) = s;
    w->newest = s;
    w->count++;
    w->bytes += bytes_of(s);
    while (w->bytes > bytes_max && w->oldest != s)
        drop(t, w->oldest);
}

/* Whether the frames from here down are those of the entries, but for ones that
 * are linked and have not begun: a generator handing a throw on. */
static bool fits(const struct stack *s, const struct pyabi_frame *frame)
{
    uint32_t seen = 0;

    for (const struct entry *e = s->top; e > s->entries && seen < VERIFIED; e--) {
        if (e->tag & 1)
            continue;
        while (frame && frame != e->frame)
            frame = below(frame);
        if (!frame)
            return false;
        seen++;
    }
    return true;
}

static struct stack *find_waiting(struct thread *t, const struct pyabi_frame *near)
{
    struct waiting *w = &t->waiting;

    for (; near && w->count > 0; near = below(near))
        for (struct stack *s = *bucket_of(w, near), *next; s; s = next) {
            next = s->chain;
            if (s->top->frame != near)
                continue;
            if (fits(s, near))
                return s;
            drop(t, s);
        }
    return NULL;
}

/* An event that does not fit is mostly that of the greenlet that ran before. */
static bool is_near(const struct thread *t, const struct pyabi_frame *near)
{
    for (int i = 0; i < NEAR && near; i++, near = below(near))
        for (const struct entry *e = t->top; e > t->stack && t->top - e < NEAR; e--)
            if (e->frame == near)
                return true;
    return false;
}

static bool same_bottom(const struct thread *t, const struct pyabi_frame *near)
{
    const struct pyabi_frame *bottom = near;

    for (; near; near = below(near))
        bottom = near;
    return bottom && t->top > t->stack && t->stack[1].frame == bottom;
}

/* Without room the stack of who ran before is taken. */
static void begin(struct thread *t)
{
    uint32_t root = t->stack->node;
    bool empty = t->top == t->stack;
    struct stack *s = empty ? NULL : stack_take(t, 0);

    if (s) {
        park(t);
        stack_use(t, s, s->entries);
    } else if (!empty) {
        front_lose(t);
    }
    t->top = t->stack;
    *t->top = (struct entry){ .node = root };
}

bool greenlet_switch(struct thread *t, struct pyabi_frame *near)
{
    if (is_near(t, near))
        return false;
    struct stack *s = find_waiting(t, near);
    if (!s && same_bottom(t, near))
        return false;
    event_charge(t);
    if (s) {
        struct entry *top = s->top;
        unlink_waiting(&t->waiting, s);
        park(t);
        stack_use(t, s, top);
    } else {
        begin(t);
    }
    t->cell->current = t->top->node;
    return s == NULL;
}

static void imported(void)
{
    if (calls.switching)
        return;
    calls.switching = true;
    front_switching();
}

void greenlet_look(void)
{
    PyObject *modules = PySys_GetObject("modules"); /* borrowed */

    if (modules && PyMapping_Check(modules) &&
        PyMapping_HasKeyString(modules, "greenlet._greenlet"))
        imported();
}

void greenlet_watch_import(PyObject *args)
{
    PyObject *name = PyTuple_GET_SIZE(args) > 0 ? PyTuple_GET_ITEM(args, 0) : NULL;

    if (name && PyUnicode_Check(name) &&
        PyUnicode_CompareWithASCIIString(name, "greenlet._greenlet") == 0)
        imported();
}
