/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h - a child that is stepped, and who waits for it: never longer than each of
 * its phases may last, and then it and what it started are killed. */
#ifndef STEP_WATCH_H
#define STEP_WATCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "step/single.h"

/* In the new child, before anything else: it dies with its parent, and with its group.
 */
void watch_enter(pid_t parent);
/* Until the child is gone; steps it by ptrace where it asks for that. Says in the log
 * how it went, where the log does not. False: a signal's handler raised an exception
 * meanwhile; the child is killed all the same. */
bool watch_wait(pid_t child, const struct single_plan *plan);

#endif
