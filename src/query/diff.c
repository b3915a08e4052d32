/* SPDX-License-Identifier: Apache-2.0 */
/* diff.c - two sides that were compared (model/compare.h), function by function: the
 * largest difference first. */
#include <math.h>
#include <stdlib.h>

#include "model/compare.h"
#include "query/names.h"
#include "query/pick.h"

enum { COUNT_MAX = 5000 };

static const char *const orders[] = { "change", "before", "after", NULL };

struct changed {
    double weight;
    const struct compared *row;
};

static int by_weight(const void *a, const void *b)
{
    const struct changed *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->row->row < y->row->row ? -1 : 1;
}

static struct changed *chosen(struct query *q, const struct pick *pick, int order,
                              uint32_t *count, struct arena *a)
{
    const struct compare *c = q->of.compare;
    struct changed *at = arena_array(a, compare_rows(c), sizeof *at);
    const bool *picked = pick->words > 0 ? pick_all(q, pick, a) : NULL;

    *count = 0;
    for (uint32_t i = 0; i < compare_rows(c); i++) {
        const struct compared *row = compare_row(c, i);
        double before = row->figures[SIDE_BEFORE].time;
        double after = row->figures[SIDE_AFTER].time;

        if (picked && !picked[q->of.compared[i]])
            continue;
        at[(*count)++] = (struct changed){ order == 1   ? before
                                           : order == 2 ? after
                                                        : fabs(after - before),
                                           row };
    }
    if (*count > 1)
        qsort(at, *count, sizeof *at, by_weight);
    return at;
}

static const char *const verdicts[] = { NULL, "slower", "faster",
                                        "no difference proven" };

static struct str sentence(const struct effect *e, double before, double after,
                           struct arena *a)
{
    double ratio = e->ratio > 0 ? e->ratio : before > 0 ? after / before : 1;
    double percent = fabs(ratio - 1) * 100;

    if (e->verdict == VERDICT_SLOWER || e->verdict == VERDICT_FASTER)
        return arena_printf(a, "%.1f %% %s.", percent, verdicts[e->verdict]);
    if (e->verdict == VERDICT_NO_DIFFERENCE)
        return STR("No difference proven.");
    return arena_printf(a, "%.1f %% %s time; so few runs prove nothing.", percent,
                        ratio < 1 ? "less" : "more");
}

static void write_side(const struct query *q, enum side side, struct json *j)
{
    json_object(j, side == SIDE_BEFORE ? "before" : "after");
    json_text(j, "title", side == SIDE_BEFORE ? q->of.before : q->of.title);
    json_u64(j, "runs", compare_runs(q->of.compare, side));
    json_double(j, "total", compare_total(q->of.compare)->figures[side].self);
    json_end(j);
}

static void number_or_null(struct json *j, const char *key, double number, bool known)
{
    if (known)
        json_double(j, key, number);
    else
        json_null(j, key);
}

static double figure(const struct compared *row, int column)
{
    const struct figures *side = &row->figures[column % 2 ? SIDE_AFTER : SIDE_BEFORE];

    return column < 2 ? side->time : side->self;
}

static void write_figures(const struct changed *at, uint32_t count, struct json *j)
{
    static const char *const key[] = { "before_value", "after_value", "before_self",
                                       "after_self" };

    for (int c = 0; c < 4; c++) {
        json_array(j, key[c]);
        for (uint32_t i = 0; i < count; i++)
            json_double(j, NULL, figure(at[i].row, c));
        json_end(j);
    }
    for (int side = 0; side < SIDES; side++) {
        json_array(j, side == SIDE_BEFORE ? "calls_before" : "calls_after");
        for (uint32_t i = 0; i < count; i++)
            json_u64(j, NULL, at[i].row->figures[side].calls);
        json_end(j);
    }
}

/* Where the difference lies in 95 of 100 cases: a ratio, of what was before. */
static void write_bounds(const struct changed *at, uint32_t count, struct json *j)
{
    bool any = false;

    for (uint32_t i = 0; i < count; i++)
        any = any || at[i].row->effect.low > 0;
    for (int c = 0; c < 2; c++) {
        const char *key = c == 0 ? "ci_low" : "ci_high";

        if (!any) {
            json_null(j, key);
            continue;
        }
        json_array(j, key);
        for (uint32_t i = 0; i < count; i++) {
            const struct effect *e = &at[i].row->effect;

            number_or_null(j, NULL,
                           ((c == 0 ? e->low : e->high) - 1) *
                               at[i].row->figures[SIDE_BEFORE].time,
                           e->low > 0);
        }
        json_end(j);
    }
}

static void write_words(const struct changed *at, uint32_t count, struct json *j)
{
    static const char *const change[] = { "new", "gone", "changed", "same" };

    json_array(j, "change");
    for (uint32_t i = 0; i < count; i++)
        json_text(j, NULL, change[at[i].row->change]);
    json_end(j);
    json_array(j, "verdicts");
    for (uint32_t i = 0; i < count; i++)
        json_text(j, NULL, verdicts[at[i].row->effect.verdict]);
    json_end(j);
}

static void write_total(const struct query *q, struct json *j, struct arena *a)
{
    const struct compared *total = compare_total(q->of.compare);
    double before = total->figures[SIDE_BEFORE].self;
    double after = total->figures[SIDE_AFTER].self;

    write_side(q, SIDE_BEFORE, j);
    write_side(q, SIDE_AFTER, j);
    number_or_null(j, "ratio", before > 0 ? after / before : 0,
                   before > 0 && after > 0);
    json_text(j, "verdict", verdicts[total->effect.verdict]);
    json_str(j, "sentence", sentence(&total->effect, before, after, a));
    json_null(j, "proven_below");
}

static void answer(struct query *q, struct ask *a, struct json *j)
{
    int order = ask_choice(a, "sort", orders);
    uint32_t from = ask_number(a, "from", 0, 0, UINT32_MAX), matches;
    uint32_t count = ask_number(a, "count", 200, 0, COUNT_MAX);
    struct pick pick;

    if (!pick_asked(a, &pick) || !ask_done(a))
        return;
    if (!q->of.compare) {
        err_set(&a->err, ERR_USAGE, "one profile is open: sonde view --diff A B");
        return;
    }
    struct changed *at = chosen(q, &pick, order, &matches, a->arena);
    struct used u = used_begin(q, a->arena);

    from = from < matches ? from : matches;
    count = count < matches - from ? count : matches - from;
    at += from;
    write_total(q, j, a->arena);
    json_u64(j, "matches", matches);
    json_u64(j, "from", from);
    json_array(j, "id");
    for (uint32_t i = 0; i < count; i++) {
        function_id f = q->of.compared[at[i].row->row];

        used_add(&u, f);
        json_u64(j, NULL, f);
    }
    json_end(j);
    write_words(at, count, j);
    write_figures(at, count, j);
    write_bounds(at, count, j);
    used_write(&u, j);
}

const struct kind_of_query query_diff = { "diff", answer };
