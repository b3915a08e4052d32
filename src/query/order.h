/* SPDX-License-Identifier: Apache-2.0 */
/* order.h - functions, and the groups they make, in each order a table can have: sorted
 * when it is first asked for. */
#ifndef QUERY_ORDER_H
#define QUERY_ORDER_H

#include "query/inside.h"

enum order {
    ORDER_SELF,
    ORDER_CUMULATIVE,
    ORDER_CALLS,
    ORDER_PRIMITIVE,
    ORDER_SELF_PERCALL,
    ORDER_CUMULATIVE_PERCALL,
    ORDER_NAME,
    ORDER_PLACE,
    ORDER_KIND,
    ORDERS
};
extern const char *const order_names[];

/* Functions that have a row; of groups their places in inside_rows. Figures fall, texts
 * rise. */
struct slice order_of(struct query *q, enum by by, enum order order);
/* How many functions have more, and one: self or cumulative. */
uint32_t order_rank(struct query *q, enum order order, uint64_t value);
/* Figures of what is in there. */
const struct stat_row *order_stat(struct query *q, enum by by, uint32_t at);

struct order_sums {
    uint64_t self;
    struct stat_row largest; /* of self, cumulative and calls, each the largest */
};

/* Of all of them; found once. */
struct order_sums order_sums(struct query *q, enum by by);
void order_count(struct order_sums *s, const struct stat_row *stat);

#endif
