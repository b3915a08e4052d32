/* SPDX-License-Identifier: Apache-2.0 */
/* kernel.h - system calls without a library between: x86-64. An error is -errno. */
#ifndef STEP_KERNEL_H
#define STEP_KERNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

static inline int64_t kernel_call(int64_t number, const uint64_t args[6])
{
    register uint64_t r10 __asm__("r10") = args[3];
    register uint64_t r8 __asm__("r8") = args[4];
    register uint64_t r9 __asm__("r9") = args[5];
    int64_t result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(args[0]), "S"(args[1]), "d"(args[2]), "r"(r10),
                       "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline int64_t kernel_call4(int64_t number, uint64_t a, uint64_t b, uint64_t c,
                                   uint64_t d)
{
    return kernel_call(number, (uint64_t[6]){ a, b, c, d, 0, 0 });
}

static inline uint64_t kernel_ticks(void)
{
    return __builtin_ia32_rdtsc();
}

/* This thread's control block: where fs points to. */
static inline uint64_t kernel_thread(void)
{
    uint64_t thread;

    __asm__("movq %%fs:0, %0" : "=r"(thread));
    return thread;
}

#endif
