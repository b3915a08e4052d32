/* SPDX-License-Identifier: Apache-2.0 */
/* pythons.h - the Pythons of this machine, each tried under the hook. */
#ifndef CMD_PYTHONS_H
#define CMD_PYTHONS_H

#include "base/arena.h"

enum { PYTHONS_MAX = 64 };

struct python {
    const char *path, *version; /* sys.executable; "3.13.0" */
    const char *why;            /* it does not work, NULL: it does */
    bool works;                 /* a tape was written */
    bool chosen;                /* what sonde run takes without --python */
};

struct pythons {
    struct python at[PYTHONS_MAX];
    int count;
};

/* hook: NULL where there is none. Each Python once, the chosen one first. */
struct pythons pythons_find(const char *hook, struct arena *a);

/* That one alone; false: it does not run. */
bool pythons_try(const char *path, const char *hook, struct python *tried,
                 struct arena *a);

/* Whether this very file (its real path) is one that sonde finds by itself: what
 * sonde run takes, or a Python in a folder of PATH. Starts nothing. */
bool pythons_leads_to(const char *executable, struct arena *a);

#endif
