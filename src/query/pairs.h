/* SPDX-License-Identifier: Apache-2.0 */
/* pairs.h - who called a function, and whom it called. */
#ifndef QUERY_PAIRS_H
#define QUERY_PAIRS_H

#include "query/inside.h"

struct pairs { /* in no order */
    const struct edge **at;
    uint32_t count;
};

/* callers, else callees; figures as stats_callers and stats_callees have them. */
struct pairs pairs_of(struct query *q, function_id f, bool callers, struct arena *a);

/* By function: it is the one, or calls it, or (callers false) is called by it, however
 * far. All are false before. */
void pairs_reach(struct query *q, function_id from, bool callers, bool *reached);

#endif
