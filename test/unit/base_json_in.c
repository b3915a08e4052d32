/* SPDX-License-Identifier: Apache-2.0 */
/* base_json_in.c - values, kinds, faults with their places, depth. */
#include "base/json_in.h"

#include <string.h>

#include "test.h"

static struct json_in on(const char *text)
{
    return json_in_on(str_of(text));
}

static void values(void **state)
{
    struct arena *a = arena_open();
    struct json_in j =
        on(" { \"a\" : [1, -2.5e1, \"x\\n\\u00e9\\ud83d\\udc0d\\udc80\", true, null], "
           "\"b\":{}, \"c\": 18446744073709551615 } ");
    struct str key;

    (void)state;
    json_in_object(&j);
    assert_true(json_in_key(&j, &key));
    assert_true(str_eq(key, STR("a")));
    json_in_array(&j);
    assert_true(json_in_item(&j));
    assert_int_equal(json_in_u64(&j), 1);
    assert_true(json_in_item(&j));
    assert_true(json_in_double(&j) == -25);
    assert_true(json_in_item(&j));
    assert_true(str_eq(json_in_str(&j, a), STR("x\n\xc3\xa9\xf0\x9f\x90\x8d\x80")));
    assert_true(json_in_item(&j));
    assert_true(json_in_true(&j));
    assert_true(json_in_item(&j));
    assert_false(json_in_true(&j));
    assert_false(json_in_item(&j));
    assert_true(json_in_key(&j, &key));
    json_in_object(&j);
    assert_false(json_in_key(&j, &key));
    assert_true(json_in_key(&j, &key));
    assert_true(json_in_u64(&j) == UINT64_MAX);
    assert_false(json_in_key(&j, &key));
    assert_true(json_in_ends(&j));
    arena_close(a);
}

static void of_another_kind(void **state)
{
    struct arena *a = arena_open();
    struct json_in j = on("[\"1\", [2], {\"x\": [3]}, 4]");

    (void)state;
    json_in_array(&j);
    assert_true(json_in_item(&j));
    assert_int_equal(json_in_u64(&j), 0);
    assert_true(json_in_item(&j));
    assert_true(str_eq(json_in_str(&j, a), STR("")));
    assert_true(json_in_item(&j));
    assert_true(json_in_double(&j) == 0);
    assert_true(json_in_item(&j));
    assert_int_equal(json_in_u64(&j), 4);
    assert_false(json_in_item(&j));
    assert_true(json_in_ends(&j));
    arena_close(a);
}

static void faults(void **state)
{
    static const struct {
        const char *text, *why;
        size_t at;
    } cases[] = {
        { "", "cut short", 0 },
        { "[1, 2", "cut short", 5 },
        { "[1 2]", "no comma between two values", 3 },
        { "{\"a\" 1}", "no colon behind a key", 5 },
        { "{1: 2}", "no key where one must be", 1 },
        { "[\"abc", "a string without an end", 5 },
        { "[}", "no value where one must be", 1 },
        { "[,1]", "no value where one must be", 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_in j = on(cases[i].text);

        json_in_skip(&j);
        assert_string_equal(j.fault, cases[i].why);
        assert_int_equal(j.fault_at, cases[i].at);
        assert_int_equal(json_in_next(&j), JSON_IN_NOTHING);
    }
}

static void depth(void **state)
{
    char text[2 * JSON_IN_DEPTH + 3];
    struct json_in j;

    (void)state;
    memset(text, '[', JSON_IN_DEPTH);
    memset(text + JSON_IN_DEPTH, ']', JSON_IN_DEPTH);
    text[2 * JSON_IN_DEPTH] = '\0';
    j = on(text);
    json_in_skip(&j);
    assert_true(json_in_ends(&j));
    memset(text, '[', JSON_IN_DEPTH + 1);
    j = on(text);
    json_in_skip(&j);
    assert_string_equal(j.fault, "nested too deeply");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(of_another_kind),
        cmocka_unit_test(faults),
        cmocka_unit_test(depth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
