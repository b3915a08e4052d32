/* SPDX-License-Identifier: Apache-2.0 */
/* traced.c - PTRACE_SEIZE on the command before its exec, PTRACE_SYSCALL from stop to
 * stop. Between two stops of a thread the kernel's /proc/PID/schedstat tells how long
 * it ran, how long it was ready to, and how often it began to: a call in which it began
 * more than once stood still. Whatever goes wrong, the threads are let go, and the
 * command runs on. */
#include "why/traced.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/pile.h"
#include "base/proc.h"
#include "run/target.h"
#include "why/rights.h"
#include "why/traced_calls.h"
#include "why/traced_waits.h"

/* Where tracing takes too long: so many times what is usual, and so much more. */
enum { SLOWER_MOST = 4 };
/* A call that its thread's end has ended was waited in when it was as long as that. */
enum { STILL_LEAST_NS = 50000 };
#define MORE_MOST_NS 5000000000u
enum { DESCRIPTORS_MOST = 500, STOP_SYSCALL = SIGTRAP | 0x80 };

#ifdef __x86_64__
#define OWN_ARCHITECTURE 0xc000003eu
#else
#define OWN_ARCHITECTURE 0xc00000b7u
#endif

struct ran {
    struct proc_ran is;
    bool known;
};

struct thread {
    pid_t tid;
    bool alive, in_call;
    bool leaves;         /* it is ending, and waits and works no more */
    int schedstat;       /* -1: not open */
    uint64_t stopped_ns; /* since when it is, with its group; 0: it is not */
    uint64_t resumed_ns;
    struct ran resumed;
    struct waited call;
    uint32_t architecture;
};

struct tracer {
    struct arena *arena;
    struct traced *traced;
    struct pile threads; /* struct thread */
    struct map ids;      /* of threads, by tid */
    struct traced_calls calls;
    struct traced_waits waits;
    pid_t root;
    uint32_t alive, descriptors;
    uint64_t start_ns, end_ns, cheapest_ns; /* cheapest: what any stop costs */
    int status;
    bool ended;
};

struct wanted {
    const struct pile *threads;
    pid_t tid;
};

static bool is_wanted(const void *with, uint32_t id)
{
    const struct wanted *w = with;
    const struct thread *x = pile_at(w->threads, id);

    return x->alive && x->tid == w->tid;
}

/* tid's; NULL: not known. */
static struct thread *find(struct tracer *t, pid_t tid)
{
    struct wanted w = { &t->threads, tid };
    uint32_t id = map_find(&t->ids, map_hash((uint64_t)tid), is_wanted, &w);

    return id == MAP_NONE ? NULL : pile_at(&t->threads, id);
}

static struct thread *add(struct tracer *t, pid_t tid)
{
    struct thread *x = find(t, tid);
    char path[64];

    if (x)
        return x;
    map_add(&t->ids, map_hash((uint64_t)tid), t->threads.count);
    x = pile_add(&t->threads);
    *x = (struct thread){ .tid = tid, .alive = true, .schedstat = -1 };
    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)tid);
    if (t->descriptors < DESCRIPTORS_MOST)
        x->schedstat = open(path, O_RDONLY | O_CLOEXEC);
    t->descriptors += x->schedstat >= 0;
    traced_waits_begins(&t->waits, clock_monotonic_ns());
    t->alive++;
    t->traced->threads++;
    return x;
}

/* What it was in at that moment it waited in, where that was long. */
static void leaves(struct tracer *t, struct thread *x, uint64_t now)
{
    bool exits = x->call.number == SYS_exit || x->call.number == SYS_exit_group;

    if (x->leaves)
        return;
    x->leaves = true;
    if (x->stopped_ns > 0)
        traced_waits_still(&t->waits, x->stopped_ns, now, WAIT_OTHER);
    else if (x->in_call && !exits && now > x->resumed_ns + STILL_LEAST_NS)
        traced_waits_still(&t->waits, x->resumed_ns, now, wait_of(x->tid, &x->call));
    traced_waits_ends(&t->waits, now);
}

static void ends(struct tracer *t, struct thread *x, uint64_t now)
{
    if (!x || !x->alive)
        return;
    leaves(t, x, now);
    x->alive = false;
    if (x->schedstat >= 0)
        close(x->schedstat);
    t->descriptors -= x->schedstat >= 0;
    t->alive--;
}

static struct ran ran_of(const struct thread *x)
{
    struct ran r;

    r.known = proc_ran((uint32_t)x->tid, x->schedstat, &r.is);
    return r;
}

static void call_ends(struct tracer *t, struct thread *x, bool failed, uint64_t now)
{
    struct traced_call *c =
        traced_calls_of(&t->calls, x->call.number, x->architecture == OWN_ARCHITECTURE);
    struct ran end = ran_of(x), start = x->resumed;
    uint64_t span = now - x->resumed_ns, ran = 0, still = 0;

    if (end.known && start.known) {
        ran = end.is.ran_ns - start.is.ran_ns;
        uint64_t ready = end.is.ready_ns - start.is.ready_ns;
        if (end.is.times > start.is.times + 1 && span > ran + ready)
            still = span - ran - ready;
    }
    if (ran > 0 && ran < t->cheapest_ns)
        t->cheapest_ns = ran;
    c->calls++;
    c->failed += failed;
    c->cpu_ns += ran;
    c->wait_ns += still;
    if (still > 0)
        traced_waits_still(&t->waits, x->resumed_ns, x->resumed_ns + still,
                           wait_of(x->tid, &x->call));
}

static void refuse(struct traced *t, struct str why)
{
    t->done = false;
    t->refused = why;
}

/* What cannot be done while we follow: then we do not. */
static void look_ahead(struct tracer *t, const struct thread *x)
{
    if (x->architecture != OWN_ARCHITECTURE)
        return;
    if (x->call.number == SYS_ptrace)
        refuse(t->traced, STR("System calls were not followed: it follows programs "
                              "itself, and two cannot."));
    else if (x->call.number == SYS_execve && geteuid() != 0 &&
             rights_of_execve(x->tid, x->call.args[0]))
        refuse(t->traced, STR("System calls were not followed: it runs a program whose "
                              "file gives it rights, which it would not get."));
}

/* A stop at a system call: its beginning or its end. */
static void at_call(struct tracer *t, struct thread *x, uint64_t now)
{
    struct __ptrace_syscall_info info = { 0 };
    long got = ptrace(PTRACE_GET_SYSCALL_INFO, x->tid, sizeof info, &info);

    if (got <= 0)
        return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        x->in_call = true;
        x->call.number = (uint32_t)info.entry.nr;
        x->architecture = info.arch;
        for (int i = 0; i < 6; i++)
            x->call.args[i] = info.entry.args[i];
        look_ahead(t, x);
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && x->in_call) {
        x->in_call = false;
        x->call.result = info.exit.rval;
        call_ends(t, x, info.exit.is_error, now);
    }
}

/* Goes on to its next stop, with that signal. */
static void resume(struct thread *x, int signal)
{
    x->resumed = ran_of(x);
    x->resumed_ns = clock_monotonic_ns();
    ptrace(PTRACE_SYSCALL, x->tid, 0, signal);
}

static bool stops_group(int signal)
{
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN ||
           signal == SIGTTOU;
}

static void at_event(struct tracer *t, struct thread *x, int event, int signal,
                     uint64_t now)
{
    unsigned long other = 0;

    if (event == PTRACE_EVENT_STOP && stops_group(signal)) {
        x->stopped_ns = x->stopped_ns > 0 ? x->stopped_ns : now;
        ptrace(PTRACE_LISTEN, x->tid, 0, 0); /* it stays stopped as it would */
        return;
    }
    if (event == PTRACE_EVENT_EXIT) {
        leaves(t, x, now);
        ptrace(PTRACE_CONT, x->tid, 0, 0);
        return;
    }
    if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
        event == PTRACE_EVENT_CLONE) {
        if (ptrace(PTRACE_GETEVENTMSG, x->tid, 0, &other) == 0 && other > 0)
            add(t, (pid_t)other);
        x = find(t, x->tid);
    } else if (event == PTRACE_EVENT_EXEC) {
        if (!x->in_call) { /* the first: nothing stops before it */
            x->in_call = true;
            x->call.number = SYS_execve;
            x->architecture = OWN_ARCHITECTURE;
        }
        if (ptrace(PTRACE_GETEVENTMSG, x->tid, 0, &other) == 0 &&
            (pid_t)other != x->tid)
            ends(t, find(t, (pid_t)other), now);
        if (x->leaves) { /* the thread that did it goes on under the first one's id */
            x->leaves = false;
            traced_waits_begins(&t->waits, now);
        }
    }
    if (x)
        resume(x, 0);
}

/* It stands still, and runs on untraced. */
static void let_one_go(struct tracer *t, struct thread *x)
{
    ptrace(PTRACE_DETACH, x->tid, 0, 0);
    ends(t, x, clock_monotonic_ns());
}

static void at_stop(struct tracer *t, pid_t tid, int status)
{
    uint64_t now = clock_monotonic_ns();
    int signal = WSTOPSIG(status), event = status >> 16;
    struct thread *x = add(t, tid);

    if (x->stopped_ns > 0 && !(event == PTRACE_EVENT_STOP && stops_group(signal))) {
        traced_waits_still(&t->waits, x->stopped_ns, now, WAIT_OTHER);
        x->stopped_ns = 0;
    }
    if (signal == STOP_SYSCALL) {
        at_call(t, x, now);
        if (t->traced->done)
            resume(x, 0);
        else
            let_one_go(t, x);
    } else if (event != 0) {
        at_event(t, x, event, signal, now);
    } else {
        resume(x, signal);
    }
}

static void at_end(struct tracer *t, pid_t tid, int status)
{
    uint64_t now = clock_monotonic_ns();

    ends(t, find(t, tid), now);
    if (tid == t->root) {
        t->ended = true;
        t->status = status;
        t->end_ns = now;
    }
}

/* Everybody runs on untraced: each is stopped for that, a moment. Those that are about
 * to end do so. */
static void let_go(struct tracer *t)
{
    for (uint32_t i = 0; i < t->threads.count; i++) {
        struct thread *x = pile_at(&t->threads, i);
        int status = 0, signal = 0;

        if (!x->alive || x->leaves)
            continue;
        ptrace(PTRACE_INTERRUPT, x->tid, 0, 0);
        if (waitpid(x->tid, &status, __WALL) != x->tid)
            continue;
        if (!WIFSTOPPED(status)) {
            at_end(t, x->tid, status);
            continue;
        }
        if (status >> 16 == 0 && WSTOPSIG(status) != STOP_SYSCALL)
            signal = WSTOPSIG(status);
        ptrace(PTRACE_DETACH, x->tid, 0, signal);
        ends(t, x, clock_monotonic_ns());
    }
}

/* What began or ended as we let go is told of still: its parent waits for that. */
static void wait_for_root(struct tracer *t)
{
    while (!t->ended) {
        int status;
        pid_t tid = waitpid(-1, &status, __WALL);

        if (tid < 0 && errno != EINTR)
            break;
        if (tid > 0 && WIFSTOPPED(status))
            ptrace(PTRACE_DETACH, tid, 0, status >> 16 == 0 ? WSTOPSIG(status) : 0);
        else if (tid > 0)
            at_end(t, tid, status);
    }
}

static void follow(struct tracer *t, uint64_t usual_ns)
{
    uint64_t most = usual_ns * SLOWER_MOST + MORE_MOST_NS;

    while (t->alive > 0 && !t->ended) {
        int status;
        pid_t tid = waitpid(-1, &status, __WALL);

        if (tid < 0 && errno == EINTR)
            continue;
        if (tid < 0)
            break;
        if (WIFSTOPPED(status))
            at_stop(t, tid, status);
        else
            at_end(t, tid, status);
        if (!t->traced->done)
            break;
        if (clock_monotonic_ns() - t->start_ns > most && !t->ended) {
            refuse(t->traced,
                   STR("It makes so many system calls that following them takes too "
                       "long: they were not counted."));
            break;
        }
    }
    let_go(t);
    wait_for_root(t);
}

/* What any stop costs, the cheapest call tells: it did next to nothing. */
static void finish(struct tracer *t)
{
    struct traced *d = t->traced;

    d->wall_ns = t->end_ns - t->start_ns;
    d->status = t->status;
    traced_calls_sum(&t->calls, t->cheapest_ns, d);
    traced_waits_sum(&t->waits, t->end_ns, d->waited_ns);
    for (int k = 0; k < WAITS; k++)
        d->waited_all_ns += d->waited_ns[k];
}

/* A traced program does not get the rights its file would give it, but from root. */
static bool gives_rights(const struct command *c, struct arena *a)
{
    const char *path =
        strchr(c->argv[0], '/') ? c->argv[0] : target_on_path(c->argv[0], a);

    return path && geteuid() != 0 && rights_of_file(path);
}

static _Noreturn void become(const struct command *c, const struct command_files *f,
                             int go)
{
    char byte = 0;

    command_child(f);
    if (read(go, &byte, 1) != 1 || byte == 0)
        _exit(127); /* it is not run: nobody traces it */
    close(go);
    execvp(c->argv[0], c->argv);
    _exit(127);
}

static const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
                            PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                            PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT;

/* The child that waits for its word, seized; -1: it is gone, and why says so. */
static pid_t seized(const struct command *c, const struct command_files *f, int go[2],
                    struct traced *t, struct arena *a)
{
    pid_t pid = fork();

    if (pid == 0) {
        close(go[1]);
        become(c, f, go[0]);
    }
    if (pid > 0 && ptrace(PTRACE_SEIZE, pid, 0, options) == 0)
        return pid;
    refuse(t, arena_printf(a, "System calls were not followed: %s.", strerror(errno)));
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return -1;
}

void traced_run(const struct command *c, const struct command_files *f,
                uint64_t usual_ns, struct traced *t, struct arena *a)
{
    struct tracer *w = arena_alloc(a, sizeof *w);
    char go_on = 1;
    int go[2];

    *t = (struct traced){ .done = true };
    if (gives_rights(c, a)) {
        refuse(t, STR("System calls were not followed: who is traced does not get the "
                      "rights this program's file gives it."));
        return;
    }
    if (pipe2(go, O_CLOEXEC) != 0) {
        refuse(t,
               arena_printf(a, "System calls were not followed: %s.", strerror(errno)));
        return;
    }
    *w = (struct tracer){ .arena = a, .traced = t, .cheapest_ns = UINT64_MAX };
    w->threads = pile_on(a, sizeof(struct thread));
    w->calls = traced_calls_on(a);
    w->ids = map_on(a);
    w->waits = traced_waits_on(a);
    w->root = seized(c, f, go, t, a);
    close(go[0]);
    if (w->root > 0) {
        w->start_ns = clock_monotonic_ns();
        add(w, w->root);
        command_is(w->root);
        bool told = write(go[1], &go_on, 1) == 1;
        close(go[1]);
        if (told)
            follow(w, usual_ns);
        command_is(0);
        if (command_stopped_by())
            refuse(t, STR("System calls were not followed to the end: a signal came."));
        finish(w);
    } else {
        close(go[1]);
    }
}
