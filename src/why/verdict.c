/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c - one value a round; estimates, comparisons. */
#include "why/verdict.h"

#include <math.h>

#include "why/interval.h"

#define DEAD_ZONE 0.0075 /* of the time with the loop's own */
#define DEAD_ZONE_PRECISE 0.005
#define WAITS 1.1 /* wall over CPU from which a statement is one that waits */
#define BUSY 1.25 /* the same where it does not: others had the processor */
#define SLOW 1.5  /* of the median: a block that something disturbed */
#define SLOW_MOST 0.1
#define NOTHING_NS 0.2 /* a statement that takes less cannot be told from none */

enum { ROUNDS_FEW = 8 };

struct making {
    const struct timing *timing;
    struct verdicts *v;
    struct arena *arena;
    double dead_zone;
};

/* The value of a turn: the better of its blocks. */
static double better(const struct timing_turn *t, enum timed_clock clock)
{
    double least = INFINITY;

    for (uint32_t b = 0; b < t->blocks; b++) {
        double ns = clock == CLOCK_WALL ? t->block[b].wall : t->block[b].cpu;
        least = fmin(least, ns);
    }
    return least;
}

/* Of both blocks: where a statement waits, what it waits for is no noise. */
static double average(const struct timing_turn *t, enum timed_clock clock)
{
    double sum = 0;

    for (uint32_t b = 0; b < t->blocks; b++)
        sum += clock == CLOCK_WALL ? t->block[b].wall : t->block[b].cpu;
    return sum / t->blocks;
}

static double value_of(const struct timing_turn *t, enum timed_clock clock)
{
    return clock == CLOCK_WALL ? average(t, clock) : better(t, clock);
}

static struct values values_room(uint32_t count, struct arena *a)
{
    return (struct values){ arena_array(a, count + 1, sizeof(double)),
                            arena_array(a, count + 1, sizeof(uint32_t)), 0 };
}

static void values_add(struct values *v, double value, uint32_t group)
{
    v->at[v->count] = value;
    v->group[v->count++] = group;
}

static struct values values_of(const struct timing_series *s, enum timed_clock clock,
                               struct arena *a)
{
    struct values v = values_room(s->turns, a);

    for (uint32_t i = 0; i < s->turns; i++)
        if (s->turn[i].blocks > 0)
            values_add(&v, value_of(&s->turn[i], clock), s->turn[i].launch);
    return v;
}

static double median_of(const struct timing_series *s, enum timed_clock clock,
                        struct arena *a)
{
    struct values v = values_of(s, clock, a);

    return interval_median(v.at, v.count);
}

/* Does it give up the processor of itself, and for long? */
static void find_waits(const struct timing_series *s, struct estimate *to,
                       struct arena *a)
{
    double *busy = arena_array(a, 2 * s->turns + 1, sizeof *busy);
    uint32_t n = 0, waited = 0;

    for (uint32_t i = 0; i < s->turns; i++)
        for (uint32_t b = 0; b < s->turn[i].blocks; b++) {
            const struct timing_block *k = &s->turn[i].block[b];

            busy[n++] = k->wall / k->cpu;
            waited += k->waits > 0;
        }
    to->busy = interval_median(busy, n);
    to->waits = to->busy > WAITS && 2 * waited > n;
}

/* Mean, least and outliers over all blocks; wall: the median of it, with the loop. */
static void over_blocks(const struct timing_series *s, enum timed_clock clock,
                        double loop, double wall, struct estimate *to)
{
    double sum = 0, least = INFINITY, faults = 0;
    uint32_t slow = 0;

    to->timeit = INFINITY;
    for (uint32_t i = 0; i < s->turns; i++)
        for (uint32_t b = 0; b < s->turn[i].blocks; b++) {
            const struct timing_block *k = &s->turn[i].block[b];
            double ns = clock == CLOCK_WALL ? k->wall : k->cpu;

            to->blocks++;
            sum += ns;
            least = fmin(least, ns);
            to->timeit = fmin(to->timeit, k->wall);
            slow += k->wall > SLOW * wall;
            faults += (double)k->faults / (double)k->loops;
        }
    to->mean = sum / to->blocks - loop;
    to->least = least - loop;
    to->slow = (double)slow / to->blocks;
    to->faults = faults / to->blocks;
}

/* A net time is not below nothing, whatever noise says. */
static double at_least_0(double ns)
{
    return ns > 0 ? ns : 0;
}

static void estimate_series(struct making *m, const struct timing_series *s,
                            const struct timing_series *empty, struct estimate *to)
{
    if (s->turns == 0)
        return;
    find_waits(s, to, m->arena);
    enum timed_clock clock =
        to->waits && !m->timing->order->process ? CLOCK_WALL : CLOCK_CPU;
    struct values v = values_of(s, clock, m->arena);
    struct interval i = interval_of(&v, m->arena);
    double loop = median_of(empty, CLOCK_CPU, m->arena);

    to->loops = s->loops;
    to->gross = i.middle;
    double wall = median_of(s, CLOCK_WALL, m->arena);
    over_blocks(s, clock, loop, wall, to);
    to->median = at_least_0(i.middle - loop);
    to->mean = at_least_0(to->mean);
    to->least = at_least_0(to->least);
    to->low = i.known[LEVEL_95] ? at_least_0(i.low[LEVEL_95] - loop) : NAN;
    to->high = i.known[LEVEL_95] ? at_least_0(i.high[LEVEL_95] - loop) : NAN;
    to->wall = at_least_0(wall - loop);
    to->cpu = at_least_0(median_of(s, CLOCK_CPU, m->arena) - loop);
}

/* Logarithms of B over A, round by round of those both have. */
static struct values ratios_of(const struct timing_series *a,
                               const struct timing_series *b, enum timed_clock clock,
                               struct arena *arena)
{
    struct values v = values_room(a->turns, arena);

    for (uint32_t i = 0, k = 0; i < a->turns; i++) {
        while (k < b->turns && b->turn[k].round < a->turn[i].round)
            k++;
        if (k == b->turns || b->turn[k].round != a->turn[i].round)
            continue;
        double of_a = value_of(&a->turn[i], clock), of_b = value_of(&b->turn[k], clock);
        if (a->turn[i].blocks > 0 && b->turn[k].blocks > 0)
            values_add(&v, log(of_b / of_a), a->turn[i].launch);
    }
    return v;
}

/* Logarithms of what each block took. */
static struct values logs_of(const struct timing_series *s, enum timed_clock clock,
                             struct arena *a)
{
    struct values v = values_room(2 * s->turns, a);

    for (uint32_t i = 0; i < s->turns; i++)
        for (uint32_t b = 0; b < s->turn[i].blocks; b++) {
            const struct timing_block *k = &s->turn[i].block[b];

            values_add(&v, log(clock == CLOCK_WALL ? k->wall : k->cpu),
                       s->turn[i].launch);
        }
    return v;
}

static void range_of(const struct values *v, double *least, double *most)
{
    *least = INFINITY;
    *most = -INFINITY;
    for (uint32_t i = 0; i < v->count; i++) {
        *least = fmin(*least, v->at[i]);
        *most = fmax(*most, v->at[i]);
    }
}

/* What few rounds prove: when all blocks of one are below all of the other's, and that
 * would be chance once in a hundred times at most. */
static struct interval interval_few(const struct timing_series *a,
                                    const struct timing_series *b,
                                    enum timed_clock clock, struct interval by_round,
                                    struct arena *arena)
{
    struct values of_a = logs_of(a, clock, arena), of_b = logs_of(b, clock, arena);
    double least[2], most[2];

    if (interval_chance_apart(of_a.count, of_b.count) > 0.01)
        return by_round;
    range_of(&of_a, &least[0], &most[0]);
    range_of(&of_b, &least[1], &most[1]);
    for (enum level level = 0; level < LEVELS; level++) {
        by_round.low[level] = least[1] - most[0];
        by_round.high[level] = most[1] - least[0];
        by_round.known[level] = true;
    }
    return by_round;
}

/* Nearly every launch says the same. */
static bool launches_agree(const struct interval *i, bool above)
{
    uint32_t against = above ? i->below : i->above;

    return i->groups < 3 || against * 6 <= i->groups;
}

static void decide(const struct making *m, const struct interval *i,
                   struct comparison *c)
{
    c->few = !i->known[LEVEL_99];
    if (c->few)
        return;
    if (i->low[LEVEL_99] > m->dead_zone && launches_agree(i, true))
        c->faster = VERDICT_A;
    else if (i->high[LEVEL_99] < -m->dead_zone && launches_agree(i, false))
        c->faster = VERDICT_B;
}

/* From a ratio that has the loop in both to one without: `gross` is A's time with it.
 */
static double net_ratio(double gross, double loop, double log_ratio)
{
    return at_least_0(gross * exp(log_ratio) - loop) / (gross - loop);
}

/* By the clock that both are compared by. */
static double difference(const struct making *m, const struct comparison *c)
{
    const struct estimate *a = verdicts_estimate(m->v, c->python_a, c->a);
    const struct estimate *b = verdicts_estimate(m->v, c->python_b, c->b);

    if (c->clock == CLOCK_WALL && a->waits != b->waits)
        return b->wall - a->wall;
    return b->median - a->median;
}

/* gross and loop: A's. */
static void tell_ratio(const struct interval *i, double gross, double loop,
                       struct comparison *c)
{
    c->known = gross - loop > NOTHING_NS && gross - loop > 0.05 * loop;
    if (!c->known)
        return;
    c->ratio = net_ratio(gross, loop, i->middle);
    c->low = i->known[LEVEL_95] ? net_ratio(gross, loop, i->low[LEVEL_95]) : NAN;
    c->high = i->known[LEVEL_95] ? net_ratio(gross, loop, i->high[LEVEL_95]) : NAN;
    c->within = i->known[LEVEL_95] ? fmax(c->high - 1, 1 - c->low) : NAN;
}

static enum timed_clock clock_for(const struct making *m, const struct comparison *c)
{
    bool waits = verdicts_estimate(m->v, c->python_a, c->a)->waits ||
                 verdicts_estimate(m->v, c->python_b, c->b)->waits;

    return waits && !m->timing->order->process ? CLOCK_WALL : CLOCK_CPU;
}

/* Two statements of one Python. */
static void compare_within(const struct making *m, struct comparison *c)
{
    const struct timing *t = m->timing;
    const struct timing_series *a = timing_series(t, c->python_a, c->a);
    const struct timing_series *b = timing_series(t, c->python_b, c->b);

    c->clock = clock_for(m, c);
    c->difference_ns = difference(m, c);
    struct values v = ratios_of(a, b, c->clock, m->arena);
    if (v.count == 0) {
        c->few = true;
        return;
    }
    struct interval i = interval_of(&v, m->arena);
    if (v.count < ROUNDS_FEW)
        i = interval_few(a, b, c->clock, i, m->arena);
    decide(m, &i, c);
    tell_ratio(&i, median_of(a, c->clock, m->arena), m->v->loop_ns[c->python_a], c);
}

/* One statement on two Pythons: they do not share rounds, and their loops differ. */
static void compare_between(const struct making *m, struct comparison *c)
{
    const struct timing *t = m->timing;
    const struct timing_series *s[2] = { timing_series(t, c->python_a, c->a),
                                         timing_series(t, c->python_b, c->b) };
    uint32_t python[2] = { c->python_a, c->python_b };
    struct values v[2];

    c->clock = clock_for(m, c);
    c->difference_ns = difference(m, c);
    for (int k = 0; k < 2; k++) {
        v[k] = values_of(s[k], c->clock, m->arena);
        for (uint32_t i = 0; i < v[k].count; i++) {
            double net = v[k].at[i] - m->v->loop_ns[python[k]];
            v[k].at[i] = log(fmax(net, NOTHING_NS));
        }
        if (v[k].count == 0) {
            c->few = true;
            return;
        }
    }
    struct interval i = interval_apart(&v[0], &v[1], m->arena);
    decide(m, &i, c);
    double gross = verdicts_estimate(m->v, c->python_a, c->a)->median;
    tell_ratio(&i, gross, 0, c);
}

const struct estimate *verdicts_estimate(const struct verdicts *v, uint32_t python,
                                         uint32_t statement)
{
    return &v->estimate[python * v->timing->order->statements + statement];
}

static void add_comparison(struct making *m, uint32_t python_a, uint32_t a,
                           uint32_t python_b, uint32_t b)
{
    struct comparison *c = &m->v->comparison[m->v->comparisons++];

    *c = (struct comparison){
        .python_a = python_a, .a = a, .python_b = python_b, .b = b
    };
    if (python_a == python_b)
        compare_within(m, c);
    else
        compare_between(m, c);
}

static void estimate_all(struct making *m)
{
    const struct timing_order *o = m->timing->order;
    double slow = 0, busy = 0;

    for (uint32_t p = 0; p < o->pythons; p++) {
        const struct timing_series *empty = timing_series(m->timing, p, o->statements);

        m->v->loop_ns[p] = median_of(empty, CLOCK_CPU, m->arena);
        for (uint32_t i = 0; i < o->statements; i++) {
            struct estimate *to = &m->v->estimate[p * o->statements + i];

            estimate_series(m, timing_series(m->timing, p, i), empty, to);
            slow += to->slow / (o->pythons * o->statements);
            if (!to->waits)
                busy = fmax(busy, to->busy);
        }
    }
    m->v->slow = slow;
    m->v->busy = busy;
    m->v->noisy = slow > SLOW_MOST || busy > BUSY;
}

void verdicts_of(const struct timing *t, struct verdicts *v, struct arena *a)
{
    const struct timing_order *o = t->order;
    uint32_t all = o->pythons * o->statements;
    struct making m = { t, v, a, o->precise ? DEAD_ZONE_PRECISE : DEAD_ZONE };

    *v = (struct verdicts){ .timing = t };
    v->estimate = arena_array(a, all, sizeof *v->estimate);
    v->loop_ns = arena_array(a, o->pythons, sizeof *v->loop_ns);
    v->comparison = arena_array(a, 2 * all, sizeof *v->comparison);
    estimate_all(&m);
    for (uint32_t i = 0; i < o->statements; i++)
        for (uint32_t p = 1; p < o->pythons; p++)
            add_comparison(&m, 0, i, p, i);
    for (uint32_t p = 0; p < o->pythons; p++)
        for (uint32_t i = 1; i < o->statements; i++)
            add_comparison(&m, p, 0, p, i);
}
