/* SPDX-License-Identifier: Apache-2.0 */
/* order.c - the order by self is what all others begin with. */
#include "query/order.h"

#include <stdlib.h>
#include <string.h>

#include "model/names.h"
#include "query/names.h"

const char *const order_names[] = { "self",         "cumulative",
                                    "calls",        "primitive_calls",
                                    "self_percall", "cumulative_percall",
                                    "name",         "place",
                                    "kind",         NULL };

struct orders {
    uint32_t *at[BY_ROLE + 1][ORDERS]; /* NULL: not made yet */
    struct order_sums sums[BY_ROLE + 1];
    bool summed[BY_ROLE + 1];
};

static double percall(uint64_t value, uint64_t calls)
{
    return calls == 0 ? 0 : (double)value / (double)calls;
}

/* Of numbers that are not negative the order of the bits is that of the numbers. */
static uint64_t bits_of(double figure)
{
    uint64_t bits;

    memcpy(&bits, &figure, sizeof bits);
    return bits;
}

static struct slice items_of(struct query *q, enum by by)
{
    if (by == BY_FUNCTION)
        return inside_functions(q);
    return (struct slice){ NULL, inside_rows(q, by)->count };
}

const struct stat_row *order_stat(struct query *q, enum by by, uint32_t at)
{
    return by == BY_FUNCTION ? stats_of(q->stats, at)
                             : &inside_rows(q, by)->at[at].stat;
}

static uint64_t figure_of(struct query *q, enum by by, enum order order, uint32_t at)
{
    const struct stat_row *stat = order_stat(q, by, at);

    switch (order) {
    case ORDER_SELF:
        return stat->self;
    case ORDER_CUMULATIVE:
        return stat->cumulative;
    case ORDER_CALLS:
        return stat->calls;
    case ORDER_PRIMITIVE:
        return stat->primitive_calls;
    case ORDER_SELF_PERCALL:
        return bits_of(percall(stat->self, stat->calls));
    case ORDER_CUMULATIVE_PERCALL:
        return bits_of(percall(stat->cumulative, stat->primitive_calls));
    case ORDER_KIND:
        return OWNER_BUILTIN - names_kind(q, at);
    default:
        return 0;
    }
}

struct keyed {
    uint64_t key;
    uint32_t at;
};

enum { DIGITS = 256 };

/* By one digit, the greatest first; what is equal stays in order. */
static bool sort_by_digit(const struct keyed *from, struct keyed *to, uint32_t count,
                          int shift)
{
    uint32_t place[DIGITS + 1] = { 0 };

    for (uint32_t i = 0; i < count; i++)
        place[DIGITS - (from[i].key >> shift & (DIGITS - 1))]++;
    for (int d = 1; d <= DIGITS; d++)
        if (place[d] == count)
            return false; /* all have the same */
    for (int d = 1; d <= DIGITS; d++)
        place[d] += place[d - 1];
    for (uint32_t i = 0; i < count; i++)
        to[place[DIGITS - 1 - (from[i].key >> shift & (DIGITS - 1))]++] = from[i];
    return true;
}

/* Figures in falling order, digit by digit: no comparison is as fast. */
static void sort_figures(struct query *q, enum by by, enum order order, uint32_t *at,
                         uint32_t count)
{
    struct arena *scratch = arena_open();
    struct keyed *from = arena_array(scratch, count, sizeof *from);
    struct keyed *to = arena_array(scratch, count, sizeof *to), *swap;

    for (uint32_t i = 0; i < count; i++)
        from[i] = (struct keyed){ figure_of(q, by, order, at[i]), at[i] };
    for (int shift = 0; shift < 64; shift += 8)
        if (sort_by_digit(from, to, count, shift)) {
            swap = from;
            from = to;
            to = swap;
        }
    for (uint32_t i = 0; i < count; i++)
        at[i] = from[i].at;
    arena_close(scratch);
}

struct sorted {
    struct str text;
    uint32_t line, place; /* place: by self */
    uint32_t at;
};

static int by_text(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    int texts = x->text.len + y->text.len > 0 ? str_cmp(x->text, y->text) : 0;

    if (texts != 0)
        return texts;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* Texts in rising order. */
static void sort_texts(struct query *q, enum by by, enum order order, uint32_t *at,
                       uint32_t count)
{
    struct arena *scratch = arena_open();
    struct sorted *sorted = arena_array(scratch, count, sizeof *sorted);

    for (uint32_t i = 0; i < count; i++) {
        const struct function *f =
            by == BY_FUNCTION ? profile_function(q->profile, at[i]) : NULL;

        sorted[i] = (struct sorted){ .place = i, .at = at[i] };
        if (!f)
            sorted[i].text = inside_rows(q, by)->at[at[i]].shown;
        else if (order == ORDER_NAME)
            sorted[i].text = name_shown(f, scratch);
        else {
            sorted[i].text = names_place(q, f);
            sorted[i].line = f->line;
        }
    }
    if (count > 1)
        qsort(sorted, count, sizeof *sorted, by_text);
    for (uint32_t i = 0; i < count; i++)
        at[i] = sorted[i].at;
    arena_close(scratch);
}

static uint32_t *sort(struct query *q, enum by by, enum order order, struct slice items)
{
    bool texts = order == ORDER_NAME || order == ORDER_PLACE ||
                 (order == ORDER_KIND && by != BY_FUNCTION);
    uint32_t *at = arena_array(q->arena, items.count, sizeof *at);

    for (uint32_t i = 0; i < items.count; i++)
        at[i] = order != ORDER_SELF ? order_of(q, by, ORDER_SELF).at[i]
                : items.at          ? items.at[i]
                                    : i;
    if (texts)
        sort_texts(q, by, order, at, items.count);
    else
        sort_figures(q, by, order, at, items.count);
    return at;
}

static struct orders *orders_of(struct query *q)
{
    if (!q->orders)
        q->orders = arena_alloc(q->arena, sizeof *q->orders);
    return q->orders;
}

struct slice order_of(struct query *q, enum by by, enum order order)
{
    struct slice items = items_of(q, by);
    struct orders *orders = orders_of(q);

    if (!orders->at[by][order])
        orders->at[by][order] = sort(q, by, order, items);
    return (struct slice){ orders->at[by][order], items.count };
}

void order_count(struct order_sums *s, const struct stat_row *stat)
{
    struct stat_row *most = &s->largest;

    s->self += stat->self;
    most->self = stat->self > most->self ? stat->self : most->self;
    most->calls = stat->calls > most->calls ? stat->calls : most->calls;
    if (stat->cumulative > most->cumulative)
        most->cumulative = stat->cumulative;
}

struct order_sums order_sums(struct query *q, enum by by)
{
    struct orders *orders = orders_of(q);
    struct slice items = items_of(q, by);

    for (uint32_t i = 0; i < items.count && !orders->summed[by]; i++)
        order_count(&orders->sums[by], order_stat(q, by, items.at ? items.at[i] : i));
    orders->summed[by] = true;
    return orders->sums[by];
}

uint32_t order_rank(struct query *q, enum order order, uint64_t value)
{
    struct slice all = order_of(q, BY_FUNCTION, order);
    uint32_t low = 0, high = all.count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct stat_row *stat = stats_of(q->stats, all.at[middle]);

        if ((order == ORDER_SELF ? stat->self : stat->cumulative) > value)
            low = middle + 1;
        else
            high = middle;
    }
    return low + 1;
}
