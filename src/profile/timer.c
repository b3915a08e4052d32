/* SPDX-License-Identifier: Apache-2.0 */
/* timer.c - calls a timer of the program's. While one runs, this thread's events are
 * nobody's, and its profiles cannot be changed by it; by other threads they can. */
#include "profile/profile.h"

static __thread bool running __attribute__((tls_model("initial-exec")));

bool timer_runs(void)
{
    return running;
}

static bool from_seconds(double seconds, uint64_t *ticks)
{
    double ns = seconds * 1e9, most = 9.2e18;

    if (!(ns > -most && ns < most)) {
        PyErr_SetString(PyExc_OverflowError, "a timer's answer is no time");
        return false;
    }
    int64_t whole = (int64_t)ns;
    *ticks = (uint64_t)(whole - (ns < (double)whole));
    return true;
}

static bool from_integer(PyObject *answer, int64_t scale, uint64_t *ticks)
{
    long long n = PyLong_AsLongLong(answer);
    int64_t scaled;

    if (n == -1 && PyErr_Occurred())
        return false;
    if (__builtin_mul_overflow(n, scale, &scaled)) {
        PyErr_SetString(PyExc_OverflowError, "a timer's answer is no time");
        return false;
    }
    *ticks = (uint64_t)scaled;
    return true;
}

static bool ask(PyObject *timer, double unit, uint64_t *ticks)
{
    PyObject *answer = PyObject_CallNoArgs(timer);
    bool told = false;

    if (answer && unit > 0)
        told = from_integer(answer, 1, ticks);
    else if (answer && PyFloat_Check(answer))
        told = from_seconds(PyFloat_AS_DOUBLE(answer), ticks);
    else if (answer)
        told = from_integer(answer, 1000000000, ticks);
    if (!told)
        PyErr_WriteUnraisable(timer);
    Py_XDECREF(answer);
    return told;
}

bool timer_read(const struct profiler *p, uint64_t *ticks)
{
    PyObject *type, *value, *traceback, *timer = Py_NewRef(p->timer);

    PyErr_Fetch(&type, &value, &traceback); /* the event may be an exception's */
    running = true;
    bool told = ask(timer, p->unit, ticks);
    Py_DECREF(timer);
    running = false;
    PyErr_Restore(type, value, traceback);
    return told;
}

bool timer_tick(struct block *b)
{
    uint32_t epoch = b->epoch;
    uint64_t ticks;
    bool told = timer_read(b->owner, &ticks);

    if (b->epoch != epoch || !b->on)
        return false;
    if (told)
        b->ticks = ticks;
    return true;
}
