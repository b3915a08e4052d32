/* SPDX-License-Identifier: Apache-2.0 */
/* base_path.c - paths compared from their ends. */
#include "base/path.h"
#include "test.h"

static void common_parts_are_whole_ones(void **state)
{
    (void)state;
    assert_int_equal(path_common_parts(STR("/a/b/c"), STR("/x/b/c")), 2);
    assert_int_equal(path_common_parts(STR("/a/b/c"), STR("/a/b/c")), 4); /* "" too */
    assert_int_equal(path_common_parts(STR("/a/xb/c"), STR("/a/b/c")), 1);
    assert_int_equal(path_common_parts(STR("c"), STR("/a/c")), 1);
    assert_int_equal(path_common_parts(STR("c"), STR("bc")), 0);
    assert_int_equal(path_common_parts(STR("a/c"), STR("b/c")), 1);
    assert_int_equal(path_common_parts(STR("a"), STR("b")), 0);
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static void ends_count_first(void **state)
{
    (void)state;
    assert_int_equal(sign(path_compare_ends(STR("zb"), STR("aa"))), 1);
    assert_int_equal(sign(path_compare_ends(STR("aa"), STR("zb"))), -1);
    assert_int_equal(sign(path_compare_ends(STR("a"), STR("za"))), -1);
    assert_int_equal(sign(path_compare_ends(STR("x/a"), STR("x/a"))), 0);
}

static void check_last(struct str path, uint32_t parts, struct str expected)
{
    struct str got = path_last_parts(path, parts);

    assert_int_equal(got.len, expected.len);
    assert_memory_equal(got.at, expected.at, got.len);
}

static void last_parts(void **state)
{
    (void)state;
    check_last(STR("/a/b/c"), 1, STR("c"));
    check_last(STR("/a/b/c"), 2, STR("b/c"));
    check_last(STR("/a/b/c"), 3, STR("a/b/c"));
    check_last(STR("/a/b/c"), 4, STR("/a/b/c"));
    check_last(STR("/a/b/c"), 9, STR("/a/b/c"));
    check_last(STR("c"), 1, STR("c"));
}

static void check_folder(struct str a, struct str b, struct str expected)
{
    struct str got = path_common_folder(a, b);

    assert_int_equal(got.len, expected.len);
    assert_memory_equal(got.at, expected.at, got.len);
}

static void folders_that_hold_both(void **state)
{
    (void)state;
    check_folder(STR("/srv/app/a.py"), STR("/srv/app/b.py"), STR("/srv/app/"));
    check_folder(STR("/srv/app/a.py"), STR("/srv/apple/b.py"), STR("/srv/"));
    check_folder(STR("/srv/app/"), STR("/srv/app/x/b.py"), STR("/srv/app/"));
    check_folder(STR("/srv/a.py"), STR("/srv/a.py"), STR("/srv/"));
    check_folder(STR("/a.py"), STR("/b/b.py"), STR("/"));
    check_folder(STR("a.py"), STR("b/b.py"), STR(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_parts_are_whole_ones),
        cmocka_unit_test(ends_count_first),
        cmocka_unit_test(last_parts),
        cmocka_unit_test(folders_that_hold_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
