/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - a walk over all types, from object down, and over the imported modules. */
#include <Python.h>
#include <stdbool.h>
#include <string.h>

#include "step/names.h"

enum { TYPES = 1 << 14, NAME_BYTES = 300 };

static PyObject *opcodes;          /* {name: number}, specialised ones too */
static PyTypeObject *types[TYPES]; /* borrowed: nothing is let go meanwhile */

void names_prepare(void)
{
    PyObject *dis = opcodes ? NULL : PyImport_ImportModule("dis");

    if (dis)
        opcodes = PyObject_GetAttrString(dis, "_all_opmap");
    Py_XDECREF(dis);
    PyErr_Clear();
}

static void write_opcodes(struct section *s)
{
    PyObject *name, *number;
    Py_ssize_t at = 0;

    section_begin(s);
    while (opcodes && PyDict_Check(opcodes) &&
           PyDict_Next(opcodes, &at, &name, &number)) {
        long value = PyLong_AsLong(number);
        const char *words = PyUnicode_AsUTF8(name);
        if (words && value >= 0 && value < 256)
            section_count(s, (uint64_t)value, 0, words);
        PyErr_Clear();
    }
    section_end(s, &s->log->opcodes);
}

/* How type itself looks for what classes may have their own of. */
static PyObject *ask_type(PyObject *descriptor, PyTypeObject *of)
{
    descrgetfunc get = descriptor ? Py_TYPE(descriptor)->tp_descr_get : NULL;

    return get ? get(descriptor, (PyObject *)of, (PyObject *)Py_TYPE(of)) : NULL;
}

struct walk {
    struct section *s;
    PyObject *own, *below; /* type.__dict__'s __dict__ and __subclasses__ */
    int count;
};

static bool known(const struct walk *w, const PyTypeObject *type)
{
    /* Few types have two bases: those that do are met again soon after. */
    for (int i = w->count - 1; i >= 0; i--)
        if (types[i] == type)
            return true;
    return false;
}

/* Breadth first, so that a slot that is handed down is told of where it comes from. */
static void gather(struct walk *w)
{
    types[0] = &PyBaseObject_Type;
    w->count = 1;
    for (int i = 0; i < w->count; i++) {
        PyObject *ask = ask_type(w->below, types[i]);
        PyObject *list = ask ? PyObject_CallNoArgs(ask) : NULL;
        for (Py_ssize_t n = 0; list && PyList_Check(list) && n < PyList_GET_SIZE(list);
             n++) {
            PyTypeObject *type = (PyTypeObject *)PyList_GET_ITEM(list, n);
            if (w->count < TYPES && !known(w, type))
                types[w->count++] = type;
        }
        PyErr_Clear();
        Py_XDECREF(list);
        Py_XDECREF(ask);
    }
}

static void add(struct walk *w, uintptr_t address, enum log_naming naming,
                const char *owner, const char *name)
{
    char text[NAME_BYTES];
    bool slot = naming == LOG_NAMES_SLOT;

    if (!address || !name)
        return;
    snprintf(text, sizeof text, "%s%s%s%s%s", slot ? "<" : "", owner, *owner ? "." : "",
             name, slot ? ">" : "");
    section_name(w->s, address, naming, text);
}

static void add_builtin(struct walk *w, const char *owner, PyObject *value)
{
    PyCFunctionObject *function = (PyCFunctionObject *)value;

    add(w, (uintptr_t)function->m_ml->ml_meth, LOG_NAMES_FUNCTION, owner,
        function->m_ml->ml_name);
    add(w, (uintptr_t)function->vectorcall, LOG_NAMES_CALLING, "",
        "vectorcall of builtins");
}

static void add_attribute(struct walk *w, const char *owner, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);

    if (type == &PyMethodDescr_Type || type == &PyClassMethodDescr_Type) {
        PyMethodDescrObject *method = (PyMethodDescrObject *)value;
        add(w, (uintptr_t)method->d_method->ml_meth, LOG_NAMES_FUNCTION, owner,
            method->d_method->ml_name);
        add(w, (uintptr_t)method->vectorcall, LOG_NAMES_CALLING, "",
            "vectorcall of methods");
    } else if (type == &PyGetSetDescr_Type) {
        PyGetSetDef *def = ((PyGetSetDescrObject *)value)->d_getset;
        add(w, (uintptr_t)def->get, LOG_NAMES_FUNCTION, owner, def->name);
        add(w, (uintptr_t)def->set, LOG_NAMES_FUNCTION, owner, def->name);
    } else if (type == &PyWrapperDescr_Type) {
        PyWrapperDescrObject *wrapper = (PyWrapperDescrObject *)value;
        add(w, (uintptr_t)wrapper->d_wrapped, LOG_NAMES_FUNCTION, owner,
            wrapper->d_base->name);
    } else if (type == &PyStaticMethod_Type) {
        PyObject *function = PyObject_GetAttrString(value, "__func__");
        if (function && PyCFunction_CheckExact(function))
            add_builtin(w, owner, function);
        PyErr_Clear();
        Py_XDECREF(function);
    }
}

#define SLOT(name)                                                                     \
    {                                                                                  \
#name, offsetof(PyTypeObject, name)                                            \
    }

static const struct {
    const char *name;
    size_t at;
} slots[] = {
    SLOT(tp_dealloc),   SLOT(tp_new),      SLOT(tp_init),       SLOT(tp_alloc),
    SLOT(tp_free),      SLOT(tp_call),     SLOT(tp_iternext),   SLOT(tp_iter),
    SLOT(tp_hash),      SLOT(tp_repr),     SLOT(tp_str),        SLOT(tp_richcompare),
    SLOT(tp_getattro),  SLOT(tp_setattro), SLOT(tp_traverse),   SLOT(tp_clear),
    SLOT(tp_descr_get), SLOT(tp_finalize), SLOT(tp_vectorcall),
};

static uintptr_t slot_of(const PyTypeObject *type, size_t at)
{
    uintptr_t function;

    memcpy(&function, (const char *)type + at, sizeof function);
    return function;
}

/* Made by a class statement: its slots are those of all such classes. */
static bool is_class(const PyTypeObject *type)
{
    return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) &&
           !((const PyHeapTypeObject *)type)->ht_module;
}

static void add_slots(struct walk *w, PyTypeObject *type)
{
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        uintptr_t function = slot_of(type, slots[i].at);
        bool handed_down =
            type->tp_base && function == slot_of(type->tp_base, slots[i].at);
        if (!handed_down)
            add(w, function, LOG_NAMES_SLOT, is_class(type) ? "class" : type->tp_name,
                slots[i].name);
    }
}

static void add_type(struct walk *w, PyTypeObject *type)
{
    PyObject *own = ask_type(w->own, type);
    PyObject *items = own ? PyMapping_Values(own) : NULL;

    for (Py_ssize_t i = 0; items && PyList_Check(items) && i < PyList_GET_SIZE(items);
         i++)
        add_attribute(w, type->tp_name, PyList_GET_ITEM(items, i));
    PyErr_Clear();
    Py_XDECREF(items);
    Py_XDECREF(own);
}

static void add_module(struct walk *w, PyObject *module)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;

    while (PyDict_Next(PyModule_GetDict(module), &at, &name, &value)) {
        if (!PyCFunction_Check(value))
            continue;
        PyObject *of = ((PyCFunctionObject *)value)->m_module;
        const char *owner = of && PyUnicode_Check(of) ? PyUnicode_AsUTF8(of) : NULL;
        if (!owner)
            PyErr_Clear();
        add_builtin(w, owner && strcmp(owner, "builtins") != 0 ? owner : "", value);
    }
}

static void add_allocators(struct walk *w)
{
    static const struct {
        PyMemAllocatorDomain domain;
        const char *name;
    } domains[] = { { PYMEM_DOMAIN_OBJ, "obj" },
                    { PYMEM_DOMAIN_MEM, "mem" },
                    { PYMEM_DOMAIN_RAW, "raw" } };

    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        PyMemAllocatorEx a;
        PyMem_GetAllocator(domains[i].domain, &a);
        add(w, (uintptr_t)a.malloc, LOG_NAMES_ALLOCATOR, domains[i].name, "malloc");
        add(w, (uintptr_t)a.calloc, LOG_NAMES_ALLOCATOR, domains[i].name, "calloc");
        add(w, (uintptr_t)a.realloc, LOG_NAMES_ALLOCATOR, domains[i].name, "realloc");
        add(w, (uintptr_t)a.free, LOG_NAMES_ALLOCATOR, domains[i].name, "free");
    }
}

static void write_types(struct walk *w)
{
    section_begin(w->s);
    for (int i = 0; i < w->count; i++)
        section_count(w->s, (uint64_t)types[i], 0, types[i]->tp_name);
    section_end(w->s, &w->s->log->types);
}

void names_write(struct section *s)
{
    struct walk w = { .s = s };
    PyObject *of_type = PyObject_GetAttrString((PyObject *)&PyType_Type, "__dict__");
    PyObject *modules = PyImport_GetModuleDict(), *name, *module;
    Py_ssize_t at = 0;

    write_opcodes(s);
    w.own =
        of_type ? PyObject_GetItem(of_type, PyUnicode_FromString("__dict__")) : NULL;
    w.below = of_type
                  ? PyObject_GetItem(of_type, PyUnicode_FromString("__subclasses__"))
                  : NULL;
    gather(&w);
    section_begin(s);
    add_allocators(&w);
    for (int i = 0; i < w.count; i++)
        add_type(&w, types[i]);
    while (PyDict_Next(modules, &at, &name, &module))
        if (PyModule_CheckExact(module))
            add_module(&w, module);
    for (int i = 0; i < w.count; i++)
        add_slots(&w, types[i]);
    section_end(s, &s->log->names);
    write_types(&w);
    PyErr_Clear();
}
