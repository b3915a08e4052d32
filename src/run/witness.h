/* SPDX-License-Identifier: Apache-2.0 */
/* witness.h - a child that tells which signals went to the whole process group.
 * It sits in the group with every signal blocked and looks, to ps and pkill,
 * like the program: what reaches it has reached the program as well, so the
 * launcher must not forward it. It holds no file and dies with its parent. */
#ifndef RUN_WITNESS_H
#define RUN_WITNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Call with all signals blocked. -1: there could be none. */
pid_t witness_start(char *const *argv);
/* The signals pending for a process as a whole, bit SIG - 1; 0: unknown. */
uint64_t witness_pending(pid_t pid);
/* The letter /proc gives a process's state ('R', 'T', ...), 0: unknown. */
char witness_state(pid_t pid);
void witness_stop(pid_t pid);

/* A child that sends SIGCONT to us as soon as the stopped process runs again:
 * whoever continues the program alone would leave us stopped. */
pid_t witness_wake(pid_t stopped);

#endif
