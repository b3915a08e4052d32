/* SPDX-License-Identifier: Apache-2.0 */
/* base_in.c - nothing is read that is not there, the first fault stands, and what
 * inflates to another length than was told is refused within that length. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/in.h"
#include "base/out.h"
#include "test.h"

static char path[] = "/tmp/sonde-in-XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    bool made = fd >= 0 && write(fd, "0123456789", 10) == 10;
    close(fd);
    return made ? 0 : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void check_reads(struct in *i)
{
    char bytes[8] = "xxxxxxx";

    assert_int_equal(in_size(i), 10);
    assert_true(in_bytes(i, bytes, 4));
    assert_memory_equal(bytes, "0123", 4);
    assert_int_equal(in_left(i), 6);
    in_seek(i, 8);
    assert_true(in_bytes(i, bytes, 2));
    assert_memory_equal(bytes, "89", 2);
    assert_true(in_bytes(i, bytes, 0));
    assert_null(in_fault(i));
    in_seek(i, 7);
    assert_false(in_bytes(i, bytes, 4));
    assert_memory_equal(bytes, "\0\0\0\0", 4);
    assert_string_equal(in_fault(i), "cut short");
    assert_int_equal(in_at(i), 7);
    assert_int_equal(in_left(i), 0);
    in_seek(i, 0);
    assert_false(in_bytes(i, bytes, 1));
    assert_int_equal(in_at(i), 7);
    in_go_on(i);
    in_seek(i, 1);
    assert_true(in_bytes(i, bytes, 1));
    assert_int_equal(bytes[0], '1');
    in_seek(i, 11);
    assert_string_equal(in_fault(i), "cut short");
    in_close(i);
}

static void a_file_and_memory_read_the_same(void **state)
{
    struct err e = { 0 };

    (void)state;
    check_reads(in_memory(STR("0123456789")));
    check_reads(in_open(path, "cannot read", &e));
    in_close(NULL);
}

static void a_file_that_shrinks_is_cut_short(void **state)
{
    struct err e = { 0 };
    struct in *i = in_open(path, "cannot read", &e);
    char bytes[10];

    (void)state;
    assert_int_equal(truncate(path, 4), 0);
    assert_int_equal(in_left(i), 10);
    assert_false(in_bytes(i, bytes, 10));
    assert_string_equal(in_fault(i), "cut short while it was read");
    in_close(i);
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, "0123456789", 10), 10);
    close(fd);
}

static void check_refused(const char *name, const char *expected)
{
    struct err e = { 0 };

    assert_null(in_open(name, "cannot read", &e));
    assert_string_equal(e.text, expected);
}

static void only_regular_files_are_read(void **state)
{
    char fifo[64], expected[128];

    (void)state;
    snprintf(fifo, sizeof fifo, "%s.fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    snprintf(expected, sizeof expected, "cannot read: %s: not a regular file", fifo);
    check_refused(fifo, expected);
    unlink(fifo);
    check_refused("/tmp", "cannot read: /tmp: a directory");
    check_refused("/dev/null", "cannot read: /dev/null: not a regular file");
    check_refused("/no/such", "cannot read: /no/such: No such file or directory");
}

enum { LENGTH = 300000 };

static struct str deflated(struct out *o, unsigned char *bytes)
{
    for (size_t i = 0; i < LENGTH; i++)
        bytes[i] = (unsigned char)(i * i >> 7 ^ i % 251);
    out_deflate(o, bytes, LENGTH);
    return out_text(o);
}

static bool inflates(struct str from, uint64_t stored, unsigned char *to, uint32_t len)
{
    struct in *i = in_memory(from);
    bool whole = in_inflate(i, stored, to, len);

    assert_int_equal(in_fault(i) == NULL, whole);
    assert_int_equal(in_at(i), whole ? stored : in_at(i));
    in_close(i);
    return whole;
}

static void what_was_deflated_inflates_to_its_length_alone(void **state)
{
    static unsigned char bytes[LENGTH], back[LENGTH + 1];
    struct out *o = out_memory();
    struct str made = deflated(o, bytes);

    (void)state;
    assert_true(made.len > 64 * 1024 && made.len < LENGTH); /* in several pieces */
    back[LENGTH] = 7;
    assert_true(inflates(made, made.len, back, LENGTH));
    assert_memory_equal(back, bytes, LENGTH);
    assert_int_equal(back[LENGTH], 7);
    assert_false(inflates(made, made.len, back, LENGTH - 1));
    assert_int_equal(back[LENGTH - 2] | back[0], 0);
    assert_false(inflates(made, made.len, back, LENGTH + 1));
    assert_false(inflates(made, made.len, back, 0));
    for (size_t cut = 1; cut < made.len; cut += made.len / 97)
        assert_false(inflates(made, made.len - cut, back, LENGTH));
    assert_false(inflates(made, made.len + 1, back, LENGTH)); /* is not there */
    struct out *longer = out_memory();
    out_bytes(longer, made.at, made.len);
    out_char(longer, '\0');
    assert_false(inflates(out_text(longer), made.len + 1, back, LENGTH));
    out_abandon(longer);
    out_abandon(o);
}

/* Of changed bytes whatever they make, but no more than was told. */
static void damage_is_survived(void **state)
{
    static unsigned char bytes[LENGTH], back[LENGTH + 1];
    struct out *o = out_memory();
    struct str made = deflated(o, bytes);
    char *changed = malloc(made.len);
    int whole = 0;

    (void)state;
    back[LENGTH] = 7;
    for (size_t i = 0; i < 400; i++) {
        memcpy(changed, made.at, made.len);
        changed[i * 7919 % made.len] ^= (char)(1 << i % 8);
        whole += inflates((struct str){ changed, made.len }, made.len, back, LENGTH);
        assert_int_equal(back[LENGTH], 7);
    }
    assert_in_range(whole, 1, 399); /* so a sum is needed */
    free(changed);
    out_abandon(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_and_memory_read_the_same),
        cmocka_unit_test(a_file_that_shrinks_is_cut_short),
        cmocka_unit_test(only_regular_files_are_read),
        cmocka_unit_test(what_was_deflated_inflates_to_its_length_alone),
        cmocka_unit_test(damage_is_survived),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
