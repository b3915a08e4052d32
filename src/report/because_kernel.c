/* SPDX-License-Identifier: Apache-2.0 */
/* because_kernel.c - the sentences on system calls, clocks read through the vDSO, page
 * faults and waiting. */
#include <math.h>
#include <string.h>

#include "report/because_body.h"
#include "report/screen.h"
#include "report/units.h"

bool because_is_single(const struct because *b)
{
    return !b->contrast->with;
}

const char *because_times(int64_t count, struct arena *a)
{
    return count == 1 ? "once"
           : count == 2
               ? "twice"
               : arena_printf(a, "%s times", units_count((uint64_t)count).text).at;
}

int64_t because_calls(const struct explained *x)
{
    int64_t calls = 0;

    for (uint32_t i = 0; x && i < x->split->syscalls; i++)
        calls += x->split->syscall[i].count;
    return calls;
}

static int64_t clock_reads(const struct explained *x)
{
    int64_t reads = 0;

    for (uint32_t i = 0; x && i < x->split->rows; i++)
        if (x->split->row[i].part == SPLIT_VDSO)
            reads += x->split->row[i].calls;
    return reads;
}

/* "newfstatat", "newfstatat and read", "newfstatat, read and 3 others" */
static struct str call_names(const struct explained *x, struct arena *a)
{
    const struct split *s = x->split;
    struct str first = s->syscalls > 0 ? screen_safe(s->syscall[0].name, a) : STR("");

    if (s->syscalls < 2)
        return first;
    struct str second = screen_safe(s->syscall[1].name, a);
    if (s->syscalls == 2)
        return arena_printf(a, "%.*s and %.*s", (int)first.len, first.at,
                            (int)second.len, second.at);
    return arena_printf(a, "%.*s, %.*s and %u others", (int)first.len, first.at,
                        (int)second.len, second.at, s->syscalls - 2);
}

/* "both read the clock once through the vDSO", or empty. */
static struct str clock_clause(const struct because *b, struct arena *a)
{
    int64_t of = clock_reads(b->contrast->of), with = clock_reads(b->contrast->with);

    if (of <= 0 && with <= 0)
        return (struct str){ 0 };
    if (because_is_single(b))
        return arena_printf(a, ": it reads the clock %s through the vDSO",
                            because_times(of, a));
    if (of == with)
        return arena_printf(a, ": both read the clock %s through the vDSO",
                            because_times(of, a));
    if (with <= 0 || of <= 0)
        return arena_printf(
            a, ": %.*s reads the clock %s through the vDSO, the other does not",
            (int)(of > 0 ? b->slow : b->fast).len, (of > 0 ? b->slow : b->fast).at,
            because_times(of > 0 ? of : with, a));
    return arena_printf(a, ": through the vDSO %.*s reads the clock %s, %.*s %s",
                        (int)b->slow.len, b->slow.at, because_times(of, a),
                        (int)b->fast.len, b->fast.at, because_times(with, a));
}

static struct str no_calls(const struct because *b, struct arena *a)
{
    struct str clock = clock_clause(b, a);
    double faults = b->contrast->of->part_ns[SPLIT_KERNEL_ENTRY];

    if (faults > BECAUSE_LITTLE * b->time->median)
        return arena_printf(
            a,
            "%s, but for about %s of %.*s time the kernel brings in memory "
            "(%.2g page faults a loop).",
            because_is_single(b) ? "It makes no system call"
                                 : "Neither statement makes a system call",
            units_one(UNIT_NS, faults).text,
            because_is_single(b) ? 3 : (int)b->slow.len,
            because_is_single(b) ? "its" : b->slow.at, b->time->faults);

    if (because_is_single(b))
        return arena_printf(a, "It makes no system call, so it is not the kernel%.*s.",
                            (int)clock.len, clock.at);
    return arena_printf(a,
                        "Neither statement makes a system call, so it is not the "
                        "kernel%.*s.",
                        (int)clock.len, clock.at);
}

/* "makes 1 system call (newfstatat), about 350 of its 978 ns" */
static struct str its_calls(const struct explained *x, const struct estimate *e,
                            struct arena *a)
{
    int64_t calls = because_calls(x);
    struct str names = call_names(x, a);
    struct column c = units_column(UNIT_NS, e->median);
    struct figure in_kernel = units_cell(c, x->part_ns[SPLIT_KERNEL_ENTRY]);
    struct figure all = units_one(UNIT_NS, e->median);

    if (x->part_ns[SPLIT_KERNEL_ENTRY] <= 0)
        return arena_printf(a, "makes %s system call%s (%.*s)",
                            units_count((uint64_t)calls).text, calls == 1 ? "" : "s",
                            (int)names.len, names.at);
    in_kernel.text[strcspn(in_kernel.text, " ")] = '\0';
    return arena_printf(
        a, "makes %s system call%s (%.*s), about %s of its %s are in the kernel",
        units_count((uint64_t)calls).text, calls == 1 ? "" : "s", (int)names.len,
        names.at, in_kernel.text, all.text);
}

static struct str some_calls(const struct because *b, struct arena *a)
{
    const struct contrast *c = b->contrast;
    int64_t of = because_calls(c->of), with = because_calls(c->with);
    double share = contrast_share(c, SPLIT_KERNEL_ENTRY);
    struct str slow = because_is_single(b) ? STR("It") : b->slow;

    if (of > 0 && with > 0 && of == with && fabs(share) < BECAUSE_LITTLE) {
        struct str names = call_names(c->of, a);
        return arena_printf(a,
                            "Both make as many system calls (%.*s), so it is not the "
                            "kernel.",
                            (int)names.len, names.at);
    }
    if (of <= 0) {
        struct str names = call_names(c->with, a);
        return arena_printf(a,
                            "It is not the kernel: %.*s makes no system call, %.*s "
                            "does (%.*s).",
                            (int)slow.len, slow.at, (int)b->fast.len, b->fast.at,
                            (int)names.len, names.at);
    }
    struct str its = its_calls(c->of, b->time, a);
    if (because_is_single(b))
        return arena_printf(a, "%.*s %.*s.", (int)slow.len, slow.at, (int)its.len,
                            its.at);
    if (with > 0)
        return arena_printf(a, "%.*s %.*s; %.*s makes %s.", (int)slow.len, slow.at,
                            (int)its.len, its.at, (int)b->fast.len, b->fast.at,
                            units_count((uint64_t)with).text);
    return arena_printf(a, "%.*s %.*s; %.*s makes none.", (int)slow.len, slow.at,
                        (int)its.len, its.at, (int)b->fast.len, b->fast.at);
}

/* The system call that took longest. */
static const struct split_syscall *longest_call(const struct split *s)
{
    const struct split_syscall *longest = NULL;

    for (uint32_t i = 0; i < s->syscalls; i++)
        if (!longest || s->syscall[i].ns > longest->ns)
            longest = &s->syscall[i];
    return longest;
}

bool because_waits(const struct because *b)
{
    return b->contrast->of->waiting_ns > BECAUSE_MOST_OF_IT * b->time->wall;
}

struct str because_waiting(const struct because *b, struct arena *a)
{
    double ns = b->contrast->of->waiting_ns, all = b->time->wall;
    const struct split_syscall *call = longest_call(b->contrast->of->split);
    struct figure waited = units_cell(units_column(UNIT_NS, all), ns);
    struct str name = call ? screen_safe(call->name, a) : (struct str){ 0 };
    const char *in =
        name.len > 0 ? arena_printf(a, ", in %.*s", (int)name.len, name.at).at : "";

    waited.text[strcspn(waited.text, " ")] = '\0';
    return arena_printf(
        a, "%s %s%.*s%s time is waiting%s: %s of %s.",
        ns > BECAUSE_NEARLY_ALL * all ? "Nearly all of" : "Most of",
        because_is_single(b) ? "its" : "", because_is_single(b) ? 0 : (int)b->slow.len,
        because_is_single(b) ? "" : b->slow.at, because_is_single(b) ? "" : "'s", in,
        waited.text, units_one(UNIT_NS, all).text);
}

struct str because_kernel(const struct because *b, struct arena *a)
{
    bool calls =
        because_calls(b->contrast->of) > 0 || because_calls(b->contrast->with) > 0;

    return calls ? some_calls(b, a) : no_calls(b, a);
}
