/* SPDX-License-Identifier: Apache-2.0 */
/* series_figures.c - means, spreads, intervals, verdicts over runs of commands. */
#include <math.h>

#include "why/interval.h"
#include "why/series.h"

double series_measure(const struct command_run *r, enum measure m)
{
    switch (m) {
    case MEASURE_WALL:
        return (double)r->wall_ns;
    case MEASURE_USER:
        return (double)command_ns(r->used.ru_utime);
    case MEASURE_SYSTEM:
        return (double)command_ns(r->used.ru_stime);
    case MEASURE_MEMORY:
        return (double)r->used.ru_maxrss * 1024;
    case MEASURE_FAULTS:
        return (double)r->used.ru_minflt;
    case MEASURE_FAULTS_READ:
        return (double)r->used.ru_majflt;
    case MEASURE_SWITCHES:
        return (double)r->used.ru_nvcsw;
    case MEASURE_PREEMPTED:
        return (double)r->used.ru_nivcsw;
    case MEASURE_READ:
        return (double)r->used.ru_inblock;
    case MEASURE_WRITTEN:
        return (double)r->used.ru_oublock;
    case MEASURES:
        break;
    }
    return 0;
}

struct spread series_spread(const struct series_of *s, enum measure m, struct arena *a)
{
    struct spread spread = { .min = HUGE_VAL, .max = -HUGE_VAL };
    double *at = arena_array(a, s->runs + 1, sizeof *at), squares = 0;

    if (s->runs == 0)
        return (struct spread){ 0 };
    for (uint32_t i = 0; i < s->runs; i++) {
        at[i] = series_measure(&s->run[i], m);
        spread.mean += at[i] / s->runs;
        spread.min = fmin(spread.min, at[i]);
        spread.max = fmax(spread.max, at[i]);
    }
    for (uint32_t i = 0; i < s->runs; i++)
        squares += (at[i] - spread.mean) * (at[i] - spread.mean);
    spread.deviation = s->runs > 1 ? sqrt(squares / (s->runs - 1)) : 0;
    spread.median = interval_median(at, s->runs);
    return spread;
}

/* Each run is a process of its own, and so a group. */
static struct values values_of(uint32_t count, struct arena *a)
{
    struct values v = { .count = count };

    v.at = arena_array(a, count + 1, sizeof *v.at);
    v.group = arena_array(a, count + 1, sizeof *v.group);
    for (uint32_t i = 0; i < count; i++)
        v.group[i] = count <= INTERVAL_GROUPS_MAX
                         ? i
                         : (uint32_t)((uint64_t)i * INTERVAL_GROUPS_MAX / count);
    return v;
}

struct series_interval series_wall(const struct series_of *s, struct arena *a)
{
    struct values v = values_of(s->runs, a);

    if (s->runs == 0)
        return (struct series_interval){ 0 };
    for (uint32_t i = 0; i < s->runs; i++)
        v.at[i] = series_measure(&s->run[i], MEASURE_WALL);
    struct interval i = interval_of(&v, a);
    return (struct series_interval){ i.known[LEVEL_95], i.low[LEVEL_95],
                                     i.high[LEVEL_95] };
}

struct series_comparison series_compare(const struct series *s, uint32_t a, uint32_t b,
                                        struct arena *arena)
{
    const struct series_of *x = &s->of[a], *y = &s->of[b];
    uint32_t runs = x->runs < y->runs ? x->runs : y->runs;
    struct series_comparison c = { .a = a, .b = b };
    struct values v = values_of(runs, arena);

    if (runs == 0)
        return c;
    for (uint32_t i = 0; i < runs; i++)
        v.at[i] = log(series_measure(&y->run[i], MEASURE_WALL) /
                      series_measure(&x->run[i], MEASURE_WALL));
    struct interval i = interval_of(&v, arena);
    c.ratio = exp(i.middle);
    c.known = i.known[LEVEL_99];
    if (i.known[LEVEL_95]) {
        c.low = exp(i.low[LEVEL_95]);
        c.high = exp(i.high[LEVEL_95]);
    }
    if (c.known && i.low[LEVEL_99] > 0)
        c.verdict = SERIES_A_FASTER;
    else if (c.known && i.high[LEVEL_99] < 0)
        c.verdict = SERIES_B_FASTER;
    return c;
}
