/* SPDX-License-Identifier: Apache-2.0 */
/* waits.c - what tells that a child has ended, and how. */
#include <sys/wait.h>

#include "agent/children.h"

static PyCFunction real_wait;
static fast_function *real_waitpid, *real_waitid;
static named_function *real_wait3, *real_wait4;

/* The int in this place of a result; -1: there is none. */
static long number_at(PyObject *tuple, Py_ssize_t i)
{
    PyObject *item = i < PyTuple_GET_SIZE(tuple) ? PyTuple_GET_ITEM(tuple, i) : NULL;
    int overflow;

    return item && PyLong_Check(item) ? PyLong_AsLongAndOverflow(item, &overflow) : -1;
}

static uint64_t seconds_at(PyObject *usage, Py_ssize_t i)
{
    PyObject *item = PyTuple_GET_ITEM(usage, i);
    double s = PyFloat_Check(item) ? PyFloat_AS_DOUBLE(item) : 0;

    return s > 0 && s < 1e9 ? (uint64_t)(s * 1e9) : 0;
}

/* struct_rusage: user and system time in seconds, then the memory in KiB. */
static void take_usage(struct child_end *end, PyObject *usage)
{
    if (!PyTuple_Check(usage) || PyTuple_GET_SIZE(usage) < 3)
        return;
    end->cpu_ns = seconds_at(usage, 0) + seconds_at(usage, 1);
    long most = number_at(usage, 2);
    end->max_rss_bytes = most > 0 ? (uint64_t)most * 1024 : 0;
}

/* (pid, status) or (pid, status, rusage); of a child that stopped or goes on nothing.
 */
static PyObject *noted(PyObject *result)
{
    if (!result || !PyTuple_Check(result) || PyTuple_GET_SIZE(result) < 2)
        return result;
    long pid = number_at(result, 0);
    struct child_end end = { .status = (int)number_at(result, 1) };
    if (PyTuple_GET_SIZE(result) > 2)
        take_usage(&end, PyTuple_GET_ITEM(result, 2));
    if (pid > 0 && (WIFEXITED(end.status) || WIFSIGNALED(end.status)))
        children_ended(pid, &end);
    return result;
}

static PyObject *wait_(PyObject *module, PyObject *unused)
{
    return noted(real_wait(module, unused));
}

static PyObject *waitpid_(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    return noted(real_waitpid(module, args, count));
}

static PyObject *wait3_(PyObject *module, PyObject *const *args, Py_ssize_t count,
                        PyObject *names)
{
    return noted(real_wait3(module, args, count, names));
}

static PyObject *wait4_(PyObject *module, PyObject *const *args, Py_ssize_t count,
                        PyObject *names)
{
    return noted(real_wait4(module, args, count, names));
}

/* waitid_result: si_pid, si_uid, si_signo, si_status, si_code. A structseq is a tuple.
 */
static PyObject *waitid_(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    PyObject *result = real_waitid(module, args, count);

    if (!result || !PyTuple_Check(result) || PyTuple_GET_SIZE(result) < 5)
        return result;
    long pid = number_at(result, 0), how = number_at(result, 4);
    int status = (int)number_at(result, 3);
    struct child_end end = { .status = how == CLD_EXITED   ? (status & 0xff) << 8
                                       : how == CLD_DUMPED ? status | 0x80
                                                           : status };
    if (how == CLD_EXITED || how == CLD_KILLED || how == CLD_DUMPED)
        children_ended(pid, &end);
    return result;
}

void waits_watch(void)
{
    enum { NAMED = METH_FASTCALL | METH_KEYWORDS };

    ROWS_STAND_BEFORE("posix", "wait", METH_NOARGS, real_wait, wait_);
    ROWS_STAND_BEFORE("posix", "waitpid", METH_FASTCALL, real_waitpid, waitpid_);
    ROWS_STAND_BEFORE("posix", "wait3", NAMED, real_wait3, wait3_);
    ROWS_STAND_BEFORE("posix", "wait4", NAMED, real_wait4, wait4_);
    ROWS_STAND_BEFORE("posix", "waitid", METH_FASTCALL, real_waitid, waitid_);
}
