/* SPDX-License-Identifier: Apache-2.0 */
/* known.h - programs whose truth is known, run in one Python under the probe:
 * what was recorded of them beside it. */
#ifndef CMD_KNOWN_H
#define CMD_KNOWN_H

#include "base/arena.h"
#include "cmd/pythons.h"

enum { KNOWN_ROWS = 16 };

struct known_row {
    const char *name, *unit;
    double measured, promised; /* promised: at most; < 0: nothing is */
    bool vital;                /* a wrong figure, not merely a dear one */
    bool ok;
    const char *note; /* why not, or NULL */
};

struct known {
    struct known_row at[KNOWN_ROWS];
    int count;
};

/* quick: less often, so that dearness is told less surely. */
void known_test(const struct python *p, const char *hook, bool quick,
                struct known *rows, struct arena *a);

#endif
