/* SPDX-License-Identifier: Apache-2.0 */
/* model_ancestry.c - who stands below whom, of families of all kinds: used pids, lost
 * parents, circles. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "model/ancestry.h"
#include "model/build.h"
#include "test.h"

/* Lines "PID PARENT START". */
static struct profile *family_of(const char *lines)
{
    struct build *b = build_open(UNIT_NS);
    char *end;

    for (const char *at = lines; *at; at = end + 1) {
        struct process p = { .entered = true };

        p.pid = (uint32_t)strtoul(at, &end, 10);
        p.parent_pid = (uint32_t)strtoul(end, &end, 10);
        p.started_ns = strtoull(end, &end, 10);
        build_process(b, &p);
    }
    return build_finish(b);
}

/* "10 .11 ..12": a dot for each level. */
static void check(const char *lines, const char *expected)
{
    struct profile *p = family_of(lines);
    struct arena *a = arena_open();
    const struct kin *kin = ancestry_of(p, a);
    char text[512] = "";

    for (uint32_t i = 0; i < profile_processes(p); i++) {
        char dots[64] = "";

        for (uint32_t d = 0; d < kin[i].depth; d++)
            strcat(dots, ".");
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s%u",
                 i ? " " : "", dots, profile_process(p, kin[i].process)->pid);
    }
    assert_string_equal(text, expected);
    arena_close(a);
    profile_close(p);
}

static void children_stand_below(void **state)
{
    (void)state;
    check("", "");
    check("10 9 0\n", "10");
    check("10 9 0\n11 10 1\n12 11 2\n13 10 3\n", "10 .11 ..12 .13");
    check("13 10 3\n12 11 2\n11 10 1\n10 9 0\n", "10 .11 ..12 .13");
}

static void siblings_stand_by_their_start(void **state)
{
    (void)state;
    check("10 9 0\n11 10 7\n12 10 5\n13 10 6\n14 10 6\n", "10 .12 .13 .14 .11");
    check("10 9 4\n20 8 2\n21 20 3\n", "20 .21 10");
}

static void a_parent_that_is_not_there(void **state)
{
    (void)state;
    check("10 9 0\n12 11 2\n13 12 3\n14 0 4\n", "10 12 .13 14");
    check("0 0 0\n0 0 0\n7 0 0\n", "0 0 7");
}

static void a_pid_that_was_used_again(void **state)
{
    (void)state;
    /* The second image of 10, by exec or after its end, has the later child. */
    check("10 9 0\n11 10 1\n10 9 5\n12 10 6\n", "10 .11 10 .12");
    /* A clock that was set back. */
    check("10 9 5\n11 10 1\n", "10 .11");
    /* Its own pid as parent: used again. */
    check("10 10 1\n", "10");
}

static void circles_are_cut(void **state)
{
    (void)state;
    check("10 11 1\n11 10 1\n", "10 .11");
    check("10 12 3\n11 10 1\n12 11 2\n13 12 9\n", "11 .12 ..10 ..13");
    check("1 2 0\n2 1 0\n3 4 0\n4 3 0\n5 9 0\n", "5 1 .2 3 .4");
}

static uint64_t spent_ns(uint32_t count, uint32_t parents)
{
    struct build *b = build_open(UNIT_NS);

    for (uint32_t i = 1; i <= count; i++) {
        struct process p = { .pid = i, .parent_pid = i % parents, .started_ns = i };

        build_process(b, &p);
    }
    struct profile *p = build_finish(b);
    struct arena *a = arena_open();
    uint64_t before = clock_process_cpu_ns();
    const struct kin *kin = ancestry_of(p, a);
    uint64_t spent = clock_process_cpu_ns() - before;

    assert_int_equal(kin[0].process, 0);
    arena_close(a);
    profile_close(p);
    return spent;
}

/* A chain as deep as there are processes, and as many below one. */
static void many_are_no_square(void **state)
{
    (void)state;
    for (uint32_t parents = 2; parents < 4; parents++)
        assert_true(spent_ns(200000, parents) < 2000000000u);
    struct build *b = build_open(UNIT_NS);
    for (uint32_t i = 1; i <= 100000; i++) {
        struct process p = { .pid = i, .parent_pid = i - 1, .started_ns = i };

        build_process(b, &p);
    }
    struct profile *p = build_finish(b);
    struct arena *a = arena_open();
    assert_int_equal(ancestry_of(p, a)[99999].depth, 99999);
    arena_close(a);
    profile_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_stand_below),
        cmocka_unit_test(siblings_stand_by_their_start),
        cmocka_unit_test(a_parent_that_is_not_there),
        cmocka_unit_test(a_pid_that_was_used_again),
        cmocka_unit_test(circles_are_cut),
        cmocka_unit_test(many_are_no_square),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
