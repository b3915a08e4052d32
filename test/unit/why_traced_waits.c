/* SPDX-License-Identifier: Apache-2.0 */
/* why_traced_waits.c - what a program waits for, of threads whose every moment is
 * known. */
#include "why/traced_waits.h"

#include "test.h"

static uint64_t sum[WAITS];

static void sum_up(struct traced_waits *w, uint64_t end)
{
    for (int k = 0; k < WAITS; k++)
        sum[k] = 0;
    traced_waits_sum(w, end, sum);
}

static void one_thread(void **state)
{
    struct arena *a = arena_open();
    struct traced_waits w = traced_waits_on(a);

    (void)state;
    traced_waits_begins(&w, 10);
    traced_waits_still(&w, 20, 50, WAIT_DISK);
    traced_waits_still(&w, 60, 65, WAIT_SLEEP);
    traced_waits_still(&w, 90, 120, WAIT_SLEEP);
    traced_waits_ends(&w, 120);
    sum_up(&w, 100);
    assert_int_equal(sum[WAIT_DISK], 30);
    assert_int_equal(sum[WAIT_SLEEP], 15);
    arena_close(a);
}

/* Who waits for a child waits for what that waits for; while it runs nothing waits. */
static void a_child(void **state)
{
    struct arena *a = arena_open();
    struct traced_waits w = traced_waits_on(a);

    (void)state;
    traced_waits_begins(&w, 0);
    traced_waits_begins(&w, 10);
    traced_waits_still(&w, 20, 90, WAIT_CHILD);
    traced_waits_still(&w, 30, 60, WAIT_NETWORK);
    traced_waits_ends(&w, 80);
    traced_waits_ends(&w, 100);
    sum_up(&w, 100);
    assert_int_equal(sum[WAIT_NETWORK], 30);
    assert_int_equal(sum[WAIT_CHILD], 10); /* from 80 to 90 there is nobody else */
    arena_close(a);
}

static void a_pipeline(void **state)
{
    struct arena *a = arena_open();
    struct traced_waits w = traced_waits_on(a);

    (void)state;
    for (int i = 0; i < 3; i++)
        traced_waits_begins(&w, 0);
    traced_waits_still(&w, 0, 100, WAIT_CHILD);
    traced_waits_still(&w, 0, 50, WAIT_PIPE);
    traced_waits_still(&w, 10, 40, WAIT_TERMINAL);
    traced_waits_still(&w, 40, 100, WAIT_LOCK);
    sum_up(&w, 100);
    assert_int_equal(sum[WAIT_TERMINAL], 30);
    assert_int_equal(sum[WAIT_PIPE], 10);
    assert_int_equal(sum[WAIT_LOCK], 0);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread),
        cmocka_unit_test(a_child),
        cmocka_unit_test(a_pipeline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
