/* SPDX-License-Identifier: Apache-2.0 */
/* model_pair.c - which function of one list is which of another. Lists are lines
 * "FILE LINE NAME QUALNAME HASH", - for what is not known; the pairs are told as
 * one letter for each function of the first: its partner's, or a dot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/pair.h"
#include "test.h"

static struct str word(const char **at)
{
    size_t len = strcspn(*at, " \n");
    struct str s = { *at, len };

    *at += len + 1;
    return str_eq(s, STR("-")) ? (struct str){ 0 } : s;
}

static enum function_kind kind_of(struct str name)
{
    return str_begins(name, STR("<built-in")) ? FUNCTION_BUILTIN : FUNCTION_PYTHON;
}

static struct functions read(const char *lines, struct arena *a)
{
    struct functions list = { 0 };
    const struct function **at = arena_array(a, 128, sizeof *at);

    for (const char *line = lines; *line; list.count++) {
        struct function *f = arena_alloc(a, sizeof *f);
        struct str number;

        f->file = word(&line);
        number = word(&line);
        f->line = (uint32_t)strtoul(number.len ? number.at : "0", NULL, 10);
        f->name = word(&line);
        f->qualname = word(&line);
        number = word(&line);
        f->hash = strtoul(number.len ? number.at : "0", NULL, 10);
        f->kind = kind_of(f->name);
        for (uint32_t i = 0; i < list.count; i++)
            f->order += at[i]->line == f->line &&
                        str_eq(at[i]->qualname, f->qualname) &&
                        str_eq(at[i]->file, f->file) && at[i]->hash == f->hash &&
                        str_eq(at[i]->name, f->name);
        at[list.count] = f;
    }
    list.at = at;
    return list;
}

static void check(const char *before, const char *after, const char *expected)
{
    struct arena *a = arena_open();
    struct functions from = read(before, a), to = read(after, a);
    const uint32_t *partner = pair_functions(from, to, a);
    char got[129] = "";

    for (uint32_t i = 0; i < from.count; i++)
        got[i] = partner[i] == FUNCTION_NONE ? '.' : (char)('a' + partner[i]);
    assert_string_equal(got, expected);
    arena_close(a);
}

static void what_is_equal_is_one(void **state)
{
    (void)state;
    check("/x.py 1 f f 7\n/x.py 9 g A.g 8\n", "/x.py 9 g A.g 8\n/x.py 1 f f 7\n", "ba");
    check("/x.py 1 f f 7\n", "/x.py 1 g g 7\n", ".");
    check("", "/x.py 1 g g 7\n", "");
    check("/x.py 1 g g 7\n", "", ".");
}

static void functions_move_with_their_code(void **state)
{
    (void)state;
    /* Two of one name that changed places are told apart by their code. */
    check("/x.py 1 f f 7\n/x.py 5 f f 8\n", "/x.py 3 f f 8\n/x.py 9 f f 7\n", "ba");
    /* Edited: by what is left, in the order of lines. */
    check("/x.py 1 f f 7\n/x.py 5 f f 8\n", "/x.py 3 f f 18\n/x.py 9 f f 7\n", "ba");
    check("/x.py 1 f f 7\n/x.py 5 f f 8\n", "/x.py 3 f f 1\n/x.py 9 f f 2\n", "ab");
    /* At the line of another: its own name and class count for more. */
    check("/x.py 10 run A.run 1\n/x.py 20 run B.run 2\n",
          "/x.py 20 run A.run 3\n/x.py 30 run B.run 4\n", "ab");
}

static void what_ties_is_paired_in_order(void **state)
{
    const char *two = "/x.py 1 <lambda> <lambda> 7\n/x.py 1 <lambda> <lambda> 7\n";

    (void)state;
    check(two, two, "ab");
    check(two, "/x.py 4 <lambda> <lambda> 7\n/x.py 4 <lambda> <lambda> 7\n", "ab");
    check(two, "/x.py 4 <lambda> <lambda> 7\n", "a.");
}

/* Of files that know neither code nor qualified names. */
static void lines_tell_what_names_do_not(void **state)
{
    (void)state;
    check("/x.py 1 f - -\n/x.py 9 __init__ - -\n/x.py 19 __init__ - -\n",
          "/x.py 1 f - -\n/x.py 9 __init__ - -\n/x.py 19 __init__ - -\n", "abc");
    /* Ten lines came behind f, and a class with a method of that name: g tells. */
    check("/x.py 1 f - -\n/x.py 9 __init__ - -\n/x.py 20 g - -\n"
          "/x.py 22 __init__ - -\n",
          "/x.py 1 f - -\n/x.py 4 __init__ - -\n/x.py 19 __init__ - -\n"
          "/x.py 30 g - -\n/x.py 32 __init__ - -\n",
          "acde");
    /* Nothing tells: as many on both sides are paired in order, else none is. */
    check("/x.py 10 __init__ - -\n/x.py 20 __init__ - -\n",
          "/x.py 13 __init__ - -\n/x.py 27 __init__ - -\n", "ab");
    check("/x.py 10 __init__ - -\n/x.py 20 __init__ - -\n",
          "/x.py 13 __init__ - -\n/x.py 27 __init__ - -\n/x.py 39 __init__ - -\n",
          "..");
}

static void a_list_that_knows_less_finds_the_same(void **state)
{
    (void)state;
    check("/x.py 3 run A.run 7\n/x.py 9 run B.run 8\n",
          "/x.py 3 run - -\n/x.py 9 run - -\n", "ab");
    check("/x.py 3 run A.run 7\n", "/x.py 4 run - -\n", "a");
    /* Two dataclasses' __init__: which of them it is nobody knows. */
    check("<string> 2 __init__ A.__init__ 7\n<string> 2 __init__ B.__init__ 8\n",
          "<string> 2 __init__ - -\n", "..");
}

static void files_move_with_their_folder(void **state)
{
    (void)state;
    check("/a/app/x.py 1 f f 7\n/a/app/y.py 1 f f 7\n",
          "/b/app/y.py 1 f f 7\n/b/app/x.py 1 f f 7\n", "ba");
    /* Edited as well, and without a hash. */
    check("/a/app/x.py 1 f f 7\n", "/b/app/x.py 3 f f 8\n", "a");
    check("/a/app/x.py 1 f - -\n", "/b/app/x.py 3 f - -\n", "a");
    /* The library of another Python, whose code is other code. */
    check("/usr/lib/python3.11/json/decoder.py 332 decode JSONDecoder.decode 1\n",
          "/usr/lib/python3.12/json/decoder.py 340 decode JSONDecoder.decode 2\n", "a");
    /* A file that is there on both sides is itself. */
    check("/a/x.py 1 f f 7\n/b/x.py 1 f f 7\n", "/b/x.py 1 f f 7\n", ".a");
    /* Which of two it is nobody knows, but for the code. */
    check("/a/x.py 1 f f 7\n", "/b/x.py 1 f f 8\n/c/x.py 1 f f 9\n", ".");
    check("/a/x.py 1 f f 7\n", "/b/x.py 1 f f 8\n/c/x.py 1 f f 7\n", "b");
}

/* A common name of a file says nothing when nothing in it is common. */
static void packages_that_came_and_went_stay_apart(void **state)
{
    (void)state;
    check("/a/one/__init__.py 1 <module> <module> 1\n",
          "/a/two/__init__.py 1 <module> <module> 2\n", ".");
    check("/a/one/__init__.py 1 <module> <module> 1\n/a/one/__init__.py 3 start start "
          "4\n",
          "/a/two/__init__.py 1 <module> <module> 2\n/a/two/__init__.py 5 start start "
          "5\n",
          "ab");
    check("x.py 1 f f 3\n", "/a/x.py 1 f f 4\n", "a");
    check("ax.py 1 f f 3\n", "bx.py 1 f f 4\n", ".");
}

static void a_renamed_file_keeps_its_functions(void **state)
{
    (void)state;
    check("/a/old.py 1 f f 7\n/a/old.py 9 g A.g 8\n",
          "/b/new.py 1 f f 7\n/b/new.py 19 g A.g 8\n", "ab");
    check("/a/old.py 1 f f 7\n", "/b/new.py 1 f f 7\n/b/newer.py 1 f f 7\n", ".");
}

static void an_address_in_a_name_is_no_difference(void **state)
{
    (void)state;
    check("~ 0 <built-in@0x7f01> int.__new__ -\n~ 0 <built-in> builtins.len -\n",
          "~ 0 <built-in> builtins.len -\n~ 0 <built-in@0x5502> int.__new__ -\n", "ba");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_equal_is_one),
        cmocka_unit_test(functions_move_with_their_code),
        cmocka_unit_test(what_ties_is_paired_in_order),
        cmocka_unit_test(lines_tell_what_names_do_not),
        cmocka_unit_test(a_list_that_knows_less_finds_the_same),
        cmocka_unit_test(files_move_with_their_folder),
        cmocka_unit_test(packages_that_came_and_went_stay_apart),
        cmocka_unit_test(a_renamed_file_keeps_its_functions),
        cmocka_unit_test(an_address_in_a_name_is_no_difference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
