/* SPDX-License-Identifier: Apache-2.0 */
/* waits.c - what tells that a child has ended, and how. */
#include <sys/resource.h>
#include <sys/wait.h>

#include "agent/children.h"

static PyCFunction real_wait;
static fast_function *real_waitpid, *real_waitid;
static named_function *real_wait3, *real_wait4;

static unsigned under_way, begun; /* waits; the GIL guards them */

/* What a wait adds to the time of all children that were waited for is its child's. */
struct span {
    uint64_t before_ns;
    unsigned begun;
    bool alone;
};

static uint64_t children_ns(void)
{
    struct rusage used;

    if (getrusage(RUSAGE_CHILDREN, &used) != 0)
        return 0;
    return (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000u +
           (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000u;
}

static struct span span_begin(void)
{
    bool alone = under_way++ == 0;

    return (struct span){ children_ns(), ++begun, alone };
}

/* 0: another wait of this process was under way meanwhile. */
static uint64_t span_end(const struct span *s)
{
    under_way--;
    uint64_t now = s->alone && begun == s->begun ? children_ns() : 0;
    return now > s->before_ns ? now - s->before_ns : 0;
}

void waits_after_fork_in_child(void)
{
    under_way = 0;
}

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
static PyObject *noted(PyObject *result, uint64_t cpu_ns)
{
    if (!result || !PyTuple_Check(result) || PyTuple_GET_SIZE(result) < 2)
        return result;
    long pid = number_at(result, 0);
    struct child_end end = { .status = (int)number_at(result, 1), .cpu_ns = cpu_ns };
    if (PyTuple_GET_SIZE(result) > 2)
        take_usage(&end, PyTuple_GET_ITEM(result, 2));
    if (pid > 0 && (WIFEXITED(end.status) || WIFSIGNALED(end.status)))
        children_ended(pid, &end);
    return result;
}

static PyObject *wait_(PyObject *module, PyObject *unused)
{
    struct span span = span_begin();
    PyObject *result = real_wait(module, unused);

    return noted(result, span_end(&span));
}

static PyObject *waitpid_(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    struct span span = span_begin();
    PyObject *result = real_waitpid(module, args, count);

    return noted(result, span_end(&span));
}

static PyObject *wait3_(PyObject *module, PyObject *const *args, Py_ssize_t count,
                        PyObject *names)
{
    struct span span = span_begin();
    PyObject *result = real_wait3(module, args, count, names);

    span_end(&span);
    return noted(result, 0);
}

static PyObject *wait4_(PyObject *module, PyObject *const *args, Py_ssize_t count,
                        PyObject *names)
{
    struct span span = span_begin();
    PyObject *result = real_wait4(module, args, count, names);

    span_end(&span);
    return noted(result, 0);
}

/* waitid_result: si_pid, si_uid, si_signo, si_status, si_code. A structseq is a tuple.
 */
static PyObject *waitid_(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    struct span span = span_begin();
    PyObject *result = real_waitid(module, args, count);
    uint64_t cpu_ns = span_end(&span);

    if (!result || !PyTuple_Check(result) || PyTuple_GET_SIZE(result) < 5)
        return result;
    long pid = number_at(result, 0), how = number_at(result, 4);
    int status = (int)number_at(result, 3);
    struct child_end end = { .status = how == CLD_EXITED   ? (status & 0xff) << 8
                                       : how == CLD_DUMPED ? status | 0x80
                                                           : status,
                             .cpu_ns = cpu_ns };
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
