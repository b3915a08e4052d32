/* SPDX-License-Identifier: Apache-2.0 */
/* standard.h - a function as pstats prints it: "file:line(name)", or
 * "{built-in method f}". Lengths are in characters, as Python's len() has them. */
#ifndef PSTATS_STANDARD_H
#define PSTATS_STANDARD_H

#include "base/out.h"
#include "pstats/table.h"

struct str standard_name(struct pstats_name n, struct arena *a);

struct standard_room { /* for one name at a time; begins zeroed but for the arena */
    struct arena *arena;
    char *at;
    size_t bytes;
};
/* Until the next name is put there. */
struct str standard_put(struct pstats_name n, struct standard_room *room);
void standard_write(struct pstats_name n, struct out *o);
size_t standard_width(struct pstats_name n);

#endif
