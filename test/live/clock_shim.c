/* SPDX-License-Identifier: Apache-2.0 */
/* clock_shim.c - preloaded, it makes a program's clocks misbehave: CLOCK_SHIM says how.
 * The time stamp counter is read by an instruction: it is made to fault, and answered
 * here. What the kernel's own clock code (the vDSO) reads stays true. */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <x86intrin.h>

enum { STEP_EVERY = 1000 };

static const char *shim;
static long readings;
static int64_t skew;

/* Called for each reading by the program: changes what is added to the true one. */
static void misbehave(void)
{
    long n = __atomic_add_fetch(&readings, 1, __ATOMIC_RELAXED);

    if (n % STEP_EVERY != 0)
        return;
    if (strcmp(shim, "backward") == 0)
        skew -= 100000;
    else if (strcmp(shim, "migrate") == 0) /* to another core and back */
        skew = skew == 0 ? 100000 : 0;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    ucontext_t *c = context;
    greg_t *r = c->uc_mcontext.gregs;
    const unsigned char *at = (const unsigned char *)(uintptr_t)r[REG_RIP];
    uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);
    int rdtsc = at[0] == 0x0f && at[1] == 0x31;
    int rdtscp = at[0] == 0x0f && at[1] == 0x01 && at[2] == 0xf9;
    unsigned core = 0;

    (void)info;
    if (!rdtsc && !rdtscp) {
        signal(number, SIG_DFL);
        return;
    }
    prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0);
    uint64_t now = rdtscp ? __rdtscp(&core) : __rdtsc();
    prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
    if ((uintptr_t)at - vdso >= 0x4000) {
        misbehave();
        now += (uint64_t)skew;
    }
    r[REG_RAX] = (greg_t)(now & 0xffffffff);
    r[REG_RDX] = (greg_t)(now >> 32);
    if (rdtscp)
        r[REG_RCX] = (greg_t)core;
    r[REG_RIP] += rdtscp ? 3 : 2;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    long status = syscall(SYS_clock_gettime, id, t);

    /* An hour on, from the first event on: only the wall clock is set by people. */
    if (status == 0 && id == CLOCK_REALTIME && shim && strcmp(shim, "wall") == 0 &&
        readings > STEP_EVERY)
        t->tv_sec += 3600;
    return (int)status;
}

__attribute__((constructor)) static void begin(void)
{
    struct sigaction fault = { .sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_NODEFER };

    shim = getenv("CLOCK_SHIM");
    if (!shim)
        return;
    sigaction(SIGSEGV, &fault, NULL);
    prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
}
