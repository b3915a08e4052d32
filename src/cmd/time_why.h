/* SPDX-License-Identifier: Apache-2.0 */
/* time_why.h - one more run of each command to follow its system calls, and of Python
 * programs two more: for what it imports, and recorded. */
#ifndef CMD_TIME_WHY_H
#define CMD_TIME_WHY_H

#include "cmd/commands.h"
#include "report/time.h"

/* Fills r->why, r->changed. Each run is prepared and concluded as the timed ones were.
 * false and e: one of these failed. */
bool time_why(struct series *s, struct time_report *r, struct err *e);

#endif
