/* SPDX-License-Identifier: Apache-2.0 */
/* roles.c - what multiprocessing has this process for, read where it begins: at
 * BaseProcess._bootstrap, from the instance of its process object alone. No code of
 * the program's is run: what a class makes a property of is not looked at. */
#include <stdio.h>
#include <string.h>

#include "agent/children.h"

void *roles_key;

static PyObject *name_name, *target_name, *run_name, *parent_name;
static const char *command_duty; /* of a helper process, by its -c */

bool roles_prepare(void)
{
    name_name = PyUnicode_InternFromString("_name");
    target_name = PyUnicode_InternFromString("_target");
    run_name = PyUnicode_InternFromString("run");
    parent_name = PyUnicode_InternFromString("_parent_pid");
    roles_key = NULL;
    return name_name && target_name && run_name && parent_name;
}

static const struct {
    const char *code, *duty;
} helpers[] = {
    { "from multiprocessing.spawn import ", "spawn" },
    { "from multiprocessing.forkserver import ", "forkserver" },
    { "from multiprocessing.resource_tracker import ", "resource_tracker" },
};

void roles_command(const char *code)
{
    static const char before[] = "import sys; "; /* 3.14 and later */

    if (strncmp(code, before, sizeof before - 1) == 0)
        code += sizeof before - 1;
    for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++)
        if (strncmp(code, helpers[i].code, strlen(helpers[i].code)) == 0)
            command_duty = helpers[i].duty;
}

const char *roles_duty(void)
{
    return command_duty;
}

static bool is_spawn(const char *duty)
{
    return strcmp(duty, helpers[0].duty) == 0;
}

/* A worker that was spawned tells later what it is. */
void roles_tell(struct tape_header *h)
{
    if (!command_duty || is_spawn(command_duty) || h->flags & TAPE_FORKED)
        return;
    h->duty = writer_text(&calls.tape, command_duty, strlen(command_duty));
    h->called = h->duty;
}

static bool is_text(PyObject *s, const char *text)
{
    return s && PyUnicode_Check(s) && PyUnicode_CompareWithASCIIString(s, text) == 0;
}

static bool is_bootstrap(PyObject *code)
{
    return PyCode_Check(code) &&
           is_text(((PyCodeObject *)code)->co_qualname, ROLES_CODE);
}

void roles_look_at(PyObject *code)
{
    if (!is_bootstrap(code))
        return;
    roles_key = code;
    roles_begin();
}

void roles_forget(const void *code)
{
    if (code == roles_key)
        roles_key = NULL;
}

void roles_drop(void)
{
    roles_key = NULL;
}

/* New; NULL: it has none, or its class does something about it. */
static PyObject *own_attribute(PyObject *object, PyObject *name)
{
    if (_PyType_Lookup(Py_TYPE(object), name))
        return NULL;
    return PyObject_GenericGetAttr(object, name);
}

/* Behind the last "<locals>." and the module. */
static void put_name(char *name, PyObject *qualname)
{
    char text[NAME_MOST], *at = text;
    static const char inside[] = "<locals>.";

    names_bytes(qualname, text, sizeof text);
    for (char *next = text; (next = strstr(next, inside));)
        at = next += sizeof inside - 1;
    snprintf(name, NAME_MOST, "%s", at);
}

static void put_type(char *name, PyTypeObject *type)
{
    const char *dot = strrchr(type->tp_name, '.');

    snprintf(name, NAME_MOST, "%s", dot ? dot + 1 : type->tp_name);
}

static void put_function(char *name, PyFunctionObject *f)
{
    static const struct {
        const char *module, *qualname, *name;
    } pools[] = {
        { "multiprocessing.pool", "worker", "Pool" },
        { "concurrent.futures.process", "_process_worker", "ProcessPoolExecutor" },
    };

    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
        if (is_text(f->func_module, pools[i].module) &&
            is_text(f->func_qualname, pools[i].qualname)) {
            snprintf(name, NAME_MOST, "%s", pools[i].name);
            return;
        }
    put_name(name, f->func_qualname);
}

static void put_target(char *name, PyObject *target)
{
    if (PyMethod_Check(target))
        target = PyMethod_GET_FUNCTION(target);
    if (PyFunction_Check(target))
        put_function(name, (PyFunctionObject *)target);
    else if (PyCFunction_Check(target))
        snprintf(name, NAME_MOST, "%s", ((PyCFunctionObject *)target)->m_ml->ml_name);
    else
        put_type(name, PyType_Check(target) ? (PyTypeObject *)target : Py_TYPE(target));
}

static bool has_own_run(PyTypeObject *type)
{
    PyObject *run = _PyType_Lookup(type, run_name);

    return run &&
           !(PyFunction_Check(run) &&
             is_text(((PyFunctionObject *)run)->func_qualname, "BaseProcess.run"));
}

static void tell(PyObject *process)
{
    static const char prefix[] = "worker: ";
    char text[sizeof prefix + NAME_MOST] = "", called[NAME_MOST] = "";
    char *duty = text + sizeof prefix - 1;
    PyObject *name = own_attribute(process, name_name);
    PyObject *target = own_attribute(process, target_name);
    struct tape_header *h = writer_header(&calls.tape);

    if (target && target != Py_None && !has_own_run(Py_TYPE(process)))
        put_target(duty, target);
    else
        put_type(duty, Py_TYPE(process));
    if (name && PyUnicode_Check(name))
        names_bytes(name, called, sizeof called);
    Py_XDECREF(name);
    Py_XDECREF(target);
    memcpy(text, prefix, sizeof prefix - 1);
    h->duty = writer_text(&calls.tape, text, strlen(text));
    h->called = writer_text(&calls.tape, called, strlen(called));
    choice_of_worker(duty, called);
    writer_flush(&calls.tape);
}

/* Borrowed; NULL: it is none of a process object's own. */
static PyObject *process_of(const struct pyabi_frame *frame)
{
    if (!names_begin_with(pyabi_code(frame)->co_localsplusnames, "self"))
        return NULL;
    PyObject *process = pyabi_local(frame, 0);
    return process && PyCell_Check(process) ? PyCell_GET(process) : process;
}

/* The frame that runs may be another's: stacks are found anew after a fork. */
void roles_begin(void)
{
    struct pyabi_frame *frame = pyabi_current(pyabi_thread());
    PyObject *type, *value, *traceback;

    if (!frame || (void *)pyabi_code(frame) != roles_key)
        return;
    PyObject *process = process_of(frame);
    if (!process)
        return;
    PyErr_Fetch(&type, &value, &traceback);
    tell(process);
    PyErr_Restore(type, value, traceback);
}

static bool is_told(void)
{
    return !calls.tape.base || agent.forked || writer_header(&calls.tape)->duty != 0;
}

void roles_held(PyObject *code)
{
    if (!is_told())
        roles_look_at(code);
}

/* A worker that forks by itself leaves its own frames to its child. */
static bool is_made_for_us(PyObject *process)
{
    const struct tape_header *h = writer_header(&calls.tape);
    PyObject *parent = own_attribute(process, parent_name);
    long pid = parent && PyLong_CheckExact(parent) ? PyLong_AsLong(parent) : 0;
    bool server = command_duty && strcmp(command_duty, helpers[1].duty) == 0;

    Py_XDECREF(parent);
    PyErr_Clear();
    return !(h->flags & TAPE_FORKED) || pid == (long)h->ancestors[server ? 1 : 0];
}

/* Counting may begin, or have been stopped, within it. */
void roles_look(void)
{
    enum { FRAMES_MOST = 10000 };
    struct pyabi_frame *frame = pyabi_current(pyabi_thread());
    PyObject *type, *value, *traceback, *process = NULL;

    if (is_told())
        return;
    for (int i = 0; frame && i < FRAMES_MOST; i++, frame = pyabi_previous(frame))
        if (pyabi_code(frame) && is_bootstrap((PyObject *)pyabi_code(frame))) {
            process = process_of(frame);
            break;
        }
    if (!process)
        return;
    PyErr_Fetch(&type, &value, &traceback);
    if (is_made_for_us(process))
        tell(process);
    PyErr_Restore(type, value, traceback);
}
