/* SPDX-License-Identifier: Apache-2.0 */
/* search.c - functions with some words in their names, and their common cost. */
#include "model/given.h"
#include "query/narrow.h"
#include "query/order.h"
#include "query/pick.h"

enum { FOUND_MAX = 100000 };

/* On paths: what lies below the first of them. */
static uint64_t cost_on_paths(const struct query *q, const bool *picked,
                              struct arena *a)
{
    uint32_t nodes = profile_nodes(q->profile);
    bool *under = arena_array(a, nodes, sizeof *under);
    uint64_t cost = 0;

    for (node_id n = NODE_ROOT + 1; n < nodes; n++) {
        const struct node *node = profile_node(q->profile, n);

        under[n] = under[node->parent];
        if (!under[n] && node->function != FUNCTION_NONE && picked[node->function]) {
            under[n] = true;
            cost += stats_below(q->stats, n);
        }
    }
    return cost;
}

/* What was running, or had called what ran, counted once: they are one group. */
static struct bounds common_cost(struct query *q, const bool *picked,
                                 uint64_t *cumulative, struct arena *a)
{
    uint32_t functions = profile_functions(q->profile);

    if (given_rows(q->profile) == 0) {
        *cumulative = cost_on_paths(q, picked, a);
        return (struct bounds){ *cumulative, *cumulative };
    }
    uint32_t *group = arena_array(a, functions, sizeof *group);
    struct stat_row *row = arena_array(a, (size_t)functions + 1, sizeof *row);
    struct bounds *bounds = arena_array(a, (size_t)functions + 1, sizeof *bounds);

    for (function_id f = 0; f < functions; f++)
        group[f] = picked[f] ? functions : f; /* the others each their own */
    stats_group(q->stats, group, functions + 1, row, bounds);
    *cumulative = row[functions].cumulative;
    return bounds[functions];
}

static void answer(struct query *whole, struct ask *a, struct json *j)
{
    struct pick pick;
    uint32_t limit = ask_number(a, "limit", 2000, 0, FOUND_MAX), count = 0;
    struct str text = ask_text(a, "q");
    struct query *q = narrow_asked(whole, a);

    if (!pick_asked(a, &pick) || !q || !ask_done(a))
        return;
    struct slice all = order_of(q, BY_FUNCTION, ORDER_SELF);
    const bool *picked = pick_all(q, &pick, a->arena);
    uint64_t self = 0, total = stats_total(q->stats)->self, cumulative;

    for (uint32_t i = 0; i < all.count; i++)
        if (picked[all.at[i]]) {
            count++;
            self += stats_of(q->stats, all.at[i])->self;
        }
    struct bounds bounds = common_cost(q, picked, &cumulative, a->arena);
    json_str(j, "q", text);
    json_u64(j, "matches", count);
    json_u64(j, "self", self);
    json_u64(j, "cumulative", cumulative);
    json_u64(j, "low", bounds.least);
    json_u64(j, "high", bounds.most);
    json_double(j, "share", total ? (double)cumulative / (double)total : 0);
    json_array(j, "id");
    for (uint32_t i = 0, shown = 0; i < all.count && shown < limit; i++)
        if (picked[all.at[i]]) {
            json_u64(j, NULL, all.at[i]);
            shown++;
        }
    json_end(j);
}

const struct kind_of_query query_search = { "search", answer };
