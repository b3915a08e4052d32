/* SPDX-License-Identifier: Apache-2.0 */
/* trap.c - the handler of SIGTRAP: from one breakpoint to the next, and the events. */
#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "step/kernel.h"
#include "step/state.h"

struct stepper stepper;

extern const uint8_t trap_start_mark[], trap_stop_mark[];
extern void trap_restorer(void);

enum {
    BREAKPOINT = 0xcc,
    GROW_BYTES = 4 << 20,
    EVENT_BYTES = 64,
    LOOK_TRAPS = 256, /* at the processor clock */
    RESTORER = 0x04000000
};

/* The kernel goes back through the first; glibc's own has a breakpoint before long. The
 * others trap, and that is all they do. */
__asm__(".text\n"
        ".hidden trap_restorer, stepper_start, stepper_stop, trap_start_mark, "
        "trap_stop_mark\n"
        ".globl trap_restorer, stepper_start, stepper_stop, trap_start_mark, "
        "trap_stop_mark\n"
        ".type trap_restorer, @function\n"
        "trap_restorer:\n"
        "    movl $15, %eax\n" /* rt_sigreturn */
        "    syscall\n"
        ".size trap_restorer, . - trap_restorer\n"
        ".type stepper_start, @function\n"
        "stepper_start:\n"
        "trap_start_mark:\n"
        "    int3\n"
        "    ret\n"
        ".size stepper_start, . - stepper_start\n"
        ".type stepper_stop, @function\n"
        "stepper_stop:\n"
        "trap_stop_mark:\n"
        "    int3\n"
        "    ret\n"
        ".size stepper_stop, . - stepper_stop\n");

void trap_lock(void)
{
    while (__atomic_exchange_n(&stepper.lock, 1, __ATOMIC_ACQUIRE))
        kernel_call4(SYS_sched_yield, 0, 0, 0, 0);
}

void trap_unlock(void)
{
    __atomic_store_n(&stepper.lock, 0, __ATOMIC_RELEASE);
}

/* Room for a few words more, or no more is stepped. */
static bool has_room(void)
{
    uint64_t at = (uint64_t)((char *)stepper.allotted - (char *)stepper.plan.log);
    int64_t error;

    if ((char *)stepper.next + EVENT_BYTES <= (char *)stepper.allotted)
        return true;
    if (at + GROW_BYTES > stepper.plan.room)
        return false;
    error =
        kernel_call4(SYS_fallocate, (uint64_t)stepper.plan.log_file, 0, at, GROW_BYTES);
    if (error == -ENOSPC || error == -EDQUOT || error == -EFBIG)
        return false;
    stepper.allotted += GROW_BYTES / 8;
    return true;
}

void event_more(uint64_t word)
{
    *stepper.next++ = word;
    stepper.plan.log->events_end =
        (uint64_t)((char *)stepper.next - (char *)stepper.plan.log);
}

void event_add(enum log_kind kind, uint64_t count, uint64_t address, uint64_t second)
{
    if (!stepper.on)
        return;
    if (!has_room()) {
        trap_stop(LOG_FULL, 0);
        return;
    }
    *stepper.next++ = LOG_WORD(kind, count, address);
    event_more(second);
}

void trap_stop(enum log_end why, uint64_t detail)
{
    struct log_header *log = stepper.plan.log;

    if (!stepper.on)
        return;
    stepper.on = false;
    if (log->end == LOG_NOT_YET) {
        log->end = why;
        log->detail = detail;
    }
    run_unpatch_all();
    *stepper.plan.left = 1;
}

/* Of all threads: what others on the machine do costs a statement nothing. */
static uint64_t processor_ns(void)
{
    uint64_t now[2] = { 0 };

    kernel_call4(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, (uint64_t)now, 0, 0);
    return now[0] * 1000000000 + now[1];
}

/* The limit came. Without one whole loop nothing can be told, so nothing need go on. */
static void overdue(void)
{
    uint32_t loops = stepper.plan.log->loops;

    trap_stop(LOG_TIME, 0);
    if (loops == 0)
        kernel_call4(SYS_exit_group, 0, 0, 0, 0);
}

/* A loop begins: the first one only ends what was before it. */
static void mark(void)
{
    uint64_t now = processor_ns(), took = now - stepper.loop_began_ns;
    struct log_header *log = stepper.plan.log;

    event_add(LOG_MARK, 0, 0, kernel_ticks());
    if (stepper.loop_began_ns)
        log->loops++;
    if (log->loops >= stepper.plan.loops)
        trap_stop(LOG_LOOPS_DONE, 0);
    else if (log->loops && now + took > stepper.deadline_ns)
        trap_stop(LOG_TIME, 0);
    stepper.loop_began_ns = now;
}

static uint64_t figure_of(const greg_t *r, enum stepper_figure figure)
{
    uint64_t first = (uint64_t)r[REG_RDI], second = (uint64_t)r[REG_RSI];

    switch (figure) {
    case STEPPER_FIRST:
        return first;
    case STEPPER_SECOND:
        return second;
    case STEPPER_PRODUCT:
        return first * second;
    default: /* STEPPER_TYPE: of an object just being made */
        return ((const uint64_t *)first)[1];
    }
}

/* The logged thread goes to `address`: its event, and the run's, known or new. */
static struct run *enter(const greg_t *registers, enum log_kind kind, uint64_t address)
{
    struct run *r = run_at(address);
    bool by_jump = kind != LOG_RETURN && kind != LOG_AFTER && kind != LOG_BRANCH;

    if (!r) {
        trap_stop(LOG_FULL, 0);
        return NULL;
    }
    event_add(kind, r->count, address, (uint64_t)registers[REG_RSP]);
    if (r->more)
        event_add(LOG_MORE, 0, r->more, 0);
    if (r->asked && by_jump)
        event_add(LOG_ASKED, 0, r->asked, figure_of(registers, r->figure));
    if (address == stepper.plan.mark)
        mark();
    return r;
}

/* Another thread goes there. It is stepped as well: where it ran by itself it could
 * block SIGTRAP and then meet a breakpoint. */
static struct run *follow(uint64_t address)
{
    struct run *r = run_at(address);

    if (!r)
        trap_stop(LOG_FULL, 0);
    return r;
}

/* What ends in a trap of its own, halts or goes far is left to itself. */
static bool can_be_left(const struct end *e)
{
    return e->x.kind < X86_ODD || e->byte == BREAKPOINT || e->byte == 0x0f;
}

/* From breakpoint to breakpoint for as long as runs are of one instruction. */
static void step(ucontext_t *context, struct end *e)
{
    greg_t *registers = context->uc_mcontext.gregs;
    bool logged = kernel_thread() == stepper.thread;
    enum log_kind kind = LOG_AFTER;
    uint64_t address;
    struct run *r;

    for (;;) {
        if (e->x.kind == X86_SYSCALL) {
            address = e->at + e->x.length;
            if (!syscall_do(context, e)) {
                registers[REG_RIP] = (greg_t)e->at;
                if (logged && stepper.on && registers[REG_RAX] != SYS_rt_sigreturn)
                    enter(registers, LOG_AFTER, address); /* a thread was made */
                return;
            }
            kind = LOG_AFTER;
        } else {
            address = transfer(registers, e, &kind);
        }
        registers[REG_RIP] = (greg_t)address;
        if (!stepper.on)
            return;
        r = logged ? enter(registers, kind, address) : follow(address);
        if (!r || !stepper.on)
            return;
        e = run_end(r);
        if (!can_be_left(e))
            trap_stop(LOG_FOREIGN, e->at);
        if (r->count > 1 || !e->patched || !stepper.on)
            return;
    }
}

static void begin(ucontext_t *context)
{
    greg_t *registers = context->uc_mcontext.gregs;

    stepper.on = true;
    stepper.thread = kernel_thread();
    stepper.deadline_ns = processor_ns() + stepper.plan.limit_ns;
    enter(registers, LOG_JUMP, (uint64_t)registers[REG_RIP]);
}

/* From now on SIGTRAP does what the program believes it does. */
static void give_signal_back(uint64_t detail)
{
    trap_stop(LOG_TRAPPED, detail);
    kernel_call4(SYS_rt_sigaction, SIGTRAP, (uint64_t)stepper.signal_action, 0, 8);
}

/* A breakpoint of the program's own, or none any more. */
static void foreign(greg_t *registers, uint64_t at)
{
    registers[REG_RIP] = (greg_t)at;
    if (*(const uint8_t *)at == BREAKPOINT) /* else another thread took it away */
        give_signal_back(at);
}

/* A SIGTRAP that somebody sent. */
static void sent(void)
{
    uint64_t process = (uint64_t)kernel_call4(SYS_getpid, 0, 0, 0, 0);
    uint64_t thread = (uint64_t)kernel_call4(SYS_gettid, 0, 0, 0, 0);

    give_signal_back(0);
    kernel_call4(SYS_tgkill, process, thread, SIGTRAP, 0);
}

static void on_trap(int signal, siginfo_t *info, void *given)
{
    ucontext_t *context = given;
    greg_t *registers = context->uc_mcontext.gregs;
    uint64_t at = (uint64_t)registers[REG_RIP] - 1;
    struct end *e;

    (void)signal;
    trap_lock();
    if (info->si_code <= 0) {
        sent();
        trap_unlock();
        return;
    }
    stepper.plan.log->traps++;
    if (stepper.on && stepper.again && kernel_thread() == stepper.thread) {
        run_patch(stepper.again);
        stepper.again = NULL;
    }
    e = run_end_at(at);
    if (at == (uint64_t)trap_start_mark)
        begin(context);
    else if (at == (uint64_t)trap_stop_mark)
        trap_stop(LOG_RAISED, 0);
    else if (e && e->patched)
        step(context, e);
    else
        foreign(registers, at);
    if (stepper.on && stepper.plan.log->traps % LOOK_TRAPS == 0 &&
        (processor_ns() > stepper.deadline_ns ||
         (stepper.plan.steps && stepper.plan.log->traps > stepper.plan.steps)))
        overdue();
    trap_unlock();
}

static bool take_signal(void)
{
    uint64_t action[4] = { (uint64_t)on_trap,
                           SA_SIGINFO | SA_NODEFER | SA_RESTART | RESTORER,
                           (uint64_t)trap_restorer, ~(1ull << (SIGTRAP - 1)) };
    uint64_t mask = 1ull << (SIGTRAP - 1);

    kernel_call4(SYS_rt_sigprocmask, SIG_UNBLOCK, (uint64_t)&mask, 0, 8);
    return kernel_call4(SYS_rt_sigaction, SIGTRAP, (uint64_t)action,
                        (uint64_t)stepper.signal_action, 8) == 0;
}

/* A descriptor high enough not to change the numbers the program gets. */
static bool open_memory(void)
{
    int64_t low = kernel_call4(SYS_openat, (uint64_t)AT_FDCWD,
                               (uint64_t) "/proc/self/mem", O_RDWR | O_CLOEXEC, 0);
    int64_t high =
        low < 0 ? low : kernel_call4(SYS_fcntl, (uint64_t)low, F_DUPFD_CLOEXEC, 900, 0);

    stepper.memory = (int)(high < 0 ? low : high);
    if (high >= 0)
        kernel_call4(SYS_close, (uint64_t)low, 0, 0, 0);
    return stepper.memory >= 0;
}

/* Calls and returns are checked against a stack of their own, which emulated ones leave
 * as it was. */
static bool has_shadow_stack(void)
{
    static const char word[] = "shstk";
    char text[4096];
    int64_t file = kernel_call4(SYS_openat, (uint64_t)AT_FDCWD,
                                (uint64_t) "/proc/self/status", O_RDONLY, 0);
    int64_t bytes =
        kernel_call4(SYS_read, (uint64_t)file, (uint64_t)text, sizeof text, 0);
    bool found = false;

    kernel_call4(SYS_close, (uint64_t)file, 0, 0, 0);
    for (int64_t i = 0; i + 5 <= bytes && !found; i++) {
        int same = 0;
        while (same < 5 && text[i + same] == word[same])
            same++;
        found = same == 5;
    }
    return found;
}

bool stepper_open(const struct stepper_plan *plan, const char **why)
{
    uint8_t byte = *(const uint8_t *)plan->mark;

    stepper.plan = *plan;
    stepper.next = (uint64_t *)((char *)plan->log + plan->log->events_end);
    stepper.allotted = stepper.next;
    if (!open_memory() || kernel_call4(SYS_pwrite64, (uint64_t)stepper.memory,
                                       (uint64_t)&byte, 1, plan->mark) != 1) {
        *why = "the kernel lets no process write to its own code";
        return false;
    }
    *why = "this process has a shadow stack";
    if (has_shadow_stack())
        return false;
    *why = "the kernel refuses a handler of SIGTRAP";
    return take_signal();
}

void stepper_wants(uint64_t function, enum log_asked asked, enum stepper_figure figure)
{
    for (uint32_t i = 0; i < stepper.wanted; i++)
        if (stepper.want[i].function == function)
            return;
    if (function && stepper.wanted < STATE_WANTED)
        stepper.want[stepper.wanted++] =
            (struct wanted){ function, (uint8_t)asked, (uint8_t)figure };
}

bool stepper_runs(void)
{
    return stepper.on;
}
