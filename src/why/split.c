/* SPDX-License-Identifier: Apache-2.0 */
/* split.c - chooses the loop of a log that is shown, follows it, puts together what was
 * charged. */
#include <stdlib.h>
#include <string.h>

#include "why/shadow.h"
#include "why/split.h"
#include "why/steps.h"
#include "why/syscalls.h"

/* A loop's events: [from, to) of the log, and its instructions. */
struct loop {
    uint64_t from, to;
    int64_t total, vdso;
};

struct reading {
    struct steps steps;
    struct code code;
    struct opcodes opcodes;
    struct account account;
    struct loop loop[LOG_LOOPS + 1]; /* the last: what came after the last whole one */
    uint32_t loops;
    struct arena *arena;
};

const char *split_part_name(enum split_part part)
{
    static const char *const names[SPLIT_PARTS] = {
        "bytecode", "calls", "native",       "allocation",
        "gc",       "vdso",  "kernel_entry", "unexplained",
    };

    return names[part];
}

/* A mark ends the loop before it and begins one with the run before the mark. */
static bool find_loops(struct reading *r)
{
    uint64_t at = LOG_EVENTS, before = at, previous = at;
    struct loop *loop = NULL;
    int64_t count = 0, all = 0;
    struct step step;

    while (steps_next(&r->steps, &at, &step)) {
        if (step.kind == LOG_MARK) {
            if (loop) {
                loop->to = previous;
                loop->total -= count;
            }
            if (r->loops == LOG_LOOPS)
                return true;
            loop = &r->loop[loop ? ++r->loops : 0];
            *loop = (struct loop){ .from = previous, .total = count };
        } else if (step.kind != LOG_SYSCALL && step.kind != LOG_ASKED) {
            count = step.count;
            all += count;
            previous = before;
            if (loop) {
                loop->total += count;
                if (code_at(&r->code, step.address)->part == SPLIT_VDSO)
                    loop->vdso += count;
            }
        }
        before = at;
    }
    if (loop)
        loop->to = before;
    else /* it did not come to the end of the first, which began with the log */
        r->loop[0] = (struct loop){ LOG_EVENTS, before, all, 0 };
    return before > LOG_EVENTS;
}

static int by_number(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* Of median cost, the first one left out where there are others; of these the one whose
 * clock readings met no update of the clock. */
static uint32_t choose(const struct reading *r)
{
    int64_t costs[LOG_LOOPS], median;
    uint32_t first = r->loops > 1, count = 0, best = UINT32_MAX;

    if (r->loops == 0)
        return 0; /* the one that did not come to its end */
    for (uint32_t i = first; i < r->loops; i++)
        costs[count++] = r->loop[i].total - r->loop[i].vdso;
    qsort(costs, count, sizeof *costs, by_number);
    median = costs[(count - 1) / 2];
    for (uint32_t i = first; i < r->loops; i++)
        if (r->loop[i].total - r->loop[i].vdso == median &&
            (best == UINT32_MAX || r->loop[i].vdso < r->loop[best].vdso))
            best = i;
    return best;
}

static void count_syscall(struct split *out, const struct step *step, struct arena *a,
                          double ns_a_tick)
{
    struct str name = syscalls_name((uint32_t)step->address, a);
    uint32_t i = 0;

    while (i < out->syscalls && !str_eq(out->syscall[i].name, name))
        i++;
    if (i == out->syscalls)
        out->syscall[out->syscalls++].name = name;
    out->syscall[i].count++;
    out->syscall[i].ns += (int64_t)((double)step->ticks * ns_a_tick);
}

static int syscalls_by_count(const void *left, const void *right)
{
    const struct split_syscall *a = left, *b = right;

    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return str_cmp(a->name, b->name);
}

static void read_syscalls(const struct reading *r, const struct loop *loop,
                          struct split *out)
{
    enum { KINDS = 1024 };
    const struct log_header *head = &r->steps.head;
    uint64_t at = loop->from, ticks = head->ticks_last - head->ticks_first;
    double ns = (double)(head->ns_last - head->ns_first);
    struct step step;

    out->syscall = arena_array(r->arena, KINDS, sizeof *out->syscall);
    while (at < loop->to && steps_next(&r->steps, &at, &step))
        if (step.kind == LOG_SYSCALL && out->syscalls < KINDS - 1)
            count_syscall(out, &step, r->arena, ticks ? ns / (double)ticks : 0);
    qsort(out->syscall, out->syscalls, sizeof *out->syscall, syscalls_by_count);
}

static int counts_by_count(const void *left, const void *right)
{
    const struct split_count *a = left, *b = right;

    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return str_cmp(a->name, b->name);
}

static uint32_t records_in(struct str rest)
{
    struct log_count record;
    struct str name;
    uint32_t count = 0;

    while (steps_count(&rest, &record, &name))
        count++;
    return count;
}

static void read_functions(const struct reading *r, struct split *out)
{
    struct str rest = steps_section(&r->steps, r->steps.head.functions), text;
    struct log_count record;

    if (!r->steps.head.function_counts)
        return;
    out->called = arena_array(r->arena, records_in(rest) + 1, sizeof *out->called);
    while (steps_count(&rest, &record, &text)) {
        const char *line = text.len ? memchr(text.at, '\n', text.len) : NULL;
        size_t length = line ? (size_t)(line - text.at) : text.len;
        struct split_function *f = &out->called[out->functions++];
        f->name = (struct str){ text.at, length };
        if (line)
            f->file = (struct str){ line + 1, text.len - length - 1 };
        f->line = (uint32_t)record.number;
        f->calls = record.count;
    }
}

/* Where the Python does not tell, by the addresses of the types that were logged. */
static void read_logged_objects(const struct reading *r,
                                const struct shadow_asked *asked, struct split *out)
{
    struct str all = steps_section(&r->steps, r->steps.head.types), name;
    struct log_count record;

    out->object = arena_array(r->arena, asked->types.count + 1, sizeof *out->object);
    for (uint32_t i = 0; i < asked->types.count; i++) {
        const struct shadow_type *t = pile_at(&asked->types, i);
        struct split_count *o = &out->object[out->objects++];
        struct str rest = all;
        *o = (struct split_count){ STR("a type that is gone"), t->count };
        while (steps_count(&rest, &record, &name))
            if (record.number == t->type) {
                o->name = name;
                break;
            }
    }
}

/* All that were made to try it (counted_try_objects) were told of: nothing of the
 * Python's makes objects behind the log's back. */
static bool tells_of_objects(const struct reading *r, const struct shadow *shadow)
{
    static const char *const tried[] = { "list",  "dict",           "tuple", "float",
                                         "str",   "bytes",          "int",   "set",
                                         "slice", "sys.thread_info" };
    enum { TRIED = sizeof tried / sizeof *tried };
    struct str rest = steps_section(&r->steps, r->steps.head.types), name;
    struct log_count record;
    uint32_t told = 0;

    while (steps_count(&rest, &record, &name))
        for (uint32_t i = 0; i < TRIED; i++)
            told += str_eq(name, str_of(tried[i])) &&
                    shadow_tried(shadow, record.number) > 0;
    return told == TRIED;
}

static void read_objects(const struct reading *r, const struct shadow *shadow,
                         struct split *out)
{
    struct str rest = steps_section(&r->steps, r->steps.head.objects), name;
    struct log_count record;

    out->objects_known = r->steps.head.object_counts || tells_of_objects(r, shadow);
    if (r->steps.head.object_counts) {
        out->object = arena_array(r->arena, records_in(rest) + 1, sizeof *out->object);
        while (steps_count(&rest, &record, &name))
            out->object[out->objects++] =
                (struct split_count){ name, (int64_t)record.count };
    } else if (out->objects_known) {
        read_logged_objects(r, shadow_asked(shadow), out);
    }
    if (out->objects > 1)
        qsort(out->object, out->objects, sizeof *out->object, counts_by_count);
}

static bool follow(struct reading *r, const struct loop *shown, struct split *out,
                   struct err *e)
{
    struct shadow *shadow = shadow_open(&r->code, &r->account, &r->opcodes, r->arena);
    uint64_t at = LOG_EVENTS;
    struct step step;

    while (at < shown->to) {
        if (at == shown->from)
            shadow_begin(shadow);
        if (!steps_next(&r->steps, &at, &step))
            break;
        if (!shadow_step(shadow, &step))
            return err_set(e, ERR_FORMAT,
                           "cannot read steps: calls are nested too deep");
    }
    shadow_end(shadow);
    account_close(&r->account, out);
    opcodes_close(&r->opcodes, out, r->arena);
    out->allocations = shadow_asked(shadow)->allocations;
    out->allocated_bytes = shadow_asked(shadow)->bytes;
    if (r->steps.head.allocation_counts) {
        out->allocations += (int64_t)r->steps.head.allocations;
        out->allocated_bytes += (int64_t)r->steps.head.allocated_bytes;
    }
    read_objects(r, shadow, out);
    return true;
}

static void show_loops(const struct reading *r, uint32_t shown, struct split *out)
{
    int64_t *loops = arena_array(r->arena, r->loops + 1, sizeof *loops);

    out->loops = r->loops;
    out->shown = shown;
    out->loop = loops;
    for (uint32_t i = 0; i <= r->loops; i++)
        loops[i] = r->loop[i].total;
}

static struct str signal_text(uint64_t number, struct arena *a)
{
    const char *name = number < 65 ? sigabbrev_np((int)number) : NULL;

    if (name)
        return arena_printf(a, "it is killed by SIG%s", name);
    return arena_printf(a, "it is killed by signal %llu", (unsigned long long)number);
}

static struct str overdue_text(const struct log_header *head, struct arena *a)
{
    switch (head->detail) {
    case LOG_SETUP:
        return STR("its set-up does not end");
    case LOG_WARMING:
        return head->warm < 2 ? STR("its loops are longer than the limit")
                              : STR("a loop did not end within the limit");
    default:
        return arena_printf(a, "a loop did not end within the limit (%u were stepped)",
                            head->loops);
    }
}

static struct str why_text(const struct log_header *head, struct arena *a)
{
    switch (head->end) {
    case LOG_TIME:
        return STR("one loop takes longer to step than the limit");
    case LOG_FULL:
        return STR("one loop is longer than the log can hold");
    case LOG_PROCESS:
        return arena_printf(a, "it starts a process (%s)",
                            arena_cstr(a, syscalls_name((uint32_t)head->detail, a)));
    case LOG_EXECS:
        return STR("it becomes another program");
    case LOG_EXITS:
        return arena_printf(a, "it ends the process (status %llu)",
                            (unsigned long long)head->detail);
    case LOG_RAISED:
        return str_begins(str_of(head->text), STR("it "))
                   ? arena_str(a, str_of(head->text))
                   : arena_printf(a, "it raises %s", head->text);
    case LOG_FOREIGN:
        return STR("it has code that cannot be stepped");
    case LOG_TRAPPED:
        return STR("it uses SIGTRAP itself");
    case LOG_DESCRIPTOR:
        return STR("it takes the stepper's descriptor");
    case LOG_KILLED:
        return signal_text(head->detail, a);
    case LOG_GONE:
        return arena_printf(a, "it ends the process (status %llu)",
                            (unsigned long long)head->detail);
    case LOG_OVERDUE:
        return overdue_text(head, a);
    case LOG_UNABLE:
        return arena_str(a, str_of(head->text));
    default:
        return STR("its steps did not come to an end");
    }
}

/* Whole loops are worth telling of however it ended; a part of one where it was stepped
 * on purpose up to there. */
static enum split_end end_of(const struct log_header *head)
{
    bool has_sections = head->phase >= LOG_COUNTING && head->maps.bytes > 0;

    if (has_sections && head->loops > 0 &&
        (head->end == LOG_LOOPS_DONE || head->end == LOG_TIME))
        return SPLIT_WHOLE;
    if (has_sections && head->end == LOG_PROCESS)
        return SPLIT_PARTIAL;
    return SPLIT_REFUSED;
}

static void tell_head(const struct log_header *head, struct split *out)
{
    out->end = end_of(head);
    out->method = head->method ? SPLIT_SINGLE_STEPS : SPLIT_BLOCKS;
    out->warm = head->warm;
    out->warm_whole = head->warm >= head->warm_asked;
    out->jit = head->jit;
    out->overwritten = head->overwritten > 0;
    out->threads = head->threads;
}

bool split_read(const char *log, struct split *out, struct arena *a, struct err *e)
{
    struct reading *r = arena_alloc(a, sizeof *r);
    uint32_t shown;

    *out = (struct split){ 0 };
    r->arena = a;
    if (!steps_open(&r->steps, log, a, e))
        return false;
    tell_head(&r->steps.head, out);
    if (out->end != SPLIT_WHOLE)
        out->why = why_text(&r->steps.head, a);
    if (out->end == SPLIT_REFUSED)
        return true;
    if (!code_open(&r->code, &r->steps, a, e))
        return false;
    if (!find_loops(r))
        return err_set(e, ERR_FORMAT, "cannot read steps: %s: no loop in it", log);
    account_open(&r->account, a);
    opcodes_open(&r->opcodes, &r->code, &r->steps);
    shown = choose(r);
    show_loops(r, shown, out);
    read_syscalls(r, &r->loop[shown], out);
    read_functions(r, out);
    return follow(r, &r->loop[shown], out, e);
}
