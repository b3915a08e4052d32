/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - what code and callables are called, read without running Python
 * code and without allocating: straight from the string objects' own bytes. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "calls/calls.h"

enum { TEXT_MOST = 64 * 1024 };

/* One text under construction. The GIL guards it. */
static struct {
    char bytes[TEXT_MOST + 2]; /* a byte more tells that it was longer; and a NUL */
    size_t len;
} text;

static void begin(void)
{
    text.len = 0;
}

/* What was longer ends in "...", which stands between two characters. */
static void cut(void)
{
    text.len = TEXT_MOST - 3;
    while (text.len > 0 && ((unsigned char)text.bytes[text.len] & 0xc0) == 0x80)
        text.len--;
    memcpy(text.bytes + text.len, "...", 3);
    text.len += 3;
    writer_header(&calls.tape)->cut_texts++;
}

static tape_text end(void)
{
    if (text.len > TEXT_MOST)
        cut();
    return writer_text(&calls.tape, text.bytes, text.len);
}

static void add_byte(unsigned byte)
{
    if (text.len < sizeof text.bytes)
        text.bytes[text.len++] = (char)byte;
}

/* WTF-8; but a byte that surrogateescape smuggled in becomes itself again. */
static void add_char(Py_UCS4 c)
{
    if (c < 0x80) {
        add_byte(c);
    } else if (c >= 0xdc80 && c <= 0xdcff) {
        add_byte(c & 0xff);
    } else if (c < 0x800) {
        add_byte(0xc0 | c >> 6);
        add_byte(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        add_byte(0xe0 | c >> 12);
        add_byte(0x80 | (c >> 6 & 0x3f));
        add_byte(0x80 | (c & 0x3f));
    } else {
        add_byte(0xf0 | c >> 18);
        add_byte(0x80 | (c >> 12 & 0x3f));
        add_byte(0x80 | (c >> 6 & 0x3f));
        add_byte(0x80 | (c & 0x3f));
    }
}

static void add_unicode(PyObject *s)
{
    if (!s || !PyUnicode_Check(s))
        return;
    Py_ssize_t len = PyUnicode_GET_LENGTH(s);
    int kind = PyUnicode_KIND(s);
    const void *data = PyUnicode_DATA(s);
    for (Py_ssize_t i = 0; i < len && text.len < sizeof text.bytes; i++)
        add_char(PyUnicode_READ(kind, data, i));
}

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void add(const char *format, ...)
{
    va_list args;
    size_t room = sizeof text.bytes - text.len;

    va_start(args, format);
    int len = vsnprintf(text.bytes + text.len, room, format, args);
    va_end(args);
    if (len > 0)
        text.len += (size_t)len < room ? (size_t)len : room - 1;
}

tape_text names_of_string(PyObject *s)
{
    begin();
    add_unicode(s);
    return end();
}

void names_bytes(PyObject *s, char *to, size_t room)
{
    begin();
    add_unicode(s);
    size_t len = text.len < room ? text.len : room - 1;
    memcpy(to, text.bytes, len);
    to[len] = '\0';
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    return (hash ^ str_hash((struct str){ bytes, len })) * 0x9e3779b97f4a7c15u;
}

static uint64_t mix_names(uint64_t hash, PyObject *tuple)
{
    for (Py_ssize_t i = 0; tuple && PyTuple_Check(tuple) && i < PyTuple_GET_SIZE(tuple);
         i++) {
        begin();
        add_unicode(PyTuple_GET_ITEM(tuple, i));
        hash = mix(hash, text.bytes, text.len);
    }
    return hash;
}

static uint64_t mix_bytes(uint64_t hash, PyObject *bytes)
{
    if (!bytes || !PyBytes_Check(bytes))
        return hash;
    return mix(hash, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
}

/* Of the parts of a code object that specialisation leaves alone. The same
 * source gives the same hash in every process of one Python version. */
static uint64_t code_hash(PyCodeObject *code)
{
    int shape[] = { code->co_argcount, code->co_posonlyargcount,
                    code->co_kwonlyargcount, code->co_stacksize,
                    code->co_flags & 0xff };
    uint64_t hash = mix(0, shape, sizeof shape);

    hash = mix_bytes(hash, code->co_linetable);
    hash = mix_bytes(hash, code->co_exceptiontable);
    hash = mix_names(hash, code->co_names);
    hash = mix_names(hash, code->co_localsplusnames);
    return hash ? hash : 1;
}

bool names_begin_with(PyObject *tuple, const char *name)
{
    if (!tuple || !PyTuple_Check(tuple) || PyTuple_GET_SIZE(tuple) == 0)
        return false;
    PyObject *first = PyTuple_GET_ITEM(tuple, 0);
    return PyUnicode_Check(first) && PyUnicode_CompareWithASCIIString(first, name) == 0;
}

/* The class a method was first called on: tells methods apart that were made
 * from one text (every dataclass's __init__). Names of types only. */
static tape_text first_owner(PyCodeObject *code)
{
    struct pyabi_frame *frame = pyabi_current(pyabi_thread());

    if (code->co_argcount == 0 || !frame || pyabi_code(frame) != code)
        return 0;
    bool self = names_begin_with(code->co_localsplusnames, "self");
    if (!self && !names_begin_with(code->co_localsplusnames, "cls"))
        return 0;
    PyObject *object = pyabi_local(frame, 0);
    if (object && PyCell_Check(object))
        object = PyCell_GET(object);
    if (!object || (!self && !PyType_Check(object)))
        return 0;
    PyTypeObject *type = self ? Py_TYPE(object) : (PyTypeObject *)object;
    begin();
    add("%s", type->tp_name);
    return end();
}

static void names_of_code(struct tape_function *f, PyCodeObject *code)
{
    f->kind = TAPE_PYTHON;
    f->name = names_of_string(code->co_name);
    f->qualname = names_of_string(code->co_qualname);
    f->file = names_of_string(code->co_filename);
    f->line = code->co_firstlineno > 0 ? (uint32_t)code->co_firstlineno : 0;
    f->hash = code_hash(code);
    f->owner = first_owner(code);
}

/* The base whose method table this is an element of: the type whose attribute
 * it is, without a lookup that could run code. */
static PyTypeObject *owner_of(PyTypeObject *type, const PyMethodDef *method)
{
    PyObject *mro = type->tp_mro;

    for (Py_ssize_t i = 0; mro && i < PyTuple_GET_SIZE(mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        for (PyMethodDef *m = base->tp_methods; m && m->ml_name; m++)
            if (m == method)
                return base;
    }
    return NULL;
}

static void names_of_descriptor(struct tape_function *f, const char *what,
                                const char *name, PyTypeObject *type)
{
    begin();
    add("<%s '%s'", what, name);
    if (pyabi_repr_names(type))
        add(" of '%s' objects", type->tp_name);
    add(">");
    f->name = end();
    begin();
    add("%s.%s", type->tp_name, name);
    f->qualname = end();
}

/* A function of a module: m_module is the module's name, or itself. */
static void names_of_module_function(struct tape_function *f, PyCFunctionObject *c)
{
    PyObject *module = c->m_module;

    begin();
    add("<built-in method ");
    if (module && PyUnicode_Check(module)) {
        add_unicode(module);
        add(".");
    }
    add("%s>", c->m_ml->ml_name);
    f->name = end();
    begin();
    if (module && PyUnicode_Check(module)) {
        add_unicode(module);
        add(".");
    } else if (c->m_self && PyType_Check(c->m_self)) {
        PyTypeObject *type = (PyTypeObject *)c->m_self;
        PyTypeObject *owner = owner_of(type, c->m_ml); /* not whom it was called on */

        add("%s.", owner ? owner->tp_name : type->tp_name);
    } else if (c->m_self && !PyModule_Check(c->m_self)) {
        add("%s.", Py_TYPE(c->m_self)->tp_name);
    }
    add("%s", c->m_ml->ml_name);
    f->qualname = end();
}

static void names_of_c_function(struct tape_function *f, PyCFunctionObject *c)
{
    PyTypeObject *owner = c->m_self ? owner_of(Py_TYPE(c->m_self), c->m_ml) : NULL;

    if (c->m_ml == calls.new_method) { /* as cProfile's repr() of it */
        begin();
        add("<built-in method __new__ of type object at %p>", (void *)&PyType_Type);
        f->name = end();
        begin();
        add("%s.__new__", ((PyTypeObject *)c->m_self)->tp_name);
        f->qualname = end();
    } else if (owner) {
        names_of_descriptor(f, "method", c->m_ml->ml_name, owner);
    } else {
        names_of_module_function(f, c);
    }
}

static void names_of_type(struct tape_function *f, PyTypeObject *type, const char *what)
{
    const char *module = strchr(type->tp_name, '.') ? "" : "builtins.";

    begin();
    add(what, type->tp_name);
    f->name = end();
    begin();
    add("%s%s", module, type->tp_name);
    f->qualname = end();
}

static void names_of_slot(struct tape_function *f, PyObject *wrapper)
{
    PyWrapperDescrObject *d = (PyWrapperDescrObject *)wrapper;

    names_of_descriptor(f, "slot wrapper", d->d_base->name, PyDescr_TYPE(d));
}

void names_of(struct tape_function *f, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);

    if (type == &PyCode_Type) {
        names_of_code(f, (PyCodeObject *)object);
        return;
    }
    f->file = writer_text(&calls.tape, "~", 1);
    f->kind = TAPE_BUILTIN;
    if (type == &PyMethodDescr_Type) {
        PyMethodDescrObject *d = (PyMethodDescrObject *)object;
        names_of_descriptor(f, "method", d->d_method->ml_name, PyDescr_TYPE(d));
    } else if (PyCFunction_Check(object)) {
        names_of_c_function(f, (PyCFunctionObject *)object);
    } else if (PyType_Check(object)) {
        f->kind = TAPE_TYPE;
        names_of_type(f, (PyTypeObject *)object, "<class '%s'>");
    } else {
        f->kind = TAPE_OBJECT;
        if (type == calls.method_wrapper)
            names_of_slot(f, pyabi_wrapped(object));
        else if (type == &PyWrapperDescr_Type)
            names_of_slot(f, object);
        else
            names_of_type(f, type, "<%s object>");
    }
}
