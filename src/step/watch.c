/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - looks at the log's phase twenty times a second. */
#include <Python.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "step/watch.h"

#define SECOND_NS 1000000000ull

enum { LOOK_MS = 50, SETUP_SECONDS = 60, BUSY = 3 /* the machine may be */ };

void watch_enter(pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
}

static uint64_t allowed_ns(uint32_t phase, uint64_t limit_ns)
{
    switch (phase) {
    case LOG_SETUP:
        return SETUP_SECONDS * SECOND_NS;
    case LOG_STEPPING: /* ends by itself, but for a statement that waits */
        return BUSY * limit_ns + SECOND_NS;
    default:
        return limit_ns + SECOND_NS;
    }
}

static void tell_end(struct log_header *log, int status, bool overdue, uint32_t phase)
{
    if (log->end != LOG_NOT_YET)
        return;
    if (overdue) {
        log->end = LOG_OVERDUE;
        log->detail = phase;
    } else if (WIFSIGNALED(status)) {
        log->end = LOG_KILLED;
        log->detail = (uint64_t)WTERMSIG(status);
    } else {
        log->end = LOG_GONE;
        log->detail = (uint64_t)WEXITSTATUS(status);
    }
}

/* A moment, or until it is gone. False: interrupted by a handler that raised. */
static bool nap(int handle)
{
    struct pollfd wanted = { .fd = handle, .events = POLLIN };
    int n;

    Py_BEGIN_ALLOW_THREADS n = poll(&wanted, handle >= 0, handle >= 0 ? LOOK_MS : 1);
    Py_END_ALLOW_THREADS return n >= 0 || errno != EINTR || PyErr_CheckSignals() == 0;
}

/* Stopped: it asks to be stepped, once, or the statement did it. True: it is gone. */
static bool step_stopped(pid_t child, const struct single_plan *plan, int *status)
{
    enum single_end end = SINGLE_GOES_ON;

    if (plan->log->method == 1 && plan->log->end == LOG_NOT_YET)
        end = single_run(child, plan, status);
    if (end == SINGLE_UNABLE)
        kill(child, SIGKILL);
    return end == SINGLE_GONE;
}

bool watch_wait(pid_t child, const struct single_plan *plan)
{
    struct log_header *log = plan->log;
    int handle = (int)syscall(SYS_pidfd_open, child, 0), status = 0;
    uint64_t since = clock_monotonic_ns();
    uint32_t phase = LOG_SETUP, now;
    bool overdue = false, fine = true;

    pid_t seen;

    while ((seen = waitpid(child, &status, WNOHANG | WUNTRACED)) == 0 ||
           (seen == child && WIFSTOPPED(status))) {
        if (seen == child && step_stopped(child, plan, &status))
            break;
        now = *(volatile uint32_t *)&log->phase;
        if (now != phase)
            since = clock_monotonic_ns();
        phase = now;
        overdue = clock_monotonic_ns() - since > allowed_ns(phase, plan->limit_ns);
        if (!overdue)
            fine = nap(handle);
        if (overdue || !fine) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            break;
        }
    }
    kill(-child, SIGKILL); /* what it started and left behind */
    if (handle >= 0)
        close(handle);
    tell_end(log, status, overdue, phase);
    return fine && PyErr_CheckSignals() == 0;
}
