/* SPDX-License-Identifier: Apache-2.0 */
/* single.c - PTRACE_SINGLESTEP, on one processor with the child: to wake one on another
 * takes five times as long. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "native/x86.h"
#include "step/single.h"

enum { KNOWN = 1 << 15, GROW_BYTES = 1 << 20, EVENT_BYTES = 64, LOOK_STEPS = 256 };

/* An instruction that was met. */
struct known {
    uint64_t at;
    struct x86 x;
};

static struct known known[KNOWN]; /* by address, the last one of a slot */

struct single {
    const struct single_plan *plan;
    pid_t child;
    uint64_t *next, *allotted;
    uint64_t *run;                   /* the event of the run under way */
    uint32_t count;                  /* its instructions */
    uint64_t began_ns, began_cpu_ns; /* half of the work is this process's */
    uint64_t steps;
    int status;
    bool marked;
    struct user_regs_struct r, before;
    struct x86 x; /* the instruction at before.rip */
};

static bool decode(struct single *s, uint64_t at, struct x86 *x)
{
    struct known *k = &known[(at * 0x9e3779b97f4a7c15ull >> 40) % KNOWN];
    uint8_t code[X86_LONGEST + 1] = { 0 };
    struct iovec here = { code, X86_LONGEST },
                 there = { (void *)(uintptr_t)at, X86_LONGEST };

    if (k->at != at) {
        if (process_vm_readv(s->child, &here, 1, &there, 1, 0) <= 0)
            return false;
        k->at = at;
        x86_decode(code, &k->x);
    }
    *x = k->x;
    return true;
}

/* By the clock on the wall: for a statement that waits. */
static uint64_t allowed_ns(const struct single_plan *plan)
{
    return 3 * plan->limit_ns;
}

static void stop(struct single *s, enum log_end why, uint64_t detail)
{
    struct log_header *log = s->plan->log;

    if (log->end == LOG_NOT_YET) {
        log->end = why;
        log->detail = detail;
    }
}

static bool has_room(struct single *s)
{
    uint64_t at = (uint64_t)((char *)s->allotted - (char *)s->plan->log);

    if ((char *)s->next + EVENT_BYTES <= (char *)s->allotted)
        return true;
    if (at + GROW_BYTES > s->plan->room ||
        (fallocate(s->plan->log_file, 0, (off_t)at, GROW_BYTES) != 0 &&
         errno == ENOSPC))
        return false;
    s->allotted += GROW_BYTES / 8;
    return true;
}

static void add(struct single *s, uint64_t word, uint64_t second)
{
    *s->next++ = word;
    *s->next++ = second;
    s->plan->log->events_end = (uint64_t)((char *)s->next - (char *)s->plan->log);
}

/* How many there were is known when it ends. */
static void end_run(struct single *s)
{
    uint64_t most = s->count < LOG_MOST ? s->count : LOG_MOST;

    if (!s->run)
        return;
    *s->run |= most << LOG_COUNT_AT;
    if (s->count > most && s->next == s->run + 2)
        add(s, LOG_WORD(LOG_MORE, 0, s->count - most), 0);
    s->run = NULL;
}

static enum log_kind kind_of(uint8_t kind)
{
    switch (kind) {
    case X86_JUMP:
        return LOG_JUMP;
    case X86_JUMP_AT:
        return LOG_JUMP_AT;
    case X86_CALL:
        return LOG_CALL;
    case X86_CALL_AT:
        return LOG_CALL_AT;
    case X86_RETURN:
        return LOG_RETURN;
    case X86_SYSCALL:
        return LOG_AFTER;
    default:
        return LOG_BRANCH;
    }
}

static void mark(struct single *s)
{
    struct log_header *log = s->plan->log;

    add(s, LOG_WORD(LOG_MARK, 0, 0), 0);
    log->loops += s->marked;
    s->marked = true;
    if (log->loops >= s->plan->loops)
        stop(s, LOG_LOOPS_DONE, 0);
}

static void begin_run(struct single *s, enum log_kind kind)
{
    s->run = s->next;
    s->count = 0;
    add(s, LOG_WORD(kind, 0, s->r.rip), s->r.rsp);
    if (s->r.rip == s->plan->log->mark)
        mark(s);
}

/* The registers are those after one step: what was at `before` has been done. */
static void took_step(struct single *s, uint64_t took_ns)
{
    bool ended = s->x.kind != X86_PLAIN, elsewhere;

    if (s->r.rip == s->before.rip && s->x.kind == X86_PLAIN)
        return; /* a string instruction has not done its last element */
    s->count++;
    elsewhere = s->r.rip != s->before.rip + s->x.length;
    if (!ended && !elsewhere)
        return;
    end_run(s);
    if (s->x.kind == X86_SYSCALL) {
        add(s, LOG_WORD(LOG_SYSCALL, 0, s->before.rax), s->r.rax);
        *s->next++ = took_ns;
        s->plan->log->events_end += 8;
    }
    begin_run(s,
              ended ? kind_of(s->x.kind) : LOG_JUMP_AT); /* else a signal's handler */
}

/* What would end the process, or make it two, is left to itself. */
static bool is_last(struct single *s)
{
    if (s->x.kind != X86_SYSCALL)
        return false;
    switch ((int)s->r.rax) {
    case SYS_fork:
    case SYS_vfork:
    case SYS_clone:
    case SYS_clone3:
        stop(s, LOG_PROCESS, s->r.rax);
        return true;
    case SYS_execve:
    case SYS_execveat:
        stop(s, LOG_EXECS, 0);
        return true;
    case SYS_exit:
    case SYS_exit_group:
        stop(s, LOG_EXITS, s->r.rdi & 0xff);
        return true;
    default:
        return false;
    }
}

/* One step, signals for the child passed on. False: it is gone, or had to go. */
static bool step_on(struct single *s, int signal)
{
    if (ptrace(PTRACE_SINGLESTEP, s->child, 0, signal) != 0)
        return false;
    if (waitpid(s->child, &s->status, __WALL) != s->child) { /* the alarm, or ^C */
        if (clock_monotonic_ns() - s->began_ns > allowed_ns(s->plan))
            stop(s, LOG_OVERDUE, LOG_STEPPING);
        kill(s->child, SIGKILL);
        while (waitpid(s->child, &s->status, __WALL) != s->child && errno == EINTR)
            ;
    }
    return WIFSTOPPED(s->status) && ptrace(PTRACE_GETREGS, s->child, 0, &s->r) == 0;
}

/* A signal that stopped it, to be handed to it with the next step; 0: the step's own.
 */
static int signal_of(pid_t child)
{
    siginfo_t info = { 0 };

    if (ptrace(PTRACE_GETSIGINFO, child, 0, &info) != 0)
        return 0;
    return info.si_signo == SIGTRAP && info.si_code > 0 ? 0 : info.si_signo;
}

static bool is_overdue(struct single *s)
{
    return s->steps % LOOK_STEPS == 0 &&
           2 * (clock_thread_cpu_ns() - s->began_cpu_ns) > s->plan->limit_ns;
}

/* False: the child is gone. */
static bool step_all(struct single *s)
{
    struct log_header *log = s->plan->log;
    int signal = 0;

    begin_run(s, LOG_JUMP);
    while (log->end == LOG_NOT_YET) {
        uint64_t began;
        if (!has_room(s))
            stop(s, LOG_FULL, 0);
        else if (is_overdue(s))
            stop(s, LOG_TIME, 0);
        else if (!decode(s, s->r.rip, &s->x))
            stop(s, LOG_FOREIGN, s->r.rip);
        if (log->end != LOG_NOT_YET || is_last(s))
            break;
        s->before = s->r;
        began = clock_monotonic_ns();
        if (!step_on(s, signal))
            return false;
        log->traps = ++s->steps;
        signal = signal_of(s->child);
        if (signal == 0)
            took_step(s, clock_monotonic_ns() - began);
    }
    end_run(s);
    return true;
}

static bool seize(pid_t child)
{
    int status;

    if (ptrace(PTRACE_SEIZE, child, 0, 0) != 0)
        return false;
    ptrace(PTRACE_INTERRUPT, child, 0, 0);
    if (waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status))
        return false;
    kill(child, SIGCONT); /* it stopped itself: until now it is stopped twice */
    return true;
}

/* It goes on where it is; its next turn of the loop ends the steps. */
static void let_go(struct single *s)
{
    uint64_t one = 1;
    struct iovec here = { &one, 8 },
                 there = { (void *)(uintptr_t)s->plan->log->left, 8 };
    uint32_t end = s->plan->log->end;

    process_vm_writev(s->child, &here, 1, &there, 1, 0);
    if ((end == LOG_TIME && s->plan->log->loops == 0) || end == LOG_EXECS)
        kill(s->child, SIGKILL);
    ptrace(PTRACE_DETACH, s->child, 0, 0);
}

static void on_alarm(int signal)
{
    (void)signal;
}

/* Interrupts the wait for a step that does not end. */
static void set_alarm(uint64_t ns, const struct sigaction *action)
{
    struct itimerval timer = { .it_value = { (time_t)(ns / 1000000000),
                                             (suseconds_t)(ns / 1000 % 1000000) },
                               .it_interval = { 0, ns ? 100000 : 0 } };

    sigaction(SIGALRM, action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

static enum single_end run_on_this_processor(struct single *s)
{
    struct sigaction ours = { .sa_handler = on_alarm }, theirs;
    bool there;

    sigaction(SIGALRM, NULL, &theirs);
    set_alarm(allowed_ns(s->plan) + 1000000, &ours);
    ptrace(PTRACE_GETREGS, s->child, 0, &s->r);
    there = step_all(s);
    set_alarm(0, &theirs);
    if (there)
        let_go(s);
    return there ? SINGLE_GOES_ON : SINGLE_GONE;
}

enum single_end single_run(pid_t child, const struct single_plan *plan, int *status)
{
    struct single s = { .plan = plan, .child = child };
    cpu_set_t one, ours;
    enum single_end end;

    s.began_ns = clock_monotonic_ns();
    s.began_cpu_ns = clock_thread_cpu_ns();
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_getaffinity(0, sizeof ours, &ours);
    memset(known, 0, sizeof known);
    s.next = (uint64_t *)((char *)plan->log + plan->log->events_end);
    s.allotted = s.next;
    if (!seize(child) || !has_room(&s)) {
        strncat(plan->log->text, ", and ptrace is refused as well",
                LOG_TEXT - 1 - strlen(plan->log->text));
        plan->log->end = LOG_UNABLE;
        return SINGLE_UNABLE;
    }
    sched_setaffinity(0, sizeof one, &one);
    sched_setaffinity(child, sizeof one, &one);
    end = run_on_this_processor(&s);
    sched_setaffinity(0, sizeof ours, &ours);
    *status = s.status;
    return end;
}
