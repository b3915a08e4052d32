/* SPDX-License-Identifier: Apache-2.0 */
/* event.h - the hot path: what every event does, inlined into its callback.
 * Time since a thread's last event belongs to the node it was in: one clock
 * reading an event, and self times sum to the total by construction. */
#ifndef AGENT_EVENT_H
#define AGENT_EVENT_H

#include "agent/agent.h"
#ifdef __x86_64__
#include <x86intrin.h>
#endif

static inline uint64_t event_now(void)
{
#ifdef __x86_64__
    if (LIKELY(agent.options.clock == CLOCK_KIND_TSC))
        return __rdtsc();
#endif
    return clock_ticks(agent.options.clock);
}

static inline void event_charge(struct thread *t, struct tape_node *node)
{
    uint64_t now = event_now();
    uint64_t span = now - t->cell->last;

    if (UNLIKELY((int64_t)span < 0)) {
        writer_header(&agent.tape)->backward++;
        span = 0;
    }
    t->cell->last = now;
    node->self += span;
}

/* Enters a callee of the top entry, as the new top. A resume is no new call. */
static inline void event_push(struct thread *t, uint32_t tag, void *frame, void *key,
                              PyObject *object, bool resumes, void *callable)
{
    struct entry *top = t->top;
    struct tape_node *node = agent_node(top->node);
    uint32_t id = node->recent;
    struct tape_node *child = agent_node(id);

    event_charge(t, node);
    if (UNLIKELY(child->key != (uint64_t)(uintptr_t)key)) {
        id = tree_child(t, top->node, key, object);
        if (id == 0) {
            writer_header(&agent.tape)->lost_events++;
            id = top->node;
        } else {
            node->recent = id;
        }
        child = agent_node(id);
    }
    if (UNLIKELY(top == t->limit)) {
        if (!stack_grow(t)) {
            writer_header(&agent.tape)->lost_events++;
            return;
        }
        top = t->top;
    }
    top++;
    top->tag = tag;
    top->node = id;
    top->frame = frame;
    top->callable = callable;
    t->top = top;
    t->cell->current = id;
    if (resumes)
        child->resumes++;
    else
        child->calls++;
}

static inline void event_pop(struct thread *t)
{
    event_charge(t, agent_node(t->top->node));
    t->top--;
    t->cell->current = t->top->node;
}

/* Identity of a callable made in C; NULL: Python code will show itself. */
static inline void *event_key(PyObject *callable)
{
    PyTypeObject *type = Py_TYPE(callable);

    if (type == &PyFunction_Type || type == &PyMethod_Type)
        return NULL;
    if (type == &PyMethodDescr_Type)
        return ((PyMethodDescrObject *)callable)->d_method;
    if (PyCFunction_Check(callable)) {
        PyMethodDef *method = ((PyCFunctionObject *)callable)->m_ml;
        if (UNLIKELY(method == agent.new_method)) /* of which type, then? */
            return (char *)((PyCFunctionObject *)callable)->m_self + 1;
        if (UNLIKELY((uintptr_t)method - (uintptr_t)agent_methods <
                     AGENT_METHODS_BYTES))
            return NULL; /* ours: not the program's doing */
        return method;
    }
    if (PyType_Check(callable)) {
        if (((PyTypeObject *)callable)->tp_dealloc == agent.python_class_dealloc)
            return NULL;
        return callable;
    }
    if (type->tp_dealloc == agent.python_class_dealloc)
        return NULL;
    if (type == agent.method_wrapper)
        return pyabi_wrapped(callable);
    if (type == &PyWrapperDescr_Type)
        return callable;
    return type;
}

#endif
