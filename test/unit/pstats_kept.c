/* SPDX-License-Identifier: Apache-2.0 */
/* pstats_kept.c - every dump of the folder named goes through the fuzz target: whole,
 * cut at each byte, and with each bit changed. Those of old Pythons open for ever. */
#include <fcntl.h>
#include <glob.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/insist.h"
#include "pstats/load.h"
#include "test.h"

enum { LARGEST = 1 << 20, FLIPPED = 1500 };

static const char *folder;
static uint8_t bytes[LARGEST];

static size_t read_dump(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, bytes, sizeof bytes) : -1;

    assert_true(size >= 0 && (size_t)size < sizeof bytes);
    close(fd);
    return (size_t)size;
}

static void each(void (*with)(const char *path, size_t size))
{
    char pattern[4096];
    glob_t found;

    snprintf(pattern, sizeof pattern, "%s/*.prof", folder);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_true(found.gl_pathc > 10);
    for (size_t i = 0; i < found.gl_pathc; i++)
        with(found.gl_pathv[i], read_dump(found.gl_pathv[i]));
    globfree(&found);
}

static void whole(const char *path, size_t size)
{
    struct err e = { 0 };
    const char *name = strrchr(path, '/') + 1;
    struct pstats_table *t = load_file(path, LOAD_COPY, &e);

    LLVMFuzzerTestOneInput(bytes, size);
    if (name[0] >= '2' && name[0] <= '9') /* of a version of Python */
        assert_true(t && table_functions(t) > 3);
    table_close(t);
}

static void cut(const char *path, size_t size)
{
    (void)path;
    for (size_t left = 0; left < size; left++)
        LLVMFuzzerTestOneInput(bytes, left);
}

static void flip(const char *path, size_t size)
{
    (void)path;
    for (size_t bit = 0; bit < 8 * size && size < FLIPPED; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        LLVMFuzzerTestOneInput(bytes, size);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void each_is_refused_or_sound(void **state)
{
    (void)state;
    each(whole);
}

static void cut_anywhere(void **state)
{
    (void)state;
    each(cut);
}

static void any_bit_changed(void **state)
{
    (void)state;
    each(flip);
}

int main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_refused_or_sound),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(any_bit_changed),
    };

    /* Or most of the time goes into giving memory back and taking it again. */
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    folder = count > 1 ? words[1] : ".";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
