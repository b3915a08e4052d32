/* SPDX-License-Identifier: Apache-2.0 */
/* tape_read.c - what the reader makes of tapes: whole, cut, damaged, foreign,
 * or being written. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "tape/read.h"
#include "tape/recording.h"
#include "tape/sum.h"
#include "tape/write.h"
#include "test.h"

enum { FUNCTIONS = 70, NODES = 150 }; /* more than one block of each */

static const struct writer_how how = { .role = TAPE_ROLE_AGENT,
                                       .clock = CLOCK_KIND_MONOTONIC };
struct folder {
    char path[64], tape[512];
};

static uint32_t write_function(struct writer *w, uint32_t i)
{
    char name[32];
    int len = snprintf(name, sizeof name, "function_%u", i);
    uint32_t cell = writer_add(w, &w->functions, TAPE_FUNCTIONS, 0);
    struct tape_function *f = writer_cell(w, cell);

    f->name = f->qualname = writer_text(w, name, (size_t)len);
    f->file = writer_text(w, "/app.py", 7);
    f->line = i + 1;
    f->kind = TAPE_PYTHON;
    f->order = i;
    writer_commit(&w->functions);
    return cell;
}

static void write_records(struct writer *w)
{
    struct writer_block nodes = { 0 };
    uint32_t thread = writer_add(w, &w->threads, TAPE_THREADS, 0);
    struct tape_thread *t = writer_cell(w, thread);

    t->name = writer_text(w, "MainThread", 10);
    writer_commit(&w->threads);
    uint32_t parent = t->root = writer_add(w, &nodes, TAPE_NODES, thread);
    writer_commit(&nodes);
    for (uint32_t i = 0; i < NODES; i++) {
        uint32_t cell = writer_add(w, &nodes, TAPE_NODES, thread);
        struct tape_node *n = writer_cell(w, cell);

        n->parent = parent;
        n->function = i < FUNCTIONS ? write_function(w, i) : t->root - 1;
        n->calls = i + 1;
        n->self = 10;
        writer_commit(&nodes);
        parent = cell;
    }
}

static void find_tape(struct folder *f)
{
    struct err e = { 0 };
    struct recording *r = recording_open(f->path, &e);

    assert_non_null(r);
    assert_int_equal(recording_tapes(r), 1);
    snprintf(f->tape, sizeof f->tape, "%s", recording_tape(r, 0));
    recording_close(r);
}

static int set_up(void **state)
{
    static struct folder f;
    struct writer w;

    strcpy(f.path, "/tmp/sonde-test-XXXXXX");
    if (!mkdtemp(f.path) || !writer_open(&w, f.path, &how))
        return -1;
    writer_header(&w)->program = writer_text(&w, "app.py", 6);
    write_records(&w);
    writer_close(&w);
    find_tape(&f);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct folder *f = *state;

    unlink(f->tape);
    return rmdir(f->path);
}

struct seen {
    uint64_t calls;
    uint32_t functions, nodes, threads;
    size_t text; /* bytes of names */
};

/* Touches every byte that is handed out: the sanitizers watch. */
static struct seen read_all(const struct tape *t)
{
    struct seen seen = { 0 };

    for (uint32_t i = 0; i < tape_runs(t); i++) {
        struct tape_run run = tape_run(t, i);
        const struct tape_function *f = run.records;
        const struct tape_node *n = run.records;

        for (uint32_t k = 0; k < run.count; k++) {
            assert_true(run.first + k < tape_cells(t));
            assert_ptr_equal(tape_record(t, run.kind, run.first + k),
                             (const char *)run.records + (size_t)k * TAPE_CELL);
            if (run.kind == TAPE_FUNCTIONS) {
                struct str name = tape_str(t, f[k].name);

                for (size_t c = 0; c < name.len; c++)
                    seen.text += name.at[c] != '\0';
                seen.functions++;
            } else if (run.kind == TAPE_NODES) {
                seen.calls += n[k].calls;
                seen.nodes++;
            } else if (run.kind == TAPE_THREADS) {
                seen.threads++;
            }
        }
    }
    return seen;
}

static void a_whole_tape_reads_back(void **state)
{
    const struct folder *f = *state;
    struct err e = { 0 };
    struct tape *t = tape_open(f->tape, &e);

    assert_non_null(t);
    struct seen seen = read_all(t);
    assert_int_equal(seen.functions, FUNCTIONS);
    assert_int_equal(seen.nodes, NODES + 1);
    assert_int_equal(seen.threads, 1);
    assert_int_equal(seen.calls, NODES * (NODES + 1) / 2);
    assert_int_equal(tape_damaged_at(t), 0);
    assert_false(tape_alive(t));
    struct str program = tape_str(t, tape_header(t)->program);
    assert_true(str_eq(program, STR("app.py")));
    assert_null(tape_record(t, TAPE_NODES, 0));
    assert_null(tape_record(t, TAPE_NODES, UINT32_MAX));
    assert_int_equal(tape_str(t, UINT64_MAX).len, 0);
    tape_close(t);
}

static void a_tape_cut_anywhere_opens_with_what_is_whole(void **state)
{
    const struct folder *f = *state;
    struct stat s;
    uint64_t calls = UINT64_MAX;
    struct err none = { 0 };
    struct tape *whole = tape_open(f->tape, &none);
    size_t text = read_all(whole).text;

    assert_int_equal(stat(f->tape, &s), 0);
    size_t size = (size_t)s.st_size;
    char *bytes = malloc(size);
    tape_close(whole);
    int fd = open(f->tape, O_RDWR);
    assert_int_equal(pread(fd, bytes, size, 0), size);
    /* From the back, so that what can be read grows less and less. */
    for (size_t cut = size; cut-- > 0;) {
        struct err e = { 0 };

        if (cut % 7 && cut % TAPE_CELL > 1 && cut > sizeof(struct tape_header))
            continue; /* every cell's borders, and many places within */
        assert_int_equal(ftruncate(fd, (off_t)cut), 0);
        struct tape *t = tape_open(f->tape, &e);
        assert_int_equal(t != NULL, cut >= sizeof(struct tape_header));
        if (t) {
            struct seen seen = read_all(t);
            assert_true(seen.calls <= calls);
            if (seen.text < text) /* something is missing, and it says so */
                assert_int_not_equal(tape_damaged_at(t), 0);
            calls = seen.calls;
        } else {
            assert_int_equal(e.code, ERR_FORMAT);
        }
        tape_close(t);
    }
    assert_int_equal(pwrite(fd, bytes, size, 0), size);
    close(fd);
    free(bytes);
}

/* In the header every byte, behind it every third: one bit of each, in turn. */
static void flipped_bits_are_survived(void **state)
{
    const struct folder *f = *state;
    struct stat s;
    int fd = open(f->tape, O_RDWR);

    assert_int_equal(fstat(fd, &s), 0);
    for (off_t at = 0; at < s.st_size; at++) {
        struct err e = { 0 };
        unsigned char byte, flipped;

        if (at >= (off_t)sizeof(struct tape_header) && at < TAPE_HEADER_BYTES)
            continue; /* nothing is there */
        if (at > TAPE_HEADER_BYTES && at % 3)
            continue; /* of each field some byte, of each record another */
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        flipped = byte ^ (unsigned char)(1 << at % 8);
        assert_int_equal(pwrite(fd, &flipped, 1, at), 1);
        struct tape *t = tape_open(f->tape, &e);
        assert_true(t || e.code == ERR_FORMAT);
        if (t)
            read_all(t);
        tape_close(t);
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    close(fd);
}

static void a_flip_in_a_sealed_block_ends_reading_there(void **state)
{
    const struct folder *f = *state;
    struct err e = { 0 };
    int fd = open(f->tape, O_RDWR);
    struct tape *t = tape_open(f->tape, &e);
    uint32_t runs = tape_runs(t);
    struct tape_run run = tape_run(t, runs - 1);
    unsigned char byte;

    tape_close(t);
    off_t at = (off_t)run.first * TAPE_CELL + 5;
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 16;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    t = tape_open(f->tape, &e);
    assert_int_equal(tape_damaged_at(t), run.first - 1);
    assert_int_equal(tape_run(t, runs - 1).count, 0);
    tape_close(t);
    byte ^= 16;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void check_refused(const char *path, enum err_code code, const char *why)
{
    struct err e = { 0 };

    assert_null(tape_open(path, &e));
    assert_int_equal(e.code, code);
    if (!strstr(e.text, why))
        fail_msg("'%s' does not say '%s'", e.text, why);
}

static void write_file(const char *path, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static void what_is_no_tape_is_refused_by_name(void **state)
{
    const struct folder *f = *state;
    struct tape_header h = { .magic = TAPE_MAGIC, .version = TAPE_VERSION + 1 };
    char path[128];

    check_refused("/nowhere/x.tape", ERR_IO, "No such file");
    check_refused(f->path, ERR_FORMAT, "a directory");
    check_refused("/dev/null", ERR_FORMAT, "not a regular file");
    snprintf(path, sizeof path, "%s/other", f->path);
    assert_int_equal(mkfifo(path, 0600), 0);
    check_refused(path, ERR_FORMAT, "not a regular file");
    unlink(path);
    write_file(path, "", 0);
    check_refused(path, ERR_FORMAT, "empty");
    write_file(path, "some text that is no tape", 25);
    check_refused(path, ERR_FORMAT, "not a recording");
    write_file(path, &h, sizeof h);
    check_refused(path, ERR_FORMAT, "version 2");
    h.version = TAPE_VERSION;
    write_file(path, &h, sizeof h);
    check_refused(path, ERR_FORMAT, "header is damaged");
    write_file(path, &h, 40);
    check_refused(path, ERR_FORMAT, "cut short");
    unlink(path);
}

/* A writer's tape, from outside: another process's lock is the one that shows. */
static void a_writer_is_seen_to_live(void **state)
{
    const struct folder *f = *state;
    char path[64], byte = 0;
    int up[2], down[2], status;

    (void)f;
    strcpy(path, "/tmp/sonde-test-XXXXXX");
    assert_non_null(mkdtemp(path));
    assert_int_equal(pipe(up) | pipe(down), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct writer w;

        if (!writer_open(&w, path, &how))
            _exit(1);
        write_records(&w);
        _exit(write(up[1], "x", 1) == 1 && read(down[0], &byte, 1) == 1 ? 0 : 1);
    }
    assert_int_equal(read(up[0], &byte, 1), 1);
    struct folder other;
    struct err e = { 0 };
    snprintf(other.path, sizeof other.path, "%s", path);
    find_tape(&other);
    for (int alive = 1; alive >= 0; alive--) {
        struct tape *t = tape_open(other.tape, &e);

        assert_non_null(t);
        assert_int_equal(tape_alive(t), alive);
        assert_int_equal(tape_header(t)->state, TAPE_RUNNING);
        assert_int_equal(read_all(t).nodes, NODES + 1);
        assert_int_equal(tape_damaged_at(t), 0);
        tape_close(t);
        if (alive) {
            assert_int_equal(write(down[1], "x", 1), 1);
            assert_int_equal(waitpid(pid, &status, 0), pid);
            assert_int_equal(status, 0);
        }
    }
    tear_down(&(void *){ &other });
    for (int i = 0; i < 2; i++) {
        close(up[i]);
        close(down[i]);
    }
}

static void a_sum_shows_every_change_within_a_word(void **state)
{
    uint64_t cells[16] = { 0 }, sum = tape_sum(cells, sizeof cells);

    (void)state;
    assert_int_not_equal(tape_sum(cells, 0), 0);
    for (int word = 0; word < 16; word++)
        for (int bit = 0; bit < 64; bit++) {
            cells[word] ^= (uint64_t)1 << bit;
            assert_int_not_equal(tape_sum(cells, sizeof cells), sum);
            cells[word] ^= (uint64_t)1 << bit;
        }
    assert_int_equal(tape_sum(cells, sizeof cells), sum);
    assert_int_not_equal(tape_sum(cells, TAPE_CELL), sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_tape_reads_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_tape_cut_anywhere_opens_with_what_is_whole,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(flipped_bits_are_survived, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flip_in_a_sealed_block_ends_reading_there,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_tape_is_refused_by_name, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_writer_is_seen_to_live, set_up, tear_down),
        cmocka_unit_test(a_sum_shows_every_change_within_a_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
