/* SPDX-License-Identifier: Apache-2.0 */
/* native_x86.c - lengths and kinds of instructions, as the processor's manual has them.
 * test/live/test_native.py compares whole libraries with objdump. */
#include <stdlib.h>

#include "native/x86.h"
#include "test.h"

static void check(const char *bytes, uint8_t length, enum x86_kind kind)
{
    uint8_t code[X86_LONGEST * 2] = { 0 };
    struct x86 x;
    char *end;

    for (size_t i = 0; *bytes; i++) {
        code[i] = (uint8_t)strtoul(bytes, &end, 16);
        bytes = end + (*end == ' ');
    }
    x86_decode(code, &x);
    assert_int_equal(x.length, length);
    assert_int_equal(x.kind, kind);
}

static void plain_ones_have_their_lengths(void **state)
{
    (void)state;
    check("90", 1, X86_PLAIN);                                /* nop */
    check("48 89 e5", 3, X86_PLAIN);                          /* mov %rsp,%rbp */
    check("48 8b 84 24 00 01 00 00", 8, X86_PLAIN);           /* mov 0x100(%rsp),%rax */
    check("8b 05 11 22 33 44", 6, X86_PLAIN);                 /* mov (%rip),%eax */
    check("8b 04 25 11 22 33 44", 7, X86_PLAIN);              /* mov 0x44332211,%eax */
    check("66 b8 34 12", 4, X86_PLAIN);                       /* mov $0x1234,%ax */
    check("b8 78 56 34 12", 5, X86_PLAIN);                    /* mov $0x12345678,%eax */
    check("48 b8 11 22 33 44 55 66 77 88", 10, X86_PLAIN);    /* movabs */
    check("48 a1 11 22 33 44 55 66 77 88", 10, X86_PLAIN);    /* movabs 0x...,%rax */
    check("66 48 b8 11 22 33 44 55 66 77 88", 11, X86_PLAIN); /* REX.W over 66 */
    check("f6 c1 01", 3, X86_PLAIN);                          /* test $1,%cl */
    check("f6 d9", 2, X86_PLAIN);                             /* neg %cl */
    check("f7 c1 01 00 00 00", 6, X86_PLAIN);                 /* test $1,%ecx */
    check("66 f7 c1 01 00", 5, X86_PLAIN);
    check("c8 10 00 01", 4, X86_PLAIN);                /* enter */
    check("9b", 1, X86_PLAIN);                         /* fwait */
    check("f3 48 a5", 3, X86_PLAIN);                   /* rep movsq */
    check("f0 48 0f b1 0d 11 22 33 44", 9, X86_PLAIN); /* lock cmpxchg */
    check("0f 1f 84 00 00 00 00 00", 8, X86_PLAIN);    /* nopl */
    check("f3 0f 1e fa", 4, X86_PLAIN);                /* endbr64 */
    check("0f ba e0 07", 4, X86_PLAIN);                /* bt $7,%eax */
    check("66 0f 3a 0f c1 08", 6, X86_PLAIN);          /* palignr */
    check("66 0f 38 00 c1", 5, X86_PLAIN);             /* pshufb */
    check("0f 0f c1 9e", 4, X86_PLAIN);                /* 3dnow */
    check("c5 f8 77", 3, X86_PLAIN);                   /* vzeroupper */
    check("c5 f9 70 c1 00", 5, X86_PLAIN);             /* vpshufd */
    check("c4 e2 7d 58 05 11 22 33 44", 9, X86_PLAIN); /* vpbroadcastd */
    check("c4 e3 7d 39 c1 01", 6, X86_PLAIN);          /* vextracti128 */
    check("62 f1 fe 48 6f 46 01", 7, X86_PLAIN);       /* vmovdqu64 64(%rsi),%zmm0 */
    check("62 f3 7d 20 3f c1 00", 7, X86_PLAIN);       /* vpcmpub */
}

static void ends_of_runs_are_told(void **state)
{
    (void)state;
    check("74 10", 2, X86_BRANCH);
    check("0f 84 00 01 00 00", 6, X86_BRANCH);
    check("eb fe", 2, X86_JUMP);
    check("e9 00 00 00 00", 5, X86_JUMP);
    check("f2 e9 00 00 00 00", 6, X86_JUMP);
    check("ff e0", 2, X86_JUMP_AT);
    check("3e ff e0", 3, X86_JUMP_AT);
    check("41 ff 24 c4", 4, X86_JUMP_AT);
    check("ff 25 11 22 33 44", 6, X86_JUMP_AT);
    check("e8 00 00 00 00", 5, X86_CALL);
    check("66 66 48 e8 00 00 00 00", 8, X86_CALL); /* to __tls_get_addr */
    check("ff 15 11 22 33 44", 6, X86_CALL_AT);
    check("41 ff d4", 3, X86_CALL_AT);
    check("64 ff 14 25 10 00 00 00", 8, X86_CALL_AT);
    check("c3", 1, X86_RETURN);
    check("f3 c3", 2, X86_RETURN);
    check("c2 08 00", 3, X86_RETURN);
    check("e2 fe", 2, X86_LOOP);
    check("67 e3 10", 3, X86_LOOP);
    check("0f 05", 2, X86_SYSCALL);
    check("c7 f8 00 00 00 00", 6, X86_BEGIN);
    check("c7 c0 00 00 00 00", 6, X86_PLAIN); /* mov, not xbegin */
    check("cc", 1, X86_ODD);
    check("cd 80", 2, X86_ODD);
    check("0f 0b", 2, X86_ODD);
    check("f4", 1, X86_ODD);
    check("ff 1c 24", 3, X86_ODD); /* a far call */
    check("ff c0", 2, X86_PLAIN);  /* inc */
}

static void what_is_none_is_bad(void **state)
{
    (void)state;
    check("06", 1, X86_BAD);
    check("0f 04", 1, X86_BAD);
    check("ff f8", 1, X86_BAD);
    check("66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90", 1, X86_BAD); /* 16 bytes */
}

static void operands_are_kept(void **state)
{
    struct x86 x;

    (void)state;
    x86_decode((const uint8_t *)"\x64\x67\xff\x54\x8b\xf0", &x);
    assert_int_equal(x.kind, X86_CALL_AT);
    assert_int_equal(x.segment, X86_FS);
    assert_true(x.narrow);
    assert_int_equal(x.modrm, 0x54);
    assert_int_equal(x.sib, 0x8b);
    assert_int_equal(x.move, -16);
    x86_decode((const uint8_t *)"\x7c\xfe", &x);
    assert_int_equal(x.opcode & 15, 12);
    assert_int_equal(x.immediate, -2);
    x86_decode((const uint8_t *)"\xe8\xf0\xff\xff\xff", &x);
    assert_int_equal(x.immediate, -16);
    x86_decode((const uint8_t *)"\xc2\xf8\xff", &x);
    assert_int_equal(x.immediate, 0xfff8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_ones_have_their_lengths),
        cmocka_unit_test(ends_of_runs_are_told),
        cmocka_unit_test(what_is_none_is_bad),
        cmocka_unit_test(operands_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
