/* SPDX-License-Identifier: Apache-2.0 */
/* heed.c - what `sonde stop`, `start` and `reset` ask from outside, in the header of
 * our tape, is done by the next thread that has an event, before that is counted: what
 * was asked is so from the moment it was asked. No thread waits for it, no signal
 * tells. Stopped so, the process listens to what begins alone, and looks there again.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/children.h"
#include "tape/asked.h"
#include "tape/names.h"

void heed_answer(enum tape_counting counting)
{
    if (calls.tape.base && !agent.forked)
        writer_header(&calls.tape)->answer.counting = counting;
}

/* Stacks are unfit while nothing is counted, so that nothing can be. */
static void hold(uint64_t since_ns)
{
    agent.on = false;
    agent.held = true;
    agent_pause(since_ns);
    agent_unfit();
    probe_hold();
    heed_answer(TAPE_HELD);
}

/* false: a Python error is set, and all is as it was. */
static bool release(void)
{
    if (!probe_release())
        return false;
    agent.held = false;
    agent_resume();
    agent.on = true;
    heed_answer(TAPE_COUNTS);
    return true;
}

/* false: it is just being written. `idle` is set to 0 behind that. */
static bool read_control(struct tape_control *c)
{
    struct tape_control *from = &writer_header(&calls.tape)->control;
    uint32_t asked = __atomic_load_n(&from->asked, __ATOMIC_ACQUIRE);

    memcpy(c, from, sizeof *c);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return c->asked == asked &&
           __atomic_load_n(&from->begun, __ATOMIC_RELAXED) == asked;
}

/* What is past: what was counted before a reset, and what passed between a stop and a
 * start that no event was between. */
static void take_off(const struct tape_control *c)
{
    struct tape_answer *answer = &writer_header(&calls.tape)->answer;
    uint64_t pause_ns = asked_pause_ns(c, answer);

    if (c->resets != answer->resets)
        agent_reset(c->reset_ns);
    answer->resets = c->resets;
    if (pause_ns > 0)
        agent_skip(pause_ns);
    answer->unheard_ns = c->unheard_ns;
}

/* By its moment: a program that starts again after it is not stopped by it once more
 * when something else is asked. What fails for want of memory is tried again at the
 * next event. */
static bool do_wish(const struct tape_control *c)
{
    struct tape_answer *answer = &writer_header(&calls.tape)->answer;

    if (c->wish_ns == answer->granted_ns)
        return true;
    if (c->wish == TAPE_WISH_HOLD && agent.on)
        hold(c->hold_ns);
    else if (c->wish == TAPE_WISH_COUNT && agent.held) {
        if (!release())
            return false;
    }
    answer->granted_ns = c->wish_ns;
    return true;
}

static void obey(void)
{
    struct tape_header *h = writer_header(&calls.tape);
    struct tape_control c;
    PyObject *type, *value, *traceback;

    if (!read_control(&c))
        return;
    PyErr_Fetch(&type, &value, &traceback);
    take_off(&c);
    if (do_wish(&c))
        __atomic_store_n(&h->answer.heard, c.asked, __ATOMIC_RELEASE);
    PyErr_Restore(type, value, traceback);
    writer_flush(&calls.tape);
}

/* A start or stop that is under way looks at its end. */
static void look(void)
{
    if (calls.tape.base && !agent.forked && !agent.changing &&
        writer_is_asked(&calls.tape))
        obey();
}

bool front_attend(void)
{
    look();
    return agent.on;
}

void heed_heard(void)
{
    PyObject *type, *value, *traceback;
    bool held = agent.held;

    if ((agent.on || agent.held) && !pyabi_finalizing())
        look();
    if (!held || !agent.on)
        return;
    PyErr_Fetch(&type, &value, &traceback);
    agent_find();
    PyErr_Restore(type, value, traceback);
}

void heed_end(void)
{
    struct tape_control c;

    if (!writer_is_asked(&calls.tape) || !read_control(&c))
        return;
    bool stopped = agent.on && asked_hold(&c, &writer_header(&calls.tape)->answer);
    take_off(&c);
    if (!stopped)
        return;
    agent_pause(c.hold_ns);
    agent.on = false;
    heed_answer(TAPE_HELD);
}

bool heed_held(void)
{
    if (agent.changing || (agent.forked && !agent_begin()))
        return false;
    look();
    return agent.on;
}

/* Who is stopped from outside has told so by a file as well: made before the tapes are
 * written to, and taken away before they are. */
static bool is_recording_stopped(void)
{
    char path[sizeof agent.directory + sizeof TAPE_STOPPED_NAME + 1];

    snprintf(path, sizeof path, "%s/" TAPE_STOPPED_NAME, agent.directory);
    return access(path, F_OK) == 0;
}

void heed_join(void)
{
    PyObject *type, *value, *traceback;
    bool stopped = is_recording_stopped();

    PyErr_Fetch(&type, &value, &traceback);
    if (agent.held) {
        agent.paused_at = clock_monotonic_ns();
        heed_answer(TAPE_HELD);
        if (!stopped)
            release();
    } else if (agent.on && stopped) {
        hold(clock_monotonic_ns());
    }
    roles_look();
    writer_flush(&calls.tape);
    PyErr_Restore(type, value, traceback);
}

bool heed_start(void)
{
    if (agent.forked && !agent_begin()) {
        PyErr_SetFromErrnoWithFilename(PyExc_OSError, agent.directory);
        return false;
    }
    if (agent.held && !release())
        return false;
    if (agent.on &&
        calls.tape.base) { /* what was asked meanwhile is answered by this */
        struct tape_header *h = writer_header(&calls.tape);
        struct tape_control c;
        if (read_control(&c)) {
            take_off(&c);
            h->answer.granted_ns = c.wish_ns;
            h->answer.heard = c.asked;
        }
        heed_answer(TAPE_COUNTS);
    }
    return agent.on;
}
