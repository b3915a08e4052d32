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
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/pile.h"
#include "run/target.h"
#include "why/syscalls.h"
#include "why/traced_waits.h"

/* Where tracing takes too long: so many times what is usual, and so much more. */
enum { SLOWER_MOST = 4 };
/* A call that its thread's end has ended was waited in when it was as long as that. */
enum { STILL_LEAST_NS = 50000 };
#define MORE_MOST_NS 5000000000u
enum { DESCRIPTORS_MOST = 500, CALLS_MOST = 1024, STOP_SYSCALL = SIGTRAP | 0x80 };

#ifdef __x86_64__
#define OWN_ARCHITECTURE 0xc000003eu
#else
#define OWN_ARCHITECTURE 0xc00000b7u
#endif

struct ran { /* what schedstat has of a thread */
    uint64_t ran_ns, ready_ns, times;
    bool known;
};

struct thread {
    pid_t tid;
    bool alive, in_call;
    int schedstat; /* -1: not open */
    uint64_t resumed_ns;
    struct ran resumed;
    struct waited call;
    uint32_t architecture;
};

struct tracer {
    struct arena *arena;
    struct traced *traced;
    struct pile threads;             /* struct thread */
    struct map ids;                  /* of threads, by tid */
    struct pile calls;               /* struct traced_call, by their row */
    uint32_t row_of[CALLS_MOST + 1]; /* number of a call to its row + 1 */
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

static uint64_t hash_of(pid_t tid)
{
    return str_hash((struct str){ (const char *)&tid, sizeof tid });
}

/* tid's; NULL: not known. */
static struct thread *find(struct tracer *t, pid_t tid)
{
    struct wanted w = { &t->threads, tid };
    uint32_t id = map_find(&t->ids, hash_of(tid), is_wanted, &w);

    return id == MAP_NONE ? NULL : pile_at(&t->threads, id);
}

static struct thread *add(struct tracer *t, pid_t tid)
{
    struct thread *x = find(t, tid);
    char path[64];

    if (x)
        return x;
    map_add(&t->ids, hash_of(tid), t->threads.count);
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

static void ends(struct tracer *t, struct thread *x, uint64_t now)
{
    if (!x || !x->alive)
        return;
    bool leaves = x->call.number == SYS_exit || x->call.number == SYS_exit_group;
    if (x->in_call && !leaves && now > x->resumed_ns + STILL_LEAST_NS)
        traced_waits_still(&t->waits, x->resumed_ns, now, wait_of(x->tid, &x->call));
    x->alive = false;
    if (x->schedstat >= 0)
        close(x->schedstat);
    t->descriptors -= x->schedstat >= 0;
    traced_waits_ends(&t->waits, now);
    t->alive--;
}

static struct ran ran_of(const struct thread *x)
{
    char text[96];
    unsigned long long ran, ready, times;
    ssize_t got = x->schedstat < 0 ? -1 : pread(x->schedstat, text, sizeof text - 1, 0);

    if (got <= 0)
        return (struct ran){ 0 };
    text[got] = '\0';
    if (sscanf(text, "%llu %llu %llu", &ran, &ready, &times) != 3)
        return (struct ran){ 0 };
    return (struct ran){ ran, ready, times, true };
}

static struct traced_call *row(struct tracer *t, uint32_t number, uint32_t architecture)
{
    bool own = architecture == OWN_ARCHITECTURE;
    uint32_t at = own && number < CALLS_MOST ? number : CALLS_MOST;

    if (t->row_of[at] == 0) {
        struct traced_call *c = pile_add(&t->calls);

        t->row_of[at] = t->calls.count;
        c->name = at == CALLS_MOST ? STR("of another architecture")
                                   : syscalls_name(number, t->arena);
    }
    return pile_at(&t->calls, t->row_of[at] - 1);
}

static void call_ends(struct tracer *t, struct thread *x, bool failed, uint64_t now)
{
    struct traced_call *c = row(t, x->call.number, x->architecture);
    struct ran end = ran_of(x), start = x->resumed;
    uint64_t span = now - x->resumed_ns, ran = span, still = 0;

    if (end.known && start.known) {
        ran = end.ran_ns - start.ran_ns;
        uint64_t ready = end.ready_ns - start.ready_ns;
        if (end.times > start.times + 1 && span > ran + ready)
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
        ptrace(PTRACE_LISTEN, x->tid, 0, 0); /* it stays stopped as it would */
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
    }
    if (x)
        resume(x, 0);
}

static void at_stop(struct tracer *t, pid_t tid, int status)
{
    uint64_t now = clock_monotonic_ns();
    int signal = WSTOPSIG(status), event = status >> 16;
    struct thread *x = add(t, tid);

    if (signal == STOP_SYSCALL) {
        at_call(t, x, now);
        resume(x, 0);
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

/* Everybody runs on untraced: each is stopped for that, a moment. */
static void let_go(struct tracer *t)
{
    for (uint32_t i = 0; i < t->threads.count; i++) {
        struct thread *x = pile_at(&t->threads, i);
        int status = 0, signal = 0;

        if (!x->alive)
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

static void refuse(struct traced *t, struct str why)
{
    t->done = false;
    t->refused = why;
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
        if (clock_monotonic_ns() - t->start_ns > most && !t->ended) {
            refuse(t->traced,
                   STR("It makes so many system calls that following them takes too "
                       "long: they were not counted."));
            break;
        }
    }
    let_go(t);
    while (!t->ended) {
        pid_t pid = waitpid(t->root, &t->status, 0);

        if (pid < 0 && errno != EINTR)
            break;
        t->ended = pid == t->root && !WIFSTOPPED(t->status);
    }
}

static int by_time(const void *one, const void *other)
{
    const struct traced_call *a = one, *b = other;
    uint64_t x = a->cpu_ns + a->wait_ns, y = b->cpu_ns + b->wait_ns;

    return (x < y) - (x > y);
}

/* What any stop costs, the cheapest call tells: it did next to nothing. */
static void finish(struct tracer *t)
{
    struct traced *d = t->traced;

    d->call = arena_array(t->arena, t->calls.count + 1, sizeof *d->call);
    d->kinds = t->calls.count;
    d->wall_ns = t->end_ns - t->start_ns;
    for (uint32_t i = 0; i < d->kinds; i++) {
        struct traced_call *c = &d->call[i];

        *c = *(struct traced_call *)pile_at(&t->calls, i);
        uint64_t cost = c->calls * t->cheapest_ns;
        c->cpu_ns = c->cpu_ns > cost ? c->cpu_ns - cost : 0;
        d->calls += c->calls;
        d->cpu_ns += c->cpu_ns;
    }
    qsort(d->call, d->kinds, sizeof *d->call, by_time);
    traced_waits_sum(&t->waits, t->end_ns, d->waited_ns);
    for (int k = 0; k < WAITS; k++)
        d->waited_all_ns += d->waited_ns[k];
}

/* A traced program does not get the rights its file would give it. */
static bool gives_rights(const struct command *c, struct arena *a)
{
    const char *path =
        strchr(c->argv[0], '/') ? c->argv[0] : target_on_path(c->argv[0], a);
    struct stat s;

    if (!path || stat(path, &s) != 0)
        return false;
    return (s.st_mode & (S_ISUID | S_ISGID)) != 0 ||
           getxattr(path, "security.capability", NULL, 0) > 0;
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
                            PTRACE_O_TRACEEXEC;

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
    w->calls = pile_on(a, sizeof(struct traced_call));
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
        finish(w);
    } else {
        close(go[1]);
    }
}
