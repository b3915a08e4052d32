/* SPDX-License-Identifier: Apache-2.0 */
/* link_311.c - a link is what is known of a thread state: that ours is there, and what
 * was there before. Links are used again and never unmapped. */
#include "profile/link_311.h"

#include "calls/beneath.h"

struct link {
    struct link *next;
    PyThreadState *state;  /* NULL: not in use */
    uint64_t id;           /* of that state: addresses are used again */
    uint64_t number;       /* of its thread; 0: it has had no event yet */
    bool there;            /* ours is, unless the program put another in its place */
    Py_tracefunc function; /* before ours; NULL: none */
    PyObject *object;      /* its first argument: held */
};

static struct link *links;
static __thread struct link *mine __attribute__((tls_model("initial-exec")));
static uint64_t newest; /* id of thread states that were looked at for starts */

static int on_event(PyObject *self, PyFrameObject *object, int what,
                    PyObject *argument);

static bool is_of(const struct link *l, const PyThreadState *s)
{
    return l->state == s && l->id == s->id;
}

static struct link *find(const PyThreadState *s)
{
    struct link *l = links;

    while (l && !is_of(l, s))
        l = l->next;
    return l;
}

static struct link *new_links(void)
{
    enum { COUNT = 64 };
    struct link *l = writer_map_private(COUNT * sizeof *l);

    for (int i = 0; l && i < COUNT; i++) {
        l[i].next = links;
        links = &l[i];
    }
    return l;
}

static struct link *take(PyThreadState *s)
{
    struct link *l = links;

    while (l && l->state)
        l = l->next;
    if (!l)
        l = new_links();
    if (l) {
        l->state = s;
        l->id = s->id;
        l->number = 0;
        l->there = false;
    }
    return l;
}

/* Whether a thread state has our function: the program may have put another there. */
static bool is_ours(const PyThreadState *s)
{
    return s->c_profilefunc == on_event;
}

/* The thread state's function and its argument; what was there is handed over. */
static PyObject *set(PyThreadState *s, Py_tracefunc function, PyObject *object)
{
    PyObject *before = s->c_profileobj;

    s->c_profileobj = object;
    pyabi_set_profile(s, function);
    return before;
}

/* Whatever letting go of a profile runs may come here again: all is done by then. */
static void put(struct link *l, struct profiler *p)
{
    PyThreadState *s = l->state;
    PyObject *old = NULL;

    if (!is_ours(s)) {
        old = l->object;
        l->function = s->c_profilefunc;
        l->object = set(s, on_event, Py_NewRef((PyObject *)p));
    } else if (s->c_profileobj != (PyObject *)p) {
        old = set(s, on_event, Py_NewRef((PyObject *)p));
    }
    l->there = true;
    Py_XDECREF(old);
}

static void take_away(struct link *l)
{
    PyObject *old = l->object;

    if (is_ours(l->state))
        old = set(l->state, l->function, l->object);
    l->function = NULL;
    l->object = NULL;
    l->there = false;
    Py_XDECREF(old);
}

static bool lives(const struct link *l, PyInterpreterState *interpreter)
{
    PyThreadState *s = PyInterpreterState_ThreadHead(interpreter);

    while (s && !is_of(l, s))
        s = PyThreadState_Next(s);
    return s != NULL;
}

static void drop(struct link *l)
{
    PyObject *old = l->object;

    l->state = NULL;
    l->function = NULL;
    l->object = NULL;
    l->there = false;
    Py_XDECREF(old);
}

/* What is to be done for a link; false: nothing. */
static bool mend(struct link *l)
{
    struct profiler *p = l->number ? line_innermost(l->number) : NULL;

    if (!l->state)
        return false;
    if (!lives(l, PyInterpreterState_Main())) {
        drop(l);
        return true;
    }
    if (l->number == 0)
        return false;
    if (!p && l->there) {
        take_away(l);
        return true;
    }
    if (p &&
        (!l->there || (is_ours(l->state) && l->state->c_profileobj != (PyObject *)p))) {
        put(l, p);
        return true;
    }
    return false;
}

static struct link *place_here(void)
{
    PyThreadState *s = pyabi_thread();
    struct link *l = find(s);

    if (!l && line_begin())
        l = take(s);
    if (l && line_begin())
        l->number = line_begin()->number;
    return l;
}

void links_adjust(void)
{
    struct link *here = place_here(), *l = links;

    if (here && here->there && !is_ours(here->state))
        here->there = false; /* what the program put there goes on beneath */
    while (l)
        l = mend(l) ? links : l->next;
}

/* A thread's first event has told whether it is one of ours. */
static void begin(struct link *l)
{
    struct block *first = line_begin();

    if (!first) {
        take_away(l);
        l->state = NULL;
        return;
    }
    l->number = first->number;
    if (line_innermost(l->number))
        put(l, line_innermost(l->number));
}

/* A thread state is there before its thread runs, at the head of the list. One that a
 * thread made in C is filling in just now has its turn later. */
static void look_for_starts(void)
{
    PyThreadState *head = PyInterpreterState_ThreadHead(PyInterpreterState_Main());
    bool complete = true;

    for (PyThreadState *s = head; s && s->id > newest; s = PyThreadState_Next(s)) {
        struct link *l = s->cframe && !find(s) ? take(s) : NULL;
        complete = complete && s->cframe;
        if (l)
            put(l, starts_owner());
    }
    if (complete)
        newest = head->id;
}

void events_start_begins(void)
{
    newest = PyInterpreterState_ThreadHead(PyInterpreterState_Main())->id;
}

/* It may take itself away meanwhile, or put another in its place: that is ours. */
static int pass_on(struct link *l, PyFrameObject *frame, int what, PyObject *argument)
{
    PyThreadState *s = pyabi_thread();
    PyObject *object = Py_XNewRef(l->object);
    Py_tracefunc function = l->function;

    if (l->number == 0)
        begin(l);
    int result = function ? function(object, frame, what, argument) : 0;
    Py_XDECREF(object);
    if (l->there && is_of(l, s) && !is_ours(s) && line_innermost(l->number))
        put(l, line_innermost(l->number));
    return result;
}

static int on_event(PyObject *self, PyFrameObject *frame, int what, PyObject *argument)
{
    PyThreadState *s = pyabi_thread();
    struct link *l = mine;

    (void)self;
    if (UNLIKELY(!l || !is_of(l, s)))
        l = mine = find(s);
    link_event(frame, what, argument);
    if (UNLIKELY(starts_pending()))
        look_for_starts();
    return l && UNLIKELY(l->function || l->number == 0)
               ? pass_on(l, frame, what, argument)
               : 0;
}

static Py_ssize_t held_by_threads(const PyObject *p)
{
    PyThreadState *s = PyInterpreterState_ThreadHead(PyInterpreterState_Main());
    Py_ssize_t count = 0;

    for (; s; s = PyThreadState_Next(s))
        count += is_ours(s) && s->c_profileobj == p;
    return count;
}

/* One that nobody could turn off any more. */
static struct profiler *forsaken(void)
{
    PyThreadState *s = PyInterpreterState_ThreadHead(PyInterpreterState_Main());

    for (; s; s = PyThreadState_Next(s))
        if (is_ours(s) &&
            Py_REFCNT(s->c_profileobj) == held_by_threads(s->c_profileobj))
            return (struct profiler *)s->c_profileobj;
    return NULL;
}

void events_sweep(void)
{
    struct profiler *p;

    while (!timer_runs() && (p = forsaken())) {
        Py_INCREF(p);
        session_disable(p);
        Py_DECREF(p);
    }
}

/* For the agent: calls/beneath.h. */
static Py_tracefunc *beneath(PyThreadState *s)
{
    struct link *l = is_ours(s) ? find(s) : NULL;

    return l ? &l->function : NULL;
}

bool events_publish(PyObject *module)
{
    PyObject *capsule = PyCapsule_New((void *)(uintptr_t)beneath, BENEATH_NAME, NULL);
    bool done = capsule && PyModule_AddObjectRef(module, "beneath", capsule) == 0;

    Py_XDECREF(capsule);
    return done;
}
