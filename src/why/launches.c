/* SPDX-License-Identifier: Apache-2.0 */
/* launches.c - timing_run: fresh Pythons one after another, what each told taken in.
 * The first one says how long a round takes, and so how many there can be. */
#include <string.h>

#include "base/progress.h"
#include "why/order.h"
#include "why/timing.h"
#include "why/told.h"

enum {
    LAUNCHES = 6,
    LAUNCHES_PRECISE = 16,
    ROUNDS_LEAST = 8, /* fewer prove nothing at 99 % */
};
#define LAUNCH_NS 270e6 /* of two statements */
#define SLOW_NS 12e9    /* for all of statements that take long */
#define SLOW_PRECISE_NS 60e9

struct work {
    const struct timing_order *order;
    struct timing *timing;
    struct arena *arena;
    bool slow;
    uint64_t ns; /* of a launch */
};

struct str timing_label(uint32_t statement)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    return (struct str){ &letters[statement % TIMING_STATEMENTS], 1 };
}

static struct timing_series *series_at(const struct timing *t, uint32_t python,
                                       uint32_t statement)
{
    return &t->series[python * (t->order->statements + 1) + statement];
}

const struct timing_series *timing_series(const struct timing *t, uint32_t python,
                                          uint32_t statement)
{
    return series_at(t, python, statement);
}

static struct timing_turn *turn_at(struct timing_series *s, uint32_t launch,
                                   uint32_t round, struct arena *a)
{
    if (s->turns > 0 && s->turn[s->turns - 1].round == round)
        return &s->turn[s->turns - 1];
    if (s->turns == s->room) {
        uint32_t room = s->room ? 2 * s->room : 256;

        s->turn =
            arena_grow(a, s->turn, s->turns * sizeof *s->turn, room * sizeof *s->turn);
        s->room = room;
    }
    s->turn[s->turns] = (struct timing_turn){ .launch = launch, .round = round };
    return &s->turn[s->turns++];
}

/* What one launch told, while it is read. */
struct reading {
    struct work *work;
    uint32_t python, launch, rounds;
    double zero_wall, zero_cpu;
};

/* "b STATEMENT LOOPS WALL CPU WAITS FAULTS" */
static void take_block(struct reading *r, const struct told *t)
{
    uint64_t index = (uint64_t)told_number(t, 1);
    double loops = (double)told_number(t, 2);
    double wall = (double)told_number(t, 3) - r->zero_wall;
    double cpu = (double)told_number(t, 4) - r->zero_cpu;

    /* Where time stolen from the machine is taken off a clock, it has been seen to
     * stand still. */
    if (index > r->work->order->statements || r->rounds == 0 || loops < 1 ||
        wall <= 0 || cpu <= 0)
        return;
    struct timing_series *s = series_at(r->work->timing, r->python, (uint32_t)index);
    struct timing_turn *turn = turn_at(s, r->launch, r->rounds - 1, r->work->arena);
    if (turn->blocks == 2)
        return;
    if (s->loops == 0)
        s->loops = (uint64_t)loops;
    turn->block[turn->blocks++] = (struct timing_block){
        wall / loops,
        cpu / loops,
        (uint64_t)loops,
        (uint64_t)told_number(t, 5),
        (uint64_t)told_number(t, 6),
    };
}

static void take_growth(struct reading *r, const struct told *t)
{
    uint64_t index = (uint64_t)told_number(t, 1);

    if (index < r->work->order->statements)
        series_at(r->work->timing, r->python, (uint32_t)index)->growth =
            (struct timing_growth){ (uint64_t)told_number(t, 2), told_number(t, 3),
                                    told_number(t, 4), told_number(t, 5) };
}

static void take_line(struct reading *r, const struct told *t)
{
    struct timing *timing = r->work->timing;

    if (told_is(t, "r", 1)) {
        r->rounds++;
    } else if (told_is(t, "b", 7)) {
        take_block(r, t);
    } else if (told_is(t, "zero", 3)) {
        r->zero_wall = (double)told_number(t, 1);
        r->zero_cpu = (double)told_number(t, 2);
    } else if (told_is(t, "grow", 6)) {
        take_growth(r, t);
    } else if (told_is(t, "gc", 2)) {
        timing->collects = true;
        timing->collections += (uint64_t)told_number(t, 1);
    } else if (told_is(t, "python", 3)) {
        struct timing_python *p = &r->work->order->python[r->python];

        p->version = t->word[1];
        p->implementation = t->word[2];
    }
}

static struct order order_of(const struct work *w, uint32_t python, uint32_t launch)
{
    const struct timing_order *of = w->order;
    struct order o = order_open("time", of);

    order_number(&o, "number", of->number);
    order_number(&o, "ns", w->ns);
    order_number(&o, "turned", launch % 2);
    order_number(&o, "first", launch == 0);
    order_number(&o, "cold", w->slow);
    for (uint32_t i = 0; i < of->statements; i++)
        order_number(&o, "loops", series_at(w->timing, python, i)->loops);
    return o;
}

static bool launch(struct work *w, uint32_t python, uint32_t number,
                   struct timing_failure *failure, struct err *e)
{
    struct order o = order_of(w, python, number);
    struct order_run run = {
        .python = w->order->python[python].path,
        .loud = number == 0,
        .quiet_ns = w->order->limit_ns,
    };
    struct guarded end;

    if (!order_run(&o, w->order, &run, &end, w->arena, e))
        return false;
    if (!order_is_done(&end))
        return order_failed(w->order, &run, &end, failure, w->arena, e);
    const struct timing_series *empty =
        series_at(w->timing, python, w->order->statements);
    uint32_t before = empty->turns ? empty->turn[empty->turns - 1].round + 1 : 0;
    struct reading r = { w, python, number, before, 0, 0 };
    for (struct told t = told_of(end.told); told_next(&t);)
        take_line(&r, &t);
    if (r.rounds > w->timing->rounds)
        w->timing->rounds = r.rounds;
    return true;
}

/* What the last round took in all, of the Python that took longest. */
static double round_ns(const struct work *w)
{
    double longest = 0;

    for (uint32_t p = 0; p < w->order->pythons; p++) {
        double ns = 0;

        for (uint32_t i = 0; i <= w->order->statements; i++) {
            const struct timing_series *s = series_at(w->timing, p, i);
            const struct timing_turn *t = s->turns ? &s->turn[s->turns - 1] : NULL;

            for (uint32_t b = 0; t && b < t->blocks; b++)
                ns += t->block[b].wall * (double)t->block[b].loops;
        }
        longest = ns > longest ? ns : longest;
    }
    return longest;
}

/* How many launches there are to be: known once there was one. */
static uint32_t plan(struct work *w)
{
    const struct timing_order *o = w->order;
    uint32_t usual = o->precise ? LAUNCHES_PRECISE : LAUNCHES;
    double all = o->precise ? SLOW_PRECISE_NS : SLOW_NS;
    double one = round_ns(w);

    if (o->launches > 0)
        usual = o->launches;
    if (o->number > 0 || one <= (double)w->ns)
        return usual;
    double rounds = all / (one * o->pythons);
    if (rounds > ROUNDS_LEAST)
        rounds = ROUNDS_LEAST;
    w->slow = true;
    if (o->launches > 0) {
        w->ns = 1;
        return usual;
    }
    /* Each launch runs the setup again, and finds its memory elsewhere. */
    uint32_t launches = rounds < 4 ? 2 : (uint32_t)rounds / 2;
    w->ns = (uint64_t)(rounds < 4 ? 1 : 1.5 * one);
    return launches;
}

static void open_series(struct timing *t, struct arena *a)
{
    const struct timing_order *o = t->order;

    t->series = arena_array(a, o->pythons * (o->statements + 1), sizeof *t->series);
    for (uint32_t p = 0; p < o->pythons; p++)
        for (uint32_t i = 0; i <= o->statements; i++) {
            series_at(t, p, i)->python = p;
            series_at(t, p, i)->statement = i;
        }
}

bool timing_run(const struct timing_order *o, struct timing *t,
                struct timing_failure *failure, struct arena *a, struct err *e)
{
    double ns = LAUNCH_NS * (o->statements + 1) / 3 * (o->precise ? 2 : 1);
    struct work w = { .order = o, .timing = t, .arena = a, .ns = (uint64_t)ns };
    struct progress shown = progress_of("timing");
    uint32_t launches = 1;
    bool ok = true;

    *t = (struct timing){ .order = o };
    *failure = (struct timing_failure){ 0 };
    open_series(t, a);
    for (uint32_t l = 0; ok && l < launches; l++) {
        for (uint32_t i = 0; ok && i < o->pythons; i++)
            ok = launch(&w, l % 2 ? o->pythons - 1 - i : i, l, failure, e);
        if (ok && l == 0)
            launches = plan(&w);
        t->launches = l + 1;
        progress_at(&shown, l + 1, launches);
    }
    progress_end(&shown);
    return ok;
}
