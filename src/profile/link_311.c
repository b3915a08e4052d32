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
    bool changed;          /* what is on in its thread is another than it was */
    Py_tracefunc function; /* before ours; NULL: none */
    PyObject *object;      /* its first argument: held */
};

static struct link *links;
static __thread struct link *mine __attribute__((tls_model("initial-exec")));
static uint64_t newest; /* id of a thread state, when a call began that starts one */

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

static bool lives(const struct link *l)
{
    PyThreadState *s = PyInterpreterState_ThreadHead(PyInterpreterState_Main());

    while (s && !is_of(l, s))
        s = PyThreadState_Next(s);
    return s != NULL;
}

/* Of no thread, or of one that has ended and left nothing to let go of. */
static bool is_free(const struct link *l)
{
    return !l->state || (l->changed && !l->object && !lives(l));
}

static struct link *take(PyThreadState *s)
{
    struct link *l = links;

    while (l && !is_free(l))
        l = l->next;
    if (!l)
        l = new_links();
    if (l) {
        struct link *next = l->next;
        *l = (struct link){ .next = next, .state = s, .id = s->id };
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

    if (is_ours(s))
        ((struct profiler *)before)->threads--;
    s->c_profileobj = object;
    pyabi_set_profile(s, function);
    return before;
}

/* Whatever letting go of a profile runs may come here again: all is done by then. */
static void put(struct link *l, struct profiler *p)
{
    PyThreadState *s = l->state;
    PyObject *old;

    l->there = true;
    if (is_ours(s) && s->c_profileobj == (PyObject *)p)
        return;
    p->threads++;
    if (is_ours(s)) {
        old = set(s, on_event, Py_NewRef((PyObject *)p));
    } else {
        old = l->object;
        l->function = s->c_profilefunc;
        l->object = set(s, on_event, Py_NewRef((PyObject *)p));
    }
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
    if (l == mine && !line_begin())
        l->state = NULL;
    Py_XDECREF(old);
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

/* Does what is to be done for a link; false: nothing was. */
static bool mend(struct link *l)
{
    if (!l->state || !l->changed)
        return false;
    l->changed = false;
    struct profiler *p = line_innermost(l->number);
    if (!lives(l))
        drop(l);
    else if (p)
        put(l, p);
    else
        take_away(l);
    return true;
}

void events_touch(const struct block *b)
{
    for (struct link *l = links; l; l = l->next)
        if (l->state && l->number == b->number)
            l->changed = true;
}

/* The running thread's, where it has blocks. */
static void take_here(void)
{
    PyThreadState *s = pyabi_thread();
    const struct block *first = line_begin();

    if (!first)
        return;
    if (!mine || !is_of(mine, s))
        mine = find(s);
    if (!mine)
        mine = take(s);
    if (mine) {
        mine->number = first->number;
        mine->changed = true;
    }
}

void links_adjust(void)
{
    struct link *l;

    take_here();
    l = links;
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

static PyCFunction starting; /* _thread.start_new_thread, under each of its names */

bool links_prepare(void)
{
    PyObject *module = PyImport_ImportModule("_thread");
    PyObject *start =
        module ? PyObject_GetAttrString(module, "start_new_thread") : NULL;

    if (start && PyCFunction_Check(start))
        starting = ((PyCFunctionObject *)start)->m_ml->ml_meth;
    Py_XDECREF(module);
    Py_XDECREF(start);
    return starting != NULL;
}

static void note_started(PyThreadState *s)
{
    const struct block *first = line_begin();
    struct profiler *p = first ? line_innermost(first->number) : NULL;
    struct link *l = p && s->cframe && !find(s) ? take(s) : NULL;

    if (!l)
        return;
    starts_note(s);
    put(l, p);
}

/* Between a call that starts a thread and its end nobody else can make one, but in C;
 * its state is at the head of the list, and it has not run yet. */
static void look_for_start(int what, PyObject *callable)
{
    if ((what != PyTrace_C_CALL && what != PyTrace_C_RETURN) ||
        !PyCFunction_Check(callable) ||
        ((PyCFunctionObject *)callable)->m_ml->ml_meth != starting)
        return;
    PyThreadState *s = PyInterpreterState_ThreadHead(PyInterpreterState_Main());
    if (what == PyTrace_C_CALL)
        newest = s->id;
    for (; s && s->id > newest; s = PyThreadState_Next(s))
        note_started(s);
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
    int result = l && UNLIKELY(l->function || l->number == 0)
                     ? pass_on(l, frame, what, argument)
                     : 0;
    look_for_start(what, argument);
    return result;
}

/* So many threads have it as their function's argument. */
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
