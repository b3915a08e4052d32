/* SPDX-License-Identifier: Apache-2.0 */
/* timeit_split.c - part by part: instructions, about how long, share of the difference;
 * below native code and allocation the functions that matter. */
#include "report/timeit_split.h"
#include "why/entered.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 24, FIGURE_WIDTH = 9, TIME_WIDTH = 10, FUNCTIONS_MOST = 6 };
#define FUNCTION_SHARE 0.04 /* of the difference: else it is not listed */

static const char *const part_names[SPLIT_PARTS] = {
    [SPLIT_BYTECODE] = "bytecode",     [SPLIT_CALLS] = "calls",
    [SPLIT_NATIVE] = "native",         [SPLIT_ALLOCATION] = "allocation",
    [SPLIT_GC] = "garbage collection", [SPLIT_VDSO] = "vDSO clock",
    [SPLIT_KERNEL_ENTRY] = "kernel",   [SPLIT_UNEXPLAINED] = "unexplained",
};

/* A line of it: of the slow one [0] and the fast one [1]. */
struct line {
    struct str name, remark;
    int64_t instructions[2], calls[2];
    double ns[2], share;
    bool timed; /* ns are known */
};

static int sides(const struct split_table *t)
{
    return t->contrast->with ? 2 : 1;
}

static const struct explained *side(const struct split_table *t, int k)
{
    return k == 0 ? t->contrast->of : t->contrast->with;
}

/* The order in which the two stand. */
static int place(const struct split_table *t, int k)
{
    return sides(t) == 1 ? 0 : t->turned ? k : 1 - k;
}

static double time_of(const struct explained *x)
{
    double ns = x->waiting_ns;

    for (enum split_part p = 0; p < SPLIT_PARTS; p++)
        ns += x->part_ns[p];
    return ns;
}

/* The unit in which the longer one has three digits and more: its parts have two. */
struct times {
    const char *name;
    double ns;
};

static struct times times_of(const struct split_table *t)
{
    static const struct times all[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 } };
    double most = 0;
    int unit = 0;

    for (int k = 0; k < sides(t); k++)
        most = fmax(most, time_of(side(t, k)));
    while (unit < 2 && most >= 1e5 * all[unit].ns)
        unit++;
    return all[unit];
}

static void print_ns(const struct split_table *t, struct out *o, double ns)
{
    double shown = ns / times_of(t).ns;
    char text[FIGURE_MAX + 2];

    if (fabs(shown) < 9.95)
        snprintf(text, sizeof text, "%.1f", fabs(shown) < 0.05 ? 0.0 : shown);
    else
        snprintf(text, sizeof text, "%s%s", shown < 0 ? "-" : "",
                 units_count((uint64_t)llround(fabs(shown))).text);
    out_printf(o, "%*s", TIME_WIDTH, ns == 0 ? "0" : text);
}

static void print_count(struct out *o, int64_t count)
{
    struct figure f = units_count((uint64_t)(count < 0 ? -count : count));
    char text[FIGURE_MAX + 2];

    snprintf(text, sizeof text, "%s%s", count < 0 ? "-" : "", f.text);
    out_printf(o, "%*s", FIGURE_WIDTH, text);
}

/* What was put together, without blanks at its end. */
static void end_line(const struct split_table *t, struct out *line)
{
    struct str s = out_text(line);

    while (s.len > 0 && s.at[s.len - 1] == ' ')
        s.len--;
    out_str(t->screen->out, s);
    out_char(t->screen->out, '\n');
    out_abandon(line);
}

static void print_line(const struct split_table *t, const struct line *l)
{
    struct screen whole = { out_memory(), 0, t->screen->colour };
    struct out *o = whole.out;
    struct str name = screen_keep_start(l->name, NAME_WIDTH, t->report->arena);

    screen_put(&whole, TONE_PLAIN, name, NAME_WIDTH);
    for (int i = 0; i < sides(t); i++) {
        int k = place(t, i);

        print_count(o, l->instructions[k]);
        if (l->timed)
            print_ns(t, o, l->ns[k]);
        else
            out_printf(o, "%*s", TIME_WIDTH, "");
    }
    if (!t->shareless)
        out_printf(o, "%7ld %%", lround(100 * l->share));
    if (l->remark.len > 0) {
        out_text_of(o, "  ");
        screen_put(&whole, TONE_DIM, l->remark, 0);
    }
    end_line(t, o);
}

/* "5 calls", "1 call each" */
static struct str calls_remark(const struct line *l, bool paired, struct arena *a)
{
    int64_t calls = l->calls[0];

    if (calls <= 0)
        return (struct str){ 0 };
    return arena_printf(a, "%s call%s%s", units_count((uint64_t)calls).text,
                        calls == 1 ? "" : "s",
                        paired && l->calls[1] == calls ? " each" : "");
}

/* Functions. */

struct lines {
    struct line *at;
    uint32_t count;
};

/* k: whose it is; like: what the other has of it, or NULL. */
static void add_function(const struct split_table *t, const struct entered *e, int k,
                         const struct entered *like, struct lines *to)
{
    struct arena *a = t->report->arena;
    struct line *l = &to->at[to->count++];
    struct str name = because_function(e->row, a);

    *l = (struct line){ 0 };
    l->name = arena_printf(a, "  %.*s", (int)name.len, name.at);
    l->instructions[k] = e->instructions;
    l->calls[k] = e->calls;
    if (like) {
        l->instructions[1 - k] = like->instructions;
        l->calls[1 - k] = like->calls;
    }
    l->share = contrast_share_of(t->contrast, l->instructions[0], l->instructions[1]);
    l->remark = calls_remark(l, sides(t) == 2, a);
}

static int by_share(const void *a, const void *b)
{
    double x = fabs(((const struct line *)a)->share);
    double y = fabs(((const struct line *)b)->share);

    return (x < y) - (x > y);
}

/* All functions of a part, those of the fast one alone too. */
static struct lines functions_of(const struct split_table *t, enum split_part part)
{
    struct arena *a = t->report->arena;
    struct entries of = entered_of(t->contrast->of->split, part, a);
    struct entries with = sides(t) == 2 ? entered_of(t->contrast->with->split, part, a)
                                        : (struct entries){ 0 };
    struct lines lines = { arena_array(a, of.count + with.count + 1, sizeof *lines.at),
                           0 };

    for (uint32_t i = 0; i < of.count; i++)
        add_function(t, &of.at[i], 0, entered_like(&with, of.at[i].row), &lines);
    for (uint32_t i = 0; i < with.count; i++)
        if (!entered_like(&of, with.at[i].row))
            add_function(t, &with.at[i], 1, NULL, &lines);
    qsort(lines.at, lines.count, sizeof *lines.at, by_share);
    return lines;
}

static void print_functions(const struct split_table *t, enum split_part part)
{
    struct lines lines = functions_of(t, part);
    uint32_t shown = 0;

    while (shown < lines.count && shown < FUNCTIONS_MOST &&
           fabs(lines.at[shown].share) >= FUNCTION_SHARE)
        print_line(t, &lines.at[shown++]);
    if (shown == 0 || shown == lines.count)
        return;
    struct line rest = {
        .name = arena_printf(t->report->arena, "  %u other%s", lines.count - shown,
                             lines.count - shown == 1 ? "" : "s"),
    };
    for (; shown < lines.count; shown++) {
        rest.share += lines.at[shown].share;
        for (int k = 0; k < 2; k++)
            rest.instructions[k] += lines.at[shown].instructions[k];
    }
    print_line(t, &rest);
}

/* Parts. */

static struct str allocation_remark(const struct split_table *t)
{
    const struct split *s = t->contrast->of->split;

    if (s->allocations <= 0 && s->allocated_bytes <= 0)
        return (struct str){ 0 };
    return arena_printf(t->report->arena, "%s, %s",
                        units_count((uint64_t)llabs(s->allocations)).text,
                        units_one(UNIT_BYTES, (double)s->allocated_bytes).text);
}

static struct str kernel_remark(const struct split_table *t)
{
    const struct split *s = t->contrast->of->split;
    struct arena *a = t->report->arena;

    if (s->syscalls == 0)
        return t->contrast->of->part_ns[SPLIT_KERNEL_ENTRY] >= 0.5 ? STR("page faults")
                                                                   : (struct str){ 0 };
    struct str name = screen_safe(s->syscall[0].name, a);
    if (s->syscalls > 1)
        return arena_printf(a, "%.*s, ...", (int)name.len, name.at);
    return s->syscall[0].count == 1
               ? name
               : arena_printf(a, "%s %.*s",
                              units_count((uint64_t)s->syscall[0].count).text,
                              (int)name.len, name.at);
}

static int64_t vdso_calls(const struct explained *x)
{
    int64_t calls = 0;

    for (uint32_t i = 0; i < x->split->rows; i++)
        calls += x->split->row[i].part == SPLIT_VDSO ? x->split->row[i].calls : 0;
    return calls;
}

static void print_part(const struct split_table *t, enum split_part part)
{
    struct line l = { .name = str_of(part_names[part]),
                      .timed = true,
                      .share = contrast_share(t->contrast, part) };
    bool usual = part == SPLIT_BYTECODE || part == SPLIT_CALLS ||
                 part == SPLIT_NATIVE || part == SPLIT_ALLOCATION ||
                 part == SPLIT_KERNEL_ENTRY;
    bool any = false;

    for (int k = 0; k < sides(t); k++) {
        l.instructions[k] = side(t, k)->split->part[part];
        l.ns[k] = side(t, k)->part_ns[part];
        any = any || l.instructions[k] != 0 || l.ns[k] >= 0.5;
        if (part == SPLIT_VDSO)
            l.calls[k] = vdso_calls(side(t, k));
    }
    if (!usual && !any)
        return;
    if (part == SPLIT_ALLOCATION)
        l.remark = allocation_remark(t);
    else if (part == SPLIT_KERNEL_ENTRY)
        l.remark = kernel_remark(t);
    else
        l.remark = calls_remark(&l, sides(t) == 2, t->report->arena);
    print_line(t, &l);
    if (part == SPLIT_NATIVE || part == SPLIT_ALLOCATION || part == SPLIT_GC)
        print_functions(t, part);
}

static void print_waiting(const struct split_table *t)
{
    struct line l = { .name = STR("waiting"),
                      .timed = true,
                      .share = contrast_waiting(t->contrast) };

    for (int k = 0; k < sides(t); k++)
        l.ns[k] = side(t, k)->waiting_ns;
    if (l.ns[0] > 0 || l.ns[1] > 0)
        print_line(t, &l);
}

static void print_total(const struct split_table *t)
{
    struct line l = { .name = STR("in all"), .timed = true, .share = 1 };

    for (int k = 0; k < sides(t); k++) {
        l.instructions[k] = side(t, k)->split->total;
        l.ns[k] = time_of(side(t, k));
    }
    print_line(t, &l);
}

static void print_names(const struct split_table *t)
{
    struct str name[2] = { t->slow, t->fast };
    struct out *o = out_memory();

    out_printf(o, "%-*s", NAME_WIDTH, "why");
    for (int i = 0; i < 2; i++)
        out_printf(o, "%*.*s%*s", FIGURE_WIDTH, (int)name[place(t, i)].len,
                   name[place(t, i)].at, TIME_WIDTH, "");
    if (!t->shareless)
        out_text_of(o, "  of the difference");
    end_line(t, o);
}

static void print_head(const struct split_table *t)
{
    struct out *o = t->screen->out;
    char about[16];

    snprintf(about, sizeof about, "about %s", times_of(t).name);
    if (sides(t) == 2)
        print_names(t);
    out_printf(o, "%-*s", NAME_WIDTH, sides(t) == 2 ? "" : "why");
    for (int i = 0; i < sides(t); i++)
        out_printf(o, "%*s%*s", FIGURE_WIDTH, "instr", TIME_WIDTH, about);
    if (!t->shareless)
        out_printf(o, "  %s", t->contrast->by_time ? "of time" : "of instr");
    out_char(o, '\n');
}

void timeit_split(const struct split_table *t)
{
    static const enum split_part order[SPLIT_PARTS] = {
        SPLIT_BYTECODE, SPLIT_CALLS, SPLIT_NATIVE,       SPLIT_ALLOCATION,
        SPLIT_GC,       SPLIT_VDSO,  SPLIT_KERNEL_ENTRY, SPLIT_UNEXPLAINED,
    };

    print_head(t);
    for (int i = 0; i < SPLIT_PARTS; i++)
        print_part(t, order[i]);
    print_waiting(t);
    print_total(t);
}
