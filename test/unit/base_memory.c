/* SPDX-License-Identifier: Apache-2.0 */
/* base_memory.c - strings, arenas, the map and the error they all share. */
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/pile.h"
#include "test.h"

static void strings_compare_by_bytes(void **state)
{
    (void)state;
    assert_true(str_eq(str_of(NULL), STR("")));
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_true(str_cmp(STR("ab"), STR("abc")) < 0);
    assert_true(str_cmp(STR("b"), STR("abc")) > 0);
    assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
    assert_int_equal(str_cmp(STR(""), str_of(NULL)), 0);
}

static void strings_know_their_ends(void **state)
{
    (void)state;
    assert_true(str_begins(STR("sonde run"), STR("sonde")));
    assert_false(str_begins(STR("son"), STR("sonde")));
    assert_true(str_ends(STR("x.tape"), STR(".tape")));
    assert_false(str_ends(STR("tape"), STR(".tape")));
    assert_true(str_eq(str_basename(STR("/usr/lib/x.py")), STR("x.py")));
    assert_true(str_eq(str_basename(STR("x.py")), STR("x.py")));
    assert_true(str_eq(str_basename(STR("dir/")), STR("")));
}

static void arenas_give_zeroed_aligned_pieces(void **state)
{
    struct arena *a = arena_open();
    static const char zeros[4096];

    (void)state;
    for (size_t bytes = 1; bytes <= sizeof zeros; bytes *= 2) {
        for (int i = 0; i < 200; i++) {
            char *piece = arena_alloc(a, bytes);

            assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
            assert_memory_equal(piece, zeros, bytes);
            memset(piece, 0xa5, bytes);
        }
    }
    arena_close(a);
}

/* Big pieces have chunks of their own; the small ones around them stay whole. */
static void arenas_keep_what_they_gave(void **state)
{
    enum { COUNT = 64, BIG = 100000 };
    struct arena *a = arena_open();
    char *small[COUNT], *big[COUNT];

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        small[i] = arena_alloc(a, 8);
        big[i] = arena_alloc(a, BIG);
        memset(small[i], i, 8);
        memset(big[i], i, BIG);
    }
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(small[i][0] + small[i][7], 2 * i);
        assert_int_equal(big[i][0] + big[i][BIG - 1], 2 * i);
    }
    arena_close(a);
    arena_close(NULL);
}

static void arenas_copy_and_format(void **state)
{
    struct arena *a = arena_open();
    struct str copy = arena_str(a, STR("a\0b"));

    (void)state;
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.at, "a\0b", 4);
    assert_true(str_eq(arena_printf(a, "%d-%s", 7, "x"), STR("7-x")));
    assert_string_equal(arena_cstr(a, str_of(NULL)), "");
    uint32_t *grown = arena_grow(a, (uint32_t[]){ 1, 2 }, 8, 16);
    assert_int_equal(grown[1], 2);
    assert_int_equal(grown[3], 0);
    arena_close(a);
}

/* In a chunk it shares, in one of its own, in large pages. */
static void a_piece_is_made_larger(void **state)
{
    static const size_t steps[] = { 10, 1000, 200000, 5000000, 9000001 };
    struct arena *a = arena_open();
    char *before = arena_alloc(a, 16), *piece = arena_alloc(a, 1);
    size_t size = 1;

    (void)state;
    memset(before, 'b', 16);
    piece[0] = 'x';
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char *after = arena_alloc(a, 16);

        piece = arena_widen(a, piece, size, steps[i]);
        for (size_t at = 0; at < steps[i]; at++)
            assert_int_equal(piece[at], at < size ? 'x' : 0);
        memset(piece, 'x', steps[i]);
        assert_int_equal(after[0] + after[15], 0);
        memset(after, 'a', 16);
        size = steps[i];
    }
    assert_int_equal(before[0] + before[15], 2 * 'b');
    arena_close(a);
}

/* Many small ones and large ones, once chunks are large as well. */
static void a_big_arena_keeps_what_it_gave(void **state)
{
    enum { COUNT = 300 };
    struct arena *a = arena_open();
    char *piece[COUNT];

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        size_t bytes = i % 50 == 0 ? 3000001 : i % 5 == 0 ? 300001 : 5000;

        piece[i] = arena_alloc(a, bytes);
        for (size_t at = 0; at < bytes; at += 499)
            assert_int_equal(piece[i][at], 0);
        memset(piece[i], (char)i, bytes);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t at = 0; at < 5000; at++)
            assert_int_equal(piece[i][at], (char)i);
    arena_close(a);
}

/* Cut anywhere, at the end of a piece as well, and filled again. */
static void piles_are_cut(void **state)
{
    enum { COUNT = 300 };
    struct arena *a = arena_open();
    struct pile p = pile_on(a, sizeof(uint32_t));

    (void)state;
    for (uint32_t cut = 0; cut <= COUNT; cut++) {
        uint32_t count = COUNT + cut;

        while (p.count < count) {
            uint32_t i = p.count;

            *(uint32_t *)pile_add(&p) = i;
        }
        pile_cut(&p, cut);
        assert_int_equal(p.count, cut);
        for (uint32_t i = 0; i < cut; i++)
            assert_int_equal(*(uint32_t *)pile_at(&p, i), i);
    }
    arena_close(a);
}

static bool same_id(const void *with, uint32_t id)
{
    return *(const uint32_t *)with == id;
}

/* Every id under one of a few hashes, so that most probes meet a stranger. */
static void maps_find_each_id_among_equal_hashes(void **state)
{
    enum { COUNT = 1000, HASHES = 7 };
    struct arena *a = arena_open();
    struct map m = map_on(a);
    uint32_t absent = COUNT;

    (void)state;
    assert_int_equal(map_find(&m, 0, same_id, &absent), MAP_NONE);
    for (uint32_t id = 0; id < COUNT; id++)
        map_add(&m, id % HASHES, id);
    for (uint32_t id = 0; id < COUNT; id++) {
        assert_int_equal(map_find(&m, id % HASHES, same_id, &id), id);
        assert_int_equal(map_find(&m, (id + 1) % HASHES, same_id, &id), MAP_NONE);
    }
    assert_int_equal(map_find(&m, absent % HASHES, same_id, &absent), MAP_NONE);
    arena_close(a);
}

static void the_first_error_stands_on_one_line(void **state)
{
    struct err e = { 0 };
    char longer[3000];

    (void)state;
    assert_false(err_set(&e, ERR_FORMAT, "%s: bad\n", "a\tb"));
    assert_int_equal(e.code, ERR_FORMAT);
    assert_string_equal(e.text, "a\\x09b: bad\\x0a");
    assert_false(err_set(&e, ERR_IO, "second"));
    assert_int_equal(e.code, ERR_FORMAT);

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    e = (struct err){ 0 };
    err_set(&e, ERR_IO, "%s", longer);
    assert_int_equal(strlen(e.text), sizeof e.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_compare_by_bytes),
        cmocka_unit_test(strings_know_their_ends),
        cmocka_unit_test(arenas_give_zeroed_aligned_pieces),
        cmocka_unit_test(arenas_keep_what_they_gave),
        cmocka_unit_test(arenas_copy_and_format),
        cmocka_unit_test(a_piece_is_made_larger),
        cmocka_unit_test(a_big_arena_keeps_what_it_gave),
        cmocka_unit_test(piles_are_cut),
        cmocka_unit_test(maps_find_each_id_among_equal_hashes),
        cmocka_unit_test(the_first_error_stands_on_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
