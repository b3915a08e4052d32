/* SPDX-License-Identifier: Apache-2.0 */
/* body.h - the inside of a table: for those files of this folder that change it. */
#ifndef PSTATS_BODY_H
#define PSTATS_BODY_H

#include "base/map.h"
#include "base/pile.h"
#include "pstats/table.h"

struct key_body {
    struct pstats_name name;
    uint32_t function; /* PSTATS_NONE: a caller only */
};

/* Where a caller stands in the list that is being made; stale when `list` is not
 * the number of that list. */
struct mark {
    uint32_t list, caller;
};

/* Whom each key called, by key: a picture of the callers as they were when it was
 * first asked for. pstats keeps it although files are added later. */
struct callees {
    uint32_t keys;  /* there were so many */
    uint32_t *from; /* by key, and the end */
    struct callee {
        pstats_key key;
        bool counted;
        struct pstats_cost cost;
    } * at;
};

struct pstats_table {
    struct arena *arena;
    struct pile keys, marks, functions, callers, files;
    struct map index; /* of keys */
    uint64_t seed;    /* of its hashes */
    uint32_t lists;   /* of callers begun so far */
    uint32_t put;     /* the function put last */
    struct pstats_totals totals;
    bool sampled;
    bool sorted;
    uint32_t *place; /* the function there; room for so many: */
    uint32_t places;
    struct sortkeys sorted_by;
    struct callees *callees; /* NULL: not asked for yet */
};

struct key_body *table_key_body(const struct pstats_table *t, pstats_key key);
struct pstats_function *table_function_body(const struct pstats_table *t, uint32_t i);
struct pstats_caller *table_caller_body(const struct pstats_table *t, uint32_t id);

/* Begins a list of callers; those of `f` so far are in it. */
void table_begin_list(struct pstats_table *t, const struct pstats_function *f);
/* The caller of that key in the list begun last; NULL: it has none. */
struct pstats_caller *table_in_list(const struct pstats_table *t, pstats_key key);
/* A new last caller of `f`, whose list was begun last. */
struct pstats_caller *table_append(struct pstats_table *t, struct pstats_function *f,
                                   pstats_key key);
/* cc, nc, tt and ct added; false and e: no count is as large. */
bool table_sum(struct pstats_cost *to, const struct pstats_cost *more, struct err *e);
/* What is not true of a changed table any more: its order. */
void table_unsort(struct pstats_table *t);

const struct callees *table_callees(struct pstats_table *t);

#endif
