/* SPDX-License-Identifier: Apache-2.0 */
/* model_evidence.c - runs made up with noise of known kind: what is not there is not
 * found, what is there is, and what is common to all is told as that. */
#include "model/evidence.h"

#include <math.h>
#include <stdlib.h>

#include "test.h"

enum { ITEMS = 30, RUNS = 10, RUNS_MAX = 64 };

struct noise {
    double machine;  /* of each run, all items alike */
    double each;     /* of each item */
    double outliers; /* how often a figure is half as large again */
};

static const struct noise quiet = { 0.01, 0.005, 0 }, busy = { 0.08, 0.015, 0.04 };

struct made {
    double value[ITEMS][RUNS_MAX], total[RUNS_MAX];
    struct item item[ITEMS];
    struct effect effect[ITEMS];
    struct trial trial;
    struct findings found;
};

static double uniform(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / (double)(1ull << 53);
}

static double normal(uint64_t *seed)
{
    double radius = sqrt(-2 * log(1 - uniform(seed)));

    return radius * cos(2 * 3.141592653589793 * uniform(seed));
}

/* Times of items, the largest first, each a tenth smaller than the one before. */
static void make(struct made *m, struct noise n, uint32_t before, uint32_t after,
                 uint32_t items, uint64_t *seed)
{
    *m = (struct made){ .trial = { .runs = { before, after },
                                   .items = items,
                                   .item = m->item,
                                   .total = m->total,
                                   .in_turn = true },
                        .found = { .of = m->effect } };
    for (uint32_t r = 0; r < before + after; r++) {
        double machine = exp(n.machine * normal(seed));

        for (uint32_t i = 0; i < items; i++) {
            double *value = &m->value[i][r];

            *value = 1e6 * pow(0.9, i) * machine * exp(n.each * normal(seed));
            if (uniform(seed) < n.outliers)
                *value *= 1.5;
        }
    }
    for (uint32_t i = 0; i < items; i++) {
        double share = 0.1 * pow(0.9, i);

        m->item[i] = (struct item){ m->value[i], share, m->value[i], share, true };
    }
}

static void slow_down(struct made *m, uint32_t item, double factor)
{
    for (uint32_t r = 0; r < m->trial.runs[SIDE_AFTER]; r++)
        m->value[item][m->trial.runs[SIDE_BEFORE] + r] *= factor;
}

static void find(struct made *m)
{
    for (uint32_t r = 0; r < m->trial.runs[0] + m->trial.runs[1]; r++) {
        m->total[r] = 0;
        for (uint32_t i = 0; i < m->trial.items; i++)
            m->total[r] += m->value[i][r];
    }
    evidence_find(&m->trial, &m->found);
}

static bool is_proven(const struct effect *e)
{
    return e->verdict == VERDICT_SLOWER || e->verdict == VERDICT_FASTER;
}

static uint32_t proven(const struct made *m)
{
    uint32_t count = is_proven(&m->found.total);

    for (uint32_t i = 0; i < m->trial.items; i++)
        count += is_proven(&m->effect[i]);
    return count;
}

/* All verdicts of a comparison are wrong in one of a hundred: here of 400 it is 4. */
static void nothing_is_found_where_nothing_is(void **state)
{
    static struct made m;
    uint64_t seed = 1;
    int wrong = 0;

    (void)state;
    for (int i = 0; i < 400; i++) {
        make(&m, i % 2 ? busy : quiet, RUNS, RUNS, ITEMS, &seed);
        find(&m);
        wrong += proven(&m) > 0;
    }
    assert_in_range(wrong, 0, 8);
}

static void one_item_is_found_and_no_other(void **state)
{
    static struct made m;
    uint64_t seed = 2;
    int found = 0, others = 0, covered = 0;

    (void)state;
    for (int i = 0; i < 200; i++) {
        uint32_t item = (uint32_t)i % 10;

        make(&m, busy, RUNS, RUNS, ITEMS, &seed);
        slow_down(&m, item, 1.05);
        find(&m);
        found += m.effect[item].verdict == VERDICT_SLOWER;
        others += proven(&m) > (m.effect[item].verdict == VERDICT_SLOWER);
        covered += m.effect[item].low <= 1.05 && m.effect[item].high >= 1.05;
    }
    assert_in_range(found, 180, 200);
    assert_in_range(others, 0, 5);
    assert_in_range(covered, 180, 200); /* of 190 */
}

static void what_is_faster_is_told_so(void **state)
{
    static struct made m;
    uint64_t seed = 3;

    (void)state;
    make(&m, quiet, RUNS, RUNS, ITEMS, &seed);
    slow_down(&m, 3, 0.5);
    find(&m);
    assert_int_equal(m.effect[3].verdict, VERDICT_FASTER);
    assert_float_equal(m.effect[3].ratio, 0.5, 0.01);
    assert_true(m.effect[3].low < 0.5 && m.effect[3].high > 0.5);
    assert_int_equal(proven(&m), 1 + is_proven(&m.found.total));
}

static void all_slower_by(struct made *m, double factor)
{
    for (uint32_t i = 0; i < m->trial.items; i++)
        slow_down(m, i, factor);
}

/* Run in turn it is the program's, else it may be the machine's: the total tells. */
static void what_is_common_shows_in_the_total(void **state)
{
    static struct made m;
    uint64_t seed = 4;

    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        make(&m, quiet, RUNS, RUNS, ITEMS, &seed);
        m.trial.in_turn = turn;
        all_slower_by(&m, 1.2);
        slow_down(&m, 5, 1.1);
        find(&m);
        assert_int_equal(m.found.total.verdict, VERDICT_SLOWER);
        assert_int_equal(m.found.common.verdict, VERDICT_SLOWER);
        assert_float_equal(m.found.common.ratio, 1.2, 0.02);
        assert_int_equal(m.effect[5].verdict, VERDICT_SLOWER);
        assert_float_equal(m.effect[5].ratio, turn ? 1.32 : 1.1, 0.03);
        assert_int_equal(m.effect[2].verdict,
                         turn ? VERDICT_SLOWER : VERDICT_NO_DIFFERENCE);
    }
}

/* Of a few items none tells how fast a run was. */
static void few_items_are_compared_as_they_are(void **state)
{
    static struct made m;
    uint64_t seed = 5;

    (void)state;
    make(&m, quiet, RUNS, RUNS, 2, &seed);
    slow_down(&m, 0, 1.3);
    find(&m);
    assert_int_equal(m.effect[0].verdict, VERDICT_SLOWER);
    assert_float_equal(m.effect[0].ratio, 1.3, 0.03);
    assert_int_equal(m.effect[1].verdict, VERDICT_NO_DIFFERENCE);
}

static void few_runs_prove_nothing(void **state)
{
    static struct made m;
    uint64_t seed = 6;

    (void)state;
    make(&m, quiet, 3, 3, ITEMS, &seed);
    slow_down(&m, 0, 2);
    find(&m);
    assert_int_equal(m.effect[0].verdict, VERDICT_NONE);
    assert_int_equal(m.found.total.verdict, VERDICT_NONE);
    assert_float_equal(m.effect[0].ratio, 2, 0.05);
    assert_true(m.effect[0].low > 1.5 && m.effect[0].high < 2.5);
    make(&m, quiet, 1, 1, ITEMS, &seed);
    slow_down(&m, 0, 2);
    find(&m);
    assert_float_equal(m.effect[0].ratio, m.value[0][1] / m.value[0][0], 1e-9);
    assert_float_equal(m.effect[0].low, 0, 0);
    assert_int_equal(m.found.total.verdict, VERDICT_NONE);
}

static void sides_need_not_be_alike(void **state)
{
    static struct made m;
    uint64_t seed = 7;

    (void)state;
    make(&m, quiet, 20, 4, ITEMS, &seed);
    slow_down(&m, 0, 1.5);
    find(&m);
    assert_int_equal(m.effect[0].verdict, VERDICT_SLOWER);
    assert_float_equal(m.effect[0].ratio, 1.5, 0.03);
    assert_int_equal(m.effect[1].verdict, VERDICT_NO_DIFFERENCE);
}

static void more_than_allowed_is_more(void **state)
{
    static struct made m;
    uint64_t seed = 8;

    (void)state;
    make(&m, quiet, RUNS, RUNS, ITEMS, &seed);
    slow_down(&m, 0, 1.08);
    slow_down(&m, 1, 1.03);
    m.trial.above = 0.05;
    find(&m);
    assert_true(m.effect[0].above);
    assert_int_equal(m.effect[1].verdict, VERDICT_SLOWER);
    assert_false(m.effect[1].above);
    assert_false(m.found.total.above);
    all_slower_by(&m, 1.2);
    find(&m);
    assert_true(m.found.total.above);
}

/* What is asked of few has more to prove each with. */
static void who_is_not_asked_leaves_room(void **state)
{
    static struct made m;
    uint64_t seed = 9;

    (void)state;
    make(&m, quiet, 7, 7, ITEMS, &seed);
    slow_down(&m, 20, 1.5);
    find(&m);
    assert_int_equal(m.effect[20].verdict, VERDICT_NONE);
    for (int i = 0; i < ITEMS; i++)
        m.item[i].asked = i == 20;
    find(&m);
    assert_int_equal(m.effect[20].verdict, VERDICT_SLOWER);
    assert_int_equal(evidence_runs_needed(1), 6);
    assert_int_equal(evidence_runs_needed(0.01), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_found_where_nothing_is),
        cmocka_unit_test(one_item_is_found_and_no_other),
        cmocka_unit_test(what_is_faster_is_told_so),
        cmocka_unit_test(what_is_common_shows_in_the_total),
        cmocka_unit_test(few_items_are_compared_as_they_are),
        cmocka_unit_test(few_runs_prove_nothing),
        cmocka_unit_test(sides_need_not_be_alike),
        cmocka_unit_test(more_than_allowed_is_more),
        cmocka_unit_test(who_is_not_asked_leaves_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
