/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h - what of this machine and this directory matters to a recording. */
#ifndef CMD_MACHINE_H
#define CMD_MACHINE_H

#include "base/arena.h"

enum { CHECKS_MAX = 16 };

struct check {
    const char *name, *value;
    const char *means; /* what to know, NULL: nothing */
    bool ok;
};

struct machine {
    struct check at[CHECKS_MAX];
    int count;
};

struct machine machine_look(struct arena *a);
const char *machine_executable(struct arena *a); /* this very command */

#endif
