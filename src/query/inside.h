/* SPDX-License-Identifier: Apache-2.0 */
/* inside.h - a profile made ready for queries: what is found once, when it is first
 * needed, and stays. What is made for one query lies in the query's own arena. */
#ifndef QUERY_INSIDE_H
#define QUERY_INSIDE_H

#include "base/json.h"
#include "model/rows.h"
#include "model/stats.h"
#include "query/ask.h"
#include "query/query.h"

struct lens;
struct guesses;
struct map_groups;
struct narrowed;
struct orders;
struct picked;

enum { LENSES = 4, NARROWED = 2 };

/* Slices of ids: those of i are at[from[i]] to at[from[i + 1]]. */
struct slices {
    uint32_t *from, *at;
};

struct slice {
    const uint32_t *at;
    uint32_t count;
};

struct query {
    struct arena *arena;
    const struct profile *profile;
    struct query_of of;
    bool narrow;               /* it is a part: nodes are numbered anew */
    struct stats *stats;       /* with edges */
    struct slices children;    /* by node, the most costly first */
    struct slices of_function; /* nodes by function; from NULL: not made yet */
    struct str root;           /* of the program's own files */
    uint32_t files, *file_of;  /* file_of: by function; FUNCTION_NONE for builtins */
    function_id *file;         /* by file: the first function that is in it */
    struct lens *lens[LENSES]; /* the one used last first; NULL: none */
    struct narrowed *narrowed[NARROWED];
    struct guesses *guesses;       /* guess.c's; NULL: not made yet */
    uint32_t *place, *guess_place; /* gather.c's and guess.c's; zeros between uses */
    uint32_t *seen, seen_now;      /* by function: see names.h */
    struct slice functions;        /* that have a row; at NULL: not made yet */
    struct rows *by[BY_ROLE + 1];  /* but of functions; NULL: not made yet */
    struct orders *orders;         /* order.c's; NULL: not made yet */
    struct str *module;            /* by file; at NULL: not made yet */
    bool *in_library;              /* by file */
    struct map_groups *map_groups; /* map.c's; NULL: not made yet */
    struct picked *picked;         /* pick.c's; NULL: not made yet */
};

struct kind_of_query {
    const char *name;
    /* Reads what it wants of the query, writes the rest of an object when that is
     * ask_done. Who finds a fault later leaves it in ask->err: nothing is written. */
    void (*answer)(struct query *q, struct ask *a, struct json *j);
};

static inline struct slice slice_of(const struct slices *s, uint32_t i)
{
    return (struct slice){ s->at + s->from[i], s->from[i + 1] - s->from[i] };
}

/* As query_open; like: a profile of the same functions, that lives longer; or NULL. */
struct query *inside_open(const struct profile *p, const struct query_of *of,
                          const struct query *like);
/* Functions that have a row, by id. */
struct slice inside_functions(struct query *q);
/* The groups of sonde report --by; made once. */
const struct rows *inside_rows(struct query *q, enum by by);
/* Nodes of a function, by id. */
struct slice inside_nodes(struct query *q, function_id f);

#endif
