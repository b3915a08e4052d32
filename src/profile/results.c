/* SPDX-License-Identifier: Apache-2.0 */
/* results.c - a snapshot's figures in the shapes that cProfile and pstats have. */
#include "profile/results.h"

#include "profile/figures.h"

static PyTypeObject *entry_type, *subentry_type;

static PyStructSequence_Field entry_fields[] = {
    { "code", "code object or built-in function name" },
    { "callcount", "how many times this was called" },
    { "reccallcount", "how many times called recursively" },
    { "totaltime", "total time in this entry" },
    { "inlinetime", "inline time in this entry (not in subcalls)" },
    { "calls", "details of the calls" },
    { "resumes", "how many times a generator or coroutine went on" },
    { NULL, NULL },
};
static PyStructSequence_Field subentry_fields[] = {
    { "code", "called code object or built-in function name" },
    { "callcount", "how many times this is called" },
    { "reccallcount", "how many times this is called recursively" },
    { "totaltime", "total time spent in this call" },
    { "inlinetime", "inline time (not in further subcalls)" },
    { "resumes", "how many times a generator or coroutine went on" },
    { NULL, NULL },
};
static PyStructSequence_Desc entry_desc = { "sonde._profile.profiler_entry", NULL,
                                            entry_fields, 6 };
static PyStructSequence_Desc subentry_desc = { "sonde._profile.profiler_subentry", NULL,
                                               subentry_fields, 5 };

bool results_prepare(PyObject *module)
{
    if (!entry_type)
        entry_type = PyStructSequence_NewType(&entry_desc);
    if (!subentry_type)
        subentry_type = PyStructSequence_NewType(&subentry_desc);
    return entry_type && subentry_type &&
           PyModule_AddObjectRef(module, "profiler_entry", (PyObject *)entry_type) ==
               0 &&
           PyModule_AddObjectRef(module, "profiler_subentry",
                                 (PyObject *)subentry_type) == 0;
}

/* One reading of all, and what is made of it. */
struct results {
    struct snapshot snapshot;
    struct figures figures;
    uint32_t *group;  /* by function */
    PyObject *labels; /* by group: what stands for it */
    double unit;      /* seconds of a tick */
    bool subcalls;
};

/* Two moments far enough apart say how long a tick is. */
static double seconds_of_tick(const struct profiler *p)
{
    enum { APART_NS = 200000 };
    const struct tape_header *h = writer_header(&calls.tape);
    struct clock_pair now;

    if (p->timer && p->unit > 0)
        return p->unit;
    if (p->timer || h->clock != CLOCK_KIND_TSC)
        return 1e-9;
    do
        now = clock_pair_now(CLOCK_KIND_TSC);
    while (now.ns - h->first.ns < APART_NS);
    return 1e-9 * (double)(now.ns - h->first.ns) / (double)(now.ticks - h->first.ticks);
}

static PyObject *object_of(const struct snapshot *s, uint32_t function)
{
    tape_text text = s->name[function];

    if (s->code[function])
        return Py_NewRef(s->code[function]);
    return PyUnicode_DecodeUTF8(calls.tape.base + (text & 0xffffffffff),
                                (Py_ssize_t)(text >> 40), "backslashreplace");
}

/* Each function for itself. */
static bool label_objects(struct results *r)
{
    const struct snapshot *s = &r->snapshot;

    r->labels = PyList_New(s->functions);
    for (uint32_t f = 0; r->labels && f < s->functions; f++) {
        PyObject *object = object_of(s, f);
        if (!object)
            return false;
        PyList_SET_ITEM(r->labels, f, object);
        r->group[f] = f;
    }
    return r->labels != NULL;
}

static PyObject *key_of(const struct snapshot *s, uint32_t function)
{
    PyObject *object = object_of(s, function), *key = NULL;

    if (object && PyCode_Check(object)) {
        PyCodeObject *code = (PyCodeObject *)object;
        key = Py_BuildValue("(OiO)", code->co_filename, code->co_firstlineno,
                            code->co_name);
    } else if (object) {
        key = Py_BuildValue("(siO)", "~", 0, object);
    }
    Py_XDECREF(object);
    return key;
}

/* The number of a key in order of first sight; -1: error. */
static long number_of(PyObject *numbers, PyObject *labels, PyObject *key)
{
    PyObject *fresh = PyLong_FromSsize_t(PyList_GET_SIZE(labels));
    PyObject *number = fresh ? PyDict_SetDefault(numbers, key, fresh) : NULL;
    long n = number ? PyLong_AsLong(number) : -1;

    if (number == fresh && fresh && PyList_Append(labels, key) != 0)
        n = -1;
    Py_XDECREF(fresh);
    return n;
}

static bool label_keys(struct results *r)
{
    const struct snapshot *s = &r->snapshot;
    PyObject *numbers = PyDict_New();
    bool done = numbers && (r->labels = PyList_New(0));

    for (uint32_t f = 0; done && f < s->functions; f++) {
        PyObject *key = key_of(s, f);
        long n = key ? number_of(numbers, r->labels, key) : -1;
        r->group[f] = (uint32_t)n;
        done = n >= 0;
        Py_XDECREF(key);
    }
    Py_XDECREF(numbers);
    return done;
}

static bool is_empty(const struct row *row)
{
    return row->calls == 0 && row->resumes == 0;
}

static bool compute(struct results *r, const struct profiler *p,
                    bool (*label)(struct results *r))
{
    if (!snapshot_take(&r->snapshot, p)) {
        PyErr_NoMemory();
        return false;
    }
    r->unit = r->snapshot.functions > 0 ? seconds_of_tick(p) : 0;
    r->subcalls = p->subcalls;
    r->group = PyMem_Malloc((r->snapshot.functions + 1) * sizeof *r->group);
    if (r->group && !label(r))
        return false;
    if (r->group && figures_of(&r->figures, &r->snapshot, r->group,
                               (uint32_t)PyList_GET_SIZE(r->labels)))
        return true;
    PyErr_NoMemory();
    return false;
}

static void finish(struct results *r)
{
    if (r->figures.room)
        figures_close(&r->figures);
    PyMem_Free(r->group);
    Py_XDECREF(r->labels);
    if (r->snapshot.room)
        snapshot_close(&r->snapshot);
}

/* A generator that had begun when it was first seen was called, too: once. */
static uint64_t calls_of(const struct row *row)
{
    return row->calls == 0 && row->resumes > 0 ? 1 : row->calls;
}

static void fill(PyObject *sequence, PyObject *label, const struct row *row,
                 uint64_t callcount, double unit)
{
    PyObject *const items[] = {
        Py_NewRef(label),
        PyLong_FromUnsignedLongLong(callcount),
        PyLong_FromUnsignedLongLong(row->calls - row->primitive),
        PyFloat_FromDouble((double)row->cumulative * unit),
        PyFloat_FromDouble((double)row->self * unit),
    };

    for (int i = 0; i < 5; i++)
        PyStructSequence_SET_ITEM(sequence, i, items[i]);
}

static PyObject *new_entry(const struct results *r, uint32_t group,
                           PyObject *subentries)
{
    PyObject *e = PyStructSequence_New(entry_type);
    const struct row *row = &r->figures.row[group];

    if (!e)
        return NULL;
    fill(e, PyList_GET_ITEM(r->labels, group), row, calls_of(row), r->unit);
    PyStructSequence_SET_ITEM(e, 5, Py_NewRef(subentries));
    PyStructSequence_SET_ITEM(e, 6, PyLong_FromUnsignedLongLong(row->resumes));
    if (!PyErr_Occurred())
        return e;
    Py_DECREF(e);
    return NULL;
}

static PyObject *new_subentry(const struct results *r, const struct edge *edge)
{
    PyObject *e = PyStructSequence_New(subentry_type);
    const struct row *row = &edge->row;

    if (!e)
        return NULL;
    fill(e, PyList_GET_ITEM(r->labels, edge->callee), row, row->calls, r->unit);
    PyStructSequence_SET_ITEM(e, 5, PyLong_FromUnsignedLongLong(row->resumes));
    if (!PyErr_Occurred())
        return e;
    Py_DECREF(e);
    return NULL;
}

/* Takes item's reference, also where it fails. */
static bool append(PyObject *list, PyObject *item)
{
    bool done = item && PyList_Append(list, item) == 0;

    Py_XDECREF(item);
    return done;
}

/* Of each edge that was called. */
static bool each_edge(const struct results *r, PyObject *into,
                      bool (*add)(const struct results *r, PyObject *into,
                                  const struct edge *edge))
{
    bool done = true;

    for (uint32_t i = 0; done && r->subcalls && i < r->figures.edges; i++)
        if (!is_empty(&r->figures.edge[i].row))
            done = add(r, into, &r->figures.edge[i]);
    return done;
}

static bool add_subentry(const struct results *r, PyObject *lists,
                         const struct edge *edge)
{
    PyObject *list = PyList_GET_ITEM(lists, edge->caller);

    if (list == Py_None) {
        list = PyList_New(0);
        if (!list)
            return false;
        PyList_SetItem(lists, edge->caller, list);
    }
    return append(list, new_subentry(r, edge));
}

/* As many as there are groups. */
static PyObject *list_of(const struct results *r, PyObject *(*make)(void))
{
    Py_ssize_t groups = PyList_GET_SIZE(r->labels);
    PyObject *list = PyList_New(groups);

    for (Py_ssize_t i = 0; list && i < groups; i++) {
        PyObject *item = make();
        if (!item) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SET_ITEM(list, i, item);
    }
    return list;
}

static PyObject *make_none(void)
{
    return Py_NewRef(Py_None);
}

static PyObject *entries(const struct results *r)
{
    PyObject *lists = list_of(r, make_none), *all = lists ? PyList_New(0) : NULL;
    bool done = all && each_edge(r, lists, add_subentry);

    for (uint32_t g = 0; done && g < (uint32_t)PyList_GET_SIZE(r->labels); g++)
        if (!is_empty(&r->figures.row[g]))
            done = append(all, new_entry(r, g, PyList_GET_ITEM(lists, g)));
    Py_XDECREF(lists);
    if (done)
        return all;
    Py_XDECREF(all);
    return NULL;
}

PyObject *results_entries(const struct profiler *p)
{
    struct results r = { 0 };
    PyObject *made = compute(&r, p, label_objects) ? entries(&r) : NULL;

    finish(&r);
    return made;
}

/* pstats has the two counts in this order for callers, in the other for functions. */
static bool add_caller(const struct results *r, PyObject *dicts,
                       const struct edge *edge)
{
    const struct row *row = &edge->row;
    PyObject *figures = Py_BuildValue(
        "(KKdd)", (unsigned long long)row->calls, (unsigned long long)row->primitive,
        (double)row->self * r->unit, (double)row->cumulative * r->unit);
    bool done = figures &&
                PyDict_SetItem(PyList_GET_ITEM(dicts, edge->callee),
                               PyList_GET_ITEM(r->labels, edge->caller), figures) == 0;

    Py_XDECREF(figures);
    return done;
}

static bool add_function(const struct results *r, PyObject *all, PyObject *dicts,
                         uint32_t group)
{
    const struct row *row = &r->figures.row[group];
    unsigned long long all_calls = calls_of(row);
    PyObject *figures =
        Py_BuildValue("(KKddO)", all_calls - (row->calls - row->primitive), all_calls,
                      (double)row->self * r->unit, (double)row->cumulative * r->unit,
                      PyList_GET_ITEM(dicts, group));
    bool done =
        figures && PyDict_SetItem(all, PyList_GET_ITEM(r->labels, group), figures) == 0;

    Py_XDECREF(figures);
    return done;
}

static PyObject *stats(const struct results *r)
{
    PyObject *dicts = list_of(r, PyDict_New), *all = dicts ? PyDict_New() : NULL;
    bool done = all && each_edge(r, dicts, add_caller);

    for (uint32_t g = 0; done && g < (uint32_t)PyList_GET_SIZE(r->labels); g++)
        if (!is_empty(&r->figures.row[g]))
            done = add_function(r, all, dicts, g);
    Py_XDECREF(dicts);
    if (done)
        return all;
    Py_XDECREF(all);
    return NULL;
}

PyObject *results_stats(const struct profiler *p)
{
    struct results r = { 0 };
    PyObject *made = compute(&r, p, label_keys) ? stats(&r) : NULL;

    finish(&r);
    return made;
}
