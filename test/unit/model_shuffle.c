/* SPDX-License-Identifier: Apache-2.0 */
/* model_shuffle.c - chances of a difference, beside those counted by hand. */
#include "model/shuffle.h"
#include "test.h"

static const double ones[64] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };

static void check(uint32_t first, uint32_t second, const double *value, double ways,
                  double either, double upwards)
{
    struct shuffle s = { first, second, value, ones };

    assert_float_equal(shuffle_chance(&s, true), either / ways, 1e-12);
    assert_float_equal(shuffle_chance(&s, false), upwards / ways, 1e-12);
}

static void few_ways_are_counted(void **state)
{
    (void)state;
    /* Of the 20 ways to deal six, one is this and one its mirror. */
    check(3, 3, (double[]){ 1, 2, 3, 4, 5, 6 }, 20, 2, 1);
    check(3, 3, (double[]){ 4, 5, 6, 1, 2, 3 }, 20, 2, 20);
    /* 1 2 4: beside it only 1 2 3, and the mirrors of both, are as far apart. */
    check(3, 3, (double[]){ 1, 2, 4, 3, 5, 6 }, 20, 4, 2);
    check(2, 2, (double[]){ 7, 7, 7, 7 }, 6, 6, 6);
    check(1, 4, (double[]){ 1, 2, 3, 4, 5 }, 5, 2, 1); /* 5 alone is as far, below */
    check(1, 1, (double[]){ 1, 2 }, 2, 2, 1);
}

static void weights_count(void **state)
{
    const double value[] = { 0, 10, 1, 2 }, weight[] = { 1, 0.001, 1, 1 };
    struct shuffle s = { 2, 2, value, weight };

    (void)state;
    assert_float_equal(shuffle_difference(&s), 1.5 - 0.01 / 1.001, 1e-9);
    /* The noisy 10 hardly counts: {0, 1} and {0, 10} against the rest, and mirrors. */
    assert_float_equal(shuffle_chance(&s, true), 4.0 / 6, 1e-12);
}

/* Ten values each, a gap between them: once in 184,756 ways, and its mirror. */
static void ten_a_side(void **state)
{
    double value[20];

    (void)state;
    for (int i = 0; i < 20; i++)
        value[i] = i < 10 ? i : 100 + i;
    check(10, 10, value, 184756, 2, 1);
    assert_float_equal(shuffle_least(10, 10), 2.0 / 184756, 1e-12);
    assert_float_equal(shuffle_least(3, 3), 2.0 / 20, 1e-12);
    assert_float_equal(shuffle_least(2, 3), 1.0 / 10, 1e-12);
    assert_float_equal(shuffle_least(1, 1), 1.0, 1e-12);
}

/* More than can be counted: some are drawn, the same ones each time. */
static void many_ways_are_drawn(void **state)
{
    double apart[60], alike[60];

    (void)state;
    for (int i = 0; i < 60; i++) {
        apart[i] = i;
        alike[i] = i % 2 ? i : 59 - i; /* both groups hold the same spread */
    }
    struct shuffle s = { 30, 30, apart, ones }, t = { 30, 30, alike, ones };
    assert_float_equal(shuffle_chance(&s, true), 1.0 / 100001, 1e-12);
    assert_float_equal(shuffle_least(30, 30), 1.0 / 100001, 1e-12);
    double chance = shuffle_chance(&t, true);
    assert_true(chance > 0.2);
    assert_true(chance == shuffle_chance(&t, true));
    /* One side of what is symmetric is half of both, as far as draws tell. */
    double up = shuffle_chance(&t, false);
    assert_true(up > 0.1 && up < 0.9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_ways_are_counted),
        cmocka_unit_test(weights_count),
        cmocka_unit_test(ten_a_side),
        cmocka_unit_test(many_ways_are_drawn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
