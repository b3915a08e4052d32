/* SPDX-License-Identifier: Apache-2.0 */
/* tape_pack.c - a pack of tapes finished, killed, cut, damaged and of no tape at all
 * gives back what a reader has of each; cut anywhere it is refused, and no changed bit
 * is wrong and silent. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tape/content.h"
#include "tape/pack.h"
#include "tape/pack_layout.h"
#include "tape/recording.h"
#include "tape/write.h"
#include "test.h"

enum { NODES = 90, TAPES = 7 };

static const struct writer_how how = { .role = TAPE_ROLE_AGENT,
                                       .clock = CLOCK_KIND_MONOTONIC,
                                       .step = 64 * 1024 };
static char folder[64], packed[80];

/* Names and counts differ from tape to tape. */
static void fill(struct writer *w, uint32_t which)
{
    struct writer_block nodes = { 0 };
    uint32_t thread = writer_add(w, &w->threads, TAPE_THREADS, 0);
    struct tape_thread *t = writer_cell(w, thread);

    t->name = writer_text(w, "MainThread", 10);
    writer_commit(&w->threads);
    uint32_t parent = t->root = writer_add(w, &nodes, TAPE_NODES, thread);
    writer_commit(&nodes);
    for (uint32_t i = 0; i < NODES * which; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, "function_%u_%u", which, i);
        uint32_t function = writer_add(w, &w->functions, TAPE_FUNCTIONS, 0);
        struct tape_function *f = writer_cell(w, function);
        f->name = f->qualname = writer_text(w, name, (size_t)len);
        f->line = i;
        f->first_node = 7; /* the writer's own */
        writer_commit(&w->functions);
        uint32_t cell = writer_add(w, &nodes, TAPE_NODES, thread);
        struct tape_node *n = writer_cell(w, cell);
        *n = (struct tape_node){ .parent = parent,
                                 .function = function,
                                 .calls = i,
                                 .self = i * 1000003u,
                                 .key = 1,
                                 .owner = 3 };
        writer_commit(&nodes);
        parent = i % 3 ? cell : parent;
    }
    t->current = parent;
}

static void write_tape(uint32_t which, bool finished, char path[4096])
{
    struct writer w;

    assert_true(writer_open(&w, folder, &how));
    fill(&w, which);
    snprintf(path, 4096, "%s", w.path);
    if (finished)
        writer_close(&w);
    else
        writer_forget(&w); /* as if it had been killed */
}

static void change(const char *path, off_t at, unsigned char by)
{
    unsigned char byte;
    int fd = open(path, O_RDWR);

    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= by;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void write_bytes(const char *name, const char *bytes, size_t len)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static struct tape *tapes_here[TAPES]; /* as a reader of the folder has them */
static struct err why_not[TAPES];

static void read_folder(void)
{
    struct err e = { 0 };
    struct recording *r = recording_open(folder, &e);

    assert_int_equal(recording_tapes(r), TAPES);
    for (uint32_t i = 0; i < TAPES; i++)
        tapes_here[i] = recording_open_tape(r, i, &why_not[i]);
    assert_true(!tapes_here[0] && !tapes_here[1]);
    assert_int_equal(tape_header(tapes_here[3])->state, TAPE_RUNNING);
    assert_true(tape_damaged_at(tapes_here[4]) && tape_damaged_at(tapes_here[5]));
    assert_true(tape_header_damaged(tapes_here[6]));
    recording_close(r);
}

static int set_up(void **state)
{
    char path[4096];
    struct pack_made made;
    struct err e = { 0 };

    (void)state;
    strcpy(folder, "/tmp/sonde-pack-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(packed, sizeof packed, "%s.pack", folder);
    write_tape(1, true, path);
    write_tape(2, false, path);
    write_tape(3, true, path); /* cut within the records of a block */
    assert_int_equal(truncate(path, 30000), 0);
    write_tape(4, true, path); /* a block's sum is another */
    change(path, 41000, 4);
    write_tape(5, true, path); /* its header's is */
    change(path, 49, 4);
    write_bytes("1-0.tape", "", 0);
    write_bytes("1-1.tape", "some text that is no tape", 25);
    write_bytes("7.note", "python 3.9.2 /usr/bin/python3.9\nno such file\n", 45);
    assert_true(pack_write(folder, packed, NULL, &made, &e));
    assert_int_equal(made.processes, TAPES);
    assert_int_equal(made.alive, 0);
    read_folder();
    return 0;
}

static int tear_down(void **state)
{
    char command[256];

    (void)state;
    for (uint32_t i = 0; i < TAPES; i++)
        tape_close(tapes_here[i]);
    snprintf(command, sizeof command, "rm -r '%s' '%s'", folder, packed);
    return system(command);
}

static bool same_text(const struct tape *a, const struct tape *b, tape_text text)
{
    return str_eq(tape_str(a, text), tape_str(b, text));
}

static bool same_records(const struct tape *a, const struct tape *b, uint32_t run)
{
    struct tape_run x = tape_run(a, run), y = tape_run(b, run);
    size_t kept = pack_width(x.kind);

    if (x.kind != y.kind || x.first != y.first || x.count != y.count ||
        x.owner != y.owner)
        return false;
    for (uint32_t i = 0; i < x.count; i++) {
        const char *p = (const char *)x.records + (size_t)i * TAPE_CELL;
        const char *q = (const char *)y.records + (size_t)i * TAPE_CELL;
        tape_text name = *(const tape_text *)(const void *)p;

        if (memcmp(p, q, kept) != 0 ||
            (x.kind == TAPE_FUNCTIONS && !same_text(a, b, name)))
            return false;
    }
    return true;
}

static bool same_tape(const struct tape *a, const struct tape *b)
{
    if (memcmp(tape_header(a), tape_header(b), sizeof *tape_header(a)) != 0 ||
        tape_runs(a) != tape_runs(b) || tape_cells(a) != tape_cells(b) ||
        tape_damaged_at(a) != tape_damaged_at(b) || tape_alive(a) != tape_alive(b) ||
        tape_header_damaged(a) != tape_header_damaged(b))
        return false;
    for (uint32_t i = 0; i < tape_runs(a); i++)
        if (!same_records(a, b, i))
            return false;
    return true;
}

/* The same error, but for where it is. */
static bool same_error(const struct err *a, const struct err *b)
{
    const char *x = strstr(a->text, ".tape: "), *y = strstr(b->text, ".tape: ");

    return a->code == b->code && x && y && strcmp(x, y) == 0;
}

/* How many tapes the pack gives back as the folder has them; all others it refuses.
 * -1: it is refused as a whole. */
static int compare(struct err *e)
{
    struct recording *pack = recording_open(packed, e);
    int same = 0;

    for (uint32_t i = 0; pack && i < TAPES; i++) {
        const struct tape *a = tapes_here[i];
        struct err why = { 0 };
        struct tape *b = recording_open_tape(pack, i, &why);

        assert_true(b || why.text[0]);
        if (a && b)
            assert_true(same_tape(a, b));
        same += a ? b != NULL : same_error(&why_not[i], &why);
        tape_close(b);
    }
    recording_close(pack);
    return pack ? same : -1;
}

static void a_pack_gives_back_what_a_reader_has(void **state)
{
    struct err e = { 0 };
    struct tape_header header;

    (void)state;
    assert_int_equal(compare(&e), TAPES);
    struct recording *r = recording_open(packed, &e);
    assert_true(recording_is_pack(r));
    assert_int_equal(recording_tapes(r), TAPES);
    assert_int_equal(recording_notes(r), 1);
    struct recording_note note = recording_note(r, 0);
    assert_int_equal(note.pid, 7);
    assert_true(str_eq(note.version, STR("3.9.2")));
    assert_true(str_eq(note.why, STR("no such file")));
    assert_false(recording_peek(r, 0, &header, &e));
    assert_non_null(strstr(e.text, "/1-0.tape: empty (nothing was recorded in it)"));
    assert_true(recording_peek(r, 2, &header, &e));
    assert_int_equal(header.pid, getpid());
    recording_close(r);
}

/* What changes a pack, byte by byte: its bytes, and where they are to be tried. */
struct bytes {
    char *at;
    size_t len;
    int fd;
};

static struct bytes read_pack(void)
{
    struct stat s;
    struct bytes b = { .fd = open(packed, O_RDWR) };

    assert_int_equal(fstat(b.fd, &s), 0);
    b.len = (size_t)s.st_size;
    b.at = malloc(b.len);
    assert_int_equal(pread(b.fd, b.at, b.len, 0), b.len);
    return b;
}

static void restore(struct bytes *b)
{
    assert_int_equal(pwrite(b->fd, b->at, b->len, 0), b->len);
    assert_int_equal(ftruncate(b->fd, (off_t)b->len), 0);
}

static void give_back(struct bytes *b)
{
    restore(b);
    close(b->fd);
    free(b->at);
}

static void a_pack_cut_anywhere_is_refused(void **state)
{
    struct bytes b = read_pack();
    char expected[64];

    (void)state;
    for (size_t cut = b.len; cut-- > 0;) {
        struct err e = { 0 };

        assert_int_equal(ftruncate(b.fd, (off_t)cut), 0);
        if (cut < 8) {
            assert_false(content_is_pack(packed));
            continue;
        }
        assert_null(recording_open(packed, &e));
        snprintf(expected, sizeof expected, ": byte %zu: cut short", cut);
        if (!strstr(e.text, expected))
            fail_msg("'%s' does not say '%s'", e.text, expected);
    }
    give_back(&b);
}

static void no_changed_bit_is_wrong_and_silent(void **state)
{
    struct bytes b = read_pack();
    int refused = 0, same = 0;

    (void)state;
    for (size_t at = 8; at < b.len; at++) {
        char byte = b.at[at] ^ (char)(1 << at % 8);
        struct err e = { 0 };

        assert_int_equal(pwrite(b.fd, &byte, 1, (off_t)at), 1);
        int tapes = compare(&e); /* what it gives back is right */
        assert_true(tapes >= 0 || strstr(e.text, ": byte ") ||
                    strstr(e.text, "version"));
        refused += tapes < 0;
        same += tapes == TAPES;
        assert_int_equal(pwrite(b.fd, &b.at[at], 1, (off_t)at), 1);
    }
    assert_true(same < refused / 100); /* bits that a deflated stream does not use */
    give_back(&b);
}

static void check_refused(const char *why)
{
    struct err e = { 0 };

    assert_null(recording_open(packed, &e));
    assert_int_equal(e.code, ERR_FORMAT);
    if (!strstr(e.text, why))
        fail_msg("'%s' does not say '%s'", e.text, why);
}

static void another_version_is_refused_by_name(void **state)
{
    struct bytes b = read_pack();
    uint32_t version = PACK_VERSION + 1;

    (void)state;
    assert_int_equal(pwrite(b.fd, &version, 4, 8), 4);
    check_refused("packed in version 2 of the format, this sonde reads up to 1");
    version = 0;
    assert_int_equal(pwrite(b.fd, &version, 4, 8), 4);
    check_refused("its head is damaged");
    give_back(&b);
}

static void what_cannot_be_packed_is_said(void **state)
{
    struct pack_made made;
    struct err e = { 0 };

    (void)state;
    assert_false(pack_write(packed, "/tmp/none", NULL, &made, &e));
    assert_non_null(strstr(e.text, "it is a pack"));
    e = (struct err){ 0 };
    assert_false(pack_write("/no/such.sonde", "/tmp/none", NULL, &made, &e));
    assert_int_equal(e.code, ERR_IO);
    char empty[128];
    snprintf(empty, sizeof empty, "%s/1-0.tape", folder);
    e = (struct err){ 0 };
    assert_false(pack_write(empty, "/tmp/none", NULL, &made, &e));
    assert_non_null(strstr(e.text, "empty (nothing was recorded in it)"));
    assert_int_equal(access("/tmp/none", F_OK), -1);
}

/* Of the writer in the child, which holds its tape's lock. */
static void the_pack_of_a_living_writer_says_so(void **state)
{
    int up[2], down[2], status;
    char byte = 0, saved[64];
    struct pack_made made;
    struct err e = { 0 };

    (void)state;
    assert_int_equal(pipe(up) | pipe(down), 0);
    strcpy(saved, folder);
    strcpy(folder, "/tmp/sonde-pack-XXXXXX");
    assert_non_null(mkdtemp(folder));
    pid_t pid = fork();
    if (pid == 0) {
        struct writer w;

        bool open = writer_open(&w, folder, &how);
        fill(&w, 2);
        _exit(open && write(up[1], "x", 1) == 1 && read(down[0], &byte, 1) == 1 ? 0
                                                                                : 1);
    }
    assert_int_equal(read(up[0], &byte, 1), 1);
    uint64_t before = clock_monotonic_ns();
    assert_true(pack_write(folder, packed, NULL, &made, &e));
    uint64_t after = clock_monotonic_ns();
    assert_int_equal(made.alive, 1);
    assert_int_equal(write(down[1], "x", 1), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    struct recording *r = recording_open(packed, &e);
    struct tape *t = recording_open_tape(r, 0, &e);
    assert_true(tape_alive(t));
    assert_in_range(tape_moment(t).ns, before, after);
    tape_close(t);
    recording_close(r);
    char command[256];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
    strcpy(folder, saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pack_gives_back_what_a_reader_has),
        cmocka_unit_test(a_pack_cut_anywhere_is_refused),
        cmocka_unit_test(no_changed_bit_is_wrong_and_silent),
        cmocka_unit_test(another_version_is_refused_by_name),
        cmocka_unit_test(what_cannot_be_packed_is_said),
        cmocka_unit_test(the_pack_of_a_living_writer_says_so),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
