/* SPDX-License-Identifier: Apache-2.0 */
/* marks.c - one call of `next` after another. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "step/counted.h"
#include "step/marks.h"
#include "step/names.h"
#include "step/stepper.h"

enum {
    WARM_NS = 100 * 1000 * 1000, /* enough for the specialiser and the allocator ... */
    WARM_LOOPS = 200,            /* ... if there were so many loops, */
    WARM_LONG_NS = 1000 * 1000,  /* or loops are so long */
};

static struct {
    uint64_t left; /* calls until `turn` is asked */
    struct marks_plan plan;
    uint64_t began_ns;
    pid_t owner;
    enum { NOT_COUNTED, FUNCTIONS, OBJECTS } counting;
} marks;

static void stamp(uint64_t *ticks, uint64_t *ns)
{
    struct clock_pair now = clock_pair_now(CLOCK_KIND_TSC);

    *ticks = now.ticks;
    *ns = now.ns;
}

static PyObject *turn(PyObject *self);

/* Each step of a loop counts: the same instructions in each one. */
__attribute__((noinline)) static PyObject *marks_next(PyObject *self)
{
    if (__builtin_expect(--marks.left == 0, 0))
        return turn(self);
    return Py_NewRef(Py_None);
}

static PyObject *once_more(void)
{
    marks.left = 1;
    return Py_NewRef(Py_None);
}

/* Looked at only where loops are a power of two, so that what is stepped follows after
 * the same number of loops in each process that is about as fast. */
static bool is_warm(const struct log_header *log)
{
    uint64_t ns;

    if (log->warm >= log->warm_asked)
        return true;
    if (log->warm < 2 || (log->warm & (log->warm - 1)))
        return false;
    ns = clock_monotonic_ns() - marks.began_ns;
    return ns >= WARM_NS && (log->warm >= WARM_LOOPS || ns / WARM_LONG_NS >= log->warm);
}

static void want_figures(void)
{
    static const PyMemAllocatorDomain domains[] = { PYMEM_DOMAIN_RAW, PYMEM_DOMAIN_MEM,
                                                    PYMEM_DOMAIN_OBJ };
    const uint64_t python[] = {
        (uint64_t)PyObject_Malloc,  (uint64_t)PyObject_Calloc,
        (uint64_t)PyObject_Realloc, (uint64_t)PyMem_Malloc,
        (uint64_t)PyMem_Calloc,     (uint64_t)PyMem_Realloc,
        (uint64_t)PyMem_RawMalloc,  (uint64_t)PyMem_RawCalloc,
        (uint64_t)PyMem_RawRealloc,
    };
    PyMemAllocatorEx a;

    stepper_wants((uint64_t)malloc, LOG_ASKED_LIBC, STEPPER_FIRST);
    stepper_wants((uint64_t)calloc, LOG_ASKED_LIBC, STEPPER_PRODUCT);
    stepper_wants((uint64_t)realloc, LOG_ASKED_LIBC, STEPPER_SECOND);
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        PyMem_GetAllocator(domains[i], &a);
        stepper_wants((uint64_t)a.malloc, LOG_ASKED_PYTHON, STEPPER_FIRST);
        stepper_wants((uint64_t)a.calloc, LOG_ASKED_PYTHON, STEPPER_FIRST);
        stepper_wants((uint64_t)a.realloc, LOG_ASKED_PYTHON, STEPPER_FIRST);
    }
    for (size_t i = 0; i < sizeof python / sizeof *python; i++)
        stepper_wants(python[i], LOG_ASKED_PYTHON, STEPPER_FIRST);
    if (!counted_knows_objects())
        stepper_wants((uint64_t)_Py_NewReference, LOG_ASKED_OBJECT, STEPPER_TYPE);
}

/* By the process that waits: when it runs on it is stepped. */
static bool ask_for_single_steps(struct log_header *log)
{
    log->method = 1;
    kill(getpid(), SIGSTOP);
    return log->end == LOG_NOT_YET;
}

static PyObject *begin_steps(PyObject *self)
{
    PyObject *(*volatile next)(PyObject *) = marks_next;
    struct log_header *log = marks.plan.log;
    struct stepper_plan plan = { .log = log,
                                 .room = marks.plan.room,
                                 .log_file = marks.plan.log_file,
                                 .mark = (uint64_t)marks_next,
                                 .left = &marks.left,
                                 .loops = marks.plan.loops,
                                 .limit_ns = marks.plan.limit_ns,
                                 .steps = marks.plan.steps };
    const char *why = "breakpoints were not asked for";

    want_figures();
    log->mark = plan.mark;
    log->left = (uint64_t)&marks.left;
    log->evaluator = (uint64_t)_PyEval_EvalFrameDefault;
    marks.left = UINT64_MAX;
    log->phase = LOG_STEPPING;
    if (!marks.plan.single && stepper_open(&plan, &why)) {
        stepper_start();
    } else {
        strncpy(log->text, why, LOG_TEXT - 1);
        if (!ask_for_single_steps(log))
            return NULL;
    }
    if (!counted_knows_objects())
        counted_try_objects();
    return next(self); /* here the first loop begins, some returns early */
}

static PyObject *count_functions(void)
{
    marks.counting = FUNCTIONS;
    counted_functions_begin();
    return once_more();
}

/* Before the functions: to be told of those undoes what the specialiser did. */
static PyObject *count_objects(void)
{
    marks.counting = OBJECTS;
    counted_objects_begin();
    return once_more();
}

/* Stepped. What was never warm is not run again; nor what starts processes. */
static PyObject *end_steps(void)
{
    struct log_header *log = marks.plan.log;
    struct section s = { log, marks.plan.room, marks.plan.log_file, 0 };

    log->phase = LOG_COUNTING;
    log->bytes = log->events_end;
    stamp(&log->ticks_last, &log->ns_last);
    section_maps(&s);
    names_write(&s);
    if (log->end != LOG_LOOPS_DONE && log->end != LOG_TIME)
        return NULL;
    return count_objects();
}

static PyObject *count_more(void)
{
    struct log_header *log = marks.plan.log;
    struct section s = { log, marks.plan.room, marks.plan.log_file, 0 };

    if (marks.counting == OBJECTS) {
        log->object_counts = counted_objects_end(&s);
        return count_functions();
    }
    if (marks.counting == FUNCTIONS)
        log->function_counts = counted_functions_end(&s);
    marks.counting = NOT_COUNTED;
    return NULL;
}

/* NULL without an exception is the end of the loop. */
static PyObject *turn(PyObject *self)
{
    struct log_header *log = marks.plan.log;

    marks.left = 1;
    if (getpid() != marks.owner)
        return NULL; /* the statement forks: this is its child */
    if (log->phase == LOG_SETUP) {
        log->phase = LOG_WARMING;
        return once_more();
    }
    if (log->phase == LOG_WARMING) {
        if (log->warm++ == 0) /* the first loop may import: it says nothing of others */
            marks.began_ns = clock_monotonic_ns();
        return is_warm(log) ? begin_steps(self) : once_more();
    }
    if (log->phase == LOG_STEPPING)
        return end_steps();
    return count_more();
}

static PyType_Slot slots[] = {
    { Py_tp_iter, (void *)(uintptr_t)PyObject_SelfIter },
    { Py_tp_iternext, (void *)(uintptr_t)marks_next },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "sonde._step.marks",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = slots,
};

PyObject *marks_type(void)
{
    return PyType_FromSpec(&spec);
}

/* "ZeroDivisionError: division by zero" */
static void tell_exception(struct log_header *log)
{
    PyObject *type, *value, *trace, *text;
    const char *words = NULL;

    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    text = value ? PyObject_Str(value) : NULL;
    if (text)
        words = PyUnicode_AsUTF8(text);
    snprintf(log->text, LOG_TEXT, "%s%s%s",
             type ? ((PyTypeObject *)type)->tp_name : "an exception",
             words && *words ? ": " : "", words ? words : "");
    PyErr_Clear();
}

void marks_run(const struct marks_plan *plan, PyObject *type, PyObject *inner,
               PyObject *args)
{
    struct log_header *log = plan->log;
    Py_ssize_t count = PyTuple_GET_SIZE(args);
    PyObject *all = PyTuple_New(count + 1), *result;

    marks.plan = *plan;
    marks.left = 1;
    marks.owner = getpid();
    stamp(&log->ticks_first, &log->ns_first);
    PyTuple_SET_ITEM(all, 0, PyObject_CallNoArgs(type));
    for (Py_ssize_t i = 0; i < count; i++)
        PyTuple_SET_ITEM(all, i + 1, Py_NewRef(PyTuple_GET_ITEM(args, i)));
    result = PyObject_CallObject(inner, all);
    if (getpid() != marks.owner)
        return;
    if (stepper_runs())
        stepper_stop();
    counted_abandon();
    if (log->phase != LOG_COUNTING && log->end != LOG_UNABLE) {
        log->end = LOG_RAISED;
        if (result)
            strncpy(log->text, "it leaves the loop", LOG_TEXT - 1);
        else
            tell_exception(log);
    }
    log->phase = LOG_ENDED;
}
