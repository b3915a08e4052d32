/* SPDX-License-Identifier: Apache-2.0 */
/* model_correct.c - what correct() takes from whom, of trees of known cost. */
#include "model/build.h"
#include "model/correct.h"
#include "test.h"

static const struct probe_cost cost = {
    .inside = { [PROBE_PYTHON] = 10,
                [PROBE_FROM_C] = 11,
                [PROBE_RESUME] = 12,
                [PROBE_FUNCTION] = 13,
                [PROBE_METHOD] = 14,
                [PROBE_TYPE] = 15,
                [PROBE_RECURSION] = 16 },
    .outside = { [PROBE_PYTHON] = 100,
                 [PROBE_FROM_C] = 110,
                 [PROBE_RESUME] = 120,
                 [PROBE_FUNCTION] = 130,
                 [PROBE_METHOD] = 140,
                 [PROBE_TYPE] = 150,
                 [PROBE_RECURSION] = 160 },
    .slow = 1,
};

static function_id function(struct build *b, struct str name, enum function_kind kind)
{
    return build_function(b, &(struct function){ .name = name, .kind = kind });
}

/* main calls each kind of thing ten times, of which `sorted` calls key() and f
 * itself. */
static struct profile *of_all_kinds(void)
{
    struct build *b = build_open(UNIT_NS);
    process_id process = build_process(b, &(struct process){ .entered = true });
    thread_id t = build_thread(b, process, STR("MainThread"), 0);
    node_id main = build_node(b, build_thread_root(b, t),
                              function(b, STR("main"), FUNCTION_PYTHON));
    const struct {
        struct str name;
        enum function_kind kind;
    } callees[] = {
        { STR("f"), FUNCTION_PYTHON },
        { STR("<built-in method builtins.sorted>"), FUNCTION_BUILTIN },
        { STR("<method 'append' of 'list' objects>"), FUNCTION_BUILTIN },
        { STR("<class 'int'>"), FUNCTION_TYPE },
    };

    build_add(b, main, 1, 0, 100000);
    node_id made[4];
    for (int i = 0; i < 4; i++) {
        made[i] = build_node(b, main, function(b, callees[i].name, callees[i].kind));
        build_add(b, made[i], 10, 0, 10000);
    }
    node_id key = build_node(b, made[1], function(b, STR("key"), FUNCTION_PYTHON));
    build_add(b, key, 10, 0, 10000);
    node_id again = build_node(b, made[0], function(b, STR("f"), FUNCTION_PYTHON));
    build_add(b, again, 10, 0, 10000);
    node_id generator =
        build_node(b, main, function(b, STR("generator"), FUNCTION_PYTHON));
    build_add(b, generator, 1, 10, 10000);
    return build_finish(b);
}

static bool is_of(const struct profile *p, node_id n, const char *name)
{
    function_id f = profile_node(p, n)->function;

    return f != FUNCTION_NONE && str_eq(profile_function(p, f)->name, str_of(name));
}

static uint64_t self_of(const struct profile *p, const char *name)
{
    for (node_id n = 0; n < profile_nodes(p); n++)
        if (is_of(p, n, name))
            return profile_node(p, n)->self;
    fail_msg("no %s", name);
    return 0;
}

static uint64_t self_of_last(const struct profile *p, const char *name)
{
    for (node_id n = profile_nodes(p); n-- > 0;)
        if (is_of(p, n, name))
            return profile_node(p, n)->self;
    fail_msg("no %s", name);
    return 0;
}

static void test_each_kind_costs_its_own(void **state)
{
    struct profile *p = of_all_kinds();
    struct profile *c = correct(p, &cost);

    (void)state;
    assert_int_equal(self_of(c, "f"), 10000 - 10 * 10 - 10 * 160);
    assert_int_equal(self_of_last(c, "f"), 10000 - 10 * 16);
    assert_int_equal(self_of(c, "<built-in method builtins.sorted>"),
                     10000 - 10 * 13 - 10 * 110);
    assert_int_equal(self_of(c, "key"), 10000 - 10 * 11);
    assert_int_equal(self_of(c, "<method 'append' of 'list' objects>"),
                     10000 - 10 * 14);
    assert_int_equal(self_of(c, "<class 'int'>"), 10000 - 10 * 15);
    assert_int_equal(self_of(c, "generator"), 10000 - 10 - 10 * 12);
    assert_int_equal(self_of(c, "main"),
                     100000 - 10 - 10 * (100 + 130 + 140 + 150) - 100 - 10 * 120);
    for (node_id n = 0; n < profile_nodes(p); n++)
        assert_int_equal(profile_node(p, n)->calls, profile_node(c, n)->calls);
    assert_int_equal(profile_functions(p), profile_functions(c));
    profile_close(p);
    profile_close(c);
}

static void test_what_was_taken_is_told_by_function(void **state)
{
    struct profile *p = of_all_kinds(), *c = correct(p, &cost);
    struct arena *a = arena_open();
    uint64_t *taken = correct_taken(p, &cost, a);
    uint64_t *truth = arena_array(a, profile_functions(p), sizeof *truth);

    (void)state;
    for (node_id n = 0; n < profile_nodes(p); n++)
        if (profile_node(p, n)->function != FUNCTION_NONE)
            truth[profile_node(p, n)->function] +=
                profile_node(p, n)->self - profile_node(c, n)->self;
    for (function_id f = 0; f < profile_functions(p); f++) {
        assert_true(taken[f] > 0);
        assert_int_equal(taken[f], truth[f]);
    }
    arena_close(a);
    profile_close(p);
    profile_close(c);
}

static uint64_t alone(uint64_t calls, uint64_t self, struct probe_cost with)
{
    struct build *b = build_open(UNIT_NS);
    process_id process = build_process(b, &(struct process){ .entered = true });
    thread_id t = build_thread(b, process, STR(""), 0);
    node_id n =
        build_node(b, build_thread_root(b, t), function(b, STR("f"), FUNCTION_PYTHON));

    build_add(b, n, calls, 0, self);
    struct profile *p = build_finish(b), *c = correct(p, &with);
    uint64_t left = self_of(c, "f");
    profile_close(p);
    profile_close(c);
    return left;
}

static void test_nothing_falls_below_zero(void **state)
{
    (void)state;
    assert_int_equal(alone(1000, 9000, cost), 0);
    assert_int_equal(alone(1000, 10001, cost), 1);
}

static void test_slowness_is_believed_of_short_pieces(void **state)
{
    struct probe_cost slow = cost;

    (void)state;
    slow.slow = 2;
    assert_int_equal(alone(10, 10 * (10 + 100), slow), 10 * 50);
    assert_int_equal(alone(10, 10 * (10 + 500), slow), 10 * 250);
    assert_int_equal(alone(10, 10 * (10 + 5000), slow), 10 * (5000 - 250));
}

static void test_what_is_not_known_stays(void **state)
{
    (void)state;
    assert_int_equal(alone(10, 12345, (struct probe_cost){ .slow = 0 }), 12345);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_costs_its_own),
        cmocka_unit_test(test_what_was_taken_is_told_by_function),
        cmocka_unit_test(test_nothing_falls_below_zero),
        cmocka_unit_test(test_slowness_is_believed_of_short_pieces),
        cmocka_unit_test(test_what_is_not_known_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
