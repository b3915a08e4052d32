/* SPDX-License-Identifier: Apache-2.0 */
/* report_screen.c - figures with three digits, and names no terminal obeys. */
#include <string.h>

#include "report/screen.h"
#include "report/units.h"
#include "test.h"

static void times_take_three_digits(void **state)
{
    static const struct {
        double ns;
        const char *text;
    } cases[] = {
        { 0, "0 ns" },          { 1, "1 ns" },         { 999, "999 ns" },
        { 1000, "1.00 us" },    { 1980, "1.98 us" },   { 91600, "91.6 us" },
        { 143000, "143 us" },   { 999400, "999 us" },  { 999900, "1.00 ms" },
        { 7.81e9, "7.81 s" },   { 12.44e9, "12.4 s" }, { 4012e9, "4012 s" },
        { 9.996e6, "10.0 ms" }, { 99.96e6, "100 ms" }, { 52.1, "52.1 ns" },
        { 0.004, "<0.01 ns" },  { 0.02, "0.02 ns" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(units_one(UNIT_NS, cases[i].ns).text, cases[i].text);
    assert_string_equal(units_one(UNIT_BYTES, 1536).text, "1.50 KB");
    assert_string_equal(units_one(UNIT_SAMPLES, 12).text, "12");
}

/* A column shares its largest value's unit until a value would say nothing. */
static void a_column_shares_a_unit(void **state)
{
    struct column c = units_column(UNIT_NS, 7.81e9);

    (void)state;
    assert_string_equal(units_cell(c, 7.81e9).text, "7.81 s ");
    assert_string_equal(units_cell(c, 0.12e9).text, "0.12 s ");
    assert_string_equal(units_cell(c, 0.02e9).text, "20.0 ms");
    assert_string_equal(units_cell(c, 1200).text, "1.20 us");
    assert_string_equal(units_cell(c, 0).text, "0 s ");
}

static void counts_have_commas_or_are_rounded(void **state)
{
    (void)state;
    assert_string_equal(units_count(0).text, "0");
    assert_string_equal(units_count(999).text, "999");
    assert_string_equal(units_count(4012008).text, "4,012,008");
    assert_string_equal(units_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
    assert_string_equal(units_round(812).text, "812");
    assert_string_equal(units_round(8104).text, "8,104");
    assert_string_equal(units_round(12004).text, "12 k");
    assert_string_equal(units_round(4012008).text, "4.0 M");
    assert_string_equal(units_round(81040221).text, "81 M");
    assert_string_equal(units_round(UINT64_MAX).text, "18446744074 G");
    assert_string_equal(units_share(1, 0).text, "0.0");
    assert_string_equal(units_share(63, 100).text, "63.0");
}

static void check_safe(struct str raw, const char *safe)
{
    struct arena *a = arena_open();
    struct str s = screen_safe(raw, a);

    assert_int_equal(s.len, strlen(safe));
    assert_memory_equal(s.at, safe, s.len);
    arena_close(a);
}

static void names_cannot_steer_a_terminal(void **state)
{
    (void)state;
    check_safe(STR("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
    check_safe(STR("\33[2J\a"), "\\x1b[2J\\x07");
    check_safe(STR("a\0b\nc"), "a\\x00b\\x0ac");
    check_safe(STR("\xc2\x9b"
                   "31m"),
               "\\x9b31m"); /* C1 */
    check_safe(STR("\xe2\x80\xae"
                   "gpj"),
               "\\u202egpj"); /* override */
    check_safe(STR("a\xe2\x80\x8b"
                   "b"),
               "a\\u200bb");                            /* no width */
    check_safe(STR("\xf3\xa0\x81\x81"), "\\U000e0041"); /* a tag */
    check_safe(STR("\xff\xc3"), "\\xff\\xc3");          /* not UTF-8 */
    check_safe(STR("\xed\xa0\x80"), "\\xed\\xa0\\x80"); /* a surrogate */
}

static void what_is_too_wide_is_cut_in_columns(void **state)
{
    struct arena *a = arena_open();
    struct str path = STR("/a/long/path/file.py:12");

    (void)state;
    assert_true(str_eq(screen_keep_end(path, 13, a), STR("file.py:12")));
    assert_true(str_eq(screen_keep_end(path, 20, a), STR("long/path/file.py:12")));
    assert_true(str_eq(screen_keep_end(path, 9, a), STR("....py:12")));
    assert_true(str_eq(screen_keep_end(path, 23, a), path));
    assert_true(str_eq(screen_keep_start(path, 10, a), STR("/a/long...")));
    assert_int_equal(screen_width(STR("gr\xc3\xbc\xc3\x9f")), 4);
    assert_int_equal(screen_keep_end(path, 0, a).len, 3);
    arena_close(a);
}

static void padding_and_tone(void **state)
{
    struct out *o = out_memory();
    struct screen s = { .out = o, .colour = true };

    (void)state;
    screen_put(&s, TONE_BOLD, STR("ab"), 4);
    screen_put(&s, TONE_PLAIN, STR("c"), 0);
    assert_string_equal(out_text(o).at, "\33[1mab\33[0m  c");
    out_abandon(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_take_three_digits),
        cmocka_unit_test(a_column_shares_a_unit),
        cmocka_unit_test(counts_have_commas_or_are_rounded),
        cmocka_unit_test(names_cannot_steer_a_terminal),
        cmocka_unit_test(what_is_too_wide_is_cut_in_columns),
        cmocka_unit_test(padding_and_tone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
