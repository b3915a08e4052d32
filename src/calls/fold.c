/* SPDX-License-Identifier: Apache-2.0 */
/* fold.c - calls on paths beyond the budget. Below a marker node, which hangs
 * near the thread's root, there is one node for each caller and below it one
 * for each of its callees: calls and self times stay exact, of functions and of
 * callers; only what lies between the marker and the caller is forgotten. A
 * call out of such a node goes on below the same marker. */
#include "calls/front.h"

enum {
    DEEP = 8,     /* where markers hang, unless they are many ... */
    SHALLOW = 4,  /* ... then here, and in the end below the root */
    MARKERS = 16, /* of a thread and depth */
    RESERVE_LEAST = 65536,
};

/* A program that has used its budget up and goes on to something else should
 * show that by name: paths that are short have an eighth more. */
bool fold_wanted(const struct thread *t)
{
    uint64_t paths = calls.max_paths;

    return calls.nodes >= paths &&
           (t->top - t->stack >= DEEP || calls.nodes >= paths + paths / 8);
}

static bool room(void)
{
    uint64_t paths = calls.max_paths;
    uint64_t reserve = paths / 4 > RESERVE_LEAST ? paths / 4 : RESERVE_LEAST;

    return calls.nodes < paths + reserve;
}

static uint32_t child(struct thread *t, uint32_t parent, void *key, uint32_t function,
                      uint32_t marker)
{
    if (parent == 0 || function == 0)
        return 0;
    uint32_t id = tree_find(t, parent, key);
    return id != 0 || !room() ? id : tree_new(t, parent, key, function, marker);
}

static uint32_t new_marker(struct thread *t, size_t depth)
{
    size_t at = t->markers < MARKERS ? DEEP : t->markers < 2 * MARKERS ? SHALLOW : 0;

    at = at < depth ? at : depth;
    uint32_t function = functions_special(&calls.folded, TAPE_FOLDED, "<folded paths>");
    uint32_t id = child(t, t->stack[at].node, &calls.folded, function, 0);
    t->markers += id != 0;
    return id;
}

/* The nearest one on the path to the top, not counting what lies deep. */
static uint32_t marker_of(struct thread *t)
{
    size_t depth = (size_t)(t->top - t->stack), at = depth < DEEP ? depth : DEEP;
    uint32_t from = t->stack[at].node, id = 0;

    if (t->marker != 0 && t->marker_from == from)
        return t->marker;
    while ((id = tree_find(t, t->stack[at].node, &calls.folded)) == 0 && at > 0)
        at--;
    if (id == 0)
        id = new_marker(t, depth);
    t->marker = id;
    t->marker_from = from;
    return id;
}

/* cProfile does not know these: whom they call is their caller's callee there,
 * so that a folded one keeps its caller above it. */
static bool passes_on(uint32_t function)
{
    enum tape_function_kind kind = functions_kind(function);

    return kind == TAPE_TYPE || kind == TAPE_OBJECT;
}

uint32_t fold_child(struct thread *t, uint32_t parent, void *key, uint32_t function)
{
    const struct tape_node *caller = tree_node(parent), *first = caller;
    uint32_t marker = caller->fold ? caller->fold : marker_of(t), at = marker;

    if (caller->function == 0) /* the thread itself: no caller */
        return child(t, marker, key, function, marker);
    if (passes_on(caller->function)) {
        if (caller->fold != 0)
            return child(t, parent, key, function, marker);
        first = tree_node(caller->parent);
    }
    if (first->function != 0)
        at = child(t, at, (void *)(uintptr_t)first->key, first->function, marker);
    if (first != caller)
        at = child(t, at, (void *)(uintptr_t)caller->key, caller->function, marker);
    return child(t, at, key, function, marker);
}
