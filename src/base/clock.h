/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - the clocks events are timed with, and what turns ticks into ns.
 * The time stamp counter is used only where the kernel itself keeps time with
 * it (its current clocksource is "tsc"); everywhere else ticks are ns. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum clock_kind {
    CLOCK_KIND_TSC = 1,    /* ticks of the time stamp counter */
    CLOCK_KIND_MONOTONIC,  /* ns of CLOCK_MONOTONIC */
    CLOCK_KIND_THREAD_CPU, /* ns of CLOCK_THREAD_CPUTIME_ID */
};

bool clock_trusts_tsc(void);
uint64_t clock_monotonic_ns(void);
uint64_t clock_coarse_ns(void); /* the same, some ms behind, and cheaper */
uint64_t clock_realtime_ns(void);
uint64_t clock_process_cpu_ns(void);
uint64_t clock_thread_cpu_ns(void);
uint64_t clock_ticks(enum clock_kind kind);

/* One moment on both scales, read within tens of ns of each other. ns is of
 * CLOCK_MONOTONIC whatever the ticks are. */
struct clock_pair {
    uint64_t ticks, ns;
};
struct clock_pair clock_pair_now(enum clock_kind kind);

#endif
