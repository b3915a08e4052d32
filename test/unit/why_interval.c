/* SPDX-License-Identifier: Apache-2.0 */
/* why_interval.c - intervals of medians beside tables of the sign test, and how often
 * they hold what is true of made-up values. */
#include "test.h"
#include "why/interval.h"

#include <math.h>
#include <stdlib.h>

enum { MOST = 512 };

static double at[MOST];
static uint32_t group[MOST];

/* 1 to n, of one group, the last first. */
static struct interval of_ranks(uint32_t n, struct arena *a)
{
    for (uint32_t i = 0; i < n; i++) {
        at[i] = n - i;
        group[i] = 0;
    }
    return interval_of(&(struct values){ at, group, n }, a);
}

static void check_ranks(uint32_t n, uint32_t k95, uint32_t k99)
{
    struct arena *a = arena_open();
    struct interval i = of_ranks(n, a);
    const uint32_t rank[LEVELS] = { k95, k99 };

    assert_float_equal(i.middle, (n + 1) / 2.0, 0);
    for (enum level level = 0; level < LEVELS; level++) {
        uint32_t k = rank[level];

        assert_int_equal(i.known[level], k > 0);
        assert_float_equal(i.low[level], k ? k : 1, 0);
        assert_float_equal(i.high[level], k ? n + 1 - k : n, 0);
    }
    arena_close(a);
}

/* The ranks that books print (Conover, table A3 gives the coins). */
static void ranks_are_the_tables(void **state)
{
    (void)state;
    check_ranks(5, 0, 0);
    check_ranks(6, 1, 0);
    check_ranks(7, 1, 0);
    check_ranks(8, 1, 1);
    check_ranks(10, 2, 1);
    check_ranks(12, 3, 2);
    check_ranks(15, 4, 3);
    check_ranks(20, 6, 4);
    check_ranks(25, 8, 6);
    check_ranks(50, 18, 16);
    check_ranks(100, 40, 37);
}

static uint64_t seed = 88172645463325252ull;

static double uniform(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (double)(seed >> 11) / 9007199254740992.0;
}

/* Skewed, as times are: median 0, a long end above. */
static double noise(void)
{
    double u = uniform();

    return u < 0.5 ? u - 0.5 : -log(2 * (1 - u));
}

/* How often of 2,000 times the interval holds 0, where groups have luck of their own.
 */
static void held(uint32_t groups, uint32_t each, double luck, double share[LEVELS])
{
    enum { TIMES = 2000 };
    struct arena *a = arena_open();
    uint32_t in[LEVELS] = { 0 };

    for (int t = 0; t < TIMES; t++) {
        uint32_t n = 0;

        for (uint32_t g = 0; g < groups; g++) {
            double own = luck * (uniform() - 0.5);

            for (uint32_t i = 0; i < each; i++, n++) {
                at[n] = own + noise();
                group[n] = g;
            }
        }
        struct interval i = interval_of(&(struct values){ at, group, n }, a);
        for (enum level level = 0; level < LEVELS; level++)
            in[level] += i.low[level] <= 0 && 0 <= i.high[level];
    }
    for (enum level level = 0; level < LEVELS; level++)
        share[level] = (double)in[level] / TIMES;
    arena_close(a);
}

static void intervals_hold_what_is_true(void **state)
{
    double share[LEVELS];

    (void)state;
    held(1, 30, 0, share);
    assert_true(share[LEVEL_95] > 0.945 && share[LEVEL_99] > 0.985);
    held(6, 40, 0, share);
    assert_true(share[LEVEL_95] > 0.945 && share[LEVEL_99] > 0.985);
    /* Luck larger than the noise: six groups know their own spread but poorly, yet of
     * values alone the interval would hold it one time in four. */
    held(6, 40, 4, share);
    assert_true(share[LEVEL_95] > 0.86 && share[LEVEL_99] > 0.93);
    held(12, 40, 4, share);
    assert_true(share[LEVEL_95] > 0.88 && share[LEVEL_99] > 0.95);
}

static void one_disturbed_group_hides_nothing(void **state)
{
    struct arena *a = arena_open();
    uint32_t n = 0;

    (void)state;
    for (uint32_t g = 0; g < 6; g++)
        for (uint32_t i = 0; i < 40; i++, n++) {
            at[n] = 5 + (g == 3 ? 40 : 0) + 0.1 * noise();
            group[n] = g;
        }
    struct interval i = interval_of(&(struct values){ at, group, n }, a);
    assert_true(i.low[LEVEL_99] > 4.5 && i.high[LEVEL_99] < 6);
    assert_int_equal(i.groups, 6);
    assert_int_equal(i.above, 6);
    assert_int_equal(i.below, 0);
    arena_close(a);
}

static void what_was_measured_apart(void **state)
{
    struct arena *a = arena_open();
    double of[] = { 1, 1.1, 0.9, 1.05, 1, 0.95 },
           with[] = { 2, 2.1, 1.9, 2, 2.05, 1.95 };
    uint32_t groups[] = { 0, 1, 2, 3, 4, 5 };
    struct values x = { of, groups, 6 }, y = { with, groups, 6 };
    struct interval i = interval_apart(&x, &y, a);

    (void)state;
    assert_float_equal(i.middle, 1, 1e-9);
    assert_true(i.low[LEVEL_99] > 0.5 && i.high[LEVEL_99] < 1.5 && i.known[LEVEL_99]);
    assert_int_equal(i.above, 6);
    i = interval_apart(&y, &x, a);
    assert_float_equal(i.middle, -1, 1e-9);
    assert_int_equal(i.below, 6);
    i = interval_apart(&x, &x, a);
    assert_true(i.low[LEVEL_95] < 0 && i.high[LEVEL_95] > 0);
    assert_int_equal(i.above + i.below, 0);
    arena_close(a);
}

static void all_of_one_below_all_of_the_other(void **state)
{
    (void)state;
    assert_float_equal(interval_chance_apart(1, 1), 1, 1e-12);
    assert_float_equal(interval_chance_apart(3, 3), 2.0 / 20, 1e-12);
    assert_float_equal(interval_chance_apart(5, 5), 2.0 / 252, 1e-12);
    assert_float_equal(interval_chance_apart(4, 6), 2.0 / 210, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_are_the_tables),
        cmocka_unit_test(intervals_hold_what_is_true),
        cmocka_unit_test(one_disturbed_group_hides_nothing),
        cmocka_unit_test(what_was_measured_apart),
        cmocka_unit_test(all_of_one_below_all_of_the_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
