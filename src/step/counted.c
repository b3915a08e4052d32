/* SPDX-License-Identifier: Apache-2.0 */
/* counted.c - two tables by address, in static memory: to count allocates nothing. */
#include <Python.h>
#include <string.h>

#include "pyabi/made.h"
#include "step/counted.h"

enum { SLOTS = 4096, NAME_BYTES = 1000 }; /* a power of two; half of them are used */

struct table {
    uint32_t used;
    bool full;
    struct {
        PyObject *of; /* held */
        uint64_t count;
    } slot[SLOTS];
};

static struct table functions, objects;
static bool profiling, watching, hooked;

static void count(struct table *t, PyObject *of)
{
    uint32_t at = (uint32_t)((uintptr_t)of * 0x9e3779b97f4a7c15ull >> 40) & (SLOTS - 1);

    while (t->slot[at].of && t->slot[at].of != of)
        at = (at + 1) & (SLOTS - 1);
    if (!t->slot[at].of) {
        if (t->used >= SLOTS / 2) {
            t->full = true;
            return;
        }
        t->used++;
        t->slot[at].of = Py_NewRef(of);
    }
    t->slot[at].count++;
}

static int on_event(PyObject *self, PyFrameObject *frame, int what, PyObject *arg)
{
    PyCodeObject *code;

    (void)self;
    (void)arg;
    if (what == PyTrace_CALL) {
        code = PyFrame_GetCode(frame);
        count(&functions, (PyObject *)code);
        Py_DECREF(code);
    }
    return 0;
}

static int on_made(PyObject *object, pyabi_event event, void *data)
{
    (void)data;
    if (event == PYABI_MADE)
        count(&objects, (PyObject *)Py_TYPE(object));
    return 0;
}

void counted_functions_begin(void)
{
    profiling = true;
    PyEval_SetProfile(on_event, NULL);
}

static void write_function(struct section *s, PyCodeObject *code, uint64_t calls)
{
    PyObject *name = PyObject_GetAttrString((PyObject *)code, "co_qualname");
    const char *words = name ? PyUnicode_AsUTF8(name) : NULL;
    const char *file = words ? PyUnicode_AsUTF8(code->co_filename) : NULL;
    char text[NAME_BYTES];

    if (file) {
        snprintf(text, sizeof text, "%s\n%s", words, file);
        section_count(s, (uint64_t)code->co_firstlineno, calls, text);
    }
    PyErr_Clear();
    Py_XDECREF(name);
}

bool counted_functions_end(struct section *s)
{
    PyEval_SetProfile(NULL, NULL);
    profiling = false;
    section_begin(s);
    for (int i = 0; i < SLOTS; i++)
        if (functions.slot[i].of)
            write_function(s, (PyCodeObject *)functions.slot[i].of,
                           functions.slot[i].count);
    section_end(s, &s->log->functions);
    return !functions.full;
}

void counted_try_objects(void)
{
    PyObject *one = PyLong_FromLong(1);
    PyObject *made[] = { PyList_New(0),
                         PyDict_New(),
                         PyTuple_New(3),
                         PyFloat_FromDouble(0.25),
                         PyUnicode_FromString("a string of its own"),
                         PyBytes_FromString("bytes of their own"),
                         PyLong_FromLongLong(1ll << 40),
                         PySet_New(NULL),
                         PySlice_New(one, one, one),
                         PyThread_GetInfo() };

    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        Py_XDECREF(made[i]);
    Py_XDECREF(one);
    PyErr_Clear();
}

bool counted_knows_objects(void)
{
    return pyabi_tells_made();
}

/* Python's allocators, asked in place of what they were; one may ask another. */
static struct hook {
    PyMemAllocatorEx was;
    PyMemAllocatorDomain domain;
} hooks[] = { { .domain = PYMEM_DOMAIN_RAW },
              { .domain = PYMEM_DOMAIN_MEM },
              { .domain = PYMEM_DOMAIN_OBJ } };

enum { HOOKS = sizeof hooks / sizeof *hooks };
static uint64_t asked, asked_bytes;
static _Thread_local int asking;

static void ask(size_t bytes)
{
    if (asking++ == 0) {
        asked++;
        asked_bytes += bytes;
    }
}

static void *on_malloc(void *hook, size_t bytes)
{
    const PyMemAllocatorEx *was = &((struct hook *)hook)->was;
    void *at;

    ask(bytes);
    at = was->malloc(was->ctx, bytes);
    asking--;
    return at;
}

static void *on_calloc(void *hook, size_t items, size_t bytes)
{
    const PyMemAllocatorEx *was = &((struct hook *)hook)->was;
    void *at;

    ask(items * bytes);
    at = was->calloc(was->ctx, items, bytes);
    asking--;
    return at;
}

static void *on_realloc(void *hook, void *old, size_t bytes)
{
    const PyMemAllocatorEx *was = &((struct hook *)hook)->was;
    void *at;

    ask(bytes);
    at = was->realloc(was->ctx, old, bytes);
    asking--;
    return at;
}

static void on_free(void *hook, void *at)
{
    const PyMemAllocatorEx *was = &((struct hook *)hook)->was;

    was->free(was->ctx, at);
}

static void hook_allocators(void)
{
    for (int i = 0; i < HOOKS; i++) {
        PyMemAllocatorEx ours = { &hooks[i], on_malloc, on_calloc, on_realloc,
                                  on_free };
        PyMem_GetAllocator(hooks[i].domain, &hooks[i].was);
        PyMem_SetAllocator(hooks[i].domain, &ours);
    }
}

static void unhook_allocators(void)
{
    for (int i = 0; i < HOOKS; i++)
        PyMem_SetAllocator(hooks[i].domain, &hooks[i].was);
}

void counted_objects_begin(void)
{
    hooked = true;
    watching = pyabi_watch_made(on_made);
    hook_allocators();
}

bool counted_objects_end(struct section *s)
{
    bool watched = watching;

    unhook_allocators();
    pyabi_watch_made(NULL);
    watching = hooked = false;
    s->log->allocations = asked;
    s->log->allocated_bytes = asked_bytes;
    s->log->allocation_counts = 1;
    section_begin(s);
    for (int i = 0; i < SLOTS; i++)
        if (objects.slot[i].of)
            section_count(s, 0, objects.slot[i].count,
                          ((PyTypeObject *)objects.slot[i].of)->tp_name);
    section_end(s, &s->log->objects);
    return watched && !objects.full;
}

void counted_abandon(void)
{
    if (profiling)
        PyEval_SetProfile(NULL, NULL);
    if (watching)
        pyabi_watch_made(NULL);
    if (hooked)
        unhook_allocators();
    profiling = watching = hooked = false;
}
