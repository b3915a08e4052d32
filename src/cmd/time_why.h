/* SPDX-License-Identifier: Apache-2.0 */
/* time_why.h - one more run of each command to follow its system calls, and of Python
 * programs two more: for what it imports, and recorded. */
#ifndef CMD_TIME_WHY_H
#define CMD_TIME_WHY_H

#include "cmd/commands.h"
#include "report/time.h"

/* Fills r->why, r->changed. */
void time_why(const struct commands *c, const struct command_files *f,
              struct time_report *r);

#endif
