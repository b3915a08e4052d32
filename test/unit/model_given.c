/* SPDX-License-Identifier: Apache-2.0 */
/* model_given.c - rows without paths: of trees made at random the same figures
 * come out again when only functions and pairs of caller and callee are kept, and
 * what groups are told of lies about the truth. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/build.h"
#include "model/correct.h"
#include "model/fold.h"
#include "model/stats.h"
#include "test.h"

static function_id function_of(struct build *b, uint32_t number)
{
    struct function f = { .name = STR("f"), .file = STR("x.py"), .line = number + 1 };

    return build_function(b, &f);
}

static thread_id new_thread(struct build *b)
{
    struct process process = { .name = STR("a.pstats"), .entered = true };

    return build_thread(b, build_process(b, &process), STR(""), 0);
}

static uint32_t random_below(uint64_t *seed, uint32_t bound)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % bound;
}

enum { FUNCTIONS = 12, NODES = 60 };

/* recursive: else a callee's number is above its caller's. */
static struct profile *random_tree(uint64_t *seed, bool recursive)
{
    struct build *b = build_open(UNIT_NS);
    thread_id t = new_thread(b);
    node_id node[NODES] = { build_thread_root(b, t) };
    uint32_t number[NODES] = { 0 }, nodes = 1;

    for (uint32_t f = 0; f < FUNCTIONS; f++)
        function_of(b, f);
    while (nodes < NODES) {
        uint32_t above = random_below(seed, nodes);
        uint32_t least = recursive || above == 0 ? 0 : number[above] + 1;

        if (least >= FUNCTIONS)
            continue;
        number[nodes] = least + random_below(seed, FUNCTIONS - least);
        node[nodes] = build_child(b, node[above], function_of(b, number[nodes]));
        build_add(b, node[nodes++], 1 + random_below(seed, 3), 0,
                  random_below(seed, 1000));
    }
    return build_finish(b);
}

static void give(struct build *b, const struct profile *p)
{
    struct stats *s = stats_open(p);
    thread_id t = new_thread(b);

    stats_add_edges(s);
    for (function_id f = 0; f < profile_functions(p); f++)
        function_of(b, f); /* ids in this order, in an empty builder */
    for (function_id f = 0; f < profile_functions(p); f++) {
        struct edges callers = stats_callers(s, f);

        build_given(b, t, function_of(b, f), stats_of(s, f));
        for (uint32_t i = 0; i < callers.count; i++)
            build_given_edge(
                b, &(struct edge){ .caller = function_of(b, callers.at[i]->caller),
                                   .callee = function_of(b, f),
                                   .stat = callers.at[i]->stat });
    }
    stats_close(s);
}

static void check_same(const struct stat_row *a, const struct stat_row *b,
                       uint64_t times)
{
    assert_int_equal(a->calls, times * b->calls);
    assert_int_equal(a->primitive_calls, times * b->primitive_calls);
    assert_int_equal(a->self, times * b->self);
    assert_int_equal(a->cumulative, times * b->cumulative);
}

static void check_equal(const struct stats *given, const struct stats *tree,
                        uint64_t times)
{
    check_same(stats_total(given), stats_total(tree), times);
    for (function_id f = 0; f < FUNCTIONS; f++) {
        struct edges a = stats_callers(given, f), b = stats_callers(tree, f);

        check_same(stats_of(given, f), stats_of(tree, f), times);
        assert_int_equal(a.count, b.count);
        assert_int_equal(stats_callees(given, f).count, stats_callees(tree, f).count);
        for (uint32_t i = 0; i < a.count; i++) {
            assert_int_equal(a.at[i]->caller, b.at[i]->caller);
            check_same(&a.at[i]->stat, &b.at[i]->stat, times);
        }
    }
}

static struct stats *open_with_edges(const struct profile *p)
{
    struct stats *s = stats_open(p);

    stats_add_edges(s);
    return s;
}

static void figures_come_out_as_they_went_in(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int round = 0; round < 50; round++) {
        struct profile *tree = random_tree(&seed, true);
        struct build *b = build_open(UNIT_NS);

        give(b, tree);
        give(b, tree); /* equal rows of another file add up */
        struct profile *given = build_finish(b);
        struct stats *s = open_with_edges(given), *of_tree = open_with_edges(tree);
        assert_false(profile_has_paths(given));
        assert_true(profile_has_paths(tree));
        check_equal(s, of_tree, 2);
        assert_int_equal(profile_thread(given, 1)->self, stats_total(of_tree)->self);
        stats_close(s);
        stats_close(of_tree);
        profile_close(given);
        profile_close(tree);
    }
}

/* A profile of trees, and what is given of the same, is twice the trees. */
static void trees_and_rows_add_up(void **state)
{
    uint64_t seed = 2;

    (void)state;
    for (int round = 0; round < 50; round++) {
        struct profile *tree = random_tree(&seed, true);
        struct build *b = build_open(UNIT_NS);
        thread_id t = new_thread(b);
        node_id node[NODES + 1] = { 0 };

        node[1] = build_thread_root(b, t);
        for (node_id n = 2; n < profile_nodes(tree); n++) {
            const struct node *from = profile_node(tree, n);

            node[n] = build_node(b, node[from->parent], function_of(b, from->function));
            build_add(b, node[n], from->calls, 0, from->self);
        }
        give(b, tree);
        struct profile *both = build_finish(b);
        struct stats *s = open_with_edges(both), *of_tree = open_with_edges(tree);
        struct stat_row rows[2];
        uint32_t thread[] = { 0, 1 };
        /* Functions keep their ids only where they were added in order. */
        for (function_id f = 0; f < FUNCTIONS; f++) {
            function_id id = profile_function(both, f)->line - 1;

            check_same(stats_of(s, f), stats_of(of_tree, id), 2);
        }
        stats_group_threads(s, thread, 2, rows);
        check_same(&rows[0], &rows[1], 1);
        stats_close(s);
        stats_close(of_tree);
        profile_close(both);
        profile_close(tree);
    }
}

/* Groups of functions as the tree has them are the truth. */
static void groups_lie_within_their_bounds(void **state)
{
    uint64_t seed = 3;
    uint32_t known = 0, all = 0;

    (void)state;
    for (int round = 0; round < 400; round++) {
        struct profile *tree = random_tree(&seed, round % 2);
        struct build *b = build_open(UNIT_NS);
        uint32_t group[FUNCTIONS];
        struct stat_row row[4], truth[4];
        struct bounds bounds[4], none[4];

        for (function_id f = 0; f < FUNCTIONS; f++)
            group[f] = random_below(&seed, 4);
        give(b, tree);
        struct profile *given = build_finish(b);
        struct stats *s = stats_open(given), *of_tree = stats_open(tree);
        stats_group(s, group, 4, row, bounds);
        stats_group(of_tree, group, 4, truth, none);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(row[i].self, truth[i].self);
            assert_int_equal(row[i].calls, truth[i].calls);
            assert_true(bounds[i].least <= truth[i].cumulative);
            assert_true(bounds[i].most >= truth[i].cumulative);
            assert_true(bounds[i].least <= row[i].cumulative);
            assert_true(bounds[i].most >= row[i].cumulative);
            known += bounds[i].least == bounds[i].most;
            all++;
        }
        stats_close(s);
        stats_close(of_tree);
        profile_close(given);
        profile_close(tree);
    }
    assert_in_range(known, all / 20, all - all / 20); /* both are to be met */
}

/* Two groups that call one another only one way are known, of one function each. */
static void groups_that_nothing_returns_to_are_known(void **state)
{
    uint64_t seed = 4;

    (void)state;
    for (int round = 0; round < 100; round++) {
        struct profile *tree = random_tree(&seed, false);
        struct build *b = build_open(UNIT_NS);
        uint32_t group[FUNCTIONS];
        struct stat_row row[2], truth[2];
        struct bounds bounds[2], none[2];

        for (function_id f = 0; f < FUNCTIONS; f++)
            group[f] = f >= FUNCTIONS / 2;
        give(b, tree);
        struct profile *given = build_finish(b);
        struct stats *s = stats_open(given), *of_tree = stats_open(tree);
        stats_group(s, group, 2, row, bounds);
        stats_group(of_tree, group, 2, truth, none);
        for (int i = 0; i < 2; i++) /* not called within: sure of what nobody called */
            if (bounds[i].least == bounds[i].most)
                assert_int_equal(row[i].cumulative, truth[i].cumulative);
        stats_close(s);
        stats_close(of_tree);
        profile_close(given);
        profile_close(tree);
    }
}

static struct edges callers_of(const struct stats *s, function_id f)
{
    return stats_callers(s, f);
}

static void times_that_are_unknown_stay_unknown(void **state)
{
    struct build *b = build_open(UNIT_NS);
    thread_id t = new_thread(b);
    function_id f = function_of(b, 0), g = function_of(b, 1);
    struct stat_row stat = {
        .calls = 5, .primitive_calls = 5, .self = 7, .cumulative = 9
    };
    uint32_t group[] = { 0, 1 };
    struct stat_row row[2];
    struct bounds bounds[2];

    (void)state;
    build_given(b, t, f, &stat);
    build_given(b, t, g, &stat);
    build_given_edge(
        b, &(struct edge){
               .caller = f, .callee = g, .untimed = true, .stat = { .calls = 3 } });
    build_given_edge(
        b, &(struct edge){ .caller = f, .callee = g, .stat = { 2, 2, 0, 4, 5 } });
    struct profile *p = build_finish(b);
    struct stats *s = open_with_edges(p);
    assert_int_equal(callers_of(s, g).count, 1);
    assert_true(callers_of(s, g).at[0]->untimed);
    assert_int_equal(callers_of(s, g).at[0]->stat.calls, 5);
    stats_group(s, group, 2, row, bounds);
    assert_int_equal(bounds[0].least, 9);
    assert_int_equal(bounds[0].most, 9);
    assert_true(bounds[1].least <= 9 && bounds[1].most >= 9);
    stats_close(s);
    profile_close(p);
}

static void what_is_given_survives_folding_and_correcting(void **state)
{
    uint64_t seed = 5;
    struct profile *tree = random_tree(&seed, true);
    struct build *b = build_open(UNIT_NS);
    struct probe_cost none = { .slow = 1 };

    (void)state;
    give(b, tree);
    struct profile *given = build_finish(b);
    struct profile *made[] = { fold(given, FOLD_AS_CPROFILE), correct(given, &none) };
    struct stats *of_tree = open_with_edges(tree);
    for (int i = 0; i < 2; i++) {
        struct stats *s = open_with_edges(made[i]);

        check_equal(s, of_tree, 1);
        assert_int_equal(profile_thread(made[i], 0)->self,
                         profile_thread(given, 0)->self);
        stats_close(s);
        profile_close(made[i]);
    }
    stats_close(of_tree);
    profile_close(given);
    profile_close(tree);
}

static void resumes_are_calls_as_cprofile_has_it(void **state)
{
    struct build *b = build_open(UNIT_NS);
    thread_id t = new_thread(b);
    function_id f = function_of(b, 0);
    struct stat_row stat = { 2, 1, 5, 7, 9 };

    (void)state;
    build_given(b, t, f, &stat);
    build_given_edge(b, &(struct edge){ .caller = f, .callee = f, .stat = stat });
    struct profile *p = build_finish(b), *folded = fold(p, FOLD_AS_CPROFILE);
    struct stats *s = open_with_edges(folded);
    assert_int_equal(stats_of(s, f)->calls, 7);
    assert_int_equal(stats_of(s, f)->primitive_calls, 6);
    assert_int_equal(stats_of(s, f)->resumes, 0);
    assert_int_equal(callers_of(s, f).at[0]->stat.calls, 7);
    stats_close(s);
    profile_close(folded);
    profile_close(p);
}

/* What a damaged file may claim does not overflow, and is told. */
static void sums_do_not_overflow(void **state)
{
    struct build *b = build_open(UNIT_NS);
    thread_id t = new_thread(b);
    struct stat_row most = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
                             UINT64_MAX };
    uint32_t group[] = { 0, 0, 0, 0 };
    struct stat_row row;
    struct bounds bounds;

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        function_id f = function_of(b, i);

        build_given(b, t, f, &most);
        build_given_edge(b, &(struct edge){ .caller = f, .callee = f, .stat = most });
    }
    struct profile *p = build_finish(b);
    struct stats *s = open_with_edges(p);
    assert_int_equal(stats_total(s)->self, (uint64_t)1 << 62);
    assert_true(stats_of(s, 0)->primitive_calls <= stats_of(s, 0)->calls);
    assert_int_equal(stats_of(s, 3)->self, 0);
    stats_group(s, group, 1, &row, &bounds);
    assert_int_equal(row.self, (uint64_t)1 << 62);
    assert_int_equal(profile_quality(p)->notes, 1);
    assert_false(profile_quality(p)->exact);
    stats_close(s);
    profile_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_come_out_as_they_went_in),
        cmocka_unit_test(trees_and_rows_add_up),
        cmocka_unit_test(groups_lie_within_their_bounds),
        cmocka_unit_test(groups_that_nothing_returns_to_are_known),
        cmocka_unit_test(times_that_are_unknown_stay_unknown),
        cmocka_unit_test(what_is_given_survives_folding_and_correcting),
        cmocka_unit_test(resumes_are_calls_as_cprofile_has_it),
        cmocka_unit_test(sums_do_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
