/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - a launch that steps, one that asks the kernel, and the laying out of a
 * time over the counted parts. */
#include "why/explain.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "why/order.h"
#include "why/told.h"

enum {
    WARM_LOOPS = 3000,
    KERNEL_NS = 400000000, /* of each statement: a hundred ticks of the usual clock */
    KERNEL_LEAST_NS = 100000000, /* with fewer ticks it is a guess */
    FAULTS_PERCENT = 1,
};
#define SLACK_NS 10000000000ull
#define KERNEL_WALL_NS 2500000000ull

struct work {
    const struct explain_order *order;
    const struct verdicts *verdicts;
    struct explain *explain;
    struct arena *arena;
    uint32_t python;
    int log[TIMING_STATEMENTS +
            1]; /* in memory: nothing is left of them, however we end */
};

static struct explained *at(const struct work *w, uint32_t statement)
{
    return &w->explain->at[w->python * w->order->timing->statements + statement];
}

const struct explained *explain_at(const struct explain *x, const struct verdicts *v,
                                   uint32_t python, uint32_t statement)
{
    return &x->at[python * v->timing->order->statements + statement];
}

/* A clock read through the vDSO, at its best. */
static double clock_price(void)
{
    enum { READS = 1000, TURNS = 20 };
    struct timespec now;
    uint64_t best = UINT64_MAX;

    for (int turn = 0; turn < TURNS; turn++) {
        uint64_t begin = clock_monotonic_ns();

        for (int i = 0; i < READS; i++)
            clock_gettime(CLOCK_REALTIME, &now);
        uint64_t took = clock_monotonic_ns() - begin;
        best = took < best ? took : best;
    }
    return (double)best / READS;
}

/* By which this process and its child find it. */
static const char *log_path(const struct work *w, uint32_t statement)
{
    return arena_printf(w->arena, "/proc/%ld/fd/%d", (long)getpid(), w->log[statement])
        .at;
}

static void close_logs(const struct work *w)
{
    for (uint32_t i = 0; i <= w->order->timing->statements; i++)
        if (w->log[i] >= 0)
            close(w->log[i]);
}

static bool open_logs(struct work *w)
{
    bool all = true;

    for (uint32_t i = 0; i <= w->order->timing->statements; i++) {
        w->log[i] = memfd_create("steps", MFD_CLOEXEC);
        all = all && w->log[i] >= 0;
    }
    return all;
}

static void refuse_all(const struct work *w, struct str why)
{
    for (uint32_t i = 0; i < w->order->timing->statements; i++)
        at(w, i)->refused = why;
}

/* The launch that writes the logs. false: it failed as a whole. */
static bool step_all(const struct work *w, struct err *e)
{
    const struct timing_order *of = w->order->timing;
    struct order o = order_open("step", of);
    struct timing_failure failure;
    struct guarded end;
    struct order_run run = {
        .python = of->python[w->python].path,
        .fixed = true,
        .quiet_ns =
            of->limit_ns + (of->statements + 1) * (4 * w->order->steps_ns + SLACK_NS),
    };

    order_text(&o, "package", str_of(w->order->package));
    for (uint32_t i = 0; i <= of->statements; i++)
        order_text(&o, "log", str_of(log_path(w, i)));
    order_number(&o, "warm", WARM_LOOPS);
    order_number(&o, "stepped", w->order->loops);
    order_number(&o, "limit_ns", w->order->steps_ns);
    order_number(&o, "steps", w->order->steps);
    if (!order_run(&o, of, &run, &end, w->arena, e))
        return false;
    for (struct told t = told_of(end.told); told_next(&t);)
        if (told_is(&t, "stepless", 1))
            return err_set(e, ERR_TARGET, "sonde has no stepper for this Python");
    return order_is_done(&end) || order_failed(of, &run, &end, &failure, w->arena, e);
}

/* What the setup defines is inside the function that the loop is in. */
static void as_typed(struct split *s)
{
    const struct str ours = STR("inner.<locals>.");

    for (uint32_t i = 0; i < s->functions; i++)
        if (str_begins(s->called[i].name, ours)) {
            s->called[i].name.at += ours.len;
            s->called[i].name.len -= ours.len;
        }
}

/* A statement's split with the empty loop taken off, or why there is none. */
static void take_split(const struct work *w, uint32_t statement,
                       const struct split *empty)
{
    struct explained *x = at(w, statement);
    struct split *split = arena_alloc(w->arena, sizeof *split);
    struct err e = { 0 };

    if (!split_read(log_path(w, statement), split, w->arena, &e)) {
        x->refused = arena_str(w->arena, str_of(e.text));
        return;
    }
    if (split->end == SPLIT_REFUSED) {
        x->refused = split->why;
        return;
    }
    split_subtract(split, empty, w->arena);
    as_typed(split);
    x->split = split;
}

static void read_splits(const struct work *w)
{
    struct split empty;
    struct err e = { 0 };
    uint32_t statements = w->order->timing->statements;

    if (!split_read(log_path(w, statements), &empty, w->arena, &e)) {
        refuse_all(w, arena_str(w->arena, str_of(e.text)));
        return;
    }
    if (empty.end != SPLIT_WHOLE) {
        refuse_all(w, empty.why);
        return;
    }
    for (uint32_t i = 0; i < statements; i++)
        take_split(w, i, &empty);
}

static bool has_kernel_time(const struct work *w, uint32_t statement)
{
    const struct explained *x = at(w, statement);
    const struct estimate *e = verdicts_estimate(w->verdicts, w->python, statement);

    return (x->split && x->split->syscalls > 0) || 100 * e->faults > FAULTS_PERCENT;
}

/* "kernel STATEMENT LOOPS WALL USER SYSTEM MINOR MAJOR" */
static void take_kernel(const struct work *w, const struct told *t)
{
    uint64_t statement = (uint64_t)told_number(t, 1);
    double user = (double)told_number(t, 4), system = (double)told_number(t, 5);

    if (statement >= w->order->timing->statements || user + system < KERNEL_LEAST_NS)
        return;
    struct explained *x = at(w, (uint32_t)statement);
    const struct estimate *e =
        verdicts_estimate(w->verdicts, w->python, (uint32_t)statement);
    x->kernel_measured = true;
    x->part_ns[SPLIT_KERNEL_ENTRY] = e->cpu * system / (user + system);
}

/* How much of their time is the kernel's, of those that enter it. */
static void ask_kernel(const struct work *w)
{
    const struct timing_order *of = w->order->timing;
    struct order o = order_open("kernel", of);
    char wanted[TIMING_STATEMENTS + 1] = "";
    struct guarded end;
    struct err e = { 0 };
    struct order_run run = {
        .python = of->python[w->python].path,
        .quiet_ns = of->limit_ns,
    };

    for (uint32_t i = 0; i < of->statements; i++)
        wanted[i] = has_kernel_time(w, i) ? '1' : '0';
    order_text(&o, "wanted", str_of(wanted));
    order_number(&o, "ns", KERNEL_NS);
    order_number(&o, "most_ns", KERNEL_WALL_NS);
    if (!order_run(&o, of, &run, &end, w->arena, &e))
        return;
    for (struct told t = told_of(end.told); told_next(&t);)
        if (told_is(&t, "kernel", 8))
            take_kernel(w, &t);
}

static int64_t clock_reads(const struct split *s)
{
    int64_t reads = 0;

    for (uint32_t i = 0; i < s->rows; i++)
        if (s->row[i].part == SPLIT_VDSO)
            reads += s->row[i].calls;
    return reads;
}

/* Where the kernel was not asked: what its calls took while stepped, cold as they were.
 */
static double syscalls_ns(const struct split *s)
{
    double ns = 0;

    for (uint32_t i = 0; i < s->syscalls; i++)
        ns += (double)s->syscall[i].ns;
    return ns;
}

static void lay_out(const struct work *w, uint32_t statement)
{
    struct explained *x = at(w, statement);
    const struct estimate *e = verdicts_estimate(w->verdicts, w->python, statement);
    bool wall = e->waits && !w->order->timing->process;
    const struct split *s = x->split;
    double all = wall ? e->wall : e->median;

    if (!s)
        return;
    x->waiting_ns = wall ? fmax(0, e->wall - e->cpu) : 0;
    double left = all - x->waiting_ns;
    double kernel = x->kernel_measured ? x->part_ns[SPLIT_KERNEL_ENTRY]
                                       : fmin(syscalls_ns(s), 0.9 * left);
    x->part_ns[SPLIT_KERNEL_ENTRY] = fmin(kernel, left);
    left -= x->part_ns[SPLIT_KERNEL_ENTRY];
    double vdso = fmin((double)clock_reads(s) * w->explain->clock_ns, 0.9 * left);
    x->part_ns[SPLIT_VDSO] = vdso;
    left -= vdso;
    int64_t others = s->total - s->part[SPLIT_KERNEL_ENTRY] - s->part[SPLIT_VDSO];
    for (enum split_part p = 0; p < SPLIT_PARTS; p++)
        if (p != SPLIT_KERNEL_ENTRY && p != SPLIT_VDSO)
            x->part_ns[p] = others > 0 ? left * (double)s->part[p] / (double)others : 0;
    if (others <= 0)
        x->part_ns[SPLIT_UNEXPLAINED] = left;
}

static void explain_python(struct work *w)
{
    struct err e = { 0 };
    bool kernel = false;

    if (!open_logs(w))
        refuse_all(w, STR("there is no memory for its log"));
    else if (step_all(w, &e))
        read_splits(w);
    else
        refuse_all(w, arena_str(w->arena, str_of(e.text)));
    close_logs(w);
    for (uint32_t i = 0; i < w->order->timing->statements; i++)
        kernel = kernel || has_kernel_time(w, i);
    if (kernel)
        ask_kernel(w);
    for (uint32_t i = 0; i < w->order->timing->statements; i++)
        lay_out(w, i);
}

void explain_run(const struct explain_order *o, const struct verdicts *v,
                 struct explain *x, struct arena *a)
{
    struct work w = { .order = o, .verdicts = v, .explain = x, .arena = a };
    uint32_t pythons = o->timing->pythons;

    x->at = arena_array(a, pythons * o->timing->statements, sizeof *x->at);
    x->clock_ns = clock_price();
    for (; w.python < pythons; w.python++)
        explain_python(&w);
}

void explain_contrast(const struct explained *of, const struct explained *with,
                      struct contrast *c)
{
    *c = (struct contrast){ .of = of, .with = with };
    c->total = of->split->total - (with ? with->split->total : 0);
    c->waiting_ns = of->waiting_ns - (with ? with->waiting_ns : 0);
    c->all_ns = c->waiting_ns;
    for (enum split_part p = 0; p < SPLIT_PARTS; p++) {
        c->part[p] = of->split->part[p] - (with ? with->split->part[p] : 0);
        c->part_ns[p] = of->part_ns[p] - (with ? with->part_ns[p] : 0);
        c->all_ns += c->part_ns[p];
    }
    double beyond = fabs(c->part_ns[SPLIT_KERNEL_ENTRY]) + fabs(c->waiting_ns);
    c->by_time = beyond > 0.02 * fabs(c->all_ns);
}

double contrast_share(const struct contrast *c, enum split_part part)
{
    if (c->by_time)
        return c->all_ns != 0 ? c->part_ns[part] / c->all_ns : 0;
    return c->total != 0 ? (double)c->part[part] / (double)c->total : 0;
}

double explained_instruction_ns(const struct explained *x)
{
    double ns = 0;
    int64_t count = 0;

    for (enum split_part p = 0; x && p < SPLIT_PARTS; p++)
        if (p != SPLIT_KERNEL_ENTRY && p != SPLIT_VDSO) {
            ns += x->part_ns[p];
            count += x->split->part[p];
        }
    return count > 0 ? ns / (double)count : 0;
}

double contrast_share_of(const struct contrast *c, int64_t of, int64_t with)
{
    if (!c->by_time)
        return c->total != 0 ? (double)(of - with) / (double)c->total : 0;
    double ns = (double)of * explained_instruction_ns(c->of) -
                (double)with * explained_instruction_ns(c->with);
    return c->all_ns != 0 ? ns / c->all_ns : 0;
}

double contrast_waiting(const struct contrast *c)
{
    return c->all_ns != 0 && c->by_time ? c->waiting_ns / c->all_ns : 0;
}
