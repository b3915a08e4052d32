/* SPDX-License-Identifier: Apache-2.0 */
/* page_inflate.c - what zlib deflates, at each level and of each kind, comes back; what
 * is cut, damaged or longer than its room is told, and nothing is written beyond it. */
#include "page/inflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "test.h"

enum { LENGTH = 60000, PACKED = 2 * LENGTH, GUARD = 64 };

static uint32_t random_below(uint64_t *seed, uint32_t bound)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % bound;
}

/* kind 0: noise; 1: few values; 2: one; 3: repeats from afar. */
static void fill(unsigned char *text, size_t len, int kind, uint64_t *seed)
{
    for (size_t i = 0; i < len; i++)
        text[i] = kind == 2   ? 'a'
                  : kind == 1 ? (unsigned char)('a' + random_below(seed, 4))
                              : (unsigned char)random_below(seed, 256);
    for (size_t i = 300; kind == 3 && i + 600 < len; i += 600)
        memcpy(text + i, text + random_below(seed, (uint32_t)i - 250), 250);
}

static size_t deflated(const unsigned char *text, size_t len, int level, int strategy,
                       unsigned char *to)
{
    z_stream z = { .next_in = (z_const Bytef *)text, .avail_in = (uInt)len };

    z.next_out = to;
    z.avail_out = PACKED;
    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, -MAX_WBITS, 9, strategy),
                     Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return PACKED - z.avail_out;
}

static void comes_back(void **state)
{
    unsigned char *text = malloc(LENGTH), *packed = malloc(PACKED);
    unsigned char *back = malloc(LENGTH + GUARD);
    const int levels[] = { 0, 1, 6, 9 };
    const int strategies[] = { Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE };
    uint64_t seed = 3;

    (void)state;
    for (int i = 0; i < 4 * 4 * 4 * 4; i++) {
        size_t len = i % 7 == 0 ? (size_t)i : LENGTH - random_below(&seed, 50000);
        size_t taken, given;

        fill(text, len, i / 16 % 4, &seed);
        size_t size = deflated(text, len, levels[i % 4], strategies[i / 4 % 4], packed);
        memset(back, 0xa5, LENGTH + GUARD);
        assert_int_equal(inflate_raw(packed, size, back, len, &taken, &given),
                         INFLATE_WHOLE);
        assert_int_equal(taken, size);
        assert_int_equal(given, len);
        assert_memory_equal(back, text, len);
        if (len > 0) { /* one byte too few */
            memset(back, 0xa5, LENGTH + GUARD);
            assert_int_equal(inflate_raw(packed, size, back, len - 1, &taken, &given),
                             INFLATE_NO_ROOM);
            assert_int_equal(back[len - 1], 0xa5);
        }
        assert_int_not_equal(inflate_raw(packed, size - 1, back, len, &taken, &given),
                             INFLATE_WHOLE);
    }
    free(text);
    free(packed);
    free(back);
}

/* Whatever the bytes: what zlib takes is taken with the same result, what it refuses is
 * refused. */
static void damaged_is_what_zlib_says(void **state)
{
    unsigned char text[600], packed[2000], back[1000 + GUARD], truth[1000];
    uint64_t seed = 5;

    (void)state;
    for (int i = 0; i < 40000; i++) {
        size_t taken = 0, given = 0, size = 1 + random_below(&seed, 200);

        fill(text, sizeof text, i % 4, &seed);
        if (i % 3 > 0)
            size = deflated(text, sizeof text, 1 + i % 9, i % 5, packed);
        else
            fill(packed, size, 0, &seed);
        for (int changes = i % 3 > 0 ? i % 4 : 0; changes > 0; changes--)
            packed[random_below(&seed, (uint32_t)size)] ^= 1u << random_below(&seed, 8);
        z_stream z = { .next_in = packed, .avail_in = (uInt)size };
        z.next_out = truth;
        z.avail_out = sizeof truth;
        assert_int_equal(inflateInit2(&z, -MAX_WBITS), Z_OK);
        bool whole = inflate(&z, Z_FINISH) == Z_STREAM_END;
        memset(back, 0xa5, sizeof back);
        enum inflated found = inflate_raw(packed, size, back, 1000, &taken, &given);
        assert_int_equal(found == INFLATE_WHOLE, whole);
        if (whole) {
            assert_int_equal(given, z.total_out);
            assert_int_equal(taken, z.total_in);
            assert_memory_equal(back, truth, given);
        }
        for (int g = 0; g < GUARD; g++)
            assert_int_equal(back[1000 + g], 0xa5);
        inflateEnd(&z);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(damaged_is_what_zlib_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
