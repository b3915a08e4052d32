/* SPDX-License-Identifier: Apache-2.0 */
/* model_stats.c - calls, primitive calls, self and cumulative of functions and of
 * callers, for trees of known figures. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/build.h"
#include "model/fold.h"
#include "model/stats.h"
#include "test.h"

/* One function for each letter; C and D are constructors of C types. */
static function_id function_of(struct build *b, char letter)
{
    struct function f = {
        .name = { &letter, 1 },
        .qualname = { &letter, 1 },
        .file = STR("x.py"),
        .line = (uint32_t)letter,
        .kind = letter == 'C'   ? FUNCTION_TYPE
                : letter == 'D' ? FUNCTION_OBJECT
                                : FUNCTION_PYTHON,
    };

    return build_function(b, &f);
}

/* Lines "THREAD PATH CALLS RESUMES SELF", a letter of PATH for each function. */
static struct profile *profile_of(const char *lines)
{
    struct build *b = build_open(UNIT_NS);
    struct process process = { .pid = 1 };
    process_id p = build_process(b, &process);
    thread_id threads[10];
    unsigned count = 0;

    for (char letter = 'a'; letter <= 'h'; letter++)
        function_of(b, letter); /* ids in order of the letters */
    for (const char *at = lines; *at; at = strchr(at, '\n') + 1) {
        unsigned thread = (unsigned)(*at - '0');
        const char *path = at + 2;
        char *end;

        while (count <= thread)
            threads[count++] = build_thread(b, p, STR("t"), 0);
        node_id n = build_thread_root(b, threads[thread]);
        for (; *path != ' '; path++)
            n = build_child(b, n, function_of(b, *path));
        uint64_t calls = strtoull(path, &end, 10), resumes = strtoull(end, &end, 10);
        build_add(b, n, calls, resumes, strtoull(end, &end, 10));
    }
    return build_finish(b);
}

static void check_row(const struct stat_row *row, uint64_t calls, uint64_t primitive,
                      uint64_t resumes, uint64_t self, uint64_t cumulative)
{
    assert_int_equal(row->calls, calls);
    assert_int_equal(row->primitive_calls, primitive);
    assert_int_equal(row->resumes, resumes);
    assert_int_equal(row->self, self);
    assert_int_equal(row->cumulative, cumulative);
}

static function_id id(char letter)
{
    return (function_id)(letter - 'a');
}

static const struct stat_row *edge(const struct stats *s, char caller, char callee)
{
    struct edges callers = stats_callers(s, id(callee));
    struct edges callees = stats_callees(s, id(caller));

    for (uint32_t i = 0; i < callers.count; i++) {
        if (i > 0)
            assert_true(callers.at[i - 1]->caller < callers.at[i]->caller);
        if (callers.at[i]->caller != id(caller))
            continue;
        for (uint32_t k = 0; k < callees.count; k++)
            if (callees.at[k] == callers.at[i])
                return &callers.at[i]->stat;
        fail_msg("%c has no callee %c", caller, callee);
    }
    return NULL;
}

static struct stats *stats_with_edges(const struct profile *p)
{
    struct stats *s = stats_open(p);

    stats_add_edges(s);
    return s;
}

static void a_plain_tree_adds_up(void **state)
{
    struct profile *p = profile_of("0 a 1 0 10\n"
                                   "0 ab 2 0 20\n"
                                   "0 abc 6 0 30\n"
                                   "0 ac 1 0 5\n");
    struct stats *s = stats_with_edges(p);

    (void)state;
    check_row(stats_of(s, id('a')), 1, 1, 0, 10, 65);
    check_row(stats_of(s, id('b')), 2, 2, 0, 20, 50);
    check_row(stats_of(s, id('c')), 7, 7, 0, 35, 35);
    check_row(stats_total(s), 10, 10, 0, 65, 65);
    check_row(edge(s, 'b', 'c'), 6, 6, 0, 30, 30);
    check_row(edge(s, 'a', 'c'), 1, 1, 0, 5, 5);
    check_row(edge(s, 'a', 'b'), 2, 2, 0, 20, 50);
    assert_null(edge(s, 'c', 'a'));
    assert_int_equal(stats_callers(s, id('a')).count, 0);
    stats_close(s);
    profile_close(p);
}

static void callers_are_none_until_asked_for(void **state)
{
    struct profile *p = profile_of("0 ab 1 0 1\n");
    struct stats *s = stats_open(p);

    (void)state;
    assert_int_equal(stats_callers(s, id('b')).count, 0);
    assert_int_equal(stats_callees(s, id('a')).count, 0);
    stats_add_edges(s);
    assert_int_equal(stats_callers(s, id('b')).count, 1);
    stats_close(s);
    profile_close(p);
}

/* As cProfile has it: a call is recursive where the same function is active,
 * and where, for a caller's row, the same pair is. */
static void recursion_counts_once(void **state)
{
    struct profile *p = profile_of("0 a 1 0 1\n"
                                   "0 ab 1 0 10\n"
                                   "0 abb 2 0 20\n"
                                   "0 abbb 4 0 40\n");
    struct stats *s = stats_with_edges(p);

    (void)state;
    check_row(stats_of(s, id('b')), 7, 1, 0, 70, 70);
    check_row(edge(s, 'a', 'b'), 1, 1, 0, 10, 70);
    check_row(edge(s, 'b', 'b'), 6, 2, 0, 60, 60);
    stats_close(s);
    profile_close(p);
}

static void mutual_recursion_counts_once(void **state)
{
    struct profile *p = profile_of("0 a 1 0 1\n"
                                   "0 ab 1 0 2\n"
                                   "0 aba 1 0 4\n"
                                   "0 abab 1 0 8\n"
                                   "0 ababc 3 0 16\n");
    struct stats *s = stats_with_edges(p);

    (void)state;
    check_row(stats_of(s, id('a')), 2, 1, 0, 5, 31);
    check_row(stats_of(s, id('b')), 2, 1, 0, 10, 30);
    check_row(edge(s, 'a', 'b'), 2, 1, 0, 10, 30);
    check_row(edge(s, 'b', 'a'), 1, 1, 0, 4, 28);
    check_row(edge(s, 'b', 'c'), 3, 3, 0, 16, 16);
    stats_close(s);
    profile_close(p);
}

static void threads_have_stacks_of_their_own(void **state)
{
    struct profile *p = profile_of("0 a 1 0 10\n"
                                   "0 ab 1 0 5\n"
                                   "1 b 1 0 7\n"
                                   "1 ba 1 0 3\n");
    struct stats *s = stats_with_edges(p);

    (void)state;
    check_row(stats_of(s, id('a')), 2, 2, 0, 13, 18);
    check_row(stats_of(s, id('b')), 2, 2, 0, 12, 15);
    assert_int_equal(profile_thread(p, 0)->self, 15);
    assert_int_equal(profile_thread(p, 1)->self, 10);
    uint32_t one[] = { 0, 0 };
    struct stat_row row;
    stats_group_threads(s, one, 1, &row);
    check_row(&row, 4, 4, 0, 25, 25);
    stats_close(s);
    profile_close(p);
}

static void groups_count_what_is_within_them_once(void **state)
{
    struct profile *p = profile_of("0 a 1 0 10\n"
                                   "0 ab 2 0 20\n"
                                   "0 abc 3 0 30\n"
                                   "0 abca 4 0 40\n");
    uint32_t group[] = { 0, 0, 1, 1, 1, 1, 1, 1 }; /* a and b; c to h */
    struct stats *s = stats_open(p);
    struct stat_row rows[2];
    struct bounds bounds[2];

    (void)state;
    stats_group(s, group, 2, rows, bounds);
    check_row(&rows[0], 7, 1, 0, 70, 100);
    check_row(&rows[1], 3, 3, 0, 30, 70);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(bounds[i].least, rows[i].cumulative);
        assert_int_equal(bounds[i].most, rows[i].cumulative);
    }
    stats_close(s);
    profile_close(p);
}

static void cprofile_calls_resumptions_calls_and_sees_no_constructors(void **state)
{
    struct profile *p = profile_of("0 a 1 0 10\n"
                                   "0 ag 2 5 20\n"
                                   "0 aC 4 0 3\n"
                                   "0 aCb 4 0 40\n"
                                   "0 aD 1 0 2\n"
                                   "0 ab 1 0 5\n");
    struct profile *folded = fold(p, FOLD_AS_CPROFILE);
    struct stats *s = stats_with_edges(folded);

    (void)state;
    check_row(stats_of(s, id('g')), 7, 7, 0, 20, 20);
    check_row(stats_of(s, id('a')), 1, 1, 0, 15, 80);
    check_row(stats_of(s, id('b')), 5, 5, 0, 45, 45);
    check_row(edge(s, 'a', 'b'), 5, 5, 0, 45, 45);
    assert_int_equal(stats_total(s)->self, 80);
    stats_close(s);
    profile_close(folded);
    profile_close(p);
}

static void threads_fold_into_one_tree(void **state)
{
    struct profile *p = profile_of("0 ab 1 0 10\n"
                                   "1 ab 2 0 20\n"
                                   "2 c 1 0 5\n");
    struct profile *folded = fold(p, FOLD_THREADS);
    struct stats *s = stats_with_edges(folded);

    (void)state;
    assert_int_equal(profile_nodes(folded), 1 + 3 + 3);
    check_row(edge(s, 'a', 'b'), 3, 3, 0, 30, 30);
    assert_int_equal(profile_thread(folded, 0)->self, 35);
    stats_close(s);
    profile_close(folded);
    profile_close(p);
}

/* A path as deep as there is memory for is walked without recursion. */
static void depth_is_no_matter(void **state)
{
    enum { DEPTH = 300000 };
    struct build *b = build_open(UNIT_NS);
    process_id process = build_process(b, &(struct process){ .pid = 1 });
    thread_id thread = build_thread(b, process, STR("t"), 0);
    node_id n = build_thread_root(b, thread);
    function_id f = function_of(b, 'a');

    (void)state;
    for (int i = 0; i < DEPTH; i++) {
        n = build_node(b, n, f);
        build_add(b, n, 1, 0, 1);
    }
    struct profile *p = build_finish(b);
    struct stats *s = stats_with_edges(p);
    check_row(stats_of(s, 0), DEPTH, 1, 0, DEPTH, DEPTH);
    check_row(&stats_callers(s, 0).at[0]->stat, DEPTH - 1, 1, 0, DEPTH - 1, DEPTH - 1);
    stats_close(s);
    profile_close(p);
}

static void functions_are_told_apart_by_everything(void **state)
{
    struct function f = { .name = STR("f"),
                          .qualname = STR("A.f"),
                          .file = STR("x.py"),
                          .line = 3,
                          .hash = 7 };
    struct build *b = build_open(UNIT_NS);
    function_id first = build_function(b, &f);

    (void)state;
    assert_int_equal(build_function(b, &f), first);
    struct function other[7] = { f, f, f, f, f, f, f };
    other[0].name = STR("g");
    other[1].qualname = STR("B.f");
    other[2].file = STR("y.py");
    other[3].line = 4;
    other[4].hash = 8;
    other[5].owner = STR("B");
    other[6].order = 1;
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(build_function(b, &other[i]), first + 1 + i);
        assert_int_equal(build_function(b, &other[i]), first + 1 + i);
    }
    struct profile *p = build_finish(b);
    assert_int_equal(profile_functions(p), 8);
    assert_int_equal(profile_function(p, 0)->merged, 1);
    profile_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_tree_adds_up),
        cmocka_unit_test(callers_are_none_until_asked_for),
        cmocka_unit_test(recursion_counts_once),
        cmocka_unit_test(mutual_recursion_counts_once),
        cmocka_unit_test(threads_have_stacks_of_their_own),
        cmocka_unit_test(groups_count_what_is_within_them_once),
        cmocka_unit_test(cprofile_calls_resumptions_calls_and_sees_no_constructors),
        cmocka_unit_test(threads_fold_into_one_tree),
        cmocka_unit_test(depth_is_no_matter),
        cmocka_unit_test(functions_are_told_apart_by_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
