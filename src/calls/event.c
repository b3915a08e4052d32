/* SPDX-License-Identifier: Apache-2.0 */
/* event.c - what an event does when it is not the usual case: a new node, a
 * full stack, a clock that is a call, time running backward. */
#include "calls/event.h"

#include "calls/front.h"

void event_charge(struct thread *t)
{
    uint64_t now = front_now(t);
    uint64_t span = now - t->cell->last;

    if ((int64_t)span < 0 && !t->any_clock) {
        writer_header(&calls.tape)->backward++;
        span = 0;
    }
    t->cell->last = now;
    tree_node(t->top->node)->self += span;
    writer_flush_now_and_then(&calls.tape);
}

/* The callee's node; 0 where there is no room for one. */
static uint32_t child_of_top(struct thread *t, void *key, PyObject *object)
{
    struct tape_node *node = tree_node(t->top->node);
    uint32_t id = tree_child(t, t->top->node, key, object);

    if (id != 0 && id != TREE_NO_TRACE)
        node->recent = id;
    return id;
}

/* Without room the call is lost and its time falls to the caller. */
static __attribute__((noinline)) void push_slowly(struct thread *t, uint32_t tag,
                                                  bool resumes, void *frame, void *key,
                                                  PyObject *object)
{
    if (!front_attend())
        return;
    event_charge(t);
    uint32_t id = child_of_top(t, key, object);
    bool room = t->top != t->limit || stack_grow(t);
    if (id == 0 || !room)
        front_lose(t);
    if (!room)
        return;
    if (id == 0 || id == TREE_NO_TRACE)
        id = t->top->node;
    else
        *(resumes ? &tree_node(id)->resumes : &tree_node(id)->calls) += 1;
    *++t->top = (struct entry){ tag, id, frame, tag & 1 ? object : NULL };
    t->cell->current = id;
}

/* Another callee than the last one, mostly; its node heads its chain, mostly. */
void event_push_other(struct thread *t, uint32_t tag, bool resumes, void *frame,
                      void *key, PyObject *object)
{
    uint32_t parent = t->top->node, id = *tree_bucket(t, parent, key);
    const struct tape_node *child = tree_node(id);

    if (UNLIKELY(child->key != (uintptr_t)key || child->parent != parent) ||
        UNLIKELY(!event_enter(t, tag, resumes, frame, object, id))) {
        push_slowly(t, tag, resumes, frame, key, object);
        return;
    }
    tree_node(parent)->recent = id;
}

void event_pop_slowly(struct thread *t)
{
    if (!front_attend())
        return;
    event_charge(t);
    t->top--;
    t->cell->current = t->top->node;
}
