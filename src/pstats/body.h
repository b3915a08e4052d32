/* SPDX-License-Identifier: Apache-2.0 */
/* body.h - the inside of a table: for those files of this folder that change it. */
#ifndef PSTATS_BODY_H
#define PSTATS_BODY_H

#include "base/map.h"
#include "base/pile.h"
#include "pstats/table.h"

struct reader;

/* Which callers are in the list that is being made: the first ones are looked for
 * one by one, those of a long list are marked by key as well. A mark is stale when
 * `list` is not the number of that list. */
struct mark {
    uint32_t list, caller;
};
enum { LIST_SHORT = 16 };
struct list {
    uint32_t number, count;
    pstats_key key[LIST_SHORT];
    uint32_t caller[LIST_SHORT];
};

/* Whom each key called, by key: a picture of the callers as they were when it was
 * first asked for. pstats keeps it although files are added later. */
struct callees {
    uint32_t keys;  /* there were so many */
    uint32_t *from; /* by key, and the end */
    struct callee {
        pstats_key key;
        uint32_t caller; /* that tells of the two */
    } * at;
    struct pstats_caller *kept; /* what those said before the table changed, or NULL */
};

/* A function's dict of callers that was read over and is laid out when it is asked for:
 * until then the function's `callers` has its highest bit set, and its other bits are
 * the number of the dict in `deferred`, counted from 1. */
#define CALLERS_DEFERRED (1u << 31)
struct deferred {
    uint32_t at, reader; /* the byte where it begins, of which file's reader */
    uint32_t objects;    /* before it; PSTATS_NONE: not known */
    uint32_t before;     /* what an earlier file had for it; 0: there is none */
};

struct pstats_table {
    struct arena *arena;
    struct pile names, function_of; /* by key; PSTATS_NONE: a caller only */
    struct pile marks, functions, callers, files, deferred;
    struct pile readers; /* struct reader *: a file's bytes, and what they refer to */
    bool defers;         /* some function has such dicts */
    bool counted, timed; /* what kinds of callers were read */
    uint64_t largest_count; /* at most so large are sums of callers' counts */
    struct map index;       /* of keys */
    uint64_t seed;          /* of its hashes */
    struct list list;       /* of callers, begun last */
    uint32_t put;           /* the function put last */
    struct pstats_totals totals;
    bool adding;
    struct pstats_cost added; /* totals of what is put meanwhile */
    struct err fault;         /* the first of adding */
    bool sampled;
    enum pstats_clock clock;
    bool sorted;
    uint32_t *place; /* the function there; room for so many: */
    uint32_t places;
    struct sortkeys sorted_by;
    struct callees *callees; /* NULL: not asked for yet */
};

/* What went wrong when callers were laid out. */
const struct err *table_fault(const struct pstats_table *t);

/* Of the function put last. */
struct reader_function;
void table_defer(struct pstats_table *t, const struct reader *r,
                 const struct reader_function *f);
bool table_is_deferred(const struct pstats_function *f);
/* Lays the function's callers out; all functions'. */
void table_lay_out(struct pstats_table *t, uint32_t function);
void table_lay_out_all(struct pstats_table *t);
/* table_find_key of what is known so far, all functions at least. */
pstats_key table_look_up(const struct pstats_table *t, struct pstats_name name);

const struct pstats_name *table_name_at(const struct pstats_table *t, pstats_key key);
uint32_t *table_function_at(const struct pstats_table *t, pstats_key key);
struct pstats_function *table_function_body(const struct pstats_table *t, uint32_t i);
struct pstats_caller *table_caller_body(const struct pstats_table *t, uint32_t id);

/* Begins a list of callers; those of `f` so far are in it. */
void table_begin_list(struct pstats_table *t, const struct pstats_function *f);
/* The caller of that key in the list begun last; NULL: it has none. */
struct pstats_caller *table_in_list(const struct pstats_table *t, pstats_key key);
/* Tells of that caller that it is in the list begun last. */
void table_mark(struct pstats_table *t, pstats_key key, uint32_t caller);
/* A new last caller of `f`, whose list was begun last. */
struct pstats_caller *table_append(struct pstats_table *t, struct pstats_function *f,
                                   pstats_key key);
/* add_callers for one of them, of the list begun last, which is f's. */
bool table_join(struct pstats_table *t, struct pstats_function *f, pstats_key key,
                bool counted, struct pstats_cost cost, struct err *e);
/* cc, nc, tt and ct added; false and e: no count is as large. */
bool table_sum(struct pstats_cost *to, const struct pstats_cost *more, struct err *e);
bool table_add_totals(struct pstats_table *t, struct pstats_totals more, struct err *e);
/* What is not true of a changed table any more: its order. */
void table_unsort(struct pstats_table *t);

/* table_key in two steps: what is looked for, and later the key of it. */
uint64_t table_hash(const struct pstats_table *t, struct pstats_name name);
pstats_key table_key_hashed(struct pstats_table *t, struct pstats_name name,
                            uint64_t hash);

const struct callees *table_callees(struct pstats_table *t);
/* What was said of the i-th of them. */
struct pstats_caller table_callee(const struct pstats_table *t, uint32_t i);
/* Before figures of callers change. */
void table_keep_callees(struct pstats_table *t);

#endif
