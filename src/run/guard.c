/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c - a process group of its own, killed as a whole before its leader is reaped:
 * until then no other group can have its number. */
#include "run/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/out.h"

/* Beyond what programs use by number; the same in each run, as are the words. */
enum { FD_ORDERS = 190, FD_REPORT = 191, LOOK_MS = 20, REPORT_MOST = 1 << 28 };

static const int interrupts[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
enum { INTERRUPTS = sizeof interrupts / sizeof *interrupts };

/* What a handler has to know: the group to end, 0: none. */
static volatile sig_atomic_t group;

static void end_both(int signal)
{
    sigset_t one;

    if (group > 0)
        kill(-(pid_t)group, SIGKILL);
    sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
    sigemptyset(&one);
    sigaddset(&one, signal);
    raise(signal);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
}

static void watch_interrupts(struct sigaction before[INTERRUPTS])
{
    struct sigaction ours = { .sa_handler = end_both };

    for (int i = 0; i < INTERRUPTS; i++) {
        sigaction(interrupts[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            sigaction(interrupts[i], &ours, NULL);
    }
}

static void leave_interrupts(const struct sigaction before[INTERRUPTS])
{
    for (int i = 0; i < INTERRUPTS; i++)
        sigaction(interrupts[i], &before[i], NULL);
}

static void keep_at(int fd, int number)
{
    if (fd == number)
        fcntl(fd, F_SETFD, 0);
    else
        dup2(fd, number);
}

static _Noreturn void become(const struct guard *g, pid_t parent, int orders,
                             int report)
{
    char number[2][12];
    const char *argv[16];
    int words = 0, nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int i = 0; i < INTERRUPTS; i++)
        sigaction(interrupts[i], &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    if (!g->loud)
        dup2(nothing, STDERR_FILENO);
    keep_at(orders, FD_ORDERS);
    keep_at(report, FD_REPORT);
    for (; g->words[words] && words < 12; words++)
        argv[words] = g->words[words];
    snprintf(number[0], sizeof number[0], "%d", FD_ORDERS);
    snprintf(number[1], sizeof number[1], "%d", FD_REPORT);
    argv[words++] = number[0];
    argv[words++] = number[1];
    argv[words] = NULL;
    if (g->fixed)
        personality(ADDR_NO_RANDOMIZE);
    execve(argv[0], (char **)argv, g->environment);
    _exit(127);
}

static bool has_ended(pid_t pid)
{
    siginfo_t info = { 0 };

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid;
}

/* false: there is no more to come. */
static bool read_some(int fd, struct out *told)
{
    char bytes[1 << 16];
    ssize_t got = read(fd, bytes, sizeof bytes);

    if (got > 0 && out_text(told).len < REPORT_MOST)
        out_bytes(told, bytes, (size_t)got);
    return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Until it has ended, or was silent for too long; what it started may hold the pipe
 * open for ever. */
static void listen(const struct guard *g, pid_t pid, int fd, struct out *told,
                   struct guarded *end)
{
    uint64_t heard = clock_monotonic_ns();
    bool open = true;

    while (!has_ended(pid)) {
        struct pollfd p = { .fd = open ? fd : -1, .events = POLLIN };
        size_t before = out_text(told).len;

        if (poll(&p, 1, LOOK_MS) > 0)
            open = read_some(fd, told);
        uint64_t now = clock_monotonic_ns();
        if (out_text(told).len > before)
            heard = now;
        size_t all = out_text(told).len;
        end->late = now - heard > (all > 0 ? g->quiet_ns : g->start_ns);
        if (end->late)
            return;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (open) {
        size_t before = out_text(told).len;

        open = read_some(fd, told) && out_text(told).len > before;
    }
}

static struct str contents(int fd, size_t len, struct arena *a)
{
    char *bytes = arena_alloc(a, len + 1);
    ssize_t got = pread(fd, bytes, len, 0);

    return (struct str){ bytes, got > 0 ? (size_t)got : 0 };
}

static bool write_all(int fd, struct str s)
{
    while (s.len > 0) {
        ssize_t put = write(fd, s.at, s.len);

        if (put <= 0)
            return false;
        s.at += put;
        s.len -= (size_t)put;
    }
    return true;
}

/* The descriptors of both sides; -1 in all: errno says why. */
struct ends {
    int orders, read, write;
};

static struct ends open_ends(struct str orders)
{
    int fds[2];
    struct ends ends = { memfd_create("orders", MFD_CLOEXEC), -1, -1 };

    if (ends.orders >= 0 && write_all(ends.orders, orders) &&
        pipe2(fds, O_CLOEXEC) == 0) {
        ends.read = fds[0];
        ends.write = fds[1];
    } else if (ends.orders >= 0) {
        int fault = errno;

        close(ends.orders);
        ends.orders = -1;
        errno = fault;
    }
    return ends;
}

bool guard_run(const struct guard *g, struct guarded *end, struct arena *a,
               struct err *e)
{
    struct sigaction before[INTERRUPTS];
    struct ends ends = open_ends(g->orders);
    pid_t self = getpid(), pid = -1;

    *end = (struct guarded){ .status = -1 };
    if (ends.read >= 0) {
        watch_interrupts(before);
        pid = fork();
    }
    if (pid == 0)
        become(g, self, ends.orders, ends.write);
    if (pid < 0) {
        err_set(e, ERR_IO, "cannot start: %s: %s", g->words[0], strerror(errno));
    } else {
        struct out *told = out_memory();

        setpgid(pid, pid);
        group = pid;
        close(ends.write);
        ends.write = -1;
        listen(g, pid, ends.read, told, end);
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);
        while (waitpid(pid, &end->status, 0) < 0 && errno == EINTR)
            continue;
        group = 0;
        end->told = arena_str(a, out_text(told));
        end->orders = contents(ends.orders, g->orders.len, a);
        out_abandon(told);
    }
    if (ends.read >= 0) {
        leave_interrupts(before);
        close(ends.read);
        close(ends.orders);
    }
    if (ends.write >= 0)
        close(ends.write);
    return pid > 0;
}
