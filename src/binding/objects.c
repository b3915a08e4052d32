/* SPDX-License-Identifier: Apache-2.0 */
/* objects.c - each key of a table is made once, and each file's name. */
#include "binding/objects.h"

PyObject *objects_text(struct str s)
{
    PyObject *text =
        PyUnicode_DecodeUTF8(s.len ? s.at : "", (Py_ssize_t)s.len, "surrogatepass");

    if (text)
        return text;
    PyErr_Clear(); /* bytes of Python 2's */
    return PyUnicode_DecodeUTF8(s.at, (Py_ssize_t)s.len, "surrogateescape");
}

/* Python's objects for a table's keys, each made once. */
struct keys {
    const struct pstats_table *table;
    PyObject **made, *files; /* files: {name: name}, so that a name is there once */
};

static bool keys_open(struct keys *k, const struct pstats_table *t)
{
    k->table = t;
    k->made = PyMem_Calloc((size_t)table_keys(t) + 1, sizeof(PyObject *));
    k->files = PyDict_New();
    return k->made && k->files;
}

static void keys_close(struct keys *k)
{
    for (uint32_t i = 0; k->made && i < table_keys(k->table); i++)
        Py_XDECREF(k->made[i]);
    PyMem_Free(k->made);
    Py_XDECREF(k->files);
}

/* Borrowed. */
static PyObject *file_object(struct keys *k, struct str file)
{
    PyObject *text = objects_text(file);
    PyObject *known = text ? PyDict_GetItemWithError(k->files, text) : NULL;

    if (text && !known && PyDict_SetItem(k->files, text, text) == 0)
        known = text; /* the dict holds it */
    Py_XDECREF(text);
    return known;
}

/* (file, line, name), borrowed. */
static PyObject *key_object(struct keys *k, pstats_key key)
{
    PyObject **at = &k->made[key];

    if (!*at) {
        struct pstats_name n = table_name(k->table, key);
        PyObject *file = file_object(k, n.file),
                 *name = file ? objects_text(n.name) : NULL;
        if (name)
            *at = Py_BuildValue("(OLO)", file, (long long)n.line, name);
        Py_XDECREF(name);
    }
    return *at;
}

/* Sets and drops the value; false: an error is set. */
static bool put(PyObject *dict, PyObject *key, PyObject *value)
{
    bool ok = key && value && PyDict_SetItem(dict, key, value) == 0;

    Py_XDECREF(value);
    return ok;
}

static PyObject *callers_object(struct keys *k, const struct pstats_function *f)
{
    PyObject *callers = PyDict_New();
    bool ok = callers != NULL;

    for (uint32_t id = f->first; ok && id != PSTATS_NONE;) {
        const struct pstats_caller *c = table_caller(k->table, id);
        const struct pstats_cost *cost = &c->cost;
        PyObject *value = c->counted
                              ? PyLong_FromLongLong(cost->nc)
                              : Py_BuildValue("(LLdd)", (long long)cost->nc,
                                              (long long)cost->cc, cost->tt, cost->ct);
        ok = put(callers, key_object(k, c->key), value);
        id = c->next;
    }
    if (ok)
        return callers;
    Py_XDECREF(callers);
    return NULL;
}

static PyObject *row_object(struct keys *k, const struct pstats_function *f)
{
    PyObject *callers = callers_object(k, f);

    if (!callers)
        return NULL;
    return Py_BuildValue("(LLddN)", (long long)f->cost.cc, (long long)f->cost.nc,
                         f->cost.tt, f->cost.ct, callers);
}

PyObject *objects_stats(struct pstats_table *t)
{
    struct keys k = { 0 };

    PyObject *dict = PyDict_New();
    bool ok = keys_open(&k, t) && dict;
    for (uint32_t i = 0; ok && i < table_functions(t); i++) {
        const struct pstats_function *f = table_function(t, i);
        ok = put(dict, key_object(&k, f->key), row_object(&k, f));
    }
    keys_close(&k);
    if (ok)
        return dict;
    Py_XDECREF(dict);
    return PyErr_Occurred() ? NULL : PyErr_NoMemory();
}

PyObject *objects_order(struct pstats_table *t)
{
    struct keys k = { 0 };

    PyObject *list = PyList_New(0);
    bool ok = keys_open(&k, t) && list;
    for (uint32_t i = 0; ok && i < table_functions(t); i++) {
        PyObject *key = key_object(&k, table_function(t, table_at(t, i))->key);
        ok = key && PyList_Append(list, key) == 0;
    }
    keys_close(&k);
    if (ok)
        return list;
    Py_XDECREF(list);
    return PyErr_Occurred() ? NULL : PyErr_NoMemory();
}
