/* SPDX-License-Identifier: Apache-2.0 */
/* launch.c - fork and exec, then a loop over the signals we get. */
#include "run/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/witness.h"

/* Who signals a cgroup, or what pkill finds, does it one by one: so many looks
 * until a signal is taken for ours alone, and more while its sender still runs. */
enum { GROUP_LOOKS = 8, GROUP_LOOKS_MAX = 100, GROUP_PAUSE_US = 500 };

static void block_all(sigset_t *before)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, before);
}

static bool in_set(uint64_t signals, int number)
{
    return (signals >> (number - 1) & 1) != 0;
}

/* Signals waiting for us that have reached the other process too: done with. */
static void drop_shared(pid_t other)
{
    sigset_t pending, one;
    struct timespec none = { 0, 0 };
    uint64_t theirs = 0;

    if (sigpending(&pending) != 0)
        return;
    for (int number = 1; number <= SIGRTMAX; number++) {
        if (number == SIGCHLD || sigismember(&pending, number) != 1)
            continue;
        if (theirs == 0)
            theirs = witness_pending(other);
        sigemptyset(&one);
        sigaddset(&one, number);
        while (in_set(theirs, number) && sigtimedwait(&one, NULL, &none) > 0)
            continue;
    }
}

static _Noreturn void become(const struct launch *l, int go, int told, const char *file,
                             char *const *environment)
{
    char byte;

    while (read(go, &byte, 1) < 0 && errno == EINTR)
        continue;
    sigaction(SIGCHLD, &l->on_child, NULL);
    sigprocmask(SIG_SETMASK, &l->mask, NULL);
    execvpe(file, l->argv, environment);
    int fault = errno;
    ssize_t written = write(told, &fault, sizeof fault);
    _exit(written < 0 ? 126 : 127);
}

static int refused(const char *file, int fault, struct err *e)
{
    if (fault == ENOENT && strchr(file, '/') && access(file, F_OK) == 0)
        err_set(e, ERR_TARGET, "cannot run: %s: the interpreter it asks for is missing",
                file);
    else
        err_set(e, ERR_TARGET, "cannot run: %s: %s", file, strerror(fault));
    return fault == ENOENT ? 127 : 126;
}

static int stay_out(struct launch *l, int fault, const char *file, struct err *e)
{
    sigaction(SIGCHLD, &l->on_child, NULL);
    sigprocmask(SIG_SETMASK, &l->mask, NULL);
    return refused(file, fault, e);
}

int launch_start(struct launch *l, const char *file, char *const *argv,
                 char *const *environment, struct err *e)
{
    struct sigaction standard = { .sa_handler = SIG_DFL };
    int go[2], told[2], fault = 0;

    *l = (struct launch){ .argv = argv };
    if (pipe2(go, O_CLOEXEC) != 0)
        return refused(file, l->no_room = errno, e);
    if (pipe2(told, O_CLOEXEC) != 0) {
        fault = l->no_room = errno;
        close(go[0]);
        close(go[1]);
        return refused(file, fault, e);
    }
    block_all(&l->mask);
    sigaction(SIGCHLD, &standard, &l->on_child); /* ignored, it would not report */
    l->start_ns = clock_monotonic_ns();
    l->pid = fork();
    if (l->pid == 0) {
        close(go[1]);
        become(l, go[0], told[1], file, environment);
    }
    fault = l->pid < 0 ? errno : 0;
    l->no_room = fault;
    close(go[0]);
    close(told[1]);
    if (l->pid > 0) {
        l->witness = witness_start(argv);
        drop_shared(l->pid); /* it still blocks all: what it has it will get */
    }
    close(go[1]);
    while (l->pid > 0 && read(told[0], &fault, sizeof fault) < 0 && errno == EINTR)
        continue;
    close(told[0]);
    if (fault == 0)
        return 0;
    if (l->pid > 0)
        waitpid(l->pid, NULL, 0);
    witness_stop(l->witness);
    return stay_out(l, fault, file, e);
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void close_between(int first, int last)
{
    if (first > last || close_range((unsigned)first, (unsigned)last, 0) == 0)
        return;
    for (int fd = first; fd <= last && fd < 65536; fd++)
        close(fd);
}

void launch_let_go(const int *keep, int count)
{
    int kept[16], n = 0, from = STDERR_FILENO + 1;
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (nothing > STDERR_FILENO) {
        dup3(nothing, STDIN_FILENO, O_CLOEXEC);
        dup3(nothing, STDOUT_FILENO, O_CLOEXEC);
    }
    for (int i = 0; i < count && n < 16; i++)
        if (keep[i] > STDERR_FILENO)
            kept[n++] = keep[i];
    qsort(kept, (size_t)n, sizeof *kept, by_number);
    for (int i = 0; i < n; i++) {
        close_between(from, kept[i] - 1);
        from = kept[i] + 1;
    }
    close_between(from, INT_MAX);
}

/* What shows that this signal reached a process: itself, or what takes back
 * one that waits (the kernel lets a stop forget a continue and vice versa). */
static uint64_t traces_of(int number)
{
    uint64_t stops = 1u << (SIGTSTP - 1) | 1u << (SIGTTIN - 1) | 1u << (SIGTTOU - 1);
    uint64_t trace = (uint64_t)1 << (number - 1);

    if (number == SIGCONT)
        return trace | stops;
    return stops & trace ? trace | 1u << (SIGCONT - 1) : trace;
}

/* Did this signal, which reached us, go to the group? Without /proc the
 * kernel's own (of the terminal) did. */
static bool went_to_group(struct launch *l, const siginfo_t *info)
{
    struct timespec pause_for = { 0, GROUP_PAUSE_US * 1000L };

    if (l->witness <= 0 || witness_state(l->witness) == 0)
        return info->si_code == SI_KERNEL;
    for (int look = 0; look < GROUP_LOOKS_MAX; look++) {
        bool last = look >= GROUP_LOOKS && witness_state(info->si_pid) != 'R';

        if (witness_pending(l->witness) & traces_of(info->si_signo))
            return true;
        if (last)
            return false;
        nanosleep(&pause_for, NULL);
    }
    return false;
}

/* A witness that has seen a signal cannot tell its next one. */
static void renew_witness(struct launch *l)
{
    pid_t old = l->witness;

    l->witness = witness_start(l->argv);
    if (old > 0)
        drop_shared(old);
    witness_stop(old);
}

static void pass_on(struct launch *l, siginfo_t *info)
{
    if (went_to_group(l, info)) {
        renew_witness(l);
        return;
    }
    if (info->si_signo == SIGCONT && info->si_pid == l->waker && l->waker > 0)
        return;
    /* Only what carries a value may keep its sender, says the kernel. */
    if (info->si_code == SI_QUEUE &&
        syscall(SYS_rt_sigqueueinfo, l->pid, info->si_signo, info) == 0)
        return;
    kill(l->pid, info->si_signo);
}

/* How we were continued; only a handler learns it while we stand still. */
static siginfo_t continued;

static void on_continue(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    continued = *info;
}

/* Stops us by this signal until SIGCONT, which is taken. One that is not
 * SIGSTOP has to be let through for that, not a moment longer. */
static siginfo_t stand_still(int number)
{
    struct sigaction standard = { .sa_handler = SIG_DFL }, wake, stop_before,
                     wake_before;
    struct timespec none = { 0, 0 };
    sigset_t through, one;

    continued = (siginfo_t){ .si_signo = SIGCONT };
    if (number == SIGSTOP) {
        raise(SIGSTOP);
        sigemptyset(&one);
        sigaddset(&one, SIGCONT);
        sigtimedwait(&one, &continued, &none);
        return continued;
    }
    wake = (struct sigaction){ .sa_sigaction = on_continue, .sa_flags = SA_SIGINFO };
    sigfillset(&wake.sa_mask);
    sigaction(SIGCONT, &wake, &wake_before);
    sigaction(number, &standard, &stop_before);
    raise(number);
    sigfillset(&through);
    sigdelset(&through, number);
    sigdelset(&through, SIGCONT);
    sigsuspend(&through);
    sigaction(number, &stop_before, NULL);
    sigaction(SIGCONT, &wake_before, NULL);
    return continued;
}

/* Stops us as the program was stopped, until somebody continues us, or it. */
static void stop_too(struct launch *l, int number)
{
    struct timespec none = { 0, 0 };
    siginfo_t info;
    sigset_t one;

    /* One that waits already is older than the stop or has ended it. */
    sigemptyset(&one);
    sigaddset(&one, SIGCONT);
    if (sigtimedwait(&one, &info, &none) > 0)
        pass_on(l, &info);
    char state = witness_state(l->pid);
    if (state != 0 && state != 'T' && state != 't')
        return;
    if (witness_pending(l->witness) & traces_of(SIGCONT))
        renew_witness(l); /* or this stop would speak of the next continue */
    l->waker = state != 0 ? witness_wake(l->pid) : -1;
    info = stand_still(number);
    witness_stop(l->waker);
    if (info.si_pid == l->waker && l->waker > 0)
        return;
    if (went_to_group(l, &info))
        renew_witness(l);
    else
        kill(l->pid, SIGCONT);
}

static bool reap(struct launch *l)
{
    struct rusage used;
    int status;
    pid_t pid;

    while ((pid = wait4(-1, &status, WNOHANG | WUNTRACED, &used)) > 0) {
        if (pid == l->witness && !WIFSTOPPED(status))
            l->witness = witness_start(l->argv);
        if (pid != l->pid)
            continue;
        if (WIFSTOPPED(status)) {
            stop_too(l, WSTOPSIG(status));
            continue;
        }
        l->status = status;
        l->end_ns = clock_monotonic_ns();
        l->cpu_ns =
            (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000u +
            (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000u;
        l->max_rss_bytes = (uint64_t)used.ru_maxrss * 1024u;
        return true;
    }
    return false;
}

/* Of the kernel to a process for its own doing: not the program's business. */
static bool is_our_own(const siginfo_t *info)
{
    return info->si_code > 0 &&
           (info->si_signo == SIGPIPE || info->si_signo == SIGXCPU ||
            info->si_signo == SIGXFSZ || info->si_signo == SIGSEGV ||
            info->si_signo == SIGBUS);
}

void launch_wait(struct launch *l)
{
    sigset_t all;
    siginfo_t info;

    sigfillset(&all);
    while (!reap(l)) {
        if (sigwaitinfo(&all, &info) < 0)
            continue;
        if (info.si_signo != SIGCHLD && !is_our_own(&info))
            pass_on(l, &info);
    }
    witness_stop(l->witness);
}

_Noreturn void launch_end_as(int status)
{
    struct sigaction standard = { .sa_handler = SIG_DFL };
    struct rlimit none = { 0, 0 };
    sigset_t one;

    if (!WIFSIGNALED(status))
        _exit(WEXITSTATUS(status));
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0); /* a core_pattern that is a pipe heeds no limit */
    sigaction(WTERMSIG(status), &standard, NULL);
    raise(WTERMSIG(status));
    sigemptyset(&one);
    sigaddset(&one, WTERMSIG(status));
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    _exit(128 + WTERMSIG(status)); /* process 1 does not die of it */
}
