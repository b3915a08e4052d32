/* SPDX-License-Identifier: Apache-2.0 */
/* probe_calls_311.c - calls on Python 3.11, told by the C profile function of each
 * thread. */
#include <unistd.h>

#include "agent/children.h"
#include "agent/key.h"
#include "calls/beneath.h"
#include "calls/event.h"
#include "calls/profiled.h"

static PyInterpreterState *interpreter;
static uint64_t newest; /* id of the newest thread state when last looked */
static uint64_t looked; /* the same; 0: all threads are to be looked at again */

/* Where the program last set a profile function, whatever it was. */
static struct {
    PyThreadState *thread;
    struct pyabi_frame *frame;
    uint16_t *instruction;
    bool pending; /* the main thread will look soon */
} change;

static int on_event(PyObject *self, PyFrameObject *object, int what,
                    PyObject *argument);

/* How sonde.Profile, should the program use it, says where ours is beneath its own. */
static beneath_function *beneath(void)
{
    static beneath_function *found;
    PyObject *type, *value, *traceback;

    if (found)
        return found;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed, as what is in it */
    PyObject *module =
        PyDict_Check(modules) ? PyDict_GetItemString(modules, BENEATH_MODULE) : NULL;
    PyObject *capsule = module ? PyObject_GetAttrString(module, "beneath") : NULL;
    if (capsule && PyCapsule_IsValid(capsule, BENEATH_NAME))
        found =
            (beneath_function *)(uintptr_t)PyCapsule_GetPointer(capsule, BENEATH_NAME);
    Py_XDECREF(capsule); /* the function is the process's */
    PyErr_Restore(type, value, traceback);
    return found;
}

/* Where a thread has its profile function, as far as we are concerned. */
static Py_tracefunc *place_of(PyThreadState *s)
{
    if (!s->c_profilefunc || s->c_profilefunc == on_event || !beneath())
        return &s->c_profilefunc;
    Py_tracefunc *place = beneath()(s);
    return place ? place : &s->c_profilefunc;
}

static void set_place(PyThreadState *s, Py_tracefunc *place, Py_tracefunc function)
{
    if (place == &s->c_profilefunc)
        pyabi_set_profile(s, function);
    else
        *place = function;
}

static void tell_replaced(void)
{
    if (calls.tape.base && !agent.forked)
        writer_header(&calls.tape)->flags |= TAPE_REPLACED;
}

/* Threads that C code makes call Python and are gone, or amid it, before anybody looks.
 */
static void tell_unseen(void)
{
    if (calls.tape.base && !agent.forked)
        writer_header(&calls.tape)->flags |= TAPE_UNSEEN;
}

/* Whether a thread is still where it set its profile function: no call was missed. */
static bool missed_nothing(PyThreadState *s)
{
    return s == change.thread && pyabi_current(s) == change.frame && change.frame &&
           change.frame->prev_instr == change.instruction;
}

/* New thread states are put at the head of the list, with a greater id: one look
 * tells. One that a thread made in C is filling in just now has its turn later.
 * Those that Python code makes are seen before they run. */
static __attribute__((noinline)) void install(PyThreadState *head)
{
    bool complete = true, gone = looked == 0 && change.thread;
    uint64_t made = pyabi_newest_thread(interpreter), there = newest;

    for (PyThreadState *s = head; s && (looked == 0 || s->id > newest);
         s = PyThreadState_Next(s)) {
        Py_tracefunc *place = place_of(s);
        gone = gone && s != change.thread;
        there += s->id > newest;
        if (!s->cframe) {
            complete = false;
        } else if (!*place) {
            if (s->id <= newest && !missed_nothing(s))
                tell_replaced();
            if (newest != 0 && s->id > newest && pyabi_current(s))
                tell_unseen();
            set_place(s, place, on_event);
        } else if (*place != on_event) {
            tell_replaced();
        }
    }
    if (gone) /* it ended with what it had set */
        tell_replaced();
    if (newest != 0 && there != made)
        tell_unseen();
    if (complete) {
        newest = looked = made;
        change.thread = NULL;
    }
}

/* The main thread, whose events are off until the call is over that set its profile
 * function: without ours there the function would not be told of that call's end,
 * and profile.Profile dies of it. Pending calls are made right behind it. */
static PyThreadState *quiet;

static int look_again(void *unused)
{
    (void)unused;
    change.pending = false;
    if (quiet)
        PyThreadState_LeaveTracing(quiet);
    quiet = NULL;
    if (interpreter && agent.on && looked == 0)
        install(PyInterpreterState_ThreadHead(interpreter));
    return 0;
}

/* What it is set to is not told: where it is none, ours comes back, as soon as
 * the main thread goes on, another thread has an event or this one calls a type. */
void probe_replaced(void)
{
    PyThreadState *s = pyabi_thread();
    struct thread *t = thread_now;

    if (!interpreter || s->interp != interpreter)
        return;
    if (looked == 0 && change.thread && change.thread != s)
        tell_replaced(); /* what that one set was not seen */
    change.thread = s;
    change.frame = pyabi_current(s);
    change.instruction = change.frame ? change.frame->prev_instr : NULL;
    looked = 0;
    if (s->c_profilefunc == on_event && t->top->callable &&
        t->top->frame == change.frame)
        event_pop(t); /* nobody would tell of its end */
    if (!change.pending)
        change.pending = Py_AddPendingCall(look_again, NULL) == 0;
    if (change.pending && !quiet && s->c_profilefunc == on_event && !s->tracing &&
        gettid() == getpid()) {
        quiet = s;
        PyThreadState_EnterTracing(s);
    }
}

void front_look_again(void)
{
    PyThreadState *s = pyabi_thread();

    if (looked == 0 && interpreter && s->interp == interpreter && agent.on &&
        !s->c_profilefunc)
        install(PyInterpreterState_ThreadHead(interpreter));
}

static void look_for_threads(void)
{
    if (UNLIKELY(pyabi_newest_thread(interpreter) != looked))
        install(PyInterpreterState_ThreadHead(interpreter));
}

bool front_enter_type(struct pyabi_frame *frame, PyObject *type)
{
    return agent.on && !thread_now->resuming &&
           profiled_enter_type(thread_now, frame, type);
}

bool front_leave_type(struct pyabi_frame *frame, PyObject *type)
{
    return profiled_leave_type(thread_now, frame, type);
}

static void call(struct pyabi_frame *frame, PyObject *callable)
{
    void *key = agent.options.builtins ? key_of(callable) : NULL;

    if (key)
        profiled_call(thread_now, frame, key, callable);
}

/* Stopped from outside: see heed.c. Threads that begin must hear of a start too. */
static bool is_released(int what, const struct pyabi_frame *frame)
{
    if (what != PyTrace_CALL)
        return false;
    if (heed_is_wanted() && heed_held())
        return true;
    if (roles_may_begin(pyabi_code(frame)))
        roles_held((PyObject *)pyabi_code(frame));
    look_for_threads();
    return false;
}

static int on_event(PyObject *self, PyFrameObject *object, int what, PyObject *argument)
{
    struct pyabi_frame *frame = pyabi_of_object(object);

    (void)self;
    if (UNLIKELY(agent.held) && !is_released(what, frame))
        return 0;
    switch (what) {
    case PyTrace_CALL:
        profiled_enter(thread_now, frame);
        look_for_threads();
        break;
    case PyTrace_RETURN:
        profiled_leave(thread_now, frame);
        break;
    case PyTrace_C_CALL:
        call(frame, argument);
        break;
    case PyTrace_C_RETURN:
    case PyTrace_C_EXCEPTION:
        if (what == PyTrace_C_EXCEPTION)
            constructors_failed(frame);
        if (agent.options.builtins)
            profiled_end(thread_now, frame, argument);
        look_for_threads();
        break;
    }
    return 0;
}

bool probe_prepare(void)
{
    return true;
}

void probe_end(void)
{
    /* The audit event of a profile function that is set has told already. */
}

void probe_forget(void)
{
    interpreter = NULL;
    quiet = NULL;
}

void front_switching(void)
{
    /* Frames are compared anyway. */
}

bool probe_claim(void)
{
    return true;
}

void probe_unclaim(void)
{
    /* Nothing was claimed. */
}

/* Another profile function (cProfile's, say) keeps its thread. */
bool probe_start(void)
{
    interpreter = PyInterpreterState_Get();
    newest = looked = 0;
    change.pending = false;
    install(PyInterpreterState_ThreadHead(interpreter));
    if (agent.options.builtins)
        constructors_start();
    return true;
}

void probe_hold(void)
{
    /* The profile functions stay: there is none that hears of calls alone. */
}

bool probe_release(void)
{
    return true;
}

void probe_find(struct thread *t, PyThreadState *state)
{
    profiled_find(t, state);
}

void probe_stop(void)
{
    if (!interpreter)
        return;
    constructors_stop();
    for (PyThreadState *s = PyInterpreterState_ThreadHead(interpreter); s;
         s = PyThreadState_Next(s))
        if (*place_of(s) == on_event)
            set_place(s, place_of(s), NULL);
        else if (s->id <= newest)
            tell_replaced();
    interpreter = NULL;
}
