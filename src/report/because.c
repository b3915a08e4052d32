/* SPDX-License-Identifier: Apache-2.0 */
/* because.c - sentences from a contrast of two splits. Shares are of what the contrast
 * says, time or instructions; the table above the sentences tells which. */
#include "report/because.h"

#include <math.h>
#include <string.h>

#include "report/screen.h"
#include "report/units.h"
#include "why/entered.h"

#define MOST 0.5   /* of the difference: then it is "most" of it */
#define NAMED 0.3  /* a function with so much is named alone */
#define WORTH 0.15 /* a second part with so much is told of */
#define LITTLE 0.1 /* of Python's own execution: then that is told of */
#define NEARLY_ALL 0.9

enum { ALIKE_PERCENT = 5, ALIKE_INSTRUCTIONS = 100 };

static int percent(double share)
{
    return (int)lround(100 * share);
}

static void say(struct because *b, struct str sentence)
{
    if (b->count < BECAUSE_MOST && sentence.len > 0)
        b->sentence[b->count++] = sentence;
}

static bool single(const struct because *b)
{
    return !b->contrast->with;
}

static const char *times(int64_t count, struct arena *a)
{
    return count == 1 ? "once"
           : count == 2
               ? "twice"
               : arena_printf(a, "%s times", units_count((uint64_t)count).text).at;
}

struct str because_function(const struct split_row *r, struct arena *a)
{
    struct str name = screen_safe(r->function, a), library = screen_safe(r->library, a);
    bool plain = library.len == 0 || memchr(name.at, '.', name.len) != NULL ||
                 str_eq(library, STR("python"));

    if (plain)
        return name;
    return arena_printf(a, "%.*s's %.*s", (int)library.len, library.at, (int)name.len,
                        name.at);
}

/* The kernel and the clock. */

static int64_t calls_of(const struct explained *x)
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
    if (single(b))
        return arena_printf(a, ": it reads the clock %s through the vDSO",
                            times(of, a));
    if (of == with)
        return arena_printf(a, ": both read the clock %s through the vDSO",
                            times(of, a));
    if (with <= 0 || of <= 0)
        return arena_printf(
            a, ": %.*s reads the clock %s through the vDSO, the other does not",
            (int)(of > 0 ? b->slow : b->fast).len, (of > 0 ? b->slow : b->fast).at,
            times(of > 0 ? of : with, a));
    return arena_printf(a, ": through the vDSO %.*s reads the clock %s, %.*s %s",
                        (int)b->slow.len, b->slow.at, times(of, a), (int)b->fast.len,
                        b->fast.at, times(with, a));
}

static struct str no_calls(const struct because *b, struct arena *a)
{
    struct str clock = clock_clause(b, a);

    if (single(b))
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
    int64_t calls = calls_of(x);
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
    int64_t of = calls_of(c->of), with = calls_of(c->with);
    double share = contrast_share(c, SPLIT_KERNEL_ENTRY);
    struct str slow = single(b) ? STR("It") : b->slow;

    if (of > 0 && with > 0 && of == with && fabs(share) < LITTLE) {
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
    if (single(b))
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

static bool waits(const struct because *b)
{
    return b->contrast->of->waiting_ns > MOST * b->time->wall;
}

static struct str waiting(const struct because *b, struct arena *a)
{
    double ns = b->contrast->of->waiting_ns, all = b->time->wall;
    const struct split_syscall *call = longest_call(b->contrast->of->split);
    struct figure waited = units_cell(units_column(UNIT_NS, all), ns);
    struct str name = call ? screen_safe(call->name, a) : (struct str){ 0 };
    const char *in =
        name.len > 0 ? arena_printf(a, ", in %.*s", (int)name.len, name.at).at : "";

    waited.text[strcspn(waited.text, " ")] = '\0';
    return arena_printf(a, "%s %s%.*s%s time is waiting%s: %s of %s.",
                        ns > NEARLY_ALL * all ? "Nearly all of" : "Most of",
                        single(b) ? "its" : "", single(b) ? 0 : (int)b->slow.len,
                        single(b) ? "" : b->slow.at, single(b) ? "" : "'s", in,
                        waited.text, units_one(UNIT_NS, all).text);
}

/* What most of it is. */

/* The function of a part that has most of the difference. */
struct leading {
    struct entered entered;
    double share;
};

static struct leading leading_row(const struct contrast *c, enum split_part part,
                                  const struct split_row *but, struct arena *a)
{
    struct entries of = entered_of(c->of->split, part, a);
    struct entries with =
        c->with ? entered_of(c->with->split, part, a) : (struct entries){ 0 };
    struct leading best = { 0 };

    for (uint32_t i = 0; i < of.count; i++) {
        const struct entered *one = &of.at[i], *other = entered_like(&with, one->row);
        double share =
            contrast_share_of(c, one->instructions, other ? other->instructions : 0);

        if (share > best.share && one->row != but)
            best = (struct leading){ *one, share };
    }
    return best;
}

/* Calls of a function, in the statement that is explained. */
static struct str called(const struct entered *e, struct arena *a)
{
    return e->calls > 0 ? arena_printf(a, ", called %s", times(e->calls, a))
                        : (struct str){ 0 };
}

static int64_t opcodes_of(const struct explained *x)
{
    int64_t count = 0;

    for (uint32_t i = 0; x && i < x->split->opcodes; i++)
        count += x->split->opcode[i].count;
    return count;
}

static const struct split_function *most_called(const struct contrast *c)
{
    const struct split *of = c->of->split;

    for (uint32_t i = 0; i < of->functions; i++) {
        bool shared = false;

        for (uint32_t k = 0; c->with && k < c->with->split->functions; k++) {
            const struct split_function *f = &c->with->split->called[k];

            shared = shared || (str_eq(f->name, of->called[i].name) &&
                                str_eq(f->file, of->called[i].file) &&
                                f->calls >= of->called[i].calls);
        }
        if (!shared && of->called[i].calls > 1)
            return &of->called[i];
    }
    return NULL;
}

/* "600 more opcodes", "5,813 opcodes"; with the function that is called, if one is. */
static struct str bytecode_clause(const struct because *b, struct arena *a)
{
    int64_t more = opcodes_of(b->contrast->of) - opcodes_of(b->contrast->with);
    const struct split_function *f = most_called(b->contrast);
    struct str name = f ? screen_safe(f->name, a) : (struct str){ 0 };
    const char *calls = f ? arena_printf(a, "; %.*s is called %s", (int)name.len,
                                         name.at, times(f->calls, a))
                                .at
                          : "";

    /* What the JIT compiled is dispatched no more: the rest would be taken for all. */
    bool compiled = b->contrast->of->split->jit ||
                    (b->contrast->with && b->contrast->with->split->jit);
    if (more == 0 || compiled)
        return str_of(calls);
    return arena_printf(a, ": %s %sopcode%s%s",
                        units_count((uint64_t)(more < 0 ? -more : more)).text,
                        single(b)  ? ""
                        : more < 0 ? "fewer "
                                   : "more ",
                        more == 1 || more == -1 ? "" : "s", calls);
}

static struct str allocation_clause(const struct because *b, struct arena *a)
{
    const struct split *of = b->contrast->of->split;
    const struct split *with = b->contrast->with ? b->contrast->with->split : NULL;
    int64_t count = of->allocations - (with ? with->allocations : 0);
    int64_t bytes = of->allocated_bytes - (with ? with->allocated_bytes : 0);
    const char *more = single(b) ? "" : "more ";

    if (count > 0 && bytes > 0)
        return arena_printf(
            a, ": %s %sallocation%s, %s", units_count((uint64_t)count).text, more,
            count == 1 ? "" : "s", units_one(UNIT_BYTES, (double)bytes).text);
    if (bytes > 0)
        return arena_printf(a, ": %s more", units_one(UNIT_BYTES, (double)bytes).text);
    return (struct str){ 0 };
}

static struct str native_clause(const struct because *b, struct arena *a)
{
    struct leading first = leading_row(b->contrast, SPLIT_NATIVE, NULL, a);

    if (!first.entered.row || first.share < 0.01)
        return (struct str){ 0 };
    struct leading second =
        leading_row(b->contrast, SPLIT_NATIVE, first.entered.row, a);
    struct str name = because_function(first.entered.row, a);
    if (!second.entered.row || second.share < first.share / 3)
        return arena_printf(a, ", in %.*s above all (%d %%)", (int)name.len, name.at,
                            percent(first.share));
    struct str other = because_function(second.entered.row, a);
    return arena_printf(a, ", in %.*s (%d %%) and %.*s (%d %%) above all",
                        (int)name.len, name.at, percent(first.share), (int)other.len,
                        other.at, percent(second.share));
}

static const char *const part_words[SPLIT_PARTS] = {
    [SPLIT_BYTECODE] = "bytecode",
    [SPLIT_CALLS] = "calling: passing arguments, vectorcall",
    [SPLIT_NATIVE] = "native code",
    [SPLIT_ALLOCATION] = "making objects and giving them back",
    [SPLIT_GC] = "garbage collection",
    [SPLIT_VDSO] = "reading the clock",
    [SPLIT_KERNEL_ENTRY] = "the kernel",
    [SPLIT_UNEXPLAINED] = "code that has no name",
};

/* What is behind "is": the part, and what is known of it. */
static struct str part_clause(const struct because *b, enum split_part part,
                              struct arena *a)
{
    struct str more = { 0 };

    if (part == SPLIT_BYTECODE)
        more = bytecode_clause(b, a);
    else if (part == SPLIT_ALLOCATION)
        more = allocation_clause(b, a);
    else if (part == SPLIT_NATIVE)
        more = native_clause(b, a);
    return arena_printf(a, "%s%.*s", part_words[part], (int)more.len, more.at);
}

static enum split_part largest(const struct contrast *c, int but)
{
    enum split_part best = but == 0 ? 1 : 0;

    for (enum split_part p = 0; p < SPLIT_PARTS; p++)
        if ((int)p != but && contrast_share(c, p) > contrast_share(c, best))
            best = p;
    return best;
}

static struct str of_what(const struct because *b, double share, struct arena *a)
{
    const char *whole = single(b) ? "it" : "the difference";

    if (share >= NEARLY_ALL)
        return arena_printf(a, "Nearly all of %s (%d %%)", whole, percent(share));
    if (share >= MOST)
        return arena_printf(a, "Most of %s (%d %%)", whole, percent(share));
    return single(b) ? arena_printf(a, "The largest part (%d %%)", percent(share))
                     : arena_printf(a, "The largest part of %s (%d %%)", whole,
                                    percent(share));
}

/* Most of it: a function of its own where one has enough, else a part. */
static enum split_part main_cause(struct because *b, struct arena *a)
{
    const struct contrast *c = b->contrast;
    enum split_part part = largest(c, -1);
    double share = contrast_share(c, part);
    struct leading row = leading_row(c, SPLIT_NATIVE, NULL, a);

    if (part == SPLIT_NATIVE && row.entered.row && row.share >= NAMED) {
        struct str name = because_function(row.entered.row, a),
                   calls = called(&row.entered, a);
        struct str of = of_what(b, row.share, a);
        say(b, arena_printf(a, "%.*s is %.*s%.*s.", (int)of.len, of.at, (int)name.len,
                            name.at, (int)calls.len, calls.at));
        return part;
    }
    if (part == SPLIT_KERNEL_ENTRY) { /* which was told of */
        part = largest(c, SPLIT_KERNEL_ENTRY);
        struct str rest = part_clause(b, part, a);
        say(b, arena_printf(a, "Of the rest most is %.*s.", (int)rest.len, rest.at));
        return part;
    }
    struct str clause = part_clause(b, part, a), of = of_what(b, share, a);
    say(b, arena_printf(a, "%.*s is %.*s.", (int)of.len, of.at, (int)clause.len,
                        clause.at));
    return part;
}

static void second_cause(struct because *b, enum split_part first, struct arena *a)
{
    const struct contrast *c = b->contrast;
    double bytecode = contrast_share(c, SPLIT_BYTECODE);
    enum split_part part = SPLIT_PARTS;
    for (enum split_part p = 0; p < SPLIT_PARTS; p++)
        if (p != first && p != SPLIT_KERNEL_ENTRY &&
            (part == SPLIT_PARTS || contrast_share(c, p) > contrast_share(c, part)))
            part = p;
    double share = contrast_share(c, part);

    if (first != SPLIT_BYTECODE && bytecode < LITTLE) {
        struct str clause = bytecode_clause(b, a);
        /* The colon's words in brackets. */
        struct str inside = clause.len > 2
                                ? (struct str){ clause.at + 2, clause.len - 2 }
                                : (struct str){ 0 };
        say(b, bytecode < 0.005
                   ? STR("Less than 1 % is Python's own execution.")
                   : arena_printf(a, "Only %d %% is Python's own execution%s%.*s%s.",
                                  percent(bytecode), inside.len ? " (" : "",
                                  (int)inside.len, inside.at, inside.len ? ")" : ""));
        return;
    }
    if (share >= WORTH) {
        struct str clause = part_clause(b, part, a);
        say(b, arena_printf(a, "Another %d %% is %.*s.", percent(share),
                            (int)clause.len, clause.at));
    }
}

/* Both execute nearly the same, in instructions as in time: shares would mislead. */
static bool alike(const struct because *b)
{
    const struct contrast *c = b->contrast;

    if (single(b) || c->by_time)
        return false;
    int64_t all = c->of->split->total, more = c->total < 0 ? -c->total : c->total;
    return more < ALIKE_INSTRUCTIONS || 100 * more < ALIKE_PERCENT * all;
}

void because_of(struct because *b, struct arena *a)
{
    const struct contrast *c = b->contrast;
    bool calls = calls_of(c->of) > 0 || calls_of(c->with) > 0;

    b->count = 0;
    if (single(b) && c->total == 0 && !calls) {
        say(b, STR("It executes nothing beyond the loop around it."));
        return;
    }
    if (waits(b)) {
        say(b, waiting(b, a));
        return;
    }
    say(b, calls ? some_calls(b, a) : no_calls(b, a));
    b->shareless = alike(b) || (!c->by_time && c->total < 0);
    if (alike(b)) {
        say(b, arena_printf(a, "Both do almost the same work: %s and %s instructions.",
                            units_count((uint64_t)c->with->split->total).text,
                            units_count((uint64_t)c->of->split->total).text));
        return;
    }
    if (!c->by_time && c->total < 0) {
        say(b, arena_printf(
                   a,
                   "%.*s executes fewer instructions (%s) than %.*s (%s), which "
                   "take longer: what is missed in caches and guessed wrong "
                   "is not counted.",
                   (int)b->slow.len, b->slow.at,
                   units_count((uint64_t)c->of->split->total).text, (int)b->fast.len,
                   b->fast.at, units_count((uint64_t)c->with->split->total).text));
        return;
    }
    second_cause(b, main_cause(b, a), a);
}
