/* SPDX-License-Identifier: Apache-2.0 */
/* serve_secret.c - a secret is itself and nothing else. With the word "compare", to run
 * under memcheck: secrets that nobody wrote are compared, so every branch that depends
 * on them would be told; with "branch" one does. */
#include "serve/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static void itself_alone(void **state)
{
    struct secret s, other;
    struct err e = { 0 };
    char text[SECRET_DIGITS + 2];

    (void)state;
    assert_true(secret_make(&s, &e) && secret_make(&other, &e));
    assert_int_equal(strspn(s.text, "0123456789abcdef"), SECRET_DIGITS);
    assert_true(secret_is(&s, str_of(s.text)));
    assert_false(secret_is(&s, str_of(other.text)));
    assert_false(secret_is(&s, (struct str){ 0 }));
    for (size_t len = 0; len < SECRET_DIGITS; len++)
        assert_false(secret_is(&s, (struct str){ s.text, len }));
    memcpy(text, s.text, SECRET_DIGITS);
    text[SECRET_DIGITS] = '\0';
    assert_true(secret_is(&s, (struct str){ text, SECRET_DIGITS }));
    assert_false(secret_is(&s, (struct str){ text, SECRET_DIGITS + 1 }));
    for (size_t i = 0; i < SECRET_DIGITS; i++)
        for (int bit = 0; bit < 8; bit++) {
            text[i] ^= (char)(1 << bit);
            assert_false(secret_is(&s, (struct str){ text, SECRET_DIGITS }));
            text[i] ^= (char)(1 << bit);
        }
}

static int compare_unwritten(bool branches)
{
    struct secret *s = malloc(sizeof *s);
    char *given = malloc(SECRET_DIGITS);
    volatile unsigned told;

    if (!s || !given)
        return 1;
    for (size_t len = 0; len <= SECRET_DIGITS; len++)
        told = secret_is(s, (struct str){ given, len });
    if (branches && told)
        fputs("a branch\n", stderr);
    free(given);
    free(s);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(itself_alone) };

    if (argc == 2)
        return compare_unwritten(strcmp(argv[1], "branch") == 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
