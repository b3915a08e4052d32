/* SPDX-License-Identifier: Apache-2.0 */
/* why_split.c - logs made by hand, of functions of this very program: what each event
 * charges to whom; which loop is shown; logs cut and changed are refused or read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "step/log.h"
#include "test.h"
#include "why/split.h"

/* Functions for their addresses alone. */
#define FUNCTION(name)                                                                 \
    __attribute__((noinline)) static int name(int x)                                   \
    {                                                                                  \
        for (int i = 0; i < x; i++)                                                    \
            __asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");                \
        return x;                                                                      \
    }
FUNCTION(alpha)
FUNCTION(beta)
FUNCTION(gamma_ray)

static int (*const kept[])(int) = { alpha, beta, gamma_ray };

#define AT(name) ((uint64_t)(name))
enum { TOP = 0x7ff00000, ROOM = 1 << 16 };

static union {
    struct log_header head;
    uint64_t word[ROOM / 8];
    char bytes[ROOM];
} log_file;

static char path[] = "/tmp/why_split.XXXXXX";

static void put(uint64_t word)
{
    log_file.word[log_file.head.events_end / 8] = word;
    log_file.head.events_end += 8;
}

static void event(enum log_kind kind, uint64_t count, uint64_t address, uint64_t second)
{
    put(LOG_WORD(kind, count, address));
    put(second);
}

static void begin(void)
{
    memset(&log_file, 0, sizeof log_file);
    log_file.head = (struct log_header){ .magic = LOG_MAGIC,
                                         .version = LOG_VERSION,
                                         .phase = LOG_ENDED,
                                         .end = LOG_LOOPS_DONE,
                                         .events_end = LOG_EVENTS,
                                         .warm = 9,
                                         .warm_asked = 9,
                                         .ticks_last = 1000,
                                         .ns_last = 2000 };
    event(LOG_JUMP, 3, AT(alpha), TOP);
}

/* A loop begins in alpha with one instruction. */
static void mark(void)
{
    event(LOG_BRANCH, 1, AT(alpha) + 1, TOP);
    event(LOG_MARK, 0, 0, 0);
    log_file.head.loops++;
}

static void section(struct log_section *s, const char *bytes, size_t count)
{
    *s = (struct log_section){ log_file.head.bytes, count };
    memcpy(log_file.bytes + log_file.head.bytes, bytes, count);
    log_file.head.bytes += (count + 7) & ~(size_t)7;
}

/* The line of the code of this program, and no other file's. */
static void add_maps(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[1024];

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        unsigned long long start, end;
        if (sscanf(line, "%llx-%llx", &start, &end) == 2 && start <= AT(alpha) &&
            AT(alpha) < end)
            section(&log_file.head.maps, line, strlen(line));
    }
    fclose(maps);
}

static void add_name(uint64_t address, enum log_naming naming, const char *name)
{
    struct log_name record = { address, naming, (uint32_t)strlen(name) };
    char bytes[256] = { 0 };

    memcpy(bytes, &record, sizeof record);
    memcpy(bytes + sizeof record, name, record.length);
    section(&log_file.head.names, bytes, sizeof record + ((record.length + 7) & ~7u));
}

static void finish(void)
{
    log_file.head.bytes = log_file.head.events_end;
    add_maps();
}

static void save(size_t bytes)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(log_file.bytes, 1, bytes, file), bytes);
    fclose(file);
}

static struct split read_back(struct arena *a)
{
    struct err e = { 0 };
    struct split s;

    save(log_file.head.bytes);
    if (!split_read(path, &s, a, &e))
        fail_msg("%s", e.text);
    return s;
}

static const struct split_row *row(const struct split *s, const char *function)
{
    for (uint32_t i = 0; i < s->rows; i++)
        if (str_eq(s->row[i].function, str_of(function)))
            return &s->row[i];
    fail_msg("no row %s", function);
    return NULL;
}

static void check_row(const struct split *s, const char *function, int64_t self,
                      int64_t inclusive, int64_t calls)
{
    const struct split_row *r = row(s, function);

    assert_int_equal(r->self, self);
    assert_int_equal(r->inclusive, inclusive);
    assert_int_equal(r->calls, calls);
}

static void calls_and_returns(void **state)
{
    struct arena *a = arena_open();
    struct split s;

    (void)state;
    begin();
    mark();
    event(LOG_CALL, 10, AT(beta), TOP - 64);
    event(LOG_CALL, 100, AT(gamma_ray), TOP - 128);
    event(LOG_RETURN, 20, AT(beta) + 4, TOP - 120);
    event(LOG_CALL, 200, AT(gamma_ray), TOP - 128);
    event(LOG_RETURN, 30, AT(beta) + 4, TOP - 120);
    event(LOG_RETURN, 2, AT(alpha) + 4, TOP - 56);
    mark();
    finish();
    s = read_back(a);
    assert_int_equal(s.end, SPLIT_WHOLE);
    assert_int_equal(s.total, 363);
    check_row(&s, "alpha", 3, 363, 0);
    check_row(&s, "beta", 60, 360, 1);
    check_row(&s, "gamma_ray", 300, 300, 2);
    assert_int_equal(s.part[SPLIT_NATIVE], 363);
    assert_int_equal(s.nodes,
                     4); /* the root, alpha, beta below it, gamma_ray below that */
    assert_int_equal(s.node[3].parent, 2);
    assert_int_equal(s.node[3].inclusive, 300);
    assert_int_equal(s.node[0].inclusive, 363);
    arena_close(a);
}

static void a_recursion_is_included_once(void **state)
{
    struct arena *a = arena_open();
    struct split s;

    (void)state;
    begin();
    mark();
    event(LOG_CALL, 10, AT(beta), TOP - 64);
    event(LOG_CALL, 10, AT(gamma_ray), TOP - 128);
    event(LOG_CALL, 10, AT(beta), TOP - 192);
    event(LOG_CALL, 10, AT(beta), TOP - 256);
    event(LOG_RETURN, 1, AT(beta) + 4, TOP - 248);
    event(LOG_RETURN, 1, AT(gamma_ray) + 4, TOP - 184);
    event(LOG_RETURN, 1, AT(beta) + 4, TOP - 120);
    event(LOG_RETURN, 1, AT(alpha) + 4, TOP - 56);
    mark();
    finish();
    s = read_back(a);
    check_row(&s, "beta", 32, 43, 3);
    check_row(&s, "gamma_ray", 11, 32, 1);
    check_row(&s, "alpha", 2, 45, 0);
    arena_close(a);
}

/* beta goes on in gamma_ray, which returns to alpha; a jump into the middle of a
 * function is what the compiler moved out of another. */
static void tail_calls_and_moved_code(void **state)
{
    struct arena *a = arena_open();
    struct split s;

    (void)state;
    begin();
    mark();
    event(LOG_CALL, 10, AT(beta), TOP - 64);
    event(LOG_BRANCH, 5, AT(gamma_ray) + 5, TOP - 80); /* beta's, elsewhere */
    event(LOG_JUMP, 20, AT(gamma_ray), TOP - 64);
    event(LOG_RETURN, 1, AT(alpha) + 4, TOP - 56);
    mark();
    finish();
    s = read_back(a);
    check_row(&s, "beta", 15, 15, 1);
    check_row(&s, "gamma_ray", 20, 20, 1);
    check_row(&s, "alpha", 2, 37, 0);
    arena_close(a);
}

/* As longjmp, or a C++ exception, leaves functions. */
static void far_up_the_stack(void **state)
{
    struct arena *a = arena_open();
    struct split s;

    (void)state;
    begin();
    mark();
    event(LOG_CALL, 10, AT(beta), TOP - 64);
    event(LOG_CALL, 10, AT(gamma_ray), TOP - 128);
    event(LOG_CALL, 10, AT(beta), TOP - 192);
    event(LOG_JUMP_AT, 7, AT(alpha) + 4, TOP - 8);
    event(LOG_CALL, 100, AT(gamma_ray), TOP - 64);
    event(LOG_RETURN, 1, AT(alpha) + 4, TOP - 56);
    mark();
    finish();
    s = read_back(a);
    check_row(&s, "alpha", 9, 139, 0);
    check_row(&s, "beta", 20, 30, 2);
    check_row(&s, "gamma_ray", 110, 120, 2);
    arena_close(a);
}

static void the_kernel_and_the_allocator(void **state)
{
    struct arena *a = arena_open();
    struct split s;

    (void)state;
    begin();
    mark();
    event(LOG_CALL, 10, AT(beta), TOP - 64);
    event(LOG_SYSCALL, 0, 0, 0); /* read */
    put(50);
    event(LOG_AFTER, 4, AT(beta) + 6, TOP - 64);
    event(LOG_RETURN, 1, AT(alpha) + 4, TOP - 56);
    event(LOG_CALL, 20, AT(gamma_ray), TOP - 64);
    event(LOG_ASKED, 0, LOG_ASKED_LIBC, 800);
    event(LOG_CALL, 5, AT(beta), TOP - 128);
    event(LOG_ASKED, 0, LOG_ASKED_LIBC, 4096); /* within the other: the same request */
    event(LOG_RETURN, 1, AT(gamma_ray) + 4, TOP - 120);
    event(LOG_RETURN, 1, AT(alpha) + 4, TOP - 56);
    event(LOG_CALL, 20, AT(gamma_ray), TOP - 64);
    event(LOG_ASKED, 0, LOG_ASKED_LIBC, 8);
    event(LOG_RETURN, 1, AT(alpha) + 4, TOP - 56);
    mark();
    finish();
    add_name(AT(gamma_ray), LOG_NAMES_ALLOCATOR, "obj.malloc");
    s = read_back(a);
    assert_int_equal(s.total, 10 + 4 + 1 + 20 + 5 + 1 + 1 + 20 + 1 + 1);
    check_row(&s, "read", 1, 1, 1);
    check_row(&s, "beta", 9 + 4 + 5, 10 + 4 + 5, 2);
    assert_int_equal(s.part[SPLIT_KERNEL_ENTRY], 1);
    assert_int_equal(s.part[SPLIT_ALLOCATION], 41);
    assert_int_equal(s.syscalls, 1);
    assert_int_equal(s.syscall[0].ns, 100); /* 50 ticks of 2 ns */
    assert_int_equal(s.allocations, 2);
    assert_int_equal(s.allocated_bytes, 808);
    arena_close(a);
}

static void the_loop_of_median_cost_is_shown(void **state)
{
    static const uint64_t costs[] = { 999, 50, 40, 45, 60, 45 };
    struct arena *a = arena_open();
    struct split s;

    (void)state;
    begin();
    for (int i = 0; i < 6; i++) {
        mark();
        event(LOG_CALL, costs[i], AT(beta), TOP - 64);
        event(LOG_RETURN, 1, AT(alpha) + 4, TOP - 56);
    }
    mark();
    finish();
    s = read_back(a);
    assert_int_equal(s.loops, 6);
    assert_int_equal(s.shown, 3);
    assert_int_equal(s.loop[0], 1001);
    assert_int_equal(s.total, 47);
    check_row(&s, "beta", 45, 45, 1);
    arena_close(a);
}

static void long_runs_have_a_second_word(void **state)
{
    struct arena *a = arena_open();
    struct split s;

    (void)state;
    begin();
    mark();
    event(LOG_CALL, LOG_MOST, AT(beta), TOP - 64);
    event(LOG_MORE, 0, 1000, 0);
    event(LOG_RETURN, 1, AT(alpha) + 4, TOP - 56);
    mark();
    finish();
    s = read_back(a);
    check_row(&s, "beta", LOG_MOST + 1000, LOG_MOST + 1000, 1);
    arena_close(a);
}

static void one_is_taken_off_another(void **state)
{
    struct arena *a = arena_open();
    struct split more, less, same;

    (void)state;
    begin();
    mark();
    event(LOG_CALL, 10, AT(beta), TOP - 64);
    event(LOG_RETURN, 1, AT(alpha) + 4, TOP - 56);
    mark();
    finish();
    less = read_back(a);
    begin();
    mark();
    event(LOG_CALL, 30, AT(gamma_ray), TOP - 64);
    event(LOG_RETURN, 2, AT(alpha) + 4, TOP - 56);
    mark();
    finish();
    more = read_back(a);
    same = read_back(a);
    split_subtract(&more, &less, a);
    assert_int_equal(more.total, 21);
    assert_int_equal(more.part[SPLIT_NATIVE], 21);
    check_row(&more, "alpha", 1, 21, 0);
    check_row(&more, "beta", -10, -10, -1);
    check_row(&more, "gamma_ray", 30, 30, 1);
    assert_int_equal(more.node[0].inclusive, 21);
    split_subtract(&less, &less, a);
    assert_int_equal(less.rows, 0);
    assert_int_equal(less.nodes, 1);
    assert_int_equal(same.rows, 2);
    arena_close(a);
}

/* Whatever the bytes: an error in one line, or a split whose parts sum. */
static void try(size_t bytes)
{
    struct arena *a = arena_open();
    struct err e = { 0 };
    struct split s;
    int64_t sum = 0;

    save(bytes);
    if (split_read(path, &s, a, &e)) {
        for (int i = 0; i < SPLIT_PARTS; i++)
            sum += s.part[i];
        assert_int_equal(sum, s.total);
    } else {
        assert_true(strlen(e.text) > 10);
        assert_null(strchr(e.text, '\n'));
    }
    arena_close(a);
}

static void damaged_logs_are_refused_or_sound(void **state)
{
    size_t whole;

    (void)state;
    the_kernel_and_the_allocator(state);
    whole = log_file.head.bytes;
    for (size_t cut = 0; cut < whole; cut += cut < sizeof(struct log_header) ? 8 : 1) {
        if (cut >= sizeof(struct log_header) && cut < LOG_EVENTS - 8)
            continue; /* nothing is there */
        try(cut);
    }
    for (size_t at = 0; at < whole; at++) {
        char was = log_file.bytes[at];
        if (at >= sizeof(struct log_header) && at < LOG_EVENTS)
            continue;
        log_file.bytes[at] = (char)(was ^ (1 << (at % 8)));
        try(whole);
        log_file.bytes[at] = (char)0xff;
        try(whole);
        log_file.bytes[at] = was;
    }
    try(whole);
}

static int make_file(void **state)
{
    int file = mkstemp(path);

    *state = (void *)(uintptr_t)kept;
    return file < 0 || close(file) != 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_and_returns),
        cmocka_unit_test(a_recursion_is_included_once),
        cmocka_unit_test(tail_calls_and_moved_code),
        cmocka_unit_test(far_up_the_stack),
        cmocka_unit_test(the_kernel_and_the_allocator),
        cmocka_unit_test(the_loop_of_median_cost_is_shown),
        cmocka_unit_test(long_runs_have_a_second_word),
        cmocka_unit_test(one_is_taken_off_another),
        cmocka_unit_test(damaged_logs_are_refused_or_sound),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
