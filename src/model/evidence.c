/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.c - logarithms of times, less what the run's other items have in common; a
 * run in which those are restless counts less; what lies far off is drawn in. Nothing
 * of that looks at which side a run is of, so that shuffling the sides is fair. */
#include "model/evidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/shuffle.h"

enum {
    REFERENCES_MAX = 64,
    REFERENCES_LEAST = 4, /* fewer others do not tell a run's speed */
};

/* Verdicts are wrong by so much in all: for the total, for all items together. */
#define TOTAL_CHANCE 0.004
#define ITEMS_CHANCE 0.006
/* Less than this is no difference, however sure. */
#define LEAST_EFFECT 0.01
/* No noise is taken to be smaller: of logarithms. */
#define LEAST_SCALE 0.004
/* In scales of the tighter half: what lies further off counts as lying there. */
#define FURTHEST 1.5
/* In deviations of all runs, as a real difference of the sides widens them as well:
 * what lies further off was disturbed, and hardly counts. */
#define DISTURBED 3
#define DISTURBED_WEIGHT 0.02
/* Median absolute deviations of what is normal make a standard one. */
#define NORMAL 1.48

struct series { /* one value a run */
    double *at;
    double middle, scale; /* of what is left of it beside the others */
};

struct work {
    const struct trial *trial;
    struct arena *arena;
    uint32_t runs;
    struct series *self; /* by item, of logarithms, less their median */
    uint32_t reference[REFERENCES_MAX], references; /* items */
    struct series speed;                            /* of the runs, by all references */
    double *weight;                                 /* by run */
    double *scratch; /* room for a value a run, or a reference */
};

static int compare_doubles(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;

    return (a > b) - (a < b);
}

/* Sorted copies: of `count` values, in the scratch. */
static const double *sorted(const struct work *w, const double *at, uint32_t count)
{
    memcpy(w->scratch, at, count * sizeof *at);
    qsort(w->scratch, count, sizeof *at, compare_doubles);
    return w->scratch;
}

static double median(const struct work *w, const double *at, uint32_t count)
{
    const double *s = sorted(w, at, count);

    return count % 2 ? s[count / 2] : (s[count / 2 - 1] + s[count / 2]) / 2;
}

/* Of the tightest half: a real difference of the sides, each a half, does not widen
 * it as it would any measure of all runs. 1.35 deviations of what is normal. */
static double scale_of(const struct work *w, const double *at)
{
    const double *s = sorted(w, at, w->runs);
    uint32_t half = w->runs / 2;
    double least = HUGE_VAL;

    for (uint32_t i = 0; i + half < w->runs; i++)
        least = fmin(least, s[i + half] - s[i]);
    return fmax(least / 1.35, LEAST_SCALE);
}

static double *room(const struct work *w)
{
    return arena_array(w->arena, w->runs, sizeof(double));
}

static void centre(const struct work *w, double *at)
{
    double middle = median(w, at, w->runs);

    for (uint32_t r = 0; r < w->runs; r++)
        at[r] -= middle;
}

static double *logarithms(const struct work *w, const double *value)
{
    double *at = room(w);

    for (uint32_t r = 0; r < w->runs; r++)
        at[r] = log(value[r]);
    return at;
}

struct weighed {
    double value, weight;
};

static int compare_weighed(const void *one, const void *other)
{
    const struct weighed *a = one, *b = other;

    return (a->value > b->value) - (a->value < b->value);
}

static double weighted_median(struct weighed *at, uint32_t count)
{
    double all = 0, below = 0;
    uint32_t i = 0;

    qsort(at, count, sizeof *at, compare_weighed);
    for (uint32_t k = 0; k < count; k++)
        all += at[k].weight;
    while (i + 1 < count && (below += at[i].weight) < all / 2)
        i++;
    return at[i].value;
}

/* How much slower that run was, by all references but one item (items: by all). */
static double speed_of_run(const struct work *w, uint32_t run, uint32_t but)
{
    struct weighed at[REFERENCES_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < w->references; i++) {
        const struct series *s = &w->self[w->reference[i]];

        if (w->reference[i] != but)
            at[count++] = (struct weighed){ s->at[run], 1 / s->scale };
    }
    return weighted_median(at, count);
}

/* The largest items, by what is their own. */
static void choose_references(struct work *w)
{
    const struct item *item = w->trial->item;

    for (uint32_t i = 0; i < w->trial->items; i++) {
        uint32_t at = w->references;

        if (!item[i].self)
            continue;
        w->references += w->references < REFERENCES_MAX;
        for (; at > 0 && item[w->reference[at - 1]].self_share < item[i].self_share;
             at--)
            if (at < REFERENCES_MAX)
                w->reference[at] = w->reference[at - 1];
        if (at < REFERENCES_MAX)
            w->reference[at] = i;
    }
}

/* First by the plain median of all, which tells how noisy each is; then by that. */
static void find_speed(struct work *w)
{
    double *plain = room(w), *rest = room(w);

    w->speed.at = room(w);
    for (uint32_t r = 0; r < w->runs && w->references > 0; r++) {
        for (uint32_t i = 0; i < w->references; i++)
            w->self[w->reference[i]].scale = 1;
        plain[r] = speed_of_run(w, r, w->trial->items);
    }
    for (uint32_t i = 0; i < w->references; i++) {
        struct series *s = &w->self[w->reference[i]];

        for (uint32_t r = 0; r < w->runs; r++)
            rest[r] = s->at[r] - plain[r];
        s->scale = scale_of(w, rest);
        s->middle = median(w, rest, w->runs);
    }
    for (uint32_t r = 0; r < w->runs && w->references > 0; r++)
        w->speed.at[r] = speed_of_run(w, r, w->trial->items);
}

static bool can_be_compared(const struct work *w, uint32_t item)
{
    uint32_t itself = 0;

    for (uint32_t i = 0; i < w->references; i++)
        itself += w->reference[i] == item;
    return w->references - itself >= REFERENCES_LEAST;
}

/* An item beside the others: its logarithms less the runs' speed by those. */
static double *beside_others(const struct work *w, uint32_t item)
{
    double *at = logarithms(w, w->trial->item[item].value);

    for (uint32_t r = 0; r < w->runs && can_be_compared(w, item); r++)
        at[r] -= speed_of_run(w, r, item);
    return at;
}

/* How restless references were in each run, in their own scales. */
static void weigh_runs(struct work *w)
{
    double *restless = room(w),
           *off = arena_array(w->arena, REFERENCES_MAX, sizeof *off);

    w->weight = room(w);
    for (uint32_t r = 0; r < w->runs; r++) {
        for (uint32_t i = 0; i < w->references; i++) {
            const struct series *s = &w->self[w->reference[i]];

            off[i] = fabs(s->at[r] - w->speed.at[r] - s->middle) / s->scale;
        }
        restless[r] =
            w->references < REFERENCES_LEAST ? 1 : median(w, off, w->references);
        w->weight[r] = 1;
    }
    double usual = median(w, restless, w->runs);
    for (uint32_t r = 0; r < w->runs && usual > 0; r++)
        w->weight[r] = 1 / fmax(restless[r] / usual, 0.5);
}

static double deviation_of(const struct work *w, const double *at, double middle,
                           uint32_t count)
{
    double *off = room(w);

    for (uint32_t i = 0; i < count; i++)
        off[i] = fabs(at[i] - middle);
    return fmax(NORMAL * median(w, off, count), LEAST_SCALE);
}

static void draw_in(const struct work *w, const double *at, double *drawn,
                    double *weight)
{
    double middle = median(w, at, w->runs), furthest = FURTHEST * scale_of(w, at);
    double disturbed = DISTURBED * deviation_of(w, at, middle, w->runs);

    for (uint32_t r = 0; r < w->runs; r++) {
        double off = at[r] - middle;

        drawn[r] = fmin(fmax(off, -furthest), furthest);
        weight[r] = w->weight[r] * (fabs(off) > disturbed ? DISTURBED_WEIGHT : 1);
    }
}

/* How likely so large a difference of the sides is by chance. */
static double chance_of(const struct work *w, const double *at, bool either_way)
{
    const uint32_t *runs = w->trial->runs;
    double *drawn = room(w), *weight = room(w);
    struct shuffle s = { runs[SIDE_BEFORE], runs[SIDE_AFTER], drawn, weight };

    draw_in(w, at, drawn, weight);
    return shuffle_chance(&s, either_way);
}

/* Of one side: where it lies, and how sure that is (a variance). */
struct place {
    double middle, variance;
};

static struct place place_of(const struct work *w, const double *at, uint32_t from,
                             uint32_t runs)
{
    const double *weight = w->weight + from;
    double middle = median(w, at + from, runs), sum = 0, weights = 0, squares = 0;
    double *off = room(w), furthest = HUGE_VAL;

    if (runs > 3)
        furthest = 2 * deviation_of(w, at + from, middle, runs);
    for (uint32_t i = 0; i < runs; i++) {
        off[i] = fmin(fmax(at[from + i] - middle, -furthest), furthest);
        sum += weight[i] * off[i];
        weights += weight[i];
    }
    for (uint32_t i = 0; i < runs; i++) {
        double rest = weight[i] * (off[i] - sum / weights);

        squares += rest * rest;
    }
    return (struct place){ middle + sum / weights,
                           squares / (weights * weights) * runs / (runs - 1.0) };
}

/* Student's t that 95 of 100 stay within. */
static double students_t(uint32_t freedom)
{
    static const double t[] = { 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                2.060,  2.056, 2.052, 2.048, 2.045, 2.042 };
    enum { KNOWN = sizeof t / sizeof *t };

    return freedom <= KNOWN ? t[freedom - 1] : 1.96 + 2.5 / freedom;
}

static struct effect effect_of(const struct work *w, const double *at)
{
    const uint32_t *runs = w->trial->runs;
    uint32_t before = runs[SIDE_BEFORE], after = runs[SIDE_AFTER];
    struct effect e = { .verdict = VERDICT_NONE };

    if (before < 2 || after < 2) {
        e.ratio = exp(median(w, at + before, after) - median(w, at, before));
        return e;
    }
    struct place b = place_of(w, at, 0, before), a = place_of(w, at, before, after);
    double change = a.middle - b.middle;
    double reach = students_t(before + after - 2) * sqrt(a.variance + b.variance);
    e.ratio = exp(change);
    e.low = exp(change - reach);
    e.high = exp(change + reach);
    return e;
}

static double least_chance(const struct work *w)
{
    return shuffle_least(w->trial->runs[SIDE_BEFORE], w->trial->runs[SIDE_AFTER]);
}

static enum verdict judge(const struct effect *e, bool proven)
{
    if (!proven || fabs(log(e->ratio)) < LEAST_EFFECT)
        return VERDICT_NO_DIFFERENCE;
    return e->ratio > 1 ? VERDICT_SLOWER : VERDICT_FASTER;
}

/* Slower even if it is given so much. */
static double chance_above(const struct work *w, const double *at)
{
    double *given = room(w);

    for (uint32_t r = 0; r < w->runs; r++)
        given[r] =
            at[r] - (r < w->trial->runs[SIDE_BEFORE] ? 0 : log1p(w->trial->above));
    return chance_of(w, given, false);
}

static void find_total(const struct work *w, struct findings *f)
{
    double *total = logarithms(w, w->trial->total);

    f->total = effect_of(w, total);
    f->common = effect_of(w, w->speed.at);
    if (least_chance(w) > TOTAL_CHANCE)
        return;
    f->total.verdict = judge(&f->total, chance_of(w, total, true) <= TOTAL_CHANCE);
    f->total.above = w->trial->above > 0 && chance_above(w, total) <= TOTAL_CHANCE;
    bool common = w->references >= REFERENCES_LEAST &&
                  chance_of(w, w->speed.at, true) <= TOTAL_CHANCE;
    f->common.verdict = judge(&f->common, common);
    if (f->common.verdict != f->total.verdict) /* nothing is made of one alone */
        f->common.verdict = VERDICT_NO_DIFFERENCE;
}

/* What of a change common to all is the items' own: all that is proven of it, if it
 * cannot be a matter of when the sides were run. */
static double own_part(const struct work *w, const struct effect *common)
{
    if (!w->trial->in_turn || common->verdict == VERDICT_NONE ||
        common->verdict == VERDICT_NO_DIFFERENCE)
        return 0;
    return log(common->ratio > 1 ? fmax(common->low, 1) : fmin(common->high, 1));
}

struct candidate {
    uint32_t item;
    double chance, above, share;
};

static void find_item(const struct work *w, uint32_t item, double own, struct effect *e,
                      struct candidate *c)
{
    double *at = beside_others(w, item);
    bool beside = can_be_compared(w, item);

    for (uint32_t r = w->trial->runs[SIDE_BEFORE]; r < w->runs && beside; r++)
        at[r] += own;
    *e = effect_of(w, at);
    *c = (struct candidate){ .item = item, .share = w->trial->item[item].share };
    c->chance = c->above = 1;
    if (e->low > 0 && (e->low > 1 || e->high < 1))
        c->chance = chance_of(w, at, true);
    if (e->low > 1 && w->trial->above > 0)
        c->above = chance_above(w, at);
}

static int by_chance(const void *one, const void *other)
{
    const struct candidate *a = one, *b = other;
    double x = a->chance / a->share, y = b->chance / b->share;

    if (x != y)
        return x < y ? -1 : 1;
    return a->item < b->item ? -1 : a->item > b->item;
}

static int by_chance_above(const void *one, const void *other)
{
    const struct candidate *a = one, *b = other;
    double x = a->above / a->share, y = b->above / b->share;

    if (x != y)
        return x < y ? -1 : 1;
    return a->item < b->item ? -1 : a->item > b->item;
}

/* Holm's way, by shares: the chance to be wrong is dealt out to all by their size, and
 * who has proven his case leaves his part to the rest. */
static void judge_items(const struct work *w, struct candidate *c, uint32_t items,
                        struct effect *of)
{
    uint32_t proven = 0;
    double all = 0, left;

    for (uint32_t i = 0; i < items; i++)
        all += c[i].share;
    left = all;
    for (uint32_t i = 0; i < items; i++)
        if (least_chance(w) <= ITEMS_CHANCE * c[i].share / all)
            of[c[i].item].verdict = VERDICT_NO_DIFFERENCE;
    qsort(c, items, sizeof *c, by_chance);
    for (; proven < items && c[proven].chance <= ITEMS_CHANCE * c[proven].share / left;
         left -= c[proven++].share)
        of[c[proven].item].verdict = judge(&of[c[proven].item], true);
    qsort(c, items, sizeof *c, by_chance_above);
    left = all;
    for (proven = 0;
         proven < items && c[proven].above <= ITEMS_CHANCE * c[proven].share / left;
         left -= c[proven++].share)
        of[c[proven].item].above = true;
}

void evidence_find(const struct trial *t, struct findings *f)
{
    struct arena *a = arena_open();
    struct work w = { .trial = t,
                      .arena = a,
                      .runs = t->runs[SIDE_BEFORE] + t->runs[SIDE_AFTER] };
    struct candidate *candidate = arena_array(a, t->items, sizeof *candidate);
    uint32_t candidates = 0;

    w.scratch = arena_array(a, (size_t)w.runs + REFERENCES_MAX, sizeof *w.scratch);
    w.self = arena_array(a, t->items, sizeof *w.self);
    for (uint32_t i = 0; i < t->items; i++)
        if (t->item[i].self) {
            w.self[i].at = logarithms(&w, t->item[i].self);
            centre(&w, w.self[i].at);
        }
    if (t->runs[SIDE_BEFORE] > 1 && t->runs[SIDE_AFTER] > 1)
        choose_references(&w);
    find_speed(&w);
    weigh_runs(&w);
    find_total(&w, f);
    double own = own_part(&w, &f->common);
    for (uint32_t i = 0; i < t->items; i++)
        if (t->item[i].asked)
            find_item(&w, i, own, &f->of[i], &candidate[candidates++]);
    judge_items(&w, candidate, candidates, f->of);
    arena_close(a);
}

uint32_t evidence_runs_needed(double share)
{
    double chance = share >= 1 ? TOTAL_CHANCE : ITEMS_CHANCE * share;
    uint32_t runs = 2;

    while (runs < 20 && shuffle_least(runs, runs) > chance)
        runs++;
    return runs;
}
