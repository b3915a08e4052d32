/* SPDX-License-Identifier: Apache-2.0 */
/* probe_calls_311.c - calls on Python 3.11, told by the C profile function of
 * each thread. There is no exact depth to go by: a frame's caller must be the
 * top entry's frame, and where it is not, it is looked for in the stack. */
#include <unistd.h>

#include "agent/agent.h"
#include "agent/event.h"

static PyInterpreterState *interpreter;
static uint64_t newest; /* id of the list's head when last looked at */
static uint64_t looked; /* the same; 0: all threads are to be looked at again */

/* Where the program last set a profile function, whatever it was. */
static struct {
    PyThreadState *thread;
    struct pyabi_frame *frame;
    uint16_t *instruction;
    bool pending; /* the main thread will look soon */
} change;

/* Frames from here down: to one that is near the stack's top, mostly, else all. */
static uint32_t depth_of(const struct thread *t, const struct pyabi_frame *frame)
{
    enum { NEAR = 8 };
    uint32_t above = 0;

    for (; frame; frame = pyabi_previous(frame)) {
        if (pyabi_suspended(frame))
            continue;
        const struct entry *e = above < NEAR ? t->top : t->stack;
        for (int i = 0; i < NEAR && e > t->stack; i++, e--)
            if (e->frame == frame)
                return e->tag / 2 + above;
        above++;
    }
    return above;
}

/* A stack that is full and may not grow: the calls above it are only counted. */
static bool is_full(struct thread *t)
{
    if (t->top != t->limit) {
        t->unplaced = 0;
        return false;
    }
    return t->refused > 1;
}

static struct thread *lose_above(struct thread *t)
{
    t->refused--;
    writer_lose(&agent.tape);
    return NULL;
}

static bool in_stack(const struct thread *t, const struct pyabi_frame *frame)
{
    for (const struct entry *e = t->top; e > t->stack; e--)
        if (e->frame == frame)
            return true;
    return false;
}

/* The thread's block with the stack of the greenlet whose frame this is, NULL for
 * one that begins. *fresh: its frames are not on it. */
static struct thread *settle(struct pyabi_frame *near, bool *fresh)
{
    struct thread *t = agent_enter_thread();

    *fresh = t && agent.switching && greenlet_switch(t, near);
    return t;
}

static __attribute__((noinline)) struct thread *mend_push(struct pyabi_frame *frame)
{
    bool fresh;
    struct thread *t = settle(pyabi_previous(frame), &fresh);

    if (!t)
        return agent_lose();
    if (is_full(t)) {
        t->unplaced++;
        return lose_above(t);
    }
    if (t->top->frame != pyabi_previous(frame))
        stack_sync_push(t, frame, depth_of(t, pyabi_previous(frame)) + 1);
    return t;
}

static void on_enter(struct pyabi_frame *frame)
{
    struct thread *t = agent_thread;
    PyObject *code = (PyObject *)pyabi_code(frame);

    if (UNLIKELY(t->top->frame != pyabi_previous(frame))) {
        t = mend_push(frame);
        if (!t)
            return;
    }
    event_push(t, (t->top->tag & ~1u) + 2, !pyabi_starts(frame), frame, code, code);
    if (UNLIKELY(t->top->frame != frame))
        t->unplaced++;
}

static __attribute__((noinline)) struct thread *mend_pop(struct pyabi_frame *frame)
{
    bool fresh;
    struct thread *t = settle(frame, &fresh);

    if (t && t->unplaced > 0 && t->top == t->limit) {
        t->unplaced--;
        return NULL;
    }
    if (!t || !in_stack(t, frame))
        return NULL;
    return stack_sync_pop(t, frame, depth_of(t, frame)) ? t : NULL;
}

static void on_leave(struct pyabi_frame *frame)
{
    struct thread *t = agent_thread;

    if (UNLIKELY(t->top->frame != frame || t->top->callable)) {
        t = mend_pop(frame);
        if (!t)
            return;
    }
    event_pop(t);
}

static __attribute__((noinline)) struct thread *mend_call(struct pyabi_frame *frame)
{
    bool fresh;
    struct thread *t = settle(frame, &fresh);

    if (!t)
        return agent_lose();
    if (is_full(t))
        return lose_above(t);
    stack_sync_call(t, frame, depth_of(t, frame));
    return t;
}

static void on_call(struct pyabi_frame *frame, PyObject *callable)
{
    struct thread *t = agent_thread;
    void *key = event_key(callable);

    if (!key)
        return;
    if (UNLIKELY(t->top->frame != frame || t->top->callable)) {
        t = mend_call(frame);
        if (!t)
            return;
    }
    event_push(t, t->top->tag + 1, false, frame, key, callable);
}

/* The first that is told of a greenlet that goes on: its switch() returns. */
static __attribute__((noinline)) struct thread *mend_end(struct pyabi_frame *frame)
{
    bool fresh;
    struct thread *t = settle(frame, &fresh);

    if (t && fresh)
        stack_sync_call(t, frame, depth_of(t, frame));
    return t;
}

static void on_call_end(struct pyabi_frame *frame, PyObject *callable)
{
    struct thread *t = agent_thread;

    if (UNLIKELY(agent.switching) && t->top->frame != frame &&
        t->top->tag != TAG_NOTHING)
        t = mend_end(frame);
    if (t && t->top->callable == callable)
        event_pop(t);
}

static int on_event(PyObject *self, PyFrameObject *object, int what,
                    PyObject *argument);

static void tell_replaced(void)
{
    if (agent.tape.base && !agent.forked)
        writer_header(&agent.tape)->flags |= TAPE_REPLACED;
}

/* Whether a thread is still where it set its profile function: no call was missed. */
static bool missed_nothing(PyThreadState *s)
{
    return s == change.thread && pyabi_current(s) == change.frame && change.frame &&
           change.frame->prev_instr == change.instruction;
}

/* New thread states are put at the head of the list, with a greater id: one look
 * tells. One that a thread made in C is filling in just now has its turn later. */
static __attribute__((noinline)) void install(PyThreadState *head)
{
    bool complete = true, gone = looked == 0 && change.thread;

    for (PyThreadState *s = head; s && (looked == 0 || s->id > newest);
         s = PyThreadState_Next(s)) {
        gone = gone && s != change.thread;
        if (!s->cframe) {
            complete = false;
        } else if (!s->c_profilefunc) {
            if (s->id <= newest && !missed_nothing(s))
                tell_replaced();
            pyabi_set_profile(s, on_event);
        } else if (s->c_profilefunc != on_event) {
            tell_replaced();
        }
    }
    if (gone) /* it ended with what it had set */
        tell_replaced();
    if (complete) {
        newest = looked = head->id;
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
    struct thread *t = agent_thread;

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

void probe_look_again(void)
{
    PyThreadState *s = pyabi_thread();

    if (looked == 0 && interpreter && s->interp == interpreter && agent.on &&
        !s->c_profilefunc)
        install(PyInterpreterState_ThreadHead(interpreter));
}

static void look_for_threads(void)
{
    PyThreadState *head = PyInterpreterState_ThreadHead(interpreter);

    if (UNLIKELY(head->id != looked))
        install(head);
}

static int on_event(PyObject *self, PyFrameObject *object, int what, PyObject *argument)
{
    (void)self;
    switch (what) {
    case PyTrace_CALL:
        on_enter(pyabi_of_object(object));
        look_for_threads();
        break;
    case PyTrace_RETURN:
        on_leave(pyabi_of_object(object));
        break;
    case PyTrace_C_CALL:
        if (agent.options.builtins)
            on_call(pyabi_of_object(object), argument);
        break;
    case PyTrace_C_RETURN:
    case PyTrace_C_EXCEPTION:
        if (what == PyTrace_C_EXCEPTION)
            constructors_failed(pyabi_of_object(object));
        if (agent.options.builtins)
            on_call_end(pyabi_of_object(object), argument);
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

void probe_switching(void)
{
    /* Frames are compared anyway. */
}

bool probe_claim(void)
{
    return true;
}

void probe_release(void)
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

void probe_stop(void)
{
    if (!interpreter)
        return;
    constructors_stop();
    for (PyThreadState *s = PyInterpreterState_ThreadHead(interpreter); s;
         s = PyThreadState_Next(s))
        if (s->c_profilefunc == on_event)
            pyabi_set_profile(s, NULL);
        else if (s->id <= newest)
            tell_replaced();
    interpreter = NULL;
}
