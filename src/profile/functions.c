/* SPDX-License-Identifier: Apache-2.0 */
/* functions.c - records of functions, shared by all profiles, for as long as any has a
 * node of it. Code and types are kept alive so long, and their addresses theirs. */
#include <stdio.h>
#include <string.h>

#include "profile/functions.h"
#include "profile/key.h"

struct function {
    uint64_t key;
    PyObject *held;  /* code; what was called; NULL: of a C function nothing */
    tape_text name;  /* of what is made in C */
    uint32_t kind;   /* enum tape_function_kind */
    uint32_t nodes;  /* so many have it */
    uint32_t number; /* functions_number */
    uint32_t next;   /* of those that are free, or to be let go */
    uint8_t reserved[24];
};
_Static_assert(sizeof(struct function) == TAPE_CELL, "one cell");

static uint32_t unused, released; /* chains */

static struct function *record(uint32_t cell)
{
    return writer_cell(&calls.tape, cell);
}

static uint32_t new_record(void)
{
    uint32_t cell = unused;

    if (cell != 0) {
        unused = record(cell)->next;
        return cell;
    }
    cell = writer_add(&calls.tape, &calls.tape.functions, TAPE_FUNCTIONS, 0);
    if (cell != 0)
        writer_commit(&calls.tape.functions);
    return cell;
}

/* What has the key's address, where that may be another's one day. */
static PyObject *to_hold(const void *key, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);

    if (key == object || (PyObject *)type == key)
        return Py_NewRef((PyObject *)(uintptr_t)key);
    return type == calls.method_wrapper ? Py_NewRef(pyabi_wrapped(object)) : NULL;
}

/* Our own go by the names they have in cProfile: tables agree line by line. */
static bool name_ours(struct tape_function *named, const void *key)
{
    const PyMethodDef *method = key;
    char text[64];

    if ((uintptr_t)key - (uintptr_t)profiler_methods >=
        PROFILER_SEEN * sizeof *profiler_methods)
        return false;
    int len = snprintf(text, sizeof text, "<method '%s' of '_lsprof.Profiler' objects>",
                       method->ml_name);
    named->name = writer_text(&calls.tape, text, (size_t)len);
    named->kind = TAPE_BUILTIN;
    return true;
}

uint32_t functions_of(void *key, PyObject *object)
{
    uint32_t cell = known_find(key);

    if (cell != 0)
        return cell;
    if (!known_room() || (cell = new_record()) == 0)
        return 0;
    struct function f = { .key = (uintptr_t)key, .kind = TAPE_PYTHON };
    if (!PyCode_Check(object)) {
        struct tape_function named = { 0 };
        if (!name_ours(&named, key))
            names_of(&named, object);
        f.kind = named.kind;
        f.name = named.name;
    }
    f.held = to_hold(key, object);
    *record(cell) = f;
    known_add(key, cell);
    return cell;
}

uint32_t functions_special(uint32_t *cell, enum tape_function_kind kind,
                           const char *name)
{
    if (*cell == 0 && (*cell = new_record()) != 0)
        *record(*cell) = (struct function){
            .kind = kind,
            .name = writer_text(&calls.tape, name, strlen(name)),
            .nodes = 1, /* stays */
        };
    return *cell;
}

enum tape_function_kind functions_kind(uint32_t function)
{
    return record(function)->kind;
}

uint32_t functions_link(uint32_t function, uint32_t node)
{
    (void)node;
    record(function)->nodes++;
    return 0;
}

void functions_unlink(uint32_t function)
{
    struct function *f = record(function);

    if (--f->nodes > 0)
        return;
    known_forget((void *)(uintptr_t)f->key);
    f->next = released;
    released = function;
}

/* Whatever letting go of one runs may come here again. */
void functions_release(void)
{
    while (released != 0) {
        uint32_t cell = released;
        PyObject *held = record(cell)->held;

        released = record(cell)->next;
        record(cell)->next = unused;
        unused = cell;
        Py_XDECREF(held);
    }
}

PyObject *functions_object(uint32_t function)
{
    return record(function)->kind == TAPE_PYTHON ? record(function)->held : NULL;
}

tape_text functions_name(uint32_t function)
{
    return record(function)->name;
}

uint32_t *functions_number(uint32_t function)
{
    return &record(function)->number;
}

bool functions_hide(PyObject *code)
{
    if (known_find(code) == FUNCTION_HIDDEN)
        return true;
    if (known_find(code) != 0 || !known_room())
        return false;
    known_add(Py_NewRef(code), FUNCTION_HIDDEN);
    return true;
}
