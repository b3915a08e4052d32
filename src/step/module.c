/* SPDX-License-Identifier: Apache-2.0 */
/* module.c - sonde._step: step() and step_all(). */
#include <Python.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "step/marks.h"
#include "step/names.h"
#include "step/watch.h"

enum { JOBS = 64 };
static const uint64_t ROOM = 256ull
                             << 20; /* of a log; what is not written costs nothing */

struct job {
    PyObject *inner, *args; /* borrowed */
    struct marks_plan plan;
};

static bool runs_compiled_code(void)
{
    PyObject *jit = PySys_GetObject("_jit"); /* borrowed */
    PyObject *answer = jit ? PyObject_CallMethod(jit, "is_enabled", NULL) : NULL;
    bool is = answer == Py_True;

    PyErr_Clear();
    Py_XDECREF(answer);
    return is;
}

static bool open_log(struct job *job, const char *path, const struct marks_plan *plan)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    void *room = MAP_FAILED;

    if (file >= 0 && ftruncate(file, (off_t)ROOM) == 0)
        room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (room == MAP_FAILED) {
        PyErr_SetFromErrnoWithFilename(PyExc_OSError, path);
        if (file >= 0)
            close(file);
        return false;
    }
    job->plan = *plan;
    job->plan.log = room;
    job->plan.room = ROOM;
    job->plan.log_file = file;
    *job->plan.log = (struct log_header){ .magic = LOG_MAGIC,
                                          .version = LOG_VERSION,
                                          .phase = LOG_SETUP,
                                          .events_end = LOG_EVENTS,
                                          .bytes = LOG_EVENTS,
                                          .python = (uint32_t)Py_Version,
                                          .jit = runs_compiled_code(),
                                          .warm_asked = plan->warm,
                                          .loops_asked = plan->loops };
    return true;
}

static void close_log(struct job *job)
{
    struct log_header *log = job->plan.log;
    uint64_t bytes = log->bytes > log->events_end ? log->bytes : log->events_end;

    if (ftruncate(job->plan.log_file, (off_t)bytes) != 0)
        PyErr_SetFromErrno(PyExc_OSError);
    munmap(log, ROOM);
    close(job->plan.log_file);
}

/* Nothing of Python runs in this process between two children: all begin alike. */
static bool run(struct job *job, PyObject *type)
{
    pid_t parent = getpid(), child;

    PyOS_BeforeFork();
    child = fork();
    if (child == 0) {
        PyOS_AfterFork_Child();
        watch_enter(parent);
        marks_run(&job->plan, type, job->inner, job->args);
        _exit(0);
    }
    PyOS_AfterFork_Parent();
    if (child < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return false;
    }
    return watch_wait(child, &(struct single_plan){ .log = job->plan.log,
                                                    .room = job->plan.room,
                                                    .log_file = job->plan.log_file,
                                                    .loops = job->plan.loops,
                                                    .limit_ns = job->plan.limit_ns });
}

static PyObject *run_all(struct job *jobs, Py_ssize_t count)
{
    PyObject *type, *loops;
    Py_ssize_t ran = 0;

    names_prepare();
    type = marks_type();
    loops = PyList_New(count);
    while (type && loops && ran < count && run(&jobs[ran], type))
        ran++;
    for (Py_ssize_t i = 0; loops && i < count; i++)
        PyList_SET_ITEM(loops, i, PyLong_FromUnsignedLong(jobs[i].plan.log->loops));
    for (Py_ssize_t i = 0; i < count; i++)
        close_log(&jobs[i]);
    Py_XDECREF(type);
    if (PyErr_Occurred())
        Py_CLEAR(loops);
    return loops;
}

static bool read_job(struct job *job, PyObject *inner, PyObject *args, PyObject *path,
                     const struct marks_plan *plan)
{
    PyObject *bytes;
    bool opened;

    if (!PyCallable_Check(inner) || !PyTuple_Check(args)) {
        PyErr_SetString(PyExc_TypeError, "a function and a tuple of its arguments");
        return false;
    }
    job->inner = inner;
    job->args = args;
    if (!PyUnicode_FSConverter(path, &bytes))
        return false;
    opened = open_log(job, PyBytes_AS_STRING(bytes), plan);
    Py_DECREF(bytes);
    return opened;
}

PyDoc_STRVAR(
    step_doc,
    "step(inner, args, log_path, warm, loops, limit_ns, single=False, steps=0)\n\n"
    "Steps loops of inner(iterator, *args) in a child; how many whole "
    "ones there are.");

static PyObject *step(PyObject *self, PyObject *given)
{
    PyObject *inner, *args, *path, *all, *one;
    unsigned long long limit, steps = 0;
    struct marks_plan plan = { 0 };
    struct job job;

    (void)self;
    if (!PyArg_ParseTuple(given, "OOOIIK|pK:step", &inner, &args, &path, &plan.warm,
                          &plan.loops, &limit, &plan.single, &steps))
        return NULL;
    plan.limit_ns = limit;
    plan.steps = steps;
    if (!read_job(&job, inner, args, path, &plan))
        return NULL;
    all = run_all(&job, 1);
    one = all ? Py_NewRef(PyList_GET_ITEM(all, 0)) : NULL;
    Py_XDECREF(all);
    return one;
}

PyDoc_STRVAR(step_all_doc,
             "step_all([(inner, args, log_path), ...], warm, loops, limit_ns, "
             "single=False, steps=0)\n\n"
             "The same of several, each in a fork of this very process; a list.");

static PyObject *step_all(PyObject *self, PyObject *given)
{
    PyObject *list, *inner, *args, *path;
    unsigned long long limit, steps = 0;
    struct marks_plan plan = { 0 };
    static struct job jobs[JOBS];
    Py_ssize_t count = 0;

    (void)self;
    if (!PyArg_ParseTuple(given, "O!IIK|pK:step_all", &PyList_Type, &list, &plan.warm,
                          &plan.loops, &limit, &plan.single, &steps))
        return NULL;
    plan.limit_ns = limit;
    plan.steps = steps;
    if (PyList_GET_SIZE(list) > JOBS)
        return PyErr_Format(PyExc_ValueError, "more than %d statements", JOBS);
    for (; count < PyList_GET_SIZE(list); count++)
        if (!PyArg_ParseTuple(PyList_GET_ITEM(list, count), "OOO", &inner, &args,
                              &path) ||
            !read_job(&jobs[count], inner, args, path, &plan))
            break;
    if (count == PyList_GET_SIZE(list))
        return run_all(jobs, count);
    while (count-- > 0)
        close_log(&jobs[count]);
    return NULL;
}

static PyMethodDef methods[] = {
    { "step", step, METH_VARARGS, step_doc },
    { "step_all", step_all, METH_VARARGS, step_all_doc },
    { NULL, NULL, 0, NULL },
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "sonde._step",
    .m_doc = "What a statement does, instruction by instruction.",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__step(void);
PyMODINIT_FUNC PyInit__step(void)
{
    return PyModule_Create(&definition);
}
