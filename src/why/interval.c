/* SPDX-License-Identifier: Apache-2.0 */
/* interval.c - the sign test turned round: the k-th value from below and from above
 * hold the median between them unless k - 1 or fewer of n fair coins fall on one side.
 * Groups: Student's t over their medians, whose spread is taken robustly, so that one
 * launch that was disturbed does not hide what five others show. */
#include "why/interval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double missed[LEVELS] = { 0.05, 0.01 };

/* Quantiles of Student's t, two-sided, by degrees of freedom less one; from 30 on the
 * normal distribution's will do. */
enum { T_MOST = 30 };
static const double student[LEVELS][T_MOST] = {
    { 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
      2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
      2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042 },
    { 63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169,
      3.106,  3.055, 3.012, 2.977, 2.947, 2.921, 2.898, 2.878, 2.861, 2.845,
      2.831,  2.819, 2.807, 2.797, 2.787, 2.779, 2.771, 2.763, 2.756, 2.750 },
};
static const double normal[LEVELS] = { 1.960, 2.576 };

/* A median is that much less sure than a mean, where values are normally distributed.
 */
#define MEDIAN_ERROR 1.2533

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double interval_median(double *values, uint32_t count)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* The largest k that holds the level; 0: none does. */
static uint32_t sign_rank(uint32_t n, double miss)
{
    double below = 0, all = lgamma(n + 1.0) - n * log(2);
    uint32_t k = 0;

    for (; k < n / 2; k++) {
        below += exp(all - lgamma(k + 1.0) - lgamma(n - k + 1.0));
        if (2 * below > miss)
            break;
    }
    return k;
}

static double student_t(enum level level, uint32_t groups)
{
    uint32_t freedom = groups - 1;

    return freedom > T_MOST ? normal[level] : student[level][freedom - 1];
}

/* A spread as the standard deviation is one, from the middle of the distances; the
 * factors for few values are Croux and Rousseeuw's. */
static double robust_spread(const double *values, uint32_t count)
{
    static const double few[] = { 1,     1,     1.196, 1.495, 1.363,
                                  1.206, 1.200, 1.140, 1.129, 1.107 };
    double copy[INTERVAL_GROUPS_MAX], factor;

    memcpy(copy, values, count * sizeof *copy);
    double middle = interval_median(copy, count);
    for (uint32_t i = 0; i < count; i++)
        copy[i] = fabs(values[i] - middle);
    factor = count < 10 ? few[count] : count / (count - 0.8);
    return 1.4826 * factor * interval_median(copy, count);
}

struct groups {
    double median[INTERVAL_GROUPS_MAX];
    uint32_t count;
};

static void groups_of(const struct values *v, double *room, struct groups *g)
{
    uint32_t at = 0;

    g->count = 0;
    while (at < v->count && g->count < INTERVAL_GROUPS_MAX) {
        uint32_t n = 0;

        for (; at + n < v->count && v->group[at + n] == v->group[at]; n++)
            room[n] = v->at[at + n];
        g->median[g->count++] = interval_median(room, n);
        at += n;
    }
}

static void widen(struct interval *i, enum level level, double by)
{
    i->low[level] = fmin(i->low[level], i->middle - by);
    i->high[level] = fmax(i->high[level], i->middle + by);
}

static void by_signs(struct interval *i, const double *sorted, uint32_t n)
{
    for (enum level level = 0; level < LEVELS; level++) {
        uint32_t k = sign_rank(n, missed[level]);

        i->known[level] = k > 0;
        i->low[level] = sorted[k > 0 ? k - 1 : 0];
        i->high[level] = sorted[k > 0 ? n - k : n - 1];
    }
}

static void by_groups(struct interval *i, const struct groups *g)
{
    i->groups = g->count;
    for (uint32_t k = 0; k < g->count; k++) {
        i->above += g->median[k] > 0;
        i->below += g->median[k] < 0;
    }
    if (g->count < 3)
        return;
    double spread = MEDIAN_ERROR * robust_spread(g->median, g->count) / sqrt(g->count);
    for (enum level level = 0; level < LEVELS; level++)
        widen(i, level, student_t(level, g->count) * spread);
}

struct interval interval_of(const struct values *v, struct arena *a)
{
    struct interval i = { .count = v->count };
    double *room = arena_array(a, v->count, sizeof *room);
    struct groups g;

    groups_of(v, room, &g);
    memcpy(room, v->at, v->count * sizeof *room);
    i.middle = interval_median(room, v->count);
    by_signs(&i, room, v->count);
    by_groups(&i, &g);
    return i;
}

static double squared(double x)
{
    return x * x;
}

struct interval interval_apart(const struct values *of, const struct values *with,
                               struct arena *a)
{
    uint32_t most = of->count > with->count ? of->count : with->count;
    double *room = arena_array(a, most, sizeof *room);
    struct groups g[2];

    groups_of(of, room, &g[0]);
    groups_of(with, room, &g[1]);
    uint32_t fewer = g[0].count < g[1].count ? g[0].count : g[1].count;
    double spread = sqrt(squared(robust_spread(g[0].median, g[0].count)) / g[0].count +
                         squared(robust_spread(g[1].median, g[1].count)) / g[1].count);
    struct interval i = { .count = fewer, .groups = fewer };
    i.middle = interval_median(g[1].median, g[1].count) -
               interval_median(g[0].median, g[0].count);
    bool above = g[1].median[0] > g[0].median[g[0].count - 1];
    bool below = g[1].median[g[1].count - 1] < g[0].median[0];
    i.above = above ? fewer : 0;
    i.below = below ? fewer : 0;
    for (enum level level = 0; level < LEVELS; level++) {
        i.known[level] = fewer >= 3;
        i.low[level] = i.high[level] = i.middle;
        if (fewer >= 3)
            widen(&i, level, MEDIAN_ERROR * student_t(level, fewer) * spread);
    }
    return i;
}

double interval_chance_apart(uint32_t a, uint32_t b)
{
    return 2 * exp(lgamma(a + 1.0) + lgamma(b + 1.0) - lgamma(a + b + 1.0));
}
