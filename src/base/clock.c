/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - reads the clocks; ticks and ns are paired by the tightest of a few
 * tries, so that being moved off the processor between two reads is outlived. */
#include "base/clock.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

bool clock_trusts_tsc(void)
{
#ifdef __x86_64__
    static const char path[] =
        "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    char name[8] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    ssize_t got = read(fd, name, sizeof name - 1);
    close(fd);
    return got >= 4 && memcmp(name, "tsc\n", 4) == 0;
#else
    return false;
#endif
}

static uint64_t read_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_coarse_ns(void)
{
    return read_ns(CLOCK_MONOTONIC_COARSE);
}

uint64_t clock_realtime_ns(void)
{
    return read_ns(CLOCK_REALTIME);
}

uint64_t clock_process_cpu_ns(void)
{
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t clock_thread_cpu_ns(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t clock_ticks(enum clock_kind kind)
{
    switch (kind) {
    case CLOCK_KIND_TSC:
#ifdef __x86_64__
        return __rdtsc();
#endif
    case CLOCK_KIND_MONOTONIC:
        return clock_monotonic_ns();
    case CLOCK_KIND_THREAD_CPU:
        return clock_thread_cpu_ns();
    }
    return 0;
}

struct clock_pair clock_pair_now(enum clock_kind kind)
{
    struct clock_pair best = { 0 };
    uint64_t narrowest = UINT64_MAX;

    if (kind != CLOCK_KIND_TSC) {
        best.ns = clock_monotonic_ns();
        best.ticks = kind == CLOCK_KIND_MONOTONIC ? best.ns : clock_ticks(kind);
        return best;
    }
    for (int i = 0; i < 5; i++) {
        uint64_t before = clock_ticks(kind), ns = clock_monotonic_ns();
        uint64_t width = clock_ticks(kind) - before;

        if (width < narrowest) {
            narrowest = width;
            best.ticks = before + width / 2;
            best.ns = ns;
        }
    }
    return best;
}
