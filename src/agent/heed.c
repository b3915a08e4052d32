/* SPDX-License-Identifier: Apache-2.0 */
/* heed.c - what `sonde stop`, `start` and `reset` ask from outside, in the header of
 * our tape, is done by the next thread that has an event, before that is counted: what
 * was asked is so from the moment it was asked. No thread waits for it, no signal
 * tells. Stopped so, the process listens to what begins alone, and looks there again.
 */
#include <stdio.h>
#include <unistd.h>

#include "agent/agent.h"

void heed_answer(enum tape_counting counting)
{
    if (calls.tape.base && !agent.forked)
        writer_header(&calls.tape)->answer.counting = counting;
}

/* The wish that was done last, by its moment: a program that starts again after it is
 * not stopped by it once more when something else is asked. */
static uint64_t granted_ns;

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

static void reset_if_asked(struct tape_header *h)
{
    uint32_t resets = h->control.resets;

    if (resets == h->answer.resets)
        return;
    agent_reset(h->control.reset_ns);
    h->answer.resets = resets;
}

/* What fails for want of memory is tried again at the next event. */
static bool do_wish(const struct tape_control *c)
{
    if (c->wish_ns == granted_ns)
        return true;
    if (c->wish == TAPE_WISH_HOLD && agent.on)
        hold(c->wish_ns);
    else if (c->wish == TAPE_WISH_COUNT && agent.held) {
        if (!release())
            return false;
    }
    granted_ns = c->wish_ns;
    return true;
}

static void obey(void)
{
    struct tape_header *h = writer_header(&calls.tape);
    uint32_t asked = __atomic_load_n(&h->control.asked, __ATOMIC_ACQUIRE);
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    reset_if_asked(h);
    if (do_wish(&h->control))
        __atomic_store_n(&h->answer.heard, asked, __ATOMIC_RELEASE);
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
    if ((agent.on || agent.held) && !pyabi_finalizing())
        look();
}

void heed_end(void)
{
    if (writer_is_asked(&calls.tape))
        reset_if_asked(writer_header(&calls.tape));
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

    granted_ns = 0;
    PyErr_Fetch(&type, &value, &traceback);
    if (agent.held) {
        agent.paused_at = clock_monotonic_ns();
        heed_answer(TAPE_HELD);
        if (!stopped)
            release();
    } else if (agent.on && stopped) {
        hold(clock_monotonic_ns());
    }
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
        reset_if_asked(h);
        granted_ns = h->control.wish_ns;
        h->answer.heard = h->control.asked;
        heed_answer(TAPE_COUNTS);
    }
    return agent.on;
}
