/* SPDX-License-Identifier: Apache-2.0 */
/* because.c - sentences from a contrast of two splits. Shares are of what the contrast
 * says, time or instructions; the table above the sentences tells which. */
#include "report/because.h"

#include <math.h>
#include <string.h>

#include "report/because_body.h"
#include "report/screen.h"
#include "report/units.h"
#include "why/entered.h"

#define NAMED 0.3  /* a function with so much is named alone */
#define WORTH 0.15 /* a second part with so much is told of */

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
    return e->calls > 0 ? arena_printf(a, ", called %s", because_times(e->calls, a))
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
                                         name.at, because_times(f->calls, a))
                                .at
                          : "";

    /* What the JIT compiled is dispatched no more: the rest would be taken for all. */
    bool compiled = b->contrast->of->split->jit ||
                    (b->contrast->with && b->contrast->with->split->jit);
    if (more == 0 || compiled)
        return str_of(calls);
    return arena_printf(a, ": %s %sopcode%s%s",
                        units_count((uint64_t)(more < 0 ? -more : more)).text,
                        because_is_single(b) ? ""
                        : more < 0           ? "fewer "
                                             : "more ",
                        more == 1 || more == -1 ? "" : "s", calls);
}

static struct str allocation_clause(const struct because *b, struct arena *a)
{
    const struct split *of = b->contrast->of->split;
    const struct split *with = b->contrast->with ? b->contrast->with->split : NULL;
    int64_t count = of->allocations - (with ? with->allocations : 0);
    int64_t bytes = of->allocated_bytes - (with ? with->allocated_bytes : 0);
    const char *more = because_is_single(b) ? "" : "more ";

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
    const char *whole = because_is_single(b) ? "it" : "the difference";

    if (share >= BECAUSE_NEARLY_ALL)
        return arena_printf(a, "Nearly all of %s (%d %%)", whole, percent(share));
    if (share >= BECAUSE_MOST_OF_IT)
        return arena_printf(a, "Most of %s (%d %%)", whole, percent(share));
    return because_is_single(b)
               ? arena_printf(a, "The largest part (%d %%)", percent(share))
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

    if (first != SPLIT_BYTECODE && bytecode < BECAUSE_LITTLE) {
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

    if (because_is_single(b) || c->by_time)
        return false;
    int64_t all = c->of->split->total, more = c->total < 0 ? -c->total : c->total;
    return more < ALIKE_INSTRUCTIONS || 100 * more < ALIKE_PERCENT * all;
}

void because_of(struct because *b, struct arena *a)
{
    const struct contrast *c = b->contrast;
    bool calls = because_calls(c->of) > 0 || because_calls(c->with) > 0;

    b->count = 0;
    if (because_is_single(b) && c->total == 0 && !calls) {
        say(b, STR("It executes nothing beyond the loop around it."));
        return;
    }
    if (because_waits(b)) {
        say(b, because_waiting(b, a));
        return;
    }
    say(b, because_kernel(b, a));
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
