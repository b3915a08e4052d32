/* SPDX-License-Identifier: Apache-2.0 */
/* session.c - a profile goes on and off. It is on in the thread that said so and in
 * those started from there; off, by one of them, in all of these; by any other thread,
 * everywhere. */
#include "calls/event.h"
#include "profile/functions.h"

enum {
    PATHS = 1 << 20,      /* 64 MB of nodes; beyond them paths are folded */
    TEXT_BYTES = 1 << 24, /* of the names of what is made in C */
};

static struct session_wants wanted; /* how many blocks want what */

struct session_wants session_wants(void)
{
    return wanted;
}

static struct session_wants wants_of(bool builtins, bool types)
{
    return (struct session_wants){ 1, builtins, types };
}

static void want(struct session_wants w, uint32_t times)
{
    wanted.calls += w.calls * times;
    wanted.builtins += w.builtins * times;
    wanted.types += w.types * times;
}

static void set_wishes(struct block *b, uint64_t root)
{
    b->root = root;
    b->builtins = b->owner->builtins;
    b->constructors = b->owner->constructors;
    want(wants_of(b->builtins, b->constructors), 1);
}

static void drop_wishes(const struct block *b)
{
    want(wants_of(b->builtins, b->constructors), -1u);
}

void session_begin(struct block *b, uint64_t root)
{
    if (b->on)
        drop_wishes(b);
    else
        blocks_restart(b);
    b->on = true;
    set_wishes(b, root);
    line_unsettle(b);
    events_touch(b);
}

void session_end(struct block *b)
{
    if (!b->on)
        return;
    if (!line_has_ended(b) && b->thread.cell->root != 0)
        event_charge(&b->thread);
    drop_wishes(b);
    b->on = false;
    b->epoch++;
    b->thread.cell->current = 0;
    b->thread.special = true;
    events_touch(b);
}

static bool has_tape(void)
{
    if (calls.tape.base)
        return true;
    struct writer_how how = {
        .role = TAPE_ROLE_AGENT,
        .clock = clock_trusts_tsc() ? CLOCK_KIND_TSC : CLOCK_KIND_MONOTONIC,
    };
    if (!writer_open(&calls.tape, NULL, &how)) {
        PyErr_NoMemory();
        return false;
    }
    calls.tape.text_bytes_max = TEXT_BYTES;
    calls.max_paths = PATHS;
    return true;
}

/* May it be changed from here? */
static bool is_free(const char *what)
{
    if (!timer_runs())
        return true;
    PyErr_Format(PyExc_RuntimeError, "cannot %s a profiler in a timer", what);
    return false;
}

static bool is_possible(void)
{
    if (!is_free("enable"))
        return false;
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_RuntimeError,
                        "sonde.Profile counts in the main interpreter "
                        "alone: this is a subinterpreter");
        return false;
    }
    if (line_thread() == 0) {
        PyErr_SetString(PyExc_RuntimeError, "sonde.Profile: no thread key is left");
        return false;
    }
    return has_tape();
}

static struct block *mine(const struct profiler *p)
{
    struct block *b = line_begin();

    while (b && b->owner != p)
        b = b->outer;
    return b;
}

/* In this thread, and in those it has started under it before. */
static bool begin_here(struct profiler *p)
{
    struct block *b = mine(p);
    bool there = b != NULL;

    if (!there)
        b = blocks_take(p);
    if (!b || (b->thread.cell->root == 0 && !blocks_clear(b)))
        return false;
    if (!there)
        line_push(b);
    session_begin(b, line_thread());
    for (struct block *other = p->blocks; other; other = other->next)
        if (other->in_line && !other->on && other->root == line_thread() &&
            other->thread.cell->root != 0)
            session_begin(other, other->root);
    line_settle();
    return true;
}

/* Events come first: what they have to be asked for is not of the profile. */
bool session_enable(struct profiler *p)
{
    if (!is_possible())
        return false;
    line_reap();
    starts_watch();
    events_check();
    struct session_wants more = wants_of(p->builtins, p->constructors);
    want(more, 1);
    bool told = events_adjust(), begun = told && begin_here(p);
    want(more, -1u);
    if (told && !begun)
        PyErr_NoMemory();
    return events_adjust() && begun;
}

static bool is_on(const struct profiler *p)
{
    for (const struct block *b = p->blocks; b; b = b->next)
        if (b->on)
            return true;
    return false;
}

/* One reading for all; without an answer the time since the last is nobody's. */
static void read_timer(struct profiler *p)
{
    uint64_t ticks;

    if (!p->timer || !is_on(p) || !timer_read(p, &ticks))
        return;
    for (struct block *b = p->blocks; b; b = b->next)
        b->ticks = ticks;
}

bool session_disable(struct profiler *p)
{
    if (!is_free("disable"))
        return false;
    line_reap();
    read_timer(p);
    const struct block *here = mine(p);
    uint64_t root = here && here->on ? here->root : 0;
    starts_forget(p, root);
    for (struct block *b = p->blocks; b; b = b->next)
        if (root == 0 || b->root == root)
            session_end(b);
    line_settle();
    return events_adjust();
}

/* Those of threads that have ended, or are off, are not needed any more. */
static void clear(struct profiler *p)
{
    for (struct block *b = p->blocks, *next; b; b = next) {
        next = b->next;
        if (!b->in_line) {
            blocks_drop(b);
            blocks_give(b);
        } else if (!blocks_clear(b)) {
            session_end(b);
        }
    }
    p->lost = 0;
}

bool session_clear(struct profiler *p)
{
    if (!is_free("clear"))
        return false;
    line_reap();
    clear(p);
    functions_release();
    return events_adjust();
}

void session_forget(struct profiler *p)
{
    starts_forget(p, 0);
    for (struct block *b = p->blocks, *next; b; b = next) {
        next = b->next;
        session_end(b);
        blocks_drop(b);
        if (!b->in_line)
            blocks_give(b);
    }
    if (!timer_runs()) /* else this thread's line is being gone through */
        line_settle();
    if (!events_adjust())
        PyErr_Clear();
    functions_release();
}

void session_charge(const struct profiler *p)
{
    line_reap();
    for (struct block *b = p->blocks; b; b = b->next)
        if (b->on && !p->timer)
            event_charge(&b->thread);
}
