/* SPDX-License-Identifier: Apache-2.0 */
/* tape_hostile.c - thousands of damaged tapes: each is refused in one line or read
 * into a profile that is sound. The damage is made up by a fixed seed, so a
 * tape that fails here fails everywhere; under sanitizers it tells where. */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/from_tape.h"
#include "model/stats.h"
#include "tape/write.h"
#include "test.h"

enum { TAPES = 2000, FUNCTIONS = 40, NODES = 300, TAPE_MAX = 1 << 20 };

static const struct writer_how how = { .role = TAPE_ROLE_AGENT,
                                       .clock = CLOCK_KIND_MONOTONIC };
static char folder[] = "/tmp/sonde-hostile-XXXXXX";
static unsigned char good[TAPE_MAX];
static size_t good_bytes;

static uint64_t chance(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint32_t add_thread(struct writer *w, struct writer_block *nodes)
{
    uint32_t thread = writer_add(w, &w->threads, TAPE_THREADS, 0);
    uint32_t root = writer_add(w, nodes, TAPE_NODES, thread);
    struct tape_thread *t = writer_cell(w, thread);

    writer_commit(nodes);
    t->name = writer_text(w, "MainThread", 10);
    t->root = root;
    writer_commit(&w->threads);
    return root;
}

static void add_function(struct writer *w, uint32_t *cell, int number)
{
    char name[16];
    size_t len = (size_t)snprintf(name, sizeof name, "f%d", number);

    *cell = writer_add(w, &w->functions, TAPE_FUNCTIONS, 0);
    struct tape_function *f = writer_cell(w, *cell);
    f->name = f->qualname = writer_text(w, name, len);
    f->file = writer_text(w, "/a/b.py", 7);
    f->line = (uint32_t)number;
    f->kind = number == 7 ? TAPE_FOLDED : number == 8 ? TAPE_MORE : TAPE_PYTHON;
    writer_commit(&w->functions);
}

static void write_tape(void)
{
    struct writer w;
    struct writer_block nodes = { 0 };
    uint32_t function[FUNCTIONS], node[NODES];

    assert_true(writer_open(&w, folder, &how));
    node[0] = add_thread(&w, &nodes);
    for (int i = 0; i < FUNCTIONS; i++)
        add_function(&w, &function[i], i);
    for (int i = 1; i < NODES; i++) {
        node[i] = writer_add(&w, &nodes, TAPE_NODES, 0);
        struct tape_node *n = writer_cell(&w, node[i]);
        n->parent = node[chance() % (unsigned)i];
        n->function = function[chance() % FUNCTIONS];
        n->calls = 1 + chance() % 100;
        n->self = chance() % 1000000;
        writer_commit(&nodes);
    }
    writer_close(&w);
}

static void read_back(const char *path)
{
    int fd = open(path, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, good, sizeof good) : -1;

    assert_true(n > TAPE_HEADER_BYTES && n < TAPE_MAX);
    good_bytes = (size_t)n;
    close(fd);
    unlink(path);
}

/* A word that is likely to hurt: small, huge, near a power of two, or any. */
static uint64_t hurting(void)
{
    switch (chance() % 5) {
    case 0:
        return chance() % 16;
    case 1:
        return UINT64_MAX - chance() % 16;
    case 2:
        return ((uint64_t)1 << chance() % 64) - chance() % 3;
    case 3:
        return chance() % (good_bytes / TAPE_CELL + 4);
    default:
        return chance();
    }
}

/* Of the header what tells of the tape. */
enum { HEAD = offsetof(struct tape_header, reserved_too) };

/* Half of the damage lies in the header and in the heads of blocks. */
static size_t place(const unsigned char *tape, size_t bytes)
{
    size_t at = chance() % bytes;

    if (chance() % 4 == 0)
        return chance() % (HEAD < bytes ? HEAD : bytes);
    for (size_t cell = at / TAPE_CELL; cell > 0 && chance() % 2 == 0; cell--)
        if (((const struct tape_block *)(const void *)(tape + cell * TAPE_CELL))
                ->magic == TAPE_BLOCK_MAGIC)
            return cell * TAPE_CELL + chance() % 24;
    return at;
}

static size_t damage(unsigned char *tape)
{
    size_t bytes = good_bytes;

    memcpy(tape, good, good_bytes);
    for (uint64_t left = 1 + chance() % 6; left > 0; left--) {
        uint64_t word = hurting();
        size_t width = (size_t)1 << chance() % 4;
        size_t at = place(tape, bytes) / width * width;

        if (at + width <= bytes)
            memcpy(tape + at, &word, width);
    }
    if (chance() % 4 == 0)
        bytes = chance() % bytes;
    return bytes;
}

static void write_file(const char *path, const unsigned char *bytes, size_t len)
{
    unlink(path); /* truncating would have some file systems write to disk */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

    assert_true(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
    close(fd);
}

static void check_sound(const struct profile *p)
{
    for (function_id f = 0; f < profile_functions(p); f++) {
        str_hash(profile_function(p, f)->name); /* reads every byte */
        str_hash(profile_function(p, f)->file);
    }
    for (node_id n = 1; n < profile_nodes(p); n++) {
        const struct node *node = profile_node(p, n);

        assert_true(node->parent < n);
        assert_true(node->thread < profile_threads(p));
        assert_true(node->function < profile_functions(p) ||
                    node->function == FUNCTION_NONE);
    }
    for (thread_id t = 0; t < profile_threads(p); t++)
        assert_true(profile_thread(p, t)->process < profile_processes(p));
    struct stats *s = stats_open(p);
    stats_close(s);
}

static bool read_tape(const char *path, struct err *e)
{
    struct build *b = build_open(UNIT_NS);

    if (!from_recording(path, b, e)) {
        build_abandon(b);
        return false;
    }
    struct profile *p = build_finish(b);
    check_sound(p);
    profile_close(p);
    return true;
}

static void a_damaged_tape_is_refused_or_sound(void **state)
{
    static unsigned char tape[TAPE_MAX];
    int refused = 0, read = 0;

    (void)state;
    for (int i = 0; i < TAPES; i++) {
        struct err e = { 0 };

        write_file("x.tape", tape, damage(tape));
        if (read_tape("x.tape", &e)) {
            read++;
        } else {
            assert_true(e.code != ERR_NONE);
            assert_true(e.text[0] != '\0' && !strchr(e.text, '\n'));
            refused++;
        }
    }
    assert_true(refused > TAPES / 20 && read > TAPES / 4); /* both were tried */
    unlink("x.tape");
}

static void the_undamaged_one_is_read(void **state)
{
    struct err e = { 0 };

    (void)state;
    write_file("x.tape", good, good_bytes);
    assert_true(read_tape("x.tape", &e));
    unlink("x.tape");
}

static int make_tape(void **state)
{
    glob_t found;

    (void)state;
    assert_true(mkdtemp(folder) && chdir(folder) == 0);
    write_tape();
    assert_int_equal(glob("*.tape", 0, NULL, &found), 0);
    read_back(found.gl_pathv[0]);
    globfree(&found);
    return 0;
}

static int leave_folder(void **state)
{
    (void)state;
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_undamaged_one_is_read),
        cmocka_unit_test(a_damaged_tape_is_refused_or_sound),
    };
    return cmocka_run_group_tests(tests, make_tape, leave_folder);
}
