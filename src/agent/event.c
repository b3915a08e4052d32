/* SPDX-License-Identifier: Apache-2.0 */
/* event.c - what an event does when it is not the usual case: a new node, a
 * full stack, a clock that is a call, time running backward. */
#include "agent/event.h"

void event_charge(struct thread *t)
{
    uint64_t now = clock_ticks(agent.options.clock);
    uint64_t span = now - t->cell->last;

    if ((int64_t)span < 0) {
        writer_header(&agent.tape)->backward++;
        span = 0;
    }
    t->cell->last = now;
    agent_node(t->top->node)->self += span;
    writer_flush_now_and_then(&agent.tape);
}

/* The callee's node; 0 where there is no room for one. */
static uint32_t child_of_top(struct thread *t, void *key, PyObject *object)
{
    struct tape_node *node = agent_node(t->top->node);
    uint32_t id = tree_child(t, t->top->node, key, object);

    if (id != 0)
        node->recent = id;
    return id;
}

/* Without room the call is lost and its time falls to the caller. */
static __attribute__((noinline)) void push_slowly(struct thread *t, uint32_t tag,
                                                  bool resumes, void *frame, void *key,
                                                  PyObject *object)
{
    event_charge(t);
    uint32_t id = child_of_top(t, key, object);
    bool room = t->top != t->limit || stack_grow(t);
    if (id == 0 || !room)
        writer_lose(&agent.tape);
    if (!room)
        return;
    if (id == 0)
        id = t->top->node;
    else if (resumes)
        agent_node(id)->resumes++;
    else
        agent_node(id)->calls++;
    *++t->top = (struct entry){ tag, id, frame, tag & 1 ? object : NULL };
    t->cell->current = id;
}

/* Another callee than the last one, mostly; its node heads its chain, mostly. */
void event_push_other(struct thread *t, uint32_t tag, bool resumes, void *frame,
                      void *key, PyObject *object)
{
    uint32_t parent = t->top->node, id = *tree_bucket(t, parent, key);
    const struct tape_node *child = agent_node(id);

    if (UNLIKELY(child->key != (uintptr_t)key || child->parent != parent) ||
        UNLIKELY(!event_enter(t, tag, resumes, frame, object, id))) {
        push_slowly(t, tag, resumes, frame, key, object);
        return;
    }
    agent_node(parent)->recent = id;
}

void event_pop_slowly(struct thread *t)
{
    event_charge(t);
    t->top--;
    t->cell->current = t->top->node;
}

void *event_key_of_other(PyObject *callable)
{
    PyTypeObject *type = Py_TYPE(callable);

    if (PyType_Check(callable))
        type = (PyTypeObject *)callable;
    if (type->tp_dealloc == agent.python_class_dealloc)
        return NULL;
    if (type == agent.method_wrapper)
        return pyabi_wrapped(callable);
    if (type == &PyWrapperDescr_Type)
        return callable;
    if (PyCFunction_Check(callable))
        return ((PyCFunctionObject *)callable)->m_ml;
    if (!type->tp_call && !PyType_Check(callable)) /* about to be refused */
        return NULL;
    return type;
}
