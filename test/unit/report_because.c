/* SPDX-License-Identifier: Apache-2.0 */
/* report_because.c - shares and sentences of splits whose every figure is known, and
 * native code by the function through which its library was entered. */
#include "report/because.h"
#include "test.h"
#include "why/entered.h"

#include <math.h>
#include <string.h>

/* A split made by hand: rows as they are given, nodes below each other. */
struct made {
    struct split split;
    struct split_row row[16];
    struct split_node node[16];
    struct split_syscall call[4];
    struct split_count opcode[4];
    struct split_function function[2];
    struct explained explained;
    struct estimate time;
};

static void open_made(struct made *m)
{
    memset(m, 0, sizeof *m);
    m->split.row = m->row;
    m->split.node = m->node;
    m->split.nodes = 1;
    m->node[0].row = UINT32_MAX;
    m->split.syscall = m->call;
    m->split.opcode = m->opcode;
    m->split.called = m->function;
    m->explained.split = &m->split;
}

/* A node with a row of its own below a parent; returns its number. */
static uint32_t add(struct made *m, uint32_t parent, enum split_part part,
                    const char *library, const char *function, int64_t self,
                    int64_t calls)
{
    uint32_t r = m->split.rows++, n = m->split.nodes++;

    m->row[r] = (struct split_row){ .library = str_of(library),
                                    .function = str_of(function),
                                    .part = part,
                                    .self = self,
                                    .inclusive = self,
                                    .calls = calls };
    m->node[n] = (struct split_node){ parent, r, self, self, calls };
    m->split.part[part] += self;
    m->split.total += self;
    return n;
}

static void opcodes(struct made *m, int64_t count)
{
    m->opcode[0] = (struct split_count){ STR("LOAD_FAST"), count };
    m->split.opcodes = 1;
}

/* The time, a tenth of a ns an instruction, and the kernel's and waiting's beside it.
 */
static void take_time(struct made *m, double kernel, double waiting)
{
    double all = kernel + waiting;

    for (enum split_part p = 0; p < SPLIT_PARTS; p++) {
        m->explained.part_ns[p] =
            p == SPLIT_KERNEL_ENTRY ? kernel : 0.1 * (double)m->split.part[p];
        all += p == SPLIT_KERNEL_ENTRY ? 0 : m->explained.part_ns[p];
    }
    m->explained.waiting_ns = waiting;
    m->time = (struct estimate){ .median = all, .wall = all, .cpu = all - waiting };
}

static void check(struct made *slow, struct made *fast, const char *first,
                  const char *second, const char *third)
{
    struct arena *a = arena_open();
    const char *expected[BECAUSE_MOST] = { first, second, third };
    struct contrast c;
    struct because b = { &c,          STR("B"),  fast ? STR("A") : STR(""),
                         &slow->time, { { 0 } }, 0,
                         false };

    explain_contrast(&slow->explained, fast ? &fast->explained : NULL, &c);
    because_of(&b, a);
    for (uint32_t i = 0; i < BECAUSE_MOST; i++) {
        const char *said = i < b.count ? arena_cstr(a, b.sentence[i]) : NULL;

        if (expected[i])
            assert_string_equal(said ? said : "(nothing)", expected[i]);
        else
            assert_null(said);
    }
    arena_close(a);
}

/* The first example's shape: A has bytecode and the clock, B also localtime_r. */
static void usual(struct made *fast, struct made *slow)
{
    open_made(fast);
    open_made(slow);
    add(fast, 0, SPLIT_BYTECODE, "python", "eval", 180, 0);
    add(fast, 0, SPLIT_VDSO, "vdso", "__vdso_clock_gettime", 60, 1);
    opcodes(fast, 4);
    add(slow, 0, SPLIT_BYTECODE, "python", "eval", 320, 0);
    uint32_t now = add(slow, 0, SPLIT_NATIVE, "_datetime", "datetime.now", 300, 1);
    uint32_t local = add(slow, now, SPLIT_NATIVE, "libc", "localtime_r", 1000, 5);
    uint32_t inner = add(slow, local, SPLIT_NATIVE, "libc", "__offtime", 1200, 5);
    add(slow, inner, SPLIT_NATIVE, "libc", "__leap", 100, 25);
    add(slow, now, SPLIT_VDSO, "vdso", "__vdso_clock_gettime", 60, 1);
    opcodes(slow, 7);
    take_time(fast, 0, 0);
    take_time(slow, 0, 0);
}

static void by_where_a_library_was_entered(void **state)
{
    struct arena *a = arena_open();
    struct made fast, slow;

    (void)state;
    usual(&fast, &slow);
    struct entries in = entered_of(&slow.split, SPLIT_NATIVE, a);
    assert_int_equal(in.count, 2);
    assert_string_equal(in.at[0].row->function.at, "datetime.now");
    assert_int_equal(in.at[0].instructions, 300);
    assert_string_equal(in.at[1].row->function.at, "localtime_r");
    assert_int_equal(in.at[1].instructions, 2300); /* its inner ones with it */
    assert_int_equal(in.at[1].calls, 5);           /* theirs not */
    assert_ptr_equal(entered_like(&in, &slow.row[2]), &in.at[1]);
    assert_null(entered_like(&in, &fast.row[0]));
    arena_close(a);
}

static void shares_are_of_the_difference(void **state)
{
    struct made fast, slow;
    struct contrast c;

    (void)state;
    usual(&fast, &slow);
    explain_contrast(&slow.explained, &fast.explained, &c);
    assert_int_equal(c.total, 2740);
    assert_false(c.by_time);
    assert_float_equal(contrast_share(&c, SPLIT_NATIVE), 2600.0 / 2740, 1e-9);
    assert_float_equal(contrast_share(&c, SPLIT_BYTECODE), 140.0 / 2740, 1e-9);
    assert_float_equal(contrast_share_of(&c, 2300, 0), 2300.0 / 2740, 1e-9);
    double all = 0;
    for (enum split_part p = 0; p < SPLIT_PARTS; p++)
        all += contrast_share(&c, p);
    assert_float_equal(all, 1, 1e-9);
    /* Where the kernel has a part they are of time, and sum to all of it as well. */
    take_time(&slow, 500, 250);
    explain_contrast(&slow.explained, &fast.explained, &c);
    assert_true(c.by_time);
    assert_float_equal(c.all_ns, 274 + 750, 1e-9);
    all = contrast_waiting(&c);
    for (enum split_part p = 0; p < SPLIT_PARTS; p++)
        all += contrast_share(&c, p);
    assert_float_equal(all, 1, 1e-9);
    assert_float_equal(contrast_share(&c, SPLIT_KERNEL_ENTRY), 500.0 / 1024, 1e-9);
    assert_float_equal(contrast_share_of(&c, 2300, 0), 230.0 / 1024, 1e-9);
}

static void the_first_example(void **state)
{
    struct made fast, slow;

    (void)state;
    usual(&fast, &slow);
    check(
        &slow, &fast,
        "Neither statement makes a system call, so it is not the kernel: both read the "
        "clock once through the vDSO.",
        "Most of the difference (84 %) is libc's localtime_r, called 5 times.",
        "Only 5 % is Python's own execution (3 more opcodes).");
    check(&slow, NULL,
          "It makes no system call, so it is not the kernel: it reads the clock once "
          "through the vDSO.",
          "Most of it (77 %) is libc's localtime_r, called 5 times.", NULL);
}

static void a_system_call(void **state)
{
    struct made fast, slow;

    (void)state;
    usual(&fast, &slow);
    add(&slow, 0, SPLIT_KERNEL_ENTRY, "kernel", "newfstatat", 1, 1);
    slow.call[0] = (struct split_syscall){ STR("newfstatat"), 1, 900 };
    slow.split.syscalls = 1;
    take_time(&slow, 700, 0);
    check(&slow, &fast,
          "B makes 1 system call (newfstatat), about 700 of its 998 ns are in the "
          "kernel; "
          "A makes none.",
          "Of the rest most is native code, in libc's localtime_r above all (24 %).",
          "Only 1 % is Python's own execution (3 more opcodes).");
    fast.call[0] = slow.call[0];
    fast.split.syscalls = 1;
    take_time(&fast, 700, 0);
    check(&slow, &fast,
          "Both make as many system calls (newfstatat), so it is not the kernel.",
          "Most of the difference (84 %) is libc's localtime_r, called 5 times.",
          "Only 5 % is Python's own execution (3 more opcodes).");
}

static void waiting(void **state)
{
    struct made fast, slow;

    (void)state;
    usual(&fast, &slow);
    slow.call[0] = (struct split_syscall){ STR("clock_nanosleep"), 1, 1000000 };
    slow.split.syscalls = 1;
    take_time(&slow, 100, 1e6);
    check(&slow, &fast,
          "Nearly all of B's time is waiting, in clock_nanosleep: 1.00 of 1.00 ms.",
          NULL, NULL);
    check(&slow, NULL,
          "Nearly all of its time is waiting, in clock_nanosleep: 1.00 of 1.00 ms.",
          NULL, NULL);
}

static void bytecode_and_functions(void **state)
{
    struct made fast, slow;

    (void)state;
    open_made(&fast);
    open_made(&slow);
    add(&fast, 0, SPLIT_BYTECODE, "python", "eval", 100, 0);
    add(&slow, 0, SPLIT_BYTECODE, "python", "eval", 4100, 0);
    add(&slow, 0, SPLIT_CALLS, "python", "PyObject_Vectorcall", 1000, 100);
    opcodes(&fast, 6);
    opcodes(&slow, 406);
    slow.function[0] = (struct split_function){ STR("f"), STR("x.py"), 1, 100 };
    slow.split.functions = 1;
    take_time(&fast, 0, 0);
    take_time(&slow, 0, 0);
    check(
        &slow, &fast, "Neither statement makes a system call, so it is not the kernel.",
        "Most of the difference (80 %) is bytecode: 400 more opcodes; f is called 100 "
        "times.",
        "Another 20 % is calling: passing arguments, vectorcall.");
}

static void next_to_no_difference(void **state)
{
    struct made fast, slow;

    (void)state;
    open_made(&fast);
    open_made(&slow);
    add(&fast, 0, SPLIT_BYTECODE, "python", "eval", 5000, 0);
    add(&slow, 0, SPLIT_BYTECODE, "python", "eval", 5200, 0);
    take_time(&fast, 0, 0);
    take_time(&slow, 0, 0);
    check(&slow, &fast,
          "Neither statement makes a system call, so it is not the kernel.",
          "Both do almost the same work: 5,000 and 5,200 instructions.", NULL);
    /* The slower one executes less. */
    add(&fast, 0, SPLIT_NATIVE, "libc", "memcpy", 3000, 1);
    take_time(&fast, 0, 0);
    check(
        &slow, &fast, "Neither statement makes a system call, so it is not the kernel.",
        "B executes fewer instructions (5,200) than A (8,000), which take longer: what "
        "is missed in caches and guessed wrong is not counted.",
        NULL);
    open_made(&slow);
    take_time(&slow, 0, 0);
    check(&slow, NULL, "It executes nothing beyond the loop around it.", NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_where_a_library_was_entered),
        cmocka_unit_test(shares_are_of_the_difference),
        cmocka_unit_test(the_first_example),
        cmocka_unit_test(a_system_call),
        cmocka_unit_test(waiting),
        cmocka_unit_test(bytecode_and_functions),
        cmocka_unit_test(next_to_no_difference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
