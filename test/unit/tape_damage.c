/* SPDX-License-Identifier: Apache-2.0 */
/* tape_damage.c - a finished tape cut at each of its first 65,536 bytes and at 2,000
 * others gives back exactly what stands whole before the cut, and says so; with any
 * one bit of 4,096 bytes changed it is refused, says so, or reads the same. That is
 * with the word `whole`; without it an eighth of each. */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tape/read.h"
#include "tape/write.h"
#include "test.h"

enum { FUNCTIONS = 900, NODES = 4000, EVERY = 64 * 1024, LATER = 2000, FLIPPED = 4096 };

static size_t step = 8; /* of every so many places one is tried */

static const struct writer_how how = { .role = TAPE_ROLE_AGENT,
                                       .clock = CLOCK_KIND_MONOTONIC };
static unsigned char *whole;
static size_t whole_bytes;
static int fd;
static char path[32];
static struct tape *original;

static uint64_t chance(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void write_tape(const char *folder)
{
    static uint32_t function[FUNCTIONS];
    struct writer w;
    struct writer_block nodes = { 0 };

    assert_true(writer_open(&w, folder, &how));
    uint32_t thread = writer_add(&w, &w.threads, TAPE_THREADS, 0);
    writer_commit(&w.threads);
    for (int i = 0; i < FUNCTIONS; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, "function_%d", i);

        function[i] = writer_add(&w, &w.functions, TAPE_FUNCTIONS, 0);
        struct tape_function *f = writer_cell(&w, function[i]);
        f->name = f->qualname = writer_text(&w, name, (size_t)len);
        f->kind = TAPE_PYTHON;
        writer_commit(&w.functions);
    }
    for (uint32_t i = 0, parent = 0; i < NODES; i++) {
        uint32_t cell = writer_add(&w, &nodes, TAPE_NODES, thread);
        struct tape_node *n = writer_cell(&w, cell);

        n->parent = parent;
        n->function = i ? function[chance() % FUNCTIONS] : 0;
        n->calls = 1 + chance() % 100;
        writer_commit(&nodes);
        if (i == 0 || chance() % 3 == 0)
            parent = cell;
    }
    writer_close(&w);
}

static void read_whole(void)
{
    char folder[] = "/tmp/sonde-damage-XXXXXX", pattern[64];
    struct err e = { 0 };
    glob_t found;

    assert_non_null(mkdtemp(folder));
    write_tape(folder);
    snprintf(pattern, sizeof pattern, "%s/*.tape", folder);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    int from = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
    off_t size = lseek(from, 0, SEEK_END);
    whole_bytes = (size_t)size;
    whole = malloc(whole_bytes);
    assert_int_equal(pread(from, whole, whole_bytes, 0), size);
    original = tape_open(found.gl_pathv[0], &e);
    assert_non_null(original);
    assert_true(whole_bytes > 4 * EVERY);
    close(from);
    unlink(found.gl_pathv[0]);
    rmdir(folder);
    globfree(&found);
}

/* So much of a run's bytes lies before the cut; records are there whole or not. */
static size_t before(const struct tape_run *run, size_t cut)
{
    size_t bytes = (size_t)run->count * TAPE_CELL, at = (size_t)run->first * TAPE_CELL;

    if (cut <= at)
        return 0;
    return cut - at < bytes ? (cut - at) / TAPE_CELL * TAPE_CELL : bytes;
}

static void check_prefix(const struct tape *t, size_t cut)
{
    uint32_t runs = 0;

    for (uint32_t i = 0; i < tape_runs(original); i++) {
        struct tape_run was = tape_run(original, i), is;
        size_t bytes = before(&was, cut);

        if ((size_t)was.first * TAPE_CELL > cut)
            break; /* the cell before its first, the block's head, is cut */
        assert_true(i < tape_runs(t));
        is = tape_run(t, i);
        assert_true(is.kind == was.kind && is.first == was.first);
        assert_int_equal((size_t)is.count * TAPE_CELL, bytes);
        if (bytes > 0)
            assert_memory_equal(is.records, was.records, bytes);
        runs++;
    }
    assert_int_equal(tape_runs(t), runs);
}

static void check_cut(size_t cut)
{
    struct err e = { 0 };
    struct tape *t;

    assert_int_equal(ftruncate(fd, (off_t)cut), 0);
    t = tape_open(path, &e);
    if (!t) {
        assert_true(cut < sizeof(struct tape_header));
        assert_int_equal(e.code, ERR_FORMAT);
        return;
    }
    assert_true(tape_damaged_at(t) > 0);
    assert_true(tape_damaged_at(t) * TAPE_CELL <= cut || cut < TAPE_HEADER_BYTES);
    check_prefix(t, cut);
    tape_close(t);
}

static void restore(void)
{
    assert_int_equal(pwrite(fd, whole, whole_bytes, 0), whole_bytes);
}

static void a_cut_leaves_what_stands_before_it(void **state)
{
    size_t at = whole_bytes;

    (void)state;
    restore();
    /* From the back: the file grows shorter and shorter. */
    for (size_t left = LATER / step; left > 0 && at > EVERY; left--) {
        size_t piece = 2 * (at - EVERY) / left + 1, down = 1 + chance() % piece;

        at = at - EVERY > down ? at - down : EVERY;
        check_cut(at);
    }
    for (at = EVERY; at-- > 0;)
        if (at % step == 0 || at % TAPE_CELL < 2)
            check_cut(at);
}

static bool same_text(tape_text a, const struct tape *t)
{
    return str_eq(tape_str(original, a), tape_str(t, a));
}

/* Everything that can be asked of them. */
static bool reads_the_same(const struct tape *t)
{
    const struct tape_header *was = tape_header(original), *is = tape_header(t);

    if (memcmp(was, is, sizeof *was) != 0 || tape_runs(t) != tape_runs(original))
        return false;
    for (uint32_t i = 0; i < tape_runs(t); i++) {
        struct tape_run a = tape_run(original, i), b = tape_run(t, i);
        const struct tape_function *f = a.records;

        if (a.kind != b.kind || a.first != b.first || a.count != b.count ||
            a.owner != b.owner ||
            (a.count > 0 &&
             memcmp(a.records, b.records, (size_t)a.count * TAPE_CELL) != 0))
            return false;
        for (uint32_t k = 0; a.kind == TAPE_FUNCTIONS && k < a.count; k++)
            if (!same_text(f[k].name, t))
                return false;
    }
    return true;
}

static void check_flip(size_t at, int bit)
{
    unsigned char byte = whole[at] ^ (unsigned char)(1 << bit);
    struct err e = { 0 };

    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    struct tape *t = tape_open(path, &e);
    if (!t)
        assert_int_equal(e.code, ERR_FORMAT);
    else if (tape_damaged_at(t) == 0 && !tape_header_damaged(t))
        assert_true(reads_the_same(t));
    tape_close(t);
    assert_int_equal(pwrite(fd, &whole[at], 1, (off_t)at), 1);
}

/* Half of them anywhere, half in the header and in the heads of blocks. */
static void no_changed_bit_is_wrong_and_silent(void **state)
{
    (void)state;
    restore();
    for (size_t i = 0; i < FLIPPED / step; i++) {
        size_t at = chance() % whole_bytes;
        uint32_t run = (uint32_t)(chance() % tape_runs(original));

        if (i % 4 == 1)
            at = chance() % sizeof(struct tape_header);
        else if (i % 4 == 3)
            at = (size_t)(tape_run(original, run).first - 1) * TAPE_CELL +
                 chance() % TAPE_CELL;
        for (int bit = 0; bit < 8; bit++)
            check_flip(at, bit);
    }
}

int main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_leaves_what_stands_before_it),
        cmocka_unit_test(no_changed_bit_is_wrong_and_silent),
    };

    if (count > 1 && strcmp(words[1], "whole") == 0)
        step = 1;
    fd = memfd_create("tape", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    read_whole();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tape_close(original);
    free(whole);
    return failed;
}
