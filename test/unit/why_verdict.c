/* SPDX-License-Identifier: Apache-2.0 */
/* why_verdict.c - verdicts on made-up blocks: what is planted is found, copies of one
 * statement stay undecided, the loop is off, waiting is seen. */
#include "test.h"
#include "why/verdict.h"

#include <math.h>

enum { LAUNCHES = 6, ROUNDS = 40 };
#define LOOP 5.0 /* ns of the empty turn */

struct made {
    double ns[2];       /* of A and B, net */
    double luck, noise; /* of a launch and statement, of a block: shares */
    double wait_ns;     /* of B */
    uint32_t launches, rounds;
    uint64_t seed;
};

static double uniform(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (double)(*seed >> 11) / 9007199254740992.0;
}

static struct timing_block block(struct made *m, double ns, double wait)
{
    double cpu = ns * (1 - m->noise / 4 * log(1 - uniform(&m->seed)));

    return (struct timing_block){ .wall = cpu * 1.001 + wait,
                                  .cpu = cpu,
                                  .loops = 100,
                                  .waits = wait > 0 ? 100 : 0 };
}

static void fill(struct made *m, struct timing *t, struct arena *a)
{
    for (uint32_t s = 0; s < 3; s++) {
        struct timing_series *series = &t->series[s];

        series->statement = s;
        series->loops = 100;
        series->turn = arena_array(a, m->launches * m->rounds, sizeof *series->turn);
    }
    for (uint32_t l = 0; l < m->launches; l++) {
        double luck[2] = { exp(m->luck * (uniform(&m->seed) - 0.5)),
                           exp(m->luck * (uniform(&m->seed) - 0.5)) };

        for (uint32_t r = 0; r < m->rounds; r++)
            for (uint32_t s = 0; s < 3; s++) {
                struct timing_series *to = &t->series[s];
                double ns = LOOP + (s < 2 ? m->ns[s] * luck[s] : 0);
                double wait = s == 1 ? m->wait_ns : 0;

                to->turn[to->turns++] = (struct timing_turn){
                    l, l * m->rounds + r, 2, { block(m, ns, wait), block(m, ns, wait) }
                };
            }
    }
}

static struct comparison judge(struct made *m, struct verdicts *v, struct arena *a)
{
    struct timing_statement *statement = arena_array(a, 2, sizeof *statement);
    struct timing_python *python = arena_alloc(a, sizeof *python);
    struct timing_order *o = arena_alloc(a, sizeof *o);
    struct timing *t = arena_alloc(a, sizeof *t);

    *o = (struct timing_order){
        .statement = statement, .statements = 2, .python = python, .pythons = 1
    };
    *t = (struct timing){ .order = o };
    t->series = arena_array(a, 3, sizeof *t->series);
    fill(m, t, a);
    verdicts_of(t, v, a);
    assert_int_equal(v->comparisons, 1);
    return v->comparison[0];
}

static struct made usual(double of_a, double of_b, uint64_t seed)
{
    return (struct made){ { of_a, of_b },        0.002, 0.01, 0, LAUNCHES, ROUNDS,
                          seed * 2654435761u + 1 };
}

static void what_is_planted_is_found(void **state)
{
    struct arena *a = arena_open();
    struct verdicts v;

    (void)state;
    for (uint64_t i = 1; i <= 100; i++) {
        struct made m = usual(100, 105, i);
        struct comparison c = judge(&m, &v, a);

        assert_int_equal(c.faster, VERDICT_A);
        assert_true(c.low < 1.06 && c.high > 1.04);
        m = usual(103, 100, i);
        assert_int_equal(judge(&m, &v, a).faster, VERDICT_B);
    }
    arena_close(a);
}

/* Also where each launch has luck of its own, as large as the difference above. */
static void copies_stay_undecided(void **state)
{
    struct arena *a = arena_open();
    struct verdicts v;
    int wrong = 0, wrong_by_luck = 0;

    (void)state;
    for (uint64_t i = 1; i <= 300; i++) {
        struct made m = usual(100, 100, i);
        struct comparison c = judge(&m, &v, a);

        wrong += c.faster != VERDICT_NONE;
        m = usual(100, 100, i);
        m.luck = 0.05;
        wrong_by_luck += judge(&m, &v, a).faster != VERDICT_NONE;
    }
    assert_int_equal(wrong, 0);
    assert_true(wrong_by_luck <= 9); /* 3 % */
    arena_close(a);
}

static void the_loop_is_off(void **state)
{
    struct arena *a = arena_open();
    struct verdicts v;
    struct made m = usual(4, 8, 1);

    (void)state;
    m.noise = m.luck = 0;
    struct comparison c = judge(&m, &v, a);
    assert_float_equal(c.ratio, 2, 1e-6); /* with the loop it is 13 to 9 */
    assert_float_equal(c.difference_ns, 4, 1e-6);
    assert_float_equal(v.estimate[0].median, 4, 1e-6);
    assert_float_equal(v.estimate[1].mean, 8, 1e-6);
    assert_float_equal(v.loop_ns[0], LOOP, 1e-6);
    assert_float_equal(v.estimate[0].timeit, 9 * 1.001, 1e-6);
    /* Beside nothing there is no ratio. */
    m = usual(0, 8, 1);
    c = judge(&m, &v, a);
    assert_false(c.known);
    assert_int_equal(c.faster, VERDICT_A);
    assert_float_equal(c.difference_ns, 8, 0.1);
    arena_close(a);
}

static void who_waits_is_judged_by_wall(void **state)
{
    struct arena *a = arena_open();
    struct verdicts v;
    struct made m = usual(100, 90, 1);

    (void)state;
    m.wait_ns = 1000;
    struct comparison c = judge(&m, &v, a);
    assert_int_equal(c.clock, CLOCK_WALL);
    assert_int_equal(c.faster, VERDICT_A);
    assert_true(v.estimate[1].waits && !v.estimate[0].waits);
    assert_float_equal(v.estimate[1].median, 1090, 5);
    assert_float_equal(v.estimate[1].cpu, 90, 1);
    arena_close(a);
}

static void few_rounds_prove_what_is_plain(void **state)
{
    struct arena *a = arena_open();
    struct verdicts v;
    struct made m = usual(100, 200, 1);

    (void)state;
    m.launches = 3;
    m.rounds = 1;
    struct comparison c = judge(&m, &v, a);
    assert_int_equal(c.faster, VERDICT_A);
    assert_true(c.low > 1.8 && c.high < 2.2);
    m = usual(100, 101, 1); /* one among the other's */
    m.launches = 3;
    m.rounds = 1;
    m.noise = 0.2;
    assert_int_equal(judge(&m, &v, a).faster, VERDICT_NONE);
    m = usual(100, 200, 1); /* two of each: once in three times it is chance */
    m.launches = 1;
    m.rounds = 1;
    c = judge(&m, &v, a);
    assert_int_equal(c.faster, VERDICT_NONE);
    assert_true(c.few);
    arena_close(a);
}

static void noise_is_told(void **state)
{
    struct arena *a = arena_open();
    struct verdicts v;
    struct made m = usual(100, 100, 1);

    (void)state;
    judge(&m, &v, a);
    assert_false(v.noisy);
    m = usual(100, 100, 1);
    m.noise = 4;
    judge(&m, &v, a);
    assert_true(v.noisy);
    assert_true(v.slow > 0.1);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_planted_is_found),
        cmocka_unit_test(copies_stay_undecided),
        cmocka_unit_test(the_loop_is_off),
        cmocka_unit_test(who_waits_is_judged_by_wall),
        cmocka_unit_test(few_rounds_prove_what_is_plain),
        cmocka_unit_test(noise_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
