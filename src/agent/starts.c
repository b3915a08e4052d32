/* SPDX-License-Identifier: Apache-2.0 */
/* starts.c - what starts a process, or another image in this one. */
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent/children.h"

static fast_function *real_fork_exec, *real_execv;
static PyCFunction real_fork_exec_311, real_fork, real_forkpty;
static named_function *real_spawn, *real_spawnp, *real_system, *real_execve;

/* The pid behind what a call gave: an int, or a tuple that begins with one. */
static long pid_of(PyObject *result)
{
    PyObject *pid = result && PyTuple_Check(result) && PyTuple_GET_SIZE(result) > 0
                        ? PyTuple_GET_ITEM(result, 0)
                        : result;

    if (!pid || !PyLong_Check(pid))
        return 0;
    int overflow;
    long number = PyLong_AsLongAndOverflow(pid, &overflow);
    return number > 0 ? number : 0;
}

static PyObject *noted(const struct child *c, PyObject *result)
{
    long pid = pid_of(result);

    if (pid > 0)
        children_started(c, pid);
    return result;
}

enum { ERRORS_AT = 12 }; /* of fork_exec's arguments: the pipe its child tells by */

/* There is something in it as soon as that could not execute, and it is read later: a
 * child made by vfork(2) has executed, or not, by now. */
static void look_at_errors(struct child *c, PyObject *const *args, Py_ssize_t count)
{
    PyObject *pipe = count > ERRORS_AT ? args[ERRORS_AT] : NULL;
    int overflow, waiting = 0;
    long fd = pipe && PyLong_CheckExact(pipe)
                  ? PyLong_AsLongAndOverflow(pipe, &overflow)
                  : -1;

    if (fd >= 0 && fd <= INT_MAX && ioctl((int)fd, FIONREAD, &waiting) == 0 &&
        waiting > 0) {
        c->reason = REASON_NOT_EXECUTED;
        c->flags |= TAPE_PROCESS_UNENTERED;
    }
}

/* args, executables, close_fds, fds_to_keep, cwd, env, six ends of pipes, errors, ...
 */
static void prepare_fork_exec(struct child *c, PyObject *const *args, Py_ssize_t count)
{
    struct command command;

    if (count > 5)
        command_of(&command, args[0], args[1], args[5]);
    else
        command_of(&command, NULL, NULL, NULL); /* it will be refused */
    children_prepare(c, &command);
}

static PyObject *fork_exec(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    struct child c;

    prepare_fork_exec(&c, args, count);
    PyObject *result = real_fork_exec(module, args, count);
    look_at_errors(&c, args, count);
    return noted(&c, result);
}

static PyObject *fork_exec_311(PyObject *module, PyObject *args)
{
    PyObject *const *items = PySequence_Fast_ITEMS(args);
    struct child c;

    prepare_fork_exec(&c, items, PyTuple_GET_SIZE(args));
    PyObject *result = real_fork_exec_311(module, args);
    look_at_errors(&c, items, PyTuple_GET_SIZE(args));
    return noted(&c, result);
}

/* path, argv, env */
static PyObject *spawn_by(named_function *real, PyObject *module, PyObject *const *args,
                          Py_ssize_t count, PyObject *names)
{
    struct command command;
    struct child c;

    command_of(&command, count > 1 ? args[1] : NULL, count > 0 ? args[0] : NULL,
               count > 2 ? args[2] : NULL);
    children_prepare(&c, &command);
    PyObject *result = real(module, args, count, names);
    if (!result && PyErr_ExceptionMatches(PyExc_OSError))
        children_refused(&c);
    return noted(&c, result);
}

static PyObject *spawn(PyObject *module, PyObject *const *args, Py_ssize_t count,
                       PyObject *names)
{
    return spawn_by(real_spawn, module, args, count, names);
}

static PyObject *spawnp(PyObject *module, PyObject *const *args, Py_ssize_t count,
                        PyObject *names)
{
    return spawn_by(real_spawnp, module, args, count, names);
}

/* system(3) does not tell the pid. Names or not, there is one argument. */
static PyObject *system_(PyObject *module, PyObject *const *args, Py_ssize_t count,
                         PyObject *names)
{
    Py_ssize_t all = count + (names ? PyTuple_GET_SIZE(names) : 0);
    struct command command;
    struct child c;

    if (all != 1)
        return real_system(module, args, count, names);
    command_of_shell(&command, args[0]);
    children_prepare(&c, &command);
    uint64_t ticket = children_started(&c, 0);
    PyObject *result = real_system(module, args, count, names);
    struct child_end end = { 0 };
    if (result && PyLong_Check(result))
        end.status = (int)PyLong_AsLong(result);
    children_settle(ticket, result && end.status != -1 ? &end : NULL);
    return result;
}

static PyObject *fork_(PyObject *module, PyObject *unused)
{
    struct child c;

    children_prepare(&c, NULL);
    return noted(&c, real_fork(module, unused));
}

static PyObject *forkpty_(PyObject *module, PyObject *unused)
{
    struct child c;

    children_prepare(&c, NULL);
    return noted(&c, real_forkpty(module, unused));
}

/* Comes back only where it failed. */
static uint64_t before_exec(PyObject *const *args, Py_ssize_t count, PyObject *env)
{
    struct command command;
    struct child c;

    command_of(&command, count > 1 ? args[1] : NULL, count > 0 ? args[0] : NULL, env);
    children_prepare(&c, &command);
    c.flags = TAPE_PROCESS_IMAGE;
    return children_started(&c, getpid());
}

static PyObject *execv_(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    uint64_t ticket = before_exec(args, count, NULL);
    PyObject *result = real_execv(module, args, count);

    children_settle(ticket, NULL);
    return result;
}

static PyObject *execve_(PyObject *module, PyObject *const *args, Py_ssize_t count,
                         PyObject *names)
{
    Py_ssize_t all = count + (names ? PyTuple_GET_SIZE(names) : 0);
    uint64_t ticket = before_exec(args, all, all > 2 ? args[2] : NULL);
    PyObject *result = real_execve(module, args, count, names);

    children_settle(ticket, NULL);
    return result;
}

static bool expected; /* _posixsubprocess is being imported, or must be there */

static void watch_fork_exec(void)
{
    ROWS_STAND_BEFORE("_posixsubprocess", "fork_exec", METH_FASTCALL, real_fork_exec,
                      fork_exec);
    ROWS_STAND_BEFORE("_posixsubprocess", "fork_exec", METH_VARARGS, real_fork_exec_311,
                      fork_exec_311);
}

/* What os.supports_fd holds; borrowed. */
static PyObject *set_of_fd(void)
{
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *os = modules && PyDict_CheckExact(modules)
                       ? PyDict_GetItemString(modules, "os")
                       : NULL;
    PyObject *set = os && PyModule_CheckExact(os)
                        ? PyDict_GetItemString(PyModule_GetDict(os), "supports_fd")
                        : NULL;

    return set && PySet_CheckExact(set) ? set : NULL;
}

/* A function's hash is made of what is exchanged, and this one is in a set. */
static void watch_execve(void)
{
    PyObject *type, *value, *traceback, *set, *execve;

    if (real_execve)
        return;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *posix = modules ? PyDict_GetItemString(modules, "posix") : NULL;
    execve = posix ? PyObject_GetAttrString(posix, "execve") : NULL;
    set = execve && PyCFunction_CheckExact(execve) ? set_of_fd() : NULL;
    bool held = set && PySet_Discard(set, execve) == 1;
    ROWS_STAND_BEFORE("posix", "execve", METH_FASTCALL | METH_KEYWORDS, real_execve,
                      execve_);
    if (held)
        PySet_Add(set, execve);
    Py_XDECREF(execve);
    PyErr_Restore(type, value, traceback);
}

void starts_watch(void)
{
    enum { NAMED = METH_FASTCALL | METH_KEYWORDS };

    ROWS_STAND_BEFORE("posix", "posix_spawn", NAMED, real_spawn, spawn);
    ROWS_STAND_BEFORE("posix", "posix_spawnp", NAMED, real_spawnp, spawnp);
    ROWS_STAND_BEFORE("posix", "system", NAMED, real_system, system_);
    ROWS_STAND_BEFORE("posix", "fork", METH_NOARGS, real_fork, fork_);
    ROWS_STAND_BEFORE("posix", "forkpty", METH_NOARGS, real_forkpty, forkpty_);
    ROWS_STAND_BEFORE("posix", "execv", METH_FASTCALL, real_execv, execv_);
    watch_execve();
    watch_fork_exec();
}

static bool imports_it(PyObject *args)
{
    PyObject *name = PyTuple_GET_SIZE(args) > 0 ? PyTuple_GET_ITEM(args, 0) : NULL;

    return name && PyUnicode_Check(name) &&
           PyUnicode_CompareWithASCIIString(name, "_posixsubprocess") == 0;
}

/* Its import is told of before it is there: it is looked for from then on. */
void starts_heard(const char *event, PyObject *args)
{
    if (real_fork_exec || real_fork_exec_311)
        return;
    if (expected || strcmp(event, "subprocess.Popen") == 0)
        watch_fork_exec();
    else if (strcmp(event, "import") == 0)
        expected = imports_it(args);
}

void starts_seen(PyObject *callable)
{
    if (PyCFunction_CheckExact(callable) && !real_fork_exec && !real_fork_exec_311 &&
        strcmp(((PyCFunctionObject *)callable)->m_ml->ml_name, "fork_exec") == 0)
        watch_fork_exec();
}
