/* SPDX-License-Identifier: Apache-2.0 */
/* starts.c - an audit event in the thread that starts another says what that one will
 * run. Its first event finds itself by that: by the function its outermost frame is of,
 * or by that function's first argument. 3.11 has no such event: see link_311.c. */
#include <string.h>

#include "profile/profile.h"

enum { NOTES = 1024 }; /* of threads that are started and have not begun */

static struct note {
    const void *key; /* a function, or what a method is of; a thread state */
    struct profiler *owner;
    uint64_t root;
} notes[NOTES];
static uint32_t count;

static void forget_at(uint32_t i)
{
    memmove(&notes[i], &notes[i + 1], (--count - i) * sizeof *notes);
}

void starts_forget(const struct profiler *p, uint64_t root)
{
    for (uint32_t i = count; i-- > 0;)
        if (notes[i].owner == p && (root == 0 || notes[i].root == root))
            forget_at(i);
}

static void forget_key(const void *key)
{
    for (uint32_t i = count; i-- > 0;)
        if (notes[i].key == key)
            forget_at(i);
}

/* A start that failed left its notes: whoever has the address now is another. */
void starts_note(const void *key)
{
    forget_key(key);
    for (const struct block *b = line_begin(); b; b = b->outer) {
        if (!b->on)
            continue;
        if (count == NOTES)
            forget_at(0);
        notes[count++] = (struct note){ key, b->owner, b->root };
    }
}

static void hear_start(PyObject *args)
{
    PyObject *function = PyTuple_GET_SIZE(args) > 0 ? PyTuple_GET_ITEM(args, 0) : NULL;

    if (function && PyMethod_Check(function))
        function = PyMethod_GET_SELF(function);
    if (function)
        starts_note(function);
}

static int on_audit(const char *event, PyObject *args, void *data)
{
    (void)data;
    if (event[0] == '_' && strncmp(event, "_thread.start_", 14) == 0 &&
        (count > 0 || line_begin()))
        hear_start(args);
    else if (event[0] == 'i' && strcmp(event, "import") == 0)
        greenlet_watch_import(args);
    return 0;
}

/* A hook cannot be taken away again. Where another forbids, starts are missed. */
void starts_watch(void)
{
    static bool watching;

    if (watching)
        return;
    watching = true;
    if (PySys_AddAuditHook(on_audit, NULL) != 0)
        PyErr_Clear();
    greenlet_look();
}

static struct pyabi_frame *outermost(void)
{
    struct pyabi_frame *found = NULL;

    for (struct pyabi_frame *f = pyabi_current(pyabi_thread()); f;
         f = pyabi_previous(f))
        if (pyabi_code(f))
            found = f;
    return found;
}

static const void *first_argument(const struct pyabi_frame *frame)
{
    if (pyabi_code(frame)->co_argcount == 0)
        return NULL;
    PyObject *object = pyabi_local(frame, 0);
    return object && PyCell_Check(object) ? PyCell_GET(object) : object;
}

/* From the last: the line is in the order of the thread that started this one. */
static bool join(const void *key)
{
    bool joined = false;

    for (uint32_t i = count; i-- > 0;) {
        struct note n = notes[i];
        if (n.key != key)
            continue;
        forget_at(i);
        struct block *b = line_thread() ? blocks_take(n.owner) : NULL;
        if (!b)
            continue;
        line_push(b);
        session_begin(b, n.root);
        joined = true;
    }
    return joined;
}

bool starts_join(void)
{
    const struct pyabi_frame *frame = count > 0 ? outermost() : NULL;
    const void *self = frame ? first_argument(frame) : NULL;

    line_reap();
    bool joined = frame && ((self && join(self)) || join(pyabi_function(frame)) ||
                            join(pyabi_thread()));
    line_settle();
    return joined;
}
