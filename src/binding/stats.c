/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c - sonde._stats: tables of pstats for sonde.Stats, kept and printed in C.
 * One file for every Python from 3.11 on: it uses nothing but the stable interface. */
#include <Python.h>
#include <stdlib.h>

#include "binding/attempt.h"
#include "binding/objects.h"
#include "open/table.h"
#include "pstats/print.h"
#include "pstats/standard.h"
#include "pstats/write.h"

struct table_object {
    PyObject_HEAD
    struct pstats_table *table; /* NULL: an operation on it broke off */
};

/* Always NULL. */
static PyObject *raise_err(const struct err *e)
{
    PyObject *type = e->code == ERR_IO ? PyExc_OSError : PyExc_ValueError;
    PyObject *text = objects_text(str_of(e->text));

    if (text)
        PyErr_SetObject(type, text);
    Py_XDECREF(text);
    return NULL;
}

static struct pstats_table *table_of(PyObject *self)
{
    struct pstats_table *t = ((struct table_object *)self)->table;

    if (!t)
        PyErr_SetString(PyExc_ValueError, "memory ran out in the midst of a change");
    return t;
}

/* An operation on a table that may run out of memory; the table is lost then, and
 * stays allocated: nobody knows how far it got. */
struct operation {
    struct table_object *self;
    bool (*run)(struct operation *o);
    PyObject *words;
    struct restrictions restrictions;
    struct sortkeys keys;
    const char *path;
    const struct pstats_table *other;
    struct out *out;
    struct err e;
    bool ok;
};

static void run(void *with)
{
    struct operation *o = with;

    o->ok = o->run(o);
}

static bool finish(struct operation *o)
{
    if (!attempt(run, o)) {
        o->self->table = NULL;
        PyErr_NoMemory();
        return false;
    }
    if (!o->ok)
        raise_err(&o->e);
    return o->ok;
}

static bool run_open(struct operation *o)
{
    static const struct open_as as = { .how = LOAD_COPY };
    struct pstats_table *t = o->path ? open_table(o->path, &as, &o->e) : table_open();

    o->self->table = t;
    return t != NULL;
}

static PyObject *new (PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    PyObject *path = NULL;

    if (keywords && PyDict_Size(keywords) > 0)
        return PyErr_Format(PyExc_TypeError, "Table takes a path alone");
    if (!PyArg_ParseTuple(args, "|O&:Table", PyUnicode_FSConverter, &path))
        return NULL;
    PyObject *self = PyType_GenericAlloc(type, 0);
    struct operation o = { .self = (struct table_object *)self, .run = run_open };
    if (self && path)
        o.path = PyBytes_AsString(path);
    bool ok = self && finish(&o);
    Py_XDECREF(path);
    if (ok)
        return self;
    Py_XDECREF(self);
    return NULL;
}

static void dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    table_close(((struct table_object *)self)->table);
    PyObject_Free(self);
    Py_DECREF(type);
}

static Py_ssize_t length(PyObject *self)
{
    struct pstats_table *t = table_of(self);

    return t ? (Py_ssize_t)table_functions(t) : -1;
}

static bool run_add(struct operation *o)
{
    return table_add(o->self->table, o->other, &o->e);
}

static PyObject *add(PyObject *self, PyObject *other)
{
    if (!Py_IS_TYPE(other, Py_TYPE(self)))
        return PyErr_Format(PyExc_TypeError, "a Table is wanted");
    struct operation o = { .self = (void *)self, .run = run_add };
    o.other = table_of(self) ? table_of(other) : NULL;
    if (!o.other || !finish(&o))
        return NULL;
    Py_RETURN_NONE;
}

static bool run_strip(struct operation *o)
{
    return table_strip_dirs(o->self->table, &o->e);
}

static PyObject *strip_dirs(PyObject *self, PyObject *unused)
{
    struct operation o = { .self = (void *)self, .run = run_strip };

    (void)unused;
    if (!table_of(self) || !finish(&o))
        return NULL;
    Py_RETURN_NONE;
}

/* A key by its number where it stands alone, by its name or an abbreviation. */
static const struct sortkey *sortkey_of(PyObject *word, bool alone, bool sampled)
{
    const struct sortkey *key = NULL;

    if (PyLong_CheckExact(word) && alone) {
        key = sortkey_numbered(PyLong_AsLong(word));
    } else if (PyUnicode_Check(word)) {
        Py_ssize_t len;
        const char *at = PyUnicode_AsUTF8AndSize(word, &len);
        struct str text = { at, at ? (size_t)len : 0 };
        if (at)
            key = sampled ? sortkey_named(text, true) : sortkey_find(text);
    }
    PyErr_Clear();
    return key;
}

/* false: one of the words is no key, or they are too many. */
static bool keys_of(const struct pstats_table *t, PyObject *words,
                    struct sortkeys *keys)
{
    struct err ignored = { 0 };
    Py_ssize_t count = PyTuple_Size(words);

    for (Py_ssize_t i = 0; i < count; i++) {
        const struct sortkey *key =
            sortkey_of(PyTuple_GetItem(words, i), count == 1, table_sampled(t));
        if (!key || !sortkeys_add(keys, key, &ignored))
            return false;
    }
    return true;
}

/* knows(words): whether sort() takes them. */
static PyObject *knows(PyObject *self, PyObject *words)
{
    struct pstats_table *t = table_of(self);
    struct sortkeys keys = { 0 };

    return t ? PyBool_FromLong(keys_of(t, words, &keys)) : NULL;
}

static bool run_sort(struct operation *o)
{
    table_sort(o->self->table, &o->keys);
    return true;
}

/* sort(words): what pstats says it is ordered by. */
static PyObject *sort(PyObject *self, PyObject *words)
{
    struct pstats_table *t = table_of(self);
    struct operation o = { .self = (void *)self, .run = run_sort };
    PyObject *text = PyUnicode_FromString("");

    if (!t || !keys_of(t, words, &o.keys) || !finish(&o)) {
        Py_XDECREF(text);
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_KeyError, "%R", words);
    }
    for (int i = 0; text && i < o.keys.keys; i++) {
        PyObject *longer = PyUnicode_FromFormat("%U%s%s", text, i > 0 ? ", " : "",
                                                o.keys.key[i]->text);
        Py_DECREF(text);
        text = longer;
    }
    return text;
}

static PyObject *reverse(PyObject *self, PyObject *unused)
{
    struct pstats_table *t = table_of(self);

    (void)unused;
    if (!t)
        return NULL;
    table_reverse(t);
    Py_RETURN_NONE;
}

/* What print_stats would heed of its arguments; the rest it passes over. */
static bool restriction_from(PyObject *word, struct restriction *r)
{
    if (PyUnicode_Check(word)) {
        Py_ssize_t len;
        const char *at = PyUnicode_AsUTF8AndSize(word, &len);
        *r = (struct restriction){ .kind = RESTRICT_MATCH,
                                   .text = { at, at ? (size_t)len : 0 } };
        return at != NULL;
    }
    if (PyFloat_Check(word)) {
        *r = (struct restriction){ .kind = RESTRICT_SHARE,
                                   .share = PyFloat_AsDouble(word) };
        return true;
    }
    if (!PyLong_Check(word))
        return false;
    *r = (struct restriction){ .kind = RESTRICT_COUNT,
                               .count = PyLong_AsLongLong(word) };
    return !PyErr_Occurred();
}

static bool run_stats(struct operation *o)
{
    return print_stats(o->self->table, o->restrictions, o->out, &o->e);
}

static bool run_callers(struct operation *o)
{
    return print_callers(o->self->table, o->restrictions, o->out, &o->e);
}

static bool run_callees(struct operation *o)
{
    return print_callees(o->self->table, o->restrictions, o->out, &o->e);
}

static bool run_marshal(struct operation *o)
{
    write_table(o->self->table, o->out);
    return true;
}

/* What an operation writes, as the bytes it writes; NULL: an error is set. */
static PyObject *written(struct operation *o)
{
    PyObject *bytes = NULL;

    o->out = out_memory();
    if (finish(o)) {
        struct str text = out_text(o->out);
        bytes =
            PyBytes_FromStringAndSize(text.len ? text.at : "", (Py_ssize_t)text.len);
    }
    out_abandon(o->out);
    return bytes;
}

static PyObject *printed(PyObject *self, PyObject *words,
                         bool (*run_print)(struct operation *))
{
    Py_ssize_t count = PyTuple_Size(words);
    struct restriction *list = NULL;
    struct operation o = { .self = (void *)self, .run = run_print };

    if (!table_of(self))
        return NULL;
    list = PyMem_Calloc((size_t)count + 1, sizeof *list);
    if (!list)
        return PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < count; i++)
        if (restriction_from(PyTuple_GetItem(words, i), &list[o.restrictions.count]))
            o.restrictions.count++;
    PyErr_Clear();
    o.restrictions.at = list;
    PyObject *bytes = written(&o), *text = NULL;
    PyMem_Free(list);
    if (bytes)
        text = objects_text(
            (struct str){ PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes) });
    Py_XDECREF(bytes);
    return text;
}

static PyObject *stats_text(PyObject *self, PyObject *words)
{
    return printed(self, words, run_stats);
}

static PyObject *callers_text(PyObject *self, PyObject *words)
{
    return printed(self, words, run_callers);
}

static PyObject *callees_text(PyObject *self, PyObject *words)
{
    return printed(self, words, run_callees);
}

static PyObject *marshal(PyObject *self, PyObject *unused)
{
    struct operation o = { .self = (void *)self, .run = run_marshal };

    (void)unused;
    return table_of(self) ? written(&o) : NULL;
}

/* stats(): the dict of pstats.Stats.stats. */
static PyObject *stats(PyObject *self, PyObject *unused)
{
    struct pstats_table *t = table_of(self);

    (void)unused;
    return t ? objects_stats(t) : NULL;
}

/* order(): the keys as they are sorted, or None. */
static PyObject *order(PyObject *self, PyObject *unused)
{
    struct pstats_table *t = table_of(self);

    (void)unused;
    if (!t)
        return NULL;
    if (!table_order(t))
        Py_RETURN_NONE;
    return objects_order(t);
}

/* totals(): (calls, primitive calls, self seconds, longest name). */
static PyObject *totals(PyObject *self, PyObject *unused)
{
    struct pstats_table *t = table_of(self);
    size_t longest = 0;

    (void)unused;
    if (!t)
        return NULL;
    for (uint32_t i = 0; i < table_functions(t); i++) {
        size_t width = standard_width(table_name(t, table_function(t, i)->key));
        longest = width > longest ? width : longest;
    }
    struct pstats_totals sum = table_totals(t);
    return Py_BuildValue("(LLdn)", (long long)sum.nc, (long long)sum.cc, sum.tt,
                         (Py_ssize_t)longest);
}

static PyObject *get_files(PyObject *self, void *unused)
{
    struct pstats_table *t = table_of(self);
    PyObject *list = t ? PyList_New(0) : NULL;

    (void)unused;
    for (uint32_t i = 0; list && i < table_files(t); i++) {
        PyObject *line = objects_text(table_file(t, i));
        if (!line || PyList_Append(list, line) != 0)
            Py_CLEAR(list);
        Py_XDECREF(line);
    }
    return list;
}

static PyObject *get_sampled(PyObject *self, void *unused)
{
    struct pstats_table *t = table_of(self);

    (void)unused;
    return t ? PyBool_FromLong(table_sampled(t)) : NULL;
}

static PyMethodDef methods[] = {
    { "add", add, METH_O, NULL },
    { "strip_dirs", strip_dirs, METH_NOARGS, NULL },
    { "knows", knows, METH_VARARGS, NULL },
    { "sort", sort, METH_VARARGS, NULL },
    { "reverse", reverse, METH_NOARGS, NULL },
    { "stats_text", stats_text, METH_VARARGS, NULL },
    { "callers_text", callers_text, METH_VARARGS, NULL },
    { "callees_text", callees_text, METH_VARARGS, NULL },
    { "marshal", marshal, METH_NOARGS, NULL },
    { "stats", stats, METH_NOARGS, NULL },
    { "order", order, METH_NOARGS, NULL },
    { "totals", totals, METH_NOARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef attributes[] = {
    { "files", get_files, NULL, NULL, NULL },
    { "sampled", get_sampled, NULL, NULL, NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot type_slots[] = {
    { Py_tp_new, (void *)(uintptr_t) new },
    { Py_tp_dealloc, (void *)(uintptr_t)dealloc },
    { Py_sq_length, (void *)(uintptr_t)length },
    { Py_tp_methods, methods },
    { Py_tp_getset, attributes },
    { 0, NULL },
};

static PyType_Spec type_spec = {
    .name = "sonde._stats.Table",
    .basicsize = sizeof(struct table_object),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = type_slots,
};

static int execute(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&type_spec);

    if (!type)
        return -1;
    int failed = PyModule_AddObjectRef(module, "Table", type);
    Py_DECREF(type);
    return failed ? failed
                  : PyModule_AddStringConstant(module, "version", SONDE_VERSION);
}

static PyModuleDef_Slot slots[] = {
    { Py_mod_exec, (void *)(uintptr_t)execute },
    { 0, NULL },
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "sonde._stats",
    .m_doc = "Tables of pstats, for sonde.stats.",
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__stats(void);
PyMODINIT_FUNC PyInit__stats(void)
{
    return PyModuleDef_Init(&definition);
}
