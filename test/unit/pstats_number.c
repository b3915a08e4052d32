/* SPDX-License-Identifier: Apache-2.0 */
/* pstats_number.c - "%8.3f" is printf's, to the last digit; repr and int() and float()
 * are Python's, whose answers are written down here. */
#include "pstats/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

static uint64_t chance(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void check_fixed(double value, int width)
{
    char expected[512];
    struct out *o = out_memory();
    struct err e = { 0 };

    snprintf(expected, sizeof expected, "%*.3f", width, value);
    number_fixed(o, value, width);
    assert_string_equal(out_text(o).at, expected);
    out_close(o, &e);
}

static void fixed_is_printfs(void **state)
{
    (void)state;
    for (int i = 0; i < 300000; i++) {
        uint64_t bits = chance();
        double any;

        memcpy(&any, &bits, sizeof any);
        if (!isnan(any))
            check_fixed(any, i % 12);
        check_fixed((double)(chance() % 100000000) / 2000.0, 8); /* near halves */
        check_fixed(ldexp((double)(chance() % 65536), -(int)(chance() % 24)), 8);
    }
    for (int i = -1100; i < 1024; i++)
        check_fixed(ldexp(1, i), 8);
    check_fixed(0.0005, 8);
    check_fixed(-0.0, 8);
    check_fixed(0.0625, 0);
    check_fixed(9007199254740991.0, 8);
    check_fixed(9007199254740993.0, 8);
}

static void no_number_has_no_sign(void **state)
{
    struct out *o = out_memory();
    struct err e = { 0 };

    (void)state;
    number_fixed(o, -NAN, 8);
    number_fixed(o, (double)INFINITY, 8);
    number_fixed(o, -(double)INFINITY, 8);
    assert_string_equal(out_text(o).at, "     nan     inf    -inf");
    out_close(o, &e);
}

static void repr_is_pythons(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { 0.0, "0.0" },         { 0.5, "0.5" },
        { 0.1, "0.1" },         { 0.30000000000000004, "0.30000000000000004" },
        { 1e-5, "1e-05" },      { 0.0001, "0.0001" },
        { 0.00012, "0.00012" }, { 1.5e-7, "1.5e-07" },
        { 5e-324, "5e-324" },   { 0.9999999999999999, "0.9999999999999999" },
        { 1.0, "1.0" },         { 123456.0, "123456.0" },
        { 1e16, "1e+16" },      { 1e15, "1000000000000000.0" },
        { -2.5, "-2.5" },       { 1e-300, "1e-300" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct out *o = out_memory();
        struct err e = { 0 };

        number_repr(o, cases[i].value);
        assert_string_equal(out_text(o).at, cases[i].text);
        out_close(o, &e);
    }
}

static void texts_are_shown_as_python_shows_them(void **state)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        { "", "''" },
        { "a b", "'a b'" },
        { "it's", "\"it's\"" },
        { "'\"", "'\\'\"'" },
        { "\\d\t\n\x01\x7f", "'\\\\d\\t\\n\\x01\\x7f'" },
        { "\xc3\xa4\xe4\xbd\xa0", "'\xc3\xa4\xe4\xbd\xa0'" },
        { "\xc2\xa0\xc2\xad\xe2\x80\xa8\xef\xbb\xbf", "'\\xa0\\xad\\u2028\\ufeff'" },
        { "\xf3\xb0\x80\x80", "'\\U000f0000'" },
        { "\xff", "'\\udcff'" },
        { "\xed\xb2\x80", "'\\udc80'" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct out *o = out_memory();
        struct err e = { 0 };

        number_repr_text(o, str_of(cases[i].text));
        assert_string_equal(out_text(o).at, cases[i].shown);
        out_close(o, &e);
    }
}

static void words_are_read_as_python_reads_them(void **state)
{
    static const char integers[] = "0 7 007 +5 -3 1_0 1_000_000";
    static const char floats[] =
        "0. .5 5. 1e3 1E-5 -2.5 +1.5e+2 inf -inf Infinity nan NaN 1_0.0_1";
    static const char none[] =
        "x 1x 0x10 1__0 _1 1_ . e5 1e 1e1.5 infx nan(1) -- +-1 1.2.3";
    static const struct {
        const char *words;
        enum number_kind kind;
    } lists[] = { { integers, NUMBER_INTEGER },
                  { floats, NUMBER_FLOAT },
                  { none, NUMBER_NONE } };

    (void)state;
    for (int i = 0; i < 3; i++)
        for (const char *word = lists[i].words; *word;) {
            size_t len = strcspn(word, " ");
            int64_t integer;
            double real;

            assert_int_equal(number_parse((struct str){ word, len }, &integer, &real),
                             lists[i].kind);
            word += len + (word[len] == ' ');
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_is_printfs),
        cmocka_unit_test(no_number_has_no_sign),
        cmocka_unit_test(repr_is_pythons),
        cmocka_unit_test(texts_are_shown_as_python_shows_them),
        cmocka_unit_test(words_are_read_as_python_reads_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
