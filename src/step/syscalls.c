/* SPDX-License-Identifier: Apache-2.0 */
/* syscalls.c - system calls of the statement, done by the handler in its place, but for
 * those that would undo the handler, that the return from it would undo, or that make
 * another thread or process of it. */
#include <errno.h>
#include <sched.h>

#include "step/kernel.h"
#include "step/state.h"

enum { MASK_BYTES = 8 };
#define TRAP_BIT (1ull << (SIGTRAP - 1))
#define ALL_BUT_TRAP (~TRAP_BIT)

static void log_syscall(int64_t number, int64_t result, uint64_t ticks)
{
    event_add(LOG_SYSCALL, 0, (uint64_t)number, (uint64_t)result);
    event_more(ticks);
}

static void set_mask(uint64_t mask)
{
    kernel_call4(SYS_rt_sigprocmask, SIG_SETMASK, (uint64_t)&mask, 0, MASK_BYTES);
}

/* With the program's own mask: a signal may come meanwhile, and its handler meet
 * breakpoints on top of this one. */
static int64_t call(ucontext_t *context, int64_t number, const uint64_t args[6],
                    uint64_t *ticks)
{
    uint64_t theirs = context->uc_sigmask.__val[0], before;
    int64_t result;

    trap_unlock();
    set_mask(theirs & ALL_BUT_TRAP);
    before = kernel_ticks();
    result = kernel_call(number, args);
    *ticks = kernel_ticks() - before;
    set_mask(ALL_BUT_TRAP);
    trap_lock();
    return result;
}

/* The handler's return sets the mask again: it is changed where that finds it. Of
 * SIGTRAP the program is told what it believes. */
static int64_t change_mask(ucontext_t *context, const uint64_t args[6])
{
    uint64_t *mask = (uint64_t *)&context->uc_sigmask.__val[0];
    uint64_t before = *mask | stepper.trap_masked, now = before, given;

    if (args[3] != MASK_BYTES)
        return -EINVAL;
    if (args[1]) {
        given = *(const uint64_t *)args[1];
        if (args[0] == SIG_BLOCK)
            now = before | given;
        else if (args[0] == SIG_UNBLOCK)
            now = before & ~given;
        else if (args[0] == SIG_SETMASK)
            now = given;
        else
            return -EINVAL;
        *mask = now & ALL_BUT_TRAP;
        stepper.trap_masked = now & TRAP_BIT;
    }
    if (args[2])
        *(uint64_t *)args[2] = before;
    return 0;
}

/* SIGTRAP is ours: the program is told that it has its way. Other handlers run with it
 * unblocked. The fourth word of the kernel's struct is the mask. */
static int64_t change_action(ucontext_t *context, const uint64_t args[6],
                             uint64_t *ticks)
{
    const uint64_t *given = (const uint64_t *)args[1];
    uint64_t *old = (uint64_t *)args[2], changed[4], before;
    uint64_t again[6] = { args[0], args[1], args[2], args[3], 0, 0 };

    if (args[0] == SIGTRAP) {
        for (int i = 0; i < 4; i++) {
            before = stepper.signal_action[i];
            if (given)
                stepper.signal_action[i] = given[i];
            if (old)
                old[i] = before;
        }
        return 0;
    }
    if (given) {
        for (int i = 0; i < 4; i++)
            changed[i] = given[i];
        changed[3] &= ALL_BUT_TRAP;
        again[1] = (uint64_t)changed;
    }
    return call(context, SYS_rt_sigaction, again, ticks);
}

/* The handler's return sets the alternate stack again, too. */
static int64_t change_stack(ucontext_t *context, const uint64_t args[6],
                            uint64_t *ticks)
{
    const stack_t *given = (const stack_t *)args[0];
    stack_t change = given ? *given : context->uc_stack;
    int64_t result = call(context, SYS_sigaltstack, args, ticks);

    if (result == 0 && given)
        context->uc_stack = change;
    return result;
}

/* Our descriptor is none of the program's. */
static int64_t close_some(ucontext_t *context, int64_t number, const uint64_t args[6],
                          uint64_t *ticks)
{
    uint64_t ours = (uint64_t)stepper.memory;
    uint64_t below[6] = { args[0], ours - 1, args[2] },
             above[6] = { ours + 1, args[1], args[2] };
    int64_t result = 0;

    if (number == SYS_close)
        return (uint32_t)args[0] == ours ? -EBADF : call(context, number, args, ticks);
    if ((uint32_t)args[0] > ours || (uint32_t)args[1] < ours)
        return call(context, number, args, ticks);
    if (args[0] < ours)
        result = call(context, number, below, ticks);
    if (result == 0 && (uint32_t)args[1] > ours)
        result = call(context, number, above, ticks);
    return result;
}

static bool makes_thread(int64_t number, const uint64_t args[6])
{
    if (number == SYS_clone)
        return args[0] & CLONE_THREAD;
    return number == SYS_clone3 && (*(const uint64_t *)args[0] & CLONE_THREAD);
}

/* A new thread, and a return from a signal's handler, begin in the middle of a handler
 * of ours, where that does them: they run by themselves, once. */
static bool run_alone(struct end *e)
{
    run_unpatch(e);
    stepper.again = e;
    return false;
}

/* What ends this process, or makes it two. False: go on. */
static bool is_last(int64_t number, const uint64_t args[6])
{
    switch (number) {
    case SYS_fork:
    case SYS_vfork:
    case SYS_clone:
    case SYS_clone3:
        trap_stop(LOG_PROCESS, (uint64_t)number);
        return true;
    case SYS_execve:
    case SYS_execveat:
        trap_stop(LOG_EXECS, 0);
        kernel_call4(SYS_exit_group, 0, 0, 0, 0);
        return true;
    case SYS_exit:
    case SYS_exit_group:
        trap_stop(LOG_EXITS, args[0] & 0xff);
        return true;
    case SYS_dup2:
    case SYS_dup3:
        if ((int)args[1] == stepper.memory)
            trap_stop(LOG_DESCRIPTOR, 0);
        return (int)args[1] == stepper.memory;
    default:
        return false;
    }
}

static int64_t do_one(ucontext_t *context, int64_t number, const uint64_t args[6],
                      uint64_t *ticks)
{
    switch (number) {
    case SYS_rt_sigprocmask:
        return change_mask(context, args);
    case SYS_rt_sigaction:
        return change_action(context, args, ticks);
    case SYS_sigaltstack:
        return change_stack(context, args, ticks);
    case SYS_close:
    case SYS_close_range:
        return close_some(context, number, args, ticks);
    default:
        return call(context, number, args, ticks);
    }
}

bool syscall_do(ucontext_t *context, struct end *e)
{
    greg_t *r = context->uc_mcontext.gregs;
    int64_t number = (int32_t)r[REG_RAX], result;
    uint64_t args[6] = { (uint64_t)r[REG_RDI], (uint64_t)r[REG_RSI],
                         (uint64_t)r[REG_RDX], (uint64_t)r[REG_R10],
                         (uint64_t)r[REG_R8],  (uint64_t)r[REG_R9] };
    uint64_t next = e->at + e->x.length, ticks = 0;
    bool logged = kernel_thread() == stepper.thread;

    if (number == SYS_rt_sigreturn)
        return run_alone(e);
    if (makes_thread(number, args)) {
        stepper.plan.log->threads = 1;
        if (logged)
            log_syscall(number, 0, 0);
        return run_alone(e);
    }
    if ((logged || number != SYS_exit) && is_last(number, args))
        return false;
    result = do_one(context, number, args, &ticks);
    r[REG_RAX] = result;
    r[REG_RCX] = (greg_t)next;
    r[REG_R11] = r[REG_EFL];
    if (logged && stepper.on)
        log_syscall(number, result, ticks);
    return true;
}
