/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - one pstats.Stats: functions with what they cost and who called them,
 * in the order of the dict they were read from, and that class's operations to the
 * last bit: what is kept, what is overwritten, in which order floats are summed.
 * Functions are indices 0..n-1 in dict order; keys (file, line, name) are ids that
 * stay, so callers need not be functions themselves. What is returned is borrowed
 * until the next call that changes the table. Callers that were read are laid out when
 * they are first asked for, so even reading a table is for one thread at a time. */
#ifndef PSTATS_TABLE_H
#define PSTATS_TABLE_H

#include "base/arena.h"
#include "base/err.h"
#include "pstats/sortkey.h"

struct pstats_table;
typedef uint32_t pstats_key;
#define PSTATS_NONE UINT32_MAX

struct pstats_name { /* builtins: file "~", line 0 */
    struct str file, name;
    int64_t line;
};

struct pstats_cost {
    int64_t cc, nc; /* primitive calls, all calls */
    double tt, ct;  /* seconds in itself, with its callees: as the file has them */
};

struct pstats_function {
    pstats_key key;
    uint32_t callers;     /* how many */
    uint32_t first, last; /* of them; PSTATS_NONE: there is none */
    struct pstats_cost cost;
};

struct pstats_caller {
    uint32_t key : 31;
    uint32_t counted : 1; /* of the module `profile`: nc alone is meant */
    uint32_t next;        /* PSTATS_NONE: the last */
    struct pstats_cost cost;
};

struct pstats_totals {
    int64_t cc, nc;
    double tt;
};

struct pstats_table *table_open(void);    /* an empty one, as Stats() */
void table_close(struct pstats_table *t); /* NULL is allowed */
/* Lives as long as the table: for bytes that its names are borrowed from. */
struct arena *table_arena(struct pstats_table *t);

uint32_t table_functions(const struct pstats_table *t);
const struct pstats_function *table_function(const struct pstats_table *t, uint32_t i);
/* Its key and cost alone: what is told of callers means nothing. */
const struct pstats_function *table_row(const struct pstats_table *t, uint32_t i);
const struct pstats_caller *table_caller(const struct pstats_table *t, uint32_t id);
/* The callers of function i, one after another, are let go as soon as each was looked
 * at: so all callers of a table need no memory. Afterwards it has none. */
void table_take_callers(struct pstats_table *t, uint32_t i,
                        void (*take)(void *with, const struct pstats_caller *c),
                        void *with);
uint32_t table_keys(const struct pstats_table *t);
/* Soon function i's name is asked for: it comes into the processor's caches. */
void table_fetch_name(const struct pstats_table *t, uint32_t i);
struct pstats_name table_name(const struct pstats_table *t, pstats_key key);
/* PSTATS_NONE: no function and no caller has it. */
pstats_key table_find_key(const struct pstats_table *t, struct pstats_name name);
/* The function of that key; PSTATS_NONE: it is a caller only. */
uint32_t table_function_of(const struct pstats_table *t, pstats_key key);
struct pstats_totals table_totals(const struct pstats_table *t);
/* Written by 3.15's sampler: counts are samples. */
bool table_sampled(const struct pstats_table *t);
/* Whether some callers have times, as cProfile writes them; counts alone, as the module
 * profile does. */
bool table_timed(const struct pstats_table *t);
bool table_counted(const struct pstats_table *t);
/* Lines above the figures: "Sat Nov 28 18:20:23 2026    app.prof". */
uint32_t table_files(const struct pstats_table *t);
struct str table_file(const struct pstats_table *t, uint32_t i);

/* Filling: as assigning into a dict does, what is there already is replaced and
 * keeps its place. borrowed: the texts stay as long as the table. */
pstats_key table_key(struct pstats_table *t, struct pstats_name name, bool borrowed);
uint32_t table_put(struct pstats_table *t, pstats_key key, struct pstats_cost cost);
/* Of the function put last; its callers are told one after another. */
void table_put_caller(struct pstats_table *t, pstats_key caller, bool counted,
                      struct pstats_cost cost);
void table_put_file(struct pstats_table *t, struct str line); /* copied */
void table_set_sampled(struct pstats_table *t);
/* Tables of unlike clocks cannot be added; a dump does not tell its own. */
enum pstats_clock { PSTATS_CLOCK_UNKNOWN, PSTATS_CLOCK_WALL, PSTATS_CLOCK_CPU };
void table_set_clock(struct pstats_table *t, enum pstats_clock clock);
/* From here on what is put is added, as Stats.add of it would, until table_settle;
 * where that fails the table is of no use any more. */
void table_begin_adding(struct pstats_table *t);
/* Sums the totals up, as reading a file does, when all is put. False and e: that, or
 * something that was put, is beyond what can be summed. */
bool table_settle(struct pstats_table *t, struct err *e);

/* Stats.add: the other one stays as it is, and nothing is borrowed from it. */
bool table_add(struct pstats_table *t, const struct pstats_table *other, struct err *e);
bool table_strip_dirs(struct pstats_table *t, struct err *e);
/* Stats.sort_stats; no keys: the order of the dict again. */
void table_sort(struct pstats_table *t, const struct sortkeys *keys);
void table_reverse(struct pstats_table *t);
/* The function that stands at this place of the order. */
uint32_t table_at(const struct pstats_table *t, uint32_t place);
/* What it was sorted by, or NULL: it is not sorted. */
const struct sortkeys *table_order(const struct pstats_table *t);

#endif
