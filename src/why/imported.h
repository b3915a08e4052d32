/* SPDX-License-Identifier: Apache-2.0 */
/* imported.h - what a Python program's imports take, as Python itself tells it
 * (PYTHONPROFILEIMPORTTIME), in one more run of it. */
#ifndef WHY_IMPORTED_H
#define WHY_IMPORTED_H

#include "why/command.h"

struct imported_package {
    struct str name;  /* "numpy": with all its modules */
    uint64_t self_ns; /* without other packages it imports */
};

struct imported {
    int status;                       /* of the run, as wait(2) has it */
    bool known;                       /* Python told of them */
    uint64_t all_ns, startup_ns;      /* by the program; before it, to start Python */
    struct imported_package *package; /* what takes longest first; without start-up's */
    uint32_t packages;
};

void imported_run(const struct command *c, const struct command_files *f,
                  struct imported *i, struct arena *a);
/* The same of what Python wrote. */
void imported_read(struct str text, struct imported *i, struct arena *a);

/* What `python -c pass` takes: the median of some runs in ns, 0: it does not run. */
uint64_t imported_start_ns(const char *python, struct arena *a);

#endif
