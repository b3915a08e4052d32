/* SPDX-License-Identifier: Apache-2.0 */
/* tape_kept.c - every file of the folder named, tapes, packs or raw deflate, goes
 * through its fuzz target: those on which a fuzzer once found something, and some that
 * hold every kind of record. */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "test.h"

static const char *folder;

static void each_kept_file_is_refused_or_sound(void **state)
{
    static uint8_t bytes[1 << 20];
    char pattern[4096];
    glob_t found;

    (void)state;
    snprintf(pattern, sizeof pattern, "%s/*", folder);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        int fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);
        ssize_t size = fd >= 0 ? read(fd, bytes, sizeof bytes) : -1;

        assert_true(size > 0 && (size_t)size < sizeof bytes);
        close(fd);
        print_message("%s\n", found.gl_pathv[i]);
        LLVMFuzzerTestOneInput(bytes, (size_t)size);
    }
    globfree(&found);
}

int main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kept_file_is_refused_or_sound),
    };

    folder = count > 1 ? words[1] : ".";
    LLVMFuzzerInitialize(&count, &words);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
