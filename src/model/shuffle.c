/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle.c - ways to deal are bit masks of one size; sums over a mask are looked up
 * in two halves. */
#include "model/shuffle.h"

#include <math.h>

#include "base/arena.h"

enum {
    EXACT_RUNS = 30, /* more do not fit the tables ... */
    EXACT_WAYS = 400000,
    DEALT_WAYS = 100000,
};

/* What is equal may differ in the last bits when it is summed in another order. */
static const double same = 1e-9;

struct sums {
    double value, weight;
};

static double ways_of(uint32_t first, uint32_t all)
{
    double ways = 1;

    for (uint32_t i = 1; i <= first; i++)
        ways = ways * (all - first + i) / i;
    return ways;
}

static struct sums sums_of(const struct shuffle *s, uint32_t from, uint32_t to)
{
    struct sums sum = { 0, 0 };

    for (uint32_t i = from; i < to; i++) {
        sum.value += s->weight[i] * s->value[i];
        sum.weight += s->weight[i];
    }
    return sum;
}

static double difference(struct sums first, struct sums all)
{
    return (all.value - first.value) / (all.weight - first.weight) -
           first.value / first.weight;
}

double shuffle_difference(const struct shuffle *s)
{
    return difference(sums_of(s, 0, s->first), sums_of(s, 0, s->first + s->second));
}

struct counting {
    struct sums all;
    double seen; /* what the groups as they are differ by */
    bool either_way;
    uint64_t ways, as_large;
};

static void count(struct counting *c, struct sums first)
{
    double d = difference(first, c->all);

    c->ways++;
    c->as_large +=
        c->either_way ? fabs(d) >= fabs(c->seen) - same : d >= c->seen - same;
}

/* By mask of the runs from..to. */
static struct sums *table_of(const struct shuffle *s, uint32_t from, uint32_t to,
                             struct arena *a)
{
    uint32_t size = 1u << (to - from);
    struct sums *table = arena_array(a, size, sizeof *table);

    for (uint32_t mask = 1; mask < size; mask++) {
        uint32_t low = (uint32_t)__builtin_ctz(mask);
        const struct sums *rest = &table[mask & (mask - 1)];
        double weight = s->weight[from + low];

        table[mask].value = rest->value + weight * s->value[from + low];
        table[mask].weight = rest->weight + weight;
    }
    return table;
}

/* The next larger number of as many bits. */
static uint32_t next_mask(uint32_t mask)
{
    uint32_t low = mask & -mask, carried = mask + low;

    return (((carried ^ mask) >> 2) / low) | carried;
}

static void deal_all(const struct shuffle *s, struct counting *c)
{
    struct arena *a = arena_open();
    uint32_t all = s->first + s->second, half = all / 2;
    const struct sums *low = table_of(s, 0, half, a);
    const struct sums *high = table_of(s, half, all, a);

    for (uint32_t mask = (1u << s->first) - 1; mask < 1u << all;
         mask = next_mask(mask)) {
        const struct sums *x = &low[mask & ((1u << half) - 1)],
                          *y = &high[mask >> half];

        count(c, (struct sums){ x->value + y->value, x->weight + y->weight });
    }
    arena_close(a);
}

static uint32_t random_below(uint64_t *seed, uint32_t bound)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*seed >> 32) * bound >> 32);
}

/* Draws the first group anew; the one that was seen is one of the ways. */
static void deal_some(const struct shuffle *s, struct counting *c)
{
    uint32_t all = s->first + s->second, order[SHUFFLE_RUNS_MAX];
    uint64_t seed = 1;

    for (uint32_t i = 0; i < all; i++)
        order[i] = i;
    count(c, sums_of(s, 0, s->first));
    for (uint32_t way = 0; way < DEALT_WAYS; way++) {
        struct sums first = { 0, 0 };

        for (uint32_t i = 0; i < s->first; i++) {
            uint32_t with = i + random_below(&seed, all - i), run = order[with];

            order[with] = order[i];
            order[i] = run;
            first.value += s->weight[run] * s->value[run];
            first.weight += s->weight[run];
        }
        count(c, first);
    }
}

static bool is_exact(uint32_t first, uint32_t all)
{
    return all <= EXACT_RUNS && ways_of(first, all) <= EXACT_WAYS;
}

double shuffle_chance(const struct shuffle *s, bool either_way)
{
    uint32_t all = s->first + s->second;
    struct counting c = { .all = sums_of(s, 0, all),
                          .seen = shuffle_difference(s),
                          .either_way = either_way };

    if (is_exact(s->first, all))
        deal_all(s, &c);
    else
        deal_some(s, &c);
    return (double)c.as_large / (double)c.ways;
}

double shuffle_least(uint32_t first, uint32_t second)
{
    uint32_t all = first + second;

    if (!is_exact(first, all))
        return 1.0 / (DEALT_WAYS + 1);
    return (first == second ? 2 : 1) / ways_of(first, all);
}
