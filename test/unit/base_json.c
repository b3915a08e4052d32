/* SPDX-License-Identifier: Apache-2.0 */
/* base_json.c - what the JSON writer writes, byte for byte. */
#include <math.h>

#include "base/json.h"
#include "test.h"

static void check_str(struct str value, const char *expected)
{
    struct out *o = out_memory();
    struct json j = json_on(o);

    json_str(&j, NULL, value);
    assert_string_equal(out_text(o).at, expected);
    out_abandon(o);
}

static void quotes_what_json_must(void **state)
{
    (void)state;
    check_str(STR("plain"), "\"plain\"");
    check_str(STR(""), "\"\"");
    check_str((struct str){ NULL, 0 }, "\"\"");
    check_str(STR("a\"b\\c"), "\"a\\\"b\\\\c\"");
    check_str(STR("\n\t\0\x7f"), "\"\\u000a\\u0009\\u0000\\u007f\"");
}

static void keeps_text_that_is_utf8(void **state)
{
    (void)state;
    check_str(STR("gr\xc3\xbc\xc3\x9f"), "\"gr\xc3\xbc\xc3\x9f\"");
    check_str(STR("\xe2\x82\xac"), "\"\xe2\x82\xac\"");
    check_str(STR("\xf0\x9f\x90\x8d"), "\"\xf0\x9f\x90\x8d\"");
}

static void escapes_bytes_that_are_not_utf8(void **state)
{
    (void)state;
    check_str(STR("\xff"), "\"\\udcff\"");
    check_str(STR("\xc3"), "\"\\udcc3\"");                       /* cut short */
    check_str(STR("\xc0\xaf"), "\"\\udcc0\\udcaf\"");            /* overlong */
    check_str(STR("\xe0\x80\x80"), "\"\\udce0\\udc80\\udc80\""); /* overlong */
    check_str(STR("\xf5\x80"), "\"\\udcf5\\udc80\"");            /* above U+10FFFF */
    check_str(STR("\xed\xa0\x80"), "\"\\ud800\"");               /* a surrogate */
    check_str(STR("\xed\xb3\xbf!"), "\"\\udcff!\"");
    check_str(STR("\xed\xa0"), "\"\\udced\\udca0\"");
}

static void sees_to_commas_and_brackets(void **state)
{
    struct out *o = out_memory();
    struct json j = json_on(o);

    (void)state;
    json_object(&j, NULL);
    json_u64(&j, "max", UINT64_MAX);
    json_i64(&j, "min", INT64_MIN);
    json_array(&j, "list");
    json_bool(&j, NULL, true);
    json_object(&j, NULL);
    json_end(&j);
    json_array(&j, NULL);
    json_end(&j);
    json_null(&j, NULL);
    json_end(&j);
    json_text(&j, "none", NULL);
    json_text(&j, "k\"", "v");
    json_end(&j);
    assert_string_equal(out_text(o).at,
                        "{\"max\":18446744073709551615,\"min\":-9223372036854775808,"
                        "\"list\":[true,{},[],null],\"none\":null,\"k\\\"\":\"v\"}\n");
    out_abandon(o);
}

static void numbers_come_back_as_they_were(void **state)
{
    struct out *o = out_memory();
    struct json j = json_on(o);

    (void)state;
    json_array(&j, NULL);
    json_double(&j, NULL, 0.1);
    json_double(&j, NULL, 3);
    json_double(&j, NULL, NAN);
    json_double(&j, NULL, -INFINITY);
    json_end(&j);
    assert_string_equal(out_text(o).at, "[0.10000000000000001,3,null,null]\n");
    out_abandon(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_what_json_must),
        cmocka_unit_test(keeps_text_that_is_utf8),
        cmocka_unit_test(escapes_bytes_that_are_not_utf8),
        cmocka_unit_test(sees_to_commas_and_brackets),
        cmocka_unit_test(numbers_come_back_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
