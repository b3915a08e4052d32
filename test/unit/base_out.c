/* SPDX-License-Identifier: Apache-2.0 */
/* base_out.c - a file appears whole or not at all, and a fault is told once. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/out.h"
#include "test.h"

/* Each test runs in a folder of its own, which is empty again at its end. */
static char folder[] = "/tmp/sonde-out-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void check_content(const char *path, const char *expected)
{
    char content[64] = { 0 };
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    size_t length = fread(content, 1, sizeof content - 1, file);
    fclose(file);
    assert_int_equal(length, strlen(expected));
    assert_string_equal(content, expected);
}

static void a_file_appears_at_close(void **state)
{
    struct err e = { 0 };
    struct out *o = out_open("x.txt", &e);

    (void)state;
    out_text_of(o, "hello ");
    out_u64(o, 0);
    out_printf(o, " %s", "world");
    assert_int_equal(access("x.txt", F_OK), -1);
    assert_true(out_close(o, &e));
    check_content("x.txt", "hello 0 world");
    unlink("x.txt");
}

static void an_abandoned_file_leaves_the_old_one(void **state)
{
    struct err e = { 0 };
    struct out *o = out_open("x.txt", &e);

    (void)state;
    out_text_of(o, "old");
    assert_true(out_close(o, &e));
    o = out_open("x.txt", &e);
    out_text_of(o, "new");
    out_abandon(o);
    check_content("x.txt", "old");
    unlink("x.txt");
}

static void a_file_follows_the_umask(void **state)
{
    struct err e = { 0 };
    struct stat s;
    mode_t before = umask(0002);

    (void)state;
    assert_true(out_close(out_open("x.txt", &e), &e));
    umask(before);
    assert_int_equal(stat("x.txt", &s), 0);
    assert_int_equal(s.st_mode & 0777, 0664);
    unlink("x.txt");
}

static void check_refused(const char *path, const char *expected)
{
    struct err e = { 0 };

    assert_null(out_open(path, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_string_equal(e.text, expected);
}

static void only_a_regular_file_is_replaced(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    check_refused("d", "cannot write: d: not a regular file (give another name)");
    rmdir("d");
    assert_int_equal(mkfifo("p", 0600), 0);
    check_refused("p", "cannot write: p: not a regular file (give another name)");
    unlink("p");
    assert_int_equal(symlink("elsewhere", "l"), 0);
    check_refused("l", "cannot write: l: not a regular file (give another name)");
    unlink("l");
    check_refused("no/such", "cannot write: no/such: No such file or directory");
}

static void memory_holds_any_amount_and_any_byte(void **state)
{
    enum { PIECES = 40000 };
    struct out *o = out_memory();

    (void)state;
    for (int i = 0; i < PIECES; i++)
        out_bytes(o, "ab\0c", 4);
    struct str text = out_text(o);
    assert_int_equal(text.len, PIECES * 4);
    assert_memory_equal(text.at + text.len - 4, "ab\0c", 5);
    assert_false(out_failed(o));
    out_abandon(o);
}

static void check_digits(uint64_t value)
{
    char ours[DIGITS_MOST + 1], theirs[DIGITS_MOST + 1];

    *digits_to(ours, value) = '\0';
    snprintf(theirs, sizeof theirs, "%llu", (unsigned long long)value);
    assert_string_equal(ours, theirs);
}

/* About each power of ten and of two. */
static void digits_are_printf_s(void **state)
{
    uint64_t ten = 1;

    (void)state;
    for (int i = 0; i < 20; i++, ten *= 10)
        for (uint64_t value = ten - 2; value != ten + 3; value++)
            check_digits(value);
    for (int i = 0; i < 64; i++)
        for (uint64_t value = (1ull << i) - 2; value != (1ull << i) + 3; value++)
            check_digits(value);
}

/* In memory, and in a file whose buffer is emptied meanwhile. */
static void what_is_filled_in_place_is_written(void **state)
{
    enum { LINES = 20000 };
    struct err e = { 0 };
    struct out *memory = out_memory(), *file = out_open("x.txt", &e);

    (void)state;
    for (int i = 0; i < LINES; i++) {
        struct out *to[] = { memory, file };

        for (int n = 0; n < 2; n++) {
            char *at = out_room(to[n], OUT_ROOM);

            at = digits_to(at, (uint64_t)i);
            *at++ = '\n';
            out_filled(to[n], at);
            out_text_of(to[n], "and ");
        }
    }
    assert_true(out_close(file, &e));
    struct str text = out_text(memory);
    for (int i = 0; i < LINES; i++) {
        char line[32];

        snprintf(line, sizeof line, "%d\nand ", i);
        assert_true(str_skip(&text, str_of(line)));
    }
    assert_int_equal(text.len, 0);
    FILE *written = fopen("x.txt", "r");
    assert_non_null(written);
    text = out_text(memory);
    for (size_t i = 0; i < text.len; i++)
        assert_int_equal(getc(written), text.at[i]);
    assert_int_equal(getc(written), EOF);
    fclose(written);
    unlink("x.txt");
    out_abandon(memory);
}

/* Writes more than the buffer holds to a full device, at stdout's number. */
static void a_fault_is_told_once_at_close(void **state)
{
    struct err e = { 0 };
    int saved = dup(STDOUT_FILENO);
    int full = open("/dev/full", O_WRONLY);

    (void)state;
    assert_true(full >= 0);
    dup2(full, STDOUT_FILENO);
    struct out *o = out_open("-", &e);
    for (int i = 0; i < 20000; i++)
        out_text_of(o, "0123456789");
    out_filled(o, out_room(o, OUT_ROOM) + OUT_ROOM);
    bool failed = out_failed(o);
    bool ok = out_close(o, &e);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(full);
    assert_true(failed);
    assert_false(ok);
    assert_string_equal(e.text,
                        "cannot write: standard output: No space left on device");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_appears_at_close),
        cmocka_unit_test(an_abandoned_file_leaves_the_old_one),
        cmocka_unit_test(a_file_follows_the_umask),
        cmocka_unit_test(only_a_regular_file_is_replaced),
        cmocka_unit_test(memory_holds_any_amount_and_any_byte),
        cmocka_unit_test(digits_are_printf_s),
        cmocka_unit_test(what_is_filled_in_place_is_written),
        cmocka_unit_test(a_fault_is_told_once_at_close),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
