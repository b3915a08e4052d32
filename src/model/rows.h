/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - the rows of a table: functions, or the groups they make (files,
 * modules, cycles, threads, ...). */
#ifndef MODEL_ROWS_H
#define MODEL_ROWS_H

#include "base/arena.h"
#include "model/stats.h"

enum by {
    BY_FUNCTION,
    BY_FILE,
    BY_MODULE,
    BY_PACKAGE,
    BY_CLASS,
    BY_CYCLE, /* functions that call each other in a circle */
    BY_THREAD,
    BY_PROCESS,
    BY_ROLE,
};

struct row {
    struct stat_row stat;
    struct bounds cumulative; /* what is certain of stat's, which is an estimate where
                                 they differ */
    uint64_t corrected_self;  /* where it is known */
    struct str file, name;    /* a group: its key, twice */
    uint32_t line;
    struct str standard; /* as pstats prints a function; a group: its key */
    struct str shown;    /* as we do: qualname; a group: its key */
    uint32_t id;         /* of the function, or of the group */
    bool untimed;        /* of a caller: its calls alone are known */
};

struct rows {
    struct row *at;
    uint32_t count;
};

/* The functions that have a row, in order; at has room for all there are. */
uint32_t rows_functions(const struct profile *p, const struct stats *s,
                        function_id *at);
struct rows rows_by(const struct profile *p, const struct stats *s, enum by by,
                    bool strip_dirs, struct arena *a);
/* The key of a thread's row: of BY_THREAD, BY_PROCESS or BY_ROLE. */
struct str rows_thread_key(const struct profile *p, thread_id t, enum by by,
                           struct arena *a);

#endif
