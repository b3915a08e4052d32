/* SPDX-License-Identifier: Apache-2.0 */
/* compare_effects.c - medians over the runs, and what is proven of them. */
#include <stdlib.h>

#include "model/compare_body.h"

static int compare_u64(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

    return (a > b) - (a < b);
}

/* Sorts them; of an even number the mean of the middle two. */
static double median(uint64_t *at, uint32_t count)
{
    qsort(at, count, sizeof *at, compare_u64);
    return count % 2 ? (double)at[count / 2]
                     : ((double)at[count / 2 - 1] + (double)at[count / 2]) / 2;
}

/* One number a run: of calls, self times, or times. */
struct drawn {
    uint64_t *calls, *self, *time;
    uint32_t count;
};

static struct drawn room_for(uint32_t runs, struct arena *a)
{
    return (struct drawn){ arena_array(a, runs, sizeof(uint64_t)),
                           arena_array(a, runs, sizeof(uint64_t)),
                           arena_array(a, runs, sizeof(uint64_t)), runs };
}

static struct figures medians(struct drawn *d)
{
    struct figures f = { .time = median(d->time, d->count),
                         .self = median(d->self, d->count) };

    f.calls = (uint64_t)(median(d->calls, d->count) + 0.5); /* sorted now */
    return f;
}

static void draw(const struct compare *c, const struct row *row, enum side side,
                 struct drawn *d)
{
    for (uint32_t r = 0; r < d->count; r++) {
        const struct run_of_side *run = pile_at(&c->list[side].runs, r);
        const struct figure *f = compare_figure(c, side, row->place[side], r);
        bool all = row == &c->total;

        d->calls[r] = all ? run->calls : f->calls;
        d->self[r] = all ? run->self : f->self;
        d->time[r] = all ? run->self : f->time;
    }
}

static void fill_figures(struct compare *c, struct row *row, struct drawn d[SIDES])
{
    for (int side = 0; side < SIDES; side++) {
        draw(c, row, side, &d[side]);
        row->shown.figures[side] = medians(&d[side]);
    }
    const uint64_t *before = d[SIDE_BEFORE].calls, *after = d[SIDE_AFTER].calls;
    row->shown.calls_differ = before[d[SIDE_BEFORE].count - 1] < after[0] ||
                              after[d[SIDE_AFTER].count - 1] < before[0];
}

/* Of less than this part of the total nothing is asked: noise is most of it. */
#define LEAST_SHARE 0.001

/* A number a run; NULL: one of them is 0. */
static double *values_of(const struct compare *c, const struct row *row, bool self,
                         struct arena *scratch)
{
    uint32_t runs = compare_runs(c, SIDE_BEFORE) + compare_runs(c, SIDE_AFTER);
    double *value = arena_array(scratch, runs, sizeof *value), *at = value;
    bool all = true;

    for (int side = 0; side < SIDES; side++)
        for (uint32_t r = 0; r < compare_runs(c, side); r++) {
            const struct run_of_side *run = pile_at(&c->list[side].runs, r);
            const struct figure *f = compare_figure(c, side, row->place[side], r);
            uint64_t time = row == &c->total ? run->self : self ? f->self : f->time;

            *at++ = (double)time;
            all = all && time > 0;
        }
    return all ? value : NULL;
}

static double share_of(const struct compare *c, const struct row *row, bool self)
{
    double share = 0;

    for (int side = 0; side < SIDES; side++) {
        const struct figures *f = &row->shown.figures[side];
        double total = c->total.shown.figures[side].time;

        if (total > 0)
            share += (self ? f->self : f->time) / total / SIDES;
    }
    return share < 1 ? share : 1;
}

/* What evidence is asked of, and what else tells it how fast runs were. */
static uint32_t gather(struct compare *c, struct item *item, struct row **row,
                       struct arena *scratch)
{
    uint32_t items = 0;

    for (uint32_t i = 0; i < c->rows.count; i++) {
        struct row *r = pile_at(&c->rows, i);
        struct item it = { .share = share_of(c, r, false),
                           .self_share = share_of(c, r, true) };

        if (it.self_share >= LEAST_SHARE)
            it.self = values_of(c, r, true, scratch);
        if (it.share >= LEAST_SHARE && !r->left_out)
            it.value = values_of(c, r, false, scratch);
        it.asked = it.value != NULL;
        if (!it.self && !it.asked)
            continue;
        row[items] = r;
        item[items++] = it;
    }
    return items;
}

static void find_effects(struct compare *c, double above, struct arena *scratch)
{
    struct item *item = arena_array(scratch, c->rows.count, sizeof *item);
    struct row **row = arena_array(scratch, c->rows.count, sizeof *row);
    struct trial trial = {
        .runs = { compare_runs(c, SIDE_BEFORE), compare_runs(c, SIDE_AFTER) },
        .items = gather(c, item, row, scratch),
        .item = item,
        .total = values_of(c, &c->total, true, scratch),
        .above = above,
        .in_turn = compare_in_turn(c),
    };
    struct findings findings = { .of = arena_array(scratch, trial.items,
                                                   sizeof *findings.of) };

    if (!trial.total)
        return;
    evidence_find(&trial, &findings);
    for (uint32_t i = 0; i < trial.items; i++)
        row[i]->shown.effect = findings.of[i];
    c->total.shown.effect = findings.total;
    c->common = findings.common;
}

static enum change change_of(const struct compare *c, const struct row *row)
{
    const struct compared *s = &row->shown;
    bool once = compare_runs(c, SIDE_BEFORE) == 1 && compare_runs(c, SIDE_AFTER) == 1;
    bool proven =
        s->effect.verdict == VERDICT_SLOWER || s->effect.verdict == VERDICT_FASTER;
    bool seen = s->figures[SIDE_BEFORE].time != s->figures[SIDE_AFTER].time;

    if (row->place[SIDE_BEFORE] == COMPARED_NONE)
        return CHANGE_NEW;
    if (row->place[SIDE_AFTER] == COMPARED_NONE)
        return CHANGE_GONE;
    return s->calls_differ || proven || (once && seen) ? CHANGE_CHANGED : CHANGE_SAME;
}

void compare_fill_rows(struct compare *c, double above, struct arena *scratch)
{
    struct drawn d[SIDES] = { room_for(compare_runs(c, SIDE_BEFORE), scratch),
                              room_for(compare_runs(c, SIDE_AFTER), scratch) };

    fill_figures(c, &c->total, d);
    for (uint32_t i = 0; i < c->rows.count; i++)
        fill_figures(c, pile_at(&c->rows, i), d);
    find_effects(c, above, scratch);
    for (uint32_t i = 0; i < c->rows.count; i++) {
        struct row *row = pile_at(&c->rows, i);

        row->shown.change = change_of(c, row);
    }
    c->total.shown.change = change_of(c, &c->total);
}
