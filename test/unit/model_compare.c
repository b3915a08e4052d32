/* SPDX-License-Identifier: Apache-2.0 */
/* model_compare.c - two sides of trees of known figures: what is new, gone, changed or
 * the same, of functions and of call paths. */
#include <stdlib.h>
#include <string.h>

#include "model/build.h"
#include "model/compare.h"
#include "test.h"

/* One function for each letter, at ten lines of its own; capitals have moved. */
static function_id function_of(struct build *b, char letter)
{
    char name = (char)(letter | 0x20);
    struct function f = {
        .name = { &name, 1 },
        .qualname = { &name, 1 },
        .file = STR("/srv/x.py"),
        .line = (uint32_t)(letter == name ? 10 * letter : 10 * letter + 5),
        .hash = 1000 + (uint64_t)name,
    };

    return build_function(b, &f);
}

/* Lines "PATH CALLS SELF", a letter of PATH for each function, in one thread. */
static struct profile *profile_of(const char *lines, uint64_t started_ns)
{
    struct build *b = build_open(UNIT_NS);
    process_id p = build_process(b, &(struct process){ .pid = 1, .entered = true });
    node_id root = build_thread_root(b, build_thread(b, p, STR("t"), 0));

    build_run(b)->started_ns = started_ns;
    for (const char *at = lines; *at; at = strchr(at, '\n') + 1) {
        node_id n = root;
        char *end;

        for (; *at != ' '; at++)
            n = build_child(b, n, function_of(b, *at));
        uint64_t calls = strtoull(at, &end, 10);
        build_add(b, n, calls, 0, strtoull(end, &end, 10));
    }
    return build_finish(b);
}

static void add(struct compare *c, enum side side, const char *lines,
                uint64_t started_ns)
{
    struct profile *p = profile_of(lines, started_ns);

    compare_add(c, side, p);
    profile_close(p);
}

static const struct compared *row_of(const struct compare *c, char letter)
{
    for (uint32_t i = 0; i < compare_rows(c); i++) {
        const struct compared *row = compare_row(c, i);
        const struct function *f = row->function[SIDE_AFTER];

        f = f ? f : row->function[SIDE_BEFORE];
        assert_int_equal(row->row, i);
        if (f->name.at[0] == letter)
            return row;
    }
    fail_msg("no row of %c", letter);
    return NULL;
}

static void check(const struct compared *row, enum change change, uint64_t calls_before,
                  double before, uint64_t calls_after, double after)
{
    assert_int_equal(row->change, change);
    assert_int_equal(row->figures[SIDE_BEFORE].calls, calls_before);
    assert_int_equal(row->figures[SIDE_AFTER].calls, calls_after);
    assert_float_equal(row->figures[SIDE_BEFORE].time, before, 0);
    assert_float_equal(row->figures[SIDE_AFTER].time, after, 0);
}

static const char before[] = "a 1 100\nab 5 300\nabc 50 600\nad 2 20\nae 1 7\n";
static const char after[] = "a 1 100\naB 5 330\naBc 80 900\nax 1 5\nae 1 7\n";

static void functions_are_new_gone_changed_or_the_same(void **state)
{
    struct compare *c = compare_open((struct compare_options){ 0 });

    (void)state;
    add(c, SIDE_BEFORE, before, 0);
    add(c, SIDE_AFTER, after, 0);
    compare_pair(c);
    compare_finish(c, 0);
    assert_int_equal(compare_rows(c), 6);
    check(row_of(c, 'a'), CHANGE_SAME, 1, 100, 1, 100);
    check(row_of(c, 'b'), CHANGE_CHANGED, 5, 300, 5, 330);
    check(row_of(c, 'c'), CHANGE_CHANGED, 50, 600, 80, 900);
    check(row_of(c, 'd'), CHANGE_GONE, 2, 20, 0, 0);
    check(row_of(c, 'x'), CHANGE_NEW, 0, 0, 1, 5);
    check(compare_total(c), CHANGE_CHANGED, 59, 1027, 88, 1342);
    assert_true(row_of(c, 'c')->calls_differ);
    assert_false(row_of(c, 'b')->calls_differ);
    assert_int_not_equal(row_of(c, 'b')->function[SIDE_BEFORE]->line,
                         row_of(c, 'b')->function[SIDE_AFTER]->line);
    assert_float_equal(row_of(c, 'b')->effect.ratio, 1.1, 1e-9);
    assert_int_equal(row_of(c, 'b')->effect.verdict, VERDICT_NONE);
    compare_close(c);
}

static void times_with_callees_are_compared_when_asked(void **state)
{
    struct compare *c = compare_open((struct compare_options){ .cumulative = true });

    (void)state;
    add(c, SIDE_BEFORE, before, 0);
    add(c, SIDE_AFTER, after, 0);
    compare_pair(c);
    compare_finish(c, 0);
    check(row_of(c, 'b'), CHANGE_CHANGED, 5, 900, 5, 1230);
    assert_float_equal(row_of(c, 'b')->figures[SIDE_AFTER].self, 330, 0);
    assert_float_equal(compare_total(c)->figures[SIDE_AFTER].time, 1342, 0);
    compare_close(c);
}

/* The path of a row, "abc". */
static const char *path_of(const struct compare *c, uint32_t row, char *text)
{
    char *at = text + 15;

    for (*at = '\0'; row != COMPARED_NONE;) {
        const struct compared *p = compare_row(c, row);
        const struct function *f = p->function[SIDE_AFTER];

        f = f ? f : p->function[SIDE_BEFORE];
        assert_true(p->parent == COMPARED_NONE || p->parent < row);
        *--at = f->name.at[0];
        row = p->parent;
    }
    return at;
}

static const struct compared *path_row(const struct compare *c, const char *path)
{
    char text[16];

    for (uint32_t i = 0; i < compare_rows(c); i++)
        if (strcmp(path_of(c, i, text), path) == 0)
            return compare_row(c, i);
    fail_msg("no path %s", path);
    return NULL;
}

static void paths_are_paired_by_what_is_above_them(void **state)
{
    struct compare *c = compare_open((struct compare_options){ .paths = true });
    struct compare *f = compare_open((struct compare_options){ 0 });
    static const char more[] = "a 1 10\nab 1 10\nabc 1 10\nac 1 10\n";
    static const char other[] = "a 1 10\naB 1 12\naBc 1 10\nax 1 5\naxc 3 30\n";
    struct compare *both[] = { c, f };

    (void)state;
    for (int i = 0; i < 2; i++) {
        add(both[i], SIDE_BEFORE, more, 0);
        add(both[i], SIDE_AFTER, other, 0);
        compare_pair(both[i]);
        compare_finish(both[i], 0);
    }
    assert_int_equal(compare_rows(c), 6);
    check(path_row(c, "a"), CHANGE_CHANGED, 1, 40, 1, 67);
    check(path_row(c, "ab"), CHANGE_CHANGED, 1, 20, 1, 22);
    check(path_row(c, "abc"), CHANGE_SAME, 1, 10, 1, 10);
    check(path_row(c, "ac"), CHANGE_GONE, 1, 10, 0, 0);
    check(path_row(c, "ax"), CHANGE_NEW, 0, 0, 1, 35);
    check(path_row(c, "axc"), CHANGE_NEW, 0, 0, 3, 30);
    assert_int_equal(path_row(c, "axc")->depth, 2);
    for (uint32_t i = 0; i < compare_rows(c); i++) {
        const struct compared *p = compare_row(c, i);
        const struct compared *of = compare_row(f, p->function_row);

        for (int side = 0; side < SIDES; side++)
            if (p->function[side])
                assert_true(str_eq(p->function[side]->name, of->function[side]->name));
    }
    compare_close(c);
    compare_close(f);
}

/* Medians; what one run alone has is no other number of calls. */
static void of_several_runs_the_middle_counts(void **state)
{
    struct compare *c = compare_open((struct compare_options){ 0 });

    (void)state;
    add(c, SIDE_BEFORE, "a 1 100\nb 4 10\n", 1);
    add(c, SIDE_BEFORE, "a 1 300\nb 6 10\nc 1 1\n", 3);
    add(c, SIDE_BEFORE, "a 1 110\nb 5 30\n", 5);
    add(c, SIDE_AFTER, "a 1 200\nb 7 10\n", 2);
    add(c, SIDE_AFTER, "a 1 220\nb 9 10\nd 1 8\n", 4);
    compare_pair(c);
    compare_finish(c, 0);
    check(row_of(c, 'a'), CHANGE_SAME, 1, 110, 1, 210);
    check(row_of(c, 'b'), CHANGE_CHANGED, 5, 10, 8, 10);
    check(row_of(c, 'c'), CHANGE_GONE, 0, 0, 0, 0);
    check(row_of(c, 'd'), CHANGE_NEW, 0, 0, 1, 4);
    assert_float_equal(compare_time(c, row_of(c, 'a')->row, SIDE_BEFORE, 1), 300, 0);
    assert_float_equal(compare_time(c, row_of(c, 'd')->row, SIDE_BEFORE, 1), 0, 0);
    assert_true(compare_in_turn(c));
    compare_close(c);
}

static void runs_one_side_after_the_other_are_not_in_turn(void **state)
{
    struct compare *c = compare_open((struct compare_options){ 0 });
    struct compare *unknown = compare_open((struct compare_options){ 0 });

    (void)state;
    for (uint64_t i = 1; i <= 3; i++) {
        add(c, SIDE_BEFORE, "a 1 1\n", i);
        add(c, SIDE_AFTER, "a 1 1\n", 10 + i);
        add(unknown, SIDE_BEFORE, "a 1 1\n", 2 * i);
        add(unknown, SIDE_AFTER, "a 1 1\n", i == 1 ? 0 : 2 * i + 1);
    }
    assert_false(compare_in_turn(c));
    assert_false(compare_in_turn(unknown));
    compare_close(c);
    compare_close(unknown);
}

static void nothing_in_common_is_no_fault(void **state)
{
    struct compare *c = compare_open((struct compare_options){ 0 });

    (void)state;
    add(c, SIDE_BEFORE, "", 1);
    add(c, SIDE_AFTER, "a 1 1\n", 2);
    compare_pair(c);
    compare_leave_out(c, 0);
    compare_finish(c, 0.05);
    check(row_of(c, 'a'), CHANGE_NEW, 0, 0, 1, 1);
    assert_int_equal(compare_total(c)->effect.verdict, VERDICT_NONE);
    assert_float_equal(compare_total(c)->effect.ratio, 0, 0);
    compare_close(c);
    compare_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_new_gone_changed_or_the_same),
        cmocka_unit_test(times_with_callees_are_compared_when_asked),
        cmocka_unit_test(paths_are_paired_by_what_is_above_them),
        cmocka_unit_test(of_several_runs_the_middle_counts),
        cmocka_unit_test(runs_one_side_after_the_other_are_not_in_turn),
        cmocka_unit_test(nothing_in_common_is_no_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
