/* SPDX-License-Identifier: Apache-2.0 */
/* query.h - a profile that answers queries: one text in, one JSON text out. The
 * language is doc/query.md's. What is asked for is on a screen, and so costs what the
 * screen does; what is needed of the whole profile is found once. One at a time: a
 * query changes what is remembered. */
#ifndef QUERY_QUERY_H
#define QUERY_QUERY_H

#include "base/out.h"
#include "model/profile.h"

struct query;
struct compare;

/* What a profile does not say of itself. Texts are borrowed. */
struct query_of {
    const char *title;       /* what it was read from ... */
    const char *const *file; /* ... file by file; ends in NULL */
    const char *version;     /* of sonde */
    const char *no_source;   /* why source is not shown; NULL: source() may have it */
    uint32_t generation;     /* how often it was read anew */
    uint32_t formats;        /* so many are read */
    bool live;               /* it may be read anew */
    /* Two sides that were compared, of which the profile is the one after; or NULL. */
    const struct compare *compare;
    const function_id *compared; /* by row: the function */
    const char *before;          /* what the other side was read from */
    const uint64_t *probed; /* by function: ns of its self time that are the probe's,
                               about; NULL: not known */
    /* The text of a file, in `to`; false: it may not be shown. */
    bool (*source)(void *with, struct str file, struct out *to);
    void *with;
};

enum { QUERY_MAX = 65536 }; /* bytes of a query */

enum query_status { QUERY_OK, QUERY_WRONG, QUERY_UNKNOWN }; /* HTTP: 200, 400, 404 */

/* The profile is borrowed until query_close. */
struct query *query_open(const struct profile *p, const struct query_of *of);
void query_close(struct query *q); /* NULL is allowed */

/* Always writes JSON: the answer, or an object with the one key "error". */
enum query_status query_answer(struct query *q, struct str text, struct out *o);

#endif
