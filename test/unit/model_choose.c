/* SPDX-License-Identifier: Apache-2.0 */
/* model_choose.c - which processes a glob names, and what is left of a profile. */
#include <stdio.h>
#include <string.h>

#include "model/build.h"
#include "model/choose.h"
#include "model/stats.h"
#include "test.h"

static function_id function_of(struct build *b, const char *name)
{
    struct function f = { .name = str_of(name), .file = STR("x.py"), .hash = 1 };

    return build_function(b, &f);
}

static process_id process_of(struct build *b, uint32_t pid, const char *role,
                             const char *name, uint64_t start, uint64_t wall)
{
    struct process p = {
        .pid = pid,
        .parent_pid = 10,
        .role = str_of(role),
        .name = str_of(name),
        .program = STR("shop.py"),
        .python = pid == 13 ? STR("3.12.1") : STR("3.13.0"),
        .started_ns = start,
        .wall_ns = wall,
        .entered = pid != 14,
    };

    return build_process(b, &p);
}

/* main calls feed; three workers call crunch 1, 10 and 100 times, and load beside it.
 */
static struct profile *shop(void)
{
    struct build *b = build_open(UNIT_NS);
    process_id main = process_of(b, 10, "main", "shop.py", 1000, 100);
    function_id only = function_of(b, "feed"), crunch, load;
    node_id n;

    build_run(b)->program = STR("shop.py");
    build_run(b)->clock = STR("wall");
    build_run(b)->wall_ns = 100;
    build_note(b, STR("A note."));
    n = build_node(b, build_thread_root(b, build_thread(b, main, STR("t"), 10)), only);
    build_add(b, n, 1, 0, 5);
    crunch = function_of(b, "crunch");
    load = function_of(b, "load");
    for (uint32_t i = 0, calls = 1; i < 3; i++, calls *= 10) {
        process_id p = process_of(b, 11 + i, i < 2 ? "worker: crunch" : "worker: load",
                                  i == 0   ? "Process-1"
                                  : i == 1 ? "Process-2"
                                           : "Process-3",
                                  1000 + 30 * i, 40);
        thread_id t = build_thread(b, p, STR("t"), 11 + i);

        n = build_node(b, build_thread_root(b, t), load);
        build_add(b, n, 2, 3, calls);
        n = build_node(b, n, FUNCTION_NONE); /* a marker */
        n = build_node(b, n, crunch);
        build_add(b, n, calls, 0, 7 * calls);
    }
    process_of(b, 14, "child", "sh", 1090, 5);
    return build_finish(b);
}

static struct choice choice_of(const char *const *globs)
{
    struct choice c = { .globs = 0 };

    while (*globs)
        c.glob[c.globs++] = *globs++;
    return c;
}

/* The pids that are left, as "11 12". */
static void check(const char *expected, const char *const *globs)
{
    struct choice c = choice_of(globs);
    struct err e = { 0 };
    struct profile *p = choose(shop(), &c, "shop.sonde", &e);
    char text[64] = "";

    assert_non_null(p);
    for (process_id i = 0; i < profile_processes(p); i++) {
        size_t len = strlen(text);

        snprintf(text + len, sizeof text - len, "%s%u", i ? " " : "",
                 profile_process(p, i)->pid);
    }
    assert_string_equal(text, expected);
    profile_close(p);
}

#define CHECK(expected, ...) check(expected, (const char *const[]){ __VA_ARGS__, NULL })

static void globs_name_processes(void **state)
{
    (void)state;
    check("10 11 12 13 14", (const char *const[]){ NULL });
    CHECK("11 12 13", "worker");
    CHECK("11 12", "crunch");
    CHECK("11 12", "worker: crunch");
    CHECK("11 12 13", "worker*");
    CHECK("13", "l?ad");
    CHECK("11 13", "Process-[13]");
    CHECK("12", "12");
    CHECK("10 11 12 13 14", "shop.*");
    CHECK("14", "sh");
    CHECK("10 13", "load", "main");
    CHECK("10 11", "11", "10");
}

static void check_refusal(const char *glob, const char *text)
{
    struct choice c = { { "main", glob }, 2 };
    struct err e = { 0 };

    assert_null(choose(shop(), &c, "shop.sonde", &e));
    assert_string_equal(e.text, text);
}

static void what_names_none_is_told(void **state)
{
    static const char list[] = "main (shop.py), worker: crunch (Process-1 and 1 more), "
                               "worker: load (Process-3), child (sh)";
    char text[256];

    (void)state;
    snprintf(text, sizeof text, "no such process: --process 'crnch': shop.sonde has %s",
             list);
    check_refusal("crnch", text);
    snprintf(text, sizeof text, "no such process: --process '1': shop.sonde has %s",
             list);
    check_refusal("1", text);
}

static void every_figure_is_of_the_chosen(void **state)
{
    struct choice c = choice_of((const char *const[]){ "12", "13", NULL });
    struct err e = { 0 };
    struct profile *p = choose(shop(), &c, "shop.sonde", &e);
    struct stats *s = stats_open(p);

    (void)state;
    assert_int_equal(profile_functions(p), 2); /* feed is none of theirs */
    assert_true(str_eq(profile_function(p, 0)->name, STR("crunch")));
    assert_int_equal(stats_of(s, 0)->calls, 110);
    assert_int_equal(stats_of(s, 0)->self, 770);
    assert_int_equal(stats_of(s, 1)->resumes, 6);
    assert_int_equal(stats_total(s)->self, 880);
    assert_int_equal(profile_threads(p), 2);
    assert_int_equal(profile_thread(p, 1)->self, 800);
    assert_int_equal(profile_thread(p, 1)->process, 1);
    assert_true(node_is_marker(profile_node(p, 4)));
    assert_int_equal(profile_run(p)->started_ns, 1030);
    assert_int_equal(profile_run(p)->wall_ns, 70); /* 1030 to 1100: they overlap */
    assert_int_equal(profile_run(p)->pythons, 2);
    assert_int_equal(profile_quality(p)->notes, 1);
    stats_close(s);
    profile_close(p);
}

static void time_without_any_of_them_is_none(void **state)
{
    struct choice c = choice_of((const char *const[]){ "11", "14", NULL });
    struct err e = { 0 };
    struct profile *p = choose(shop(), &c, "shop.sonde", &e);

    (void)state;
    assert_int_equal(profile_run(p)->started_ns, 1000);
    assert_int_equal(profile_run(p)->wall_ns, 45);
    profile_close(p);
}

static void functions_of_processes_stand_apart(void **state)
{
    static const char *const name[] = { "feed",   "load", "crunch", "load",
                                        "crunch", "load", "crunch" };
    static const process_id process[] = { 0, 1, 1, 2, 2, 3, 3 };
    struct arena *a = arena_open();
    struct profile *whole = shop();
    process_id *of;
    struct profile *p = choose_apart(whole, &of, a);
    struct stats *s = stats_open(p);

    (void)state;
    profile_close(whole);
    assert_int_equal(profile_functions(p), 7);
    assert_int_equal(profile_processes(p), 5);
    for (function_id f = 0; f < 7; f++) {
        assert_true(str_eq(profile_function(p, f)->name, str_of(name[f])));
        assert_int_equal(of[f], process[f]);
    }
    assert_int_equal(stats_of(s, 4)->calls, 10);
    assert_int_equal(stats_of(s, 6)->calls, 100);
    assert_int_equal(stats_total(s)->self, 5 + 8 * 111);
    stats_close(s);
    profile_close(p);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_name_processes),
        cmocka_unit_test(what_names_none_is_told),
        cmocka_unit_test(every_figure_is_of_the_chosen),
        cmocka_unit_test(time_without_any_of_them_is_none),
        cmocka_unit_test(functions_of_processes_stand_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
