/* SPDX-License-Identifier: Apache-2.0 */
/* order.c - Stats.sort_stats: a merge sort, which is stable. Of the first column
 * each place carries 8 bytes that decide most comparisons without looking further:
 * of a figure all of it, of a text what follows the beginning that all share. */
#include <string.h>

#include "pstats/body.h"
#include "pstats/standard.h"

struct place {
    uint64_t head; /* rises as the first column does */
    uint32_t function;
};

struct sorting {
    const struct pstats_table *table;
    const struct sortkeys *keys;
    struct str *standard; /* by function; NULL: no column asks for it */
};

static int compare_text(const struct sorting *s, enum sort_field field,
                        const struct pstats_function *a,
                        const struct pstats_function *b)
{
    const struct pstats_name *m = table_name_at(s->table, a->key);
    const struct pstats_name *n = table_name_at(s->table, b->key);

    if (field == SORT_FILE)
        return str_cmp(m->file, n->file);
    if (field == SORT_NAME)
        return str_cmp(m->name, n->name);
    return m->line < n->line ? -1 : m->line > n->line;
}

static int compare_field(const struct sorting *s, enum sort_field field, uint32_t i,
                         uint32_t j)
{
    const struct pstats_function *a = table_function_body(s->table, i);
    const struct pstats_function *b = table_function_body(s->table, j);

    switch (field) {
    case SORT_PRIMITIVE:
        return a->cost.cc > b->cost.cc ? -1 : a->cost.cc < b->cost.cc;
    case SORT_CALLS:
        return a->cost.nc > b->cost.nc ? -1 : a->cost.nc < b->cost.nc;
    case SORT_TIME:
        return a->cost.tt > b->cost.tt ? -1 : a->cost.tt < b->cost.tt;
    case SORT_CUMULATIVE:
        return a->cost.ct > b->cost.ct ? -1 : a->cost.ct < b->cost.ct;
    case SORT_STANDARD:
        return str_cmp(s->standard[i], s->standard[j]);
    default:
        return compare_text(s, field, a, b);
    }
}

static bool is_text(enum sort_field field)
{
    return field == SORT_FILE || field == SORT_NAME || field == SORT_STANDARD;
}

/* What follows where heads are equal: they settle a figure, and leave a text open. */
static int compare_rest(const struct sorting *s, const struct place *a,
                        const struct place *b)
{
    int order = 0;

    for (int i = is_text(s->keys->field[0]) ? 0 : 1; i < s->keys->fields && order == 0;
         i++)
        order = compare_field(s, s->keys->field[i], a->function, b->function);
    return order;
}

static bool before(const struct sorting *s, const struct place *a,
                   const struct place *b)
{
    return a->head != b->head ? a->head < b->head : compare_rest(s, a, b) < 0;
}

static void merge(const struct sorting *s, const struct place *from, struct place *to,
                  uint64_t start, uint64_t middle, uint64_t end)
{
    uint64_t left = start, right = middle;

    for (uint64_t i = start; i < end; i++) {
        bool take_right =
            right < end && (left == middle || before(s, &from[right], &from[left]));

        to[i] = take_right ? from[right++] : from[left++];
    }
}

static const struct place *merge_sort(const struct sorting *s, struct place *from,
                                      struct place *to, uint64_t count)
{
    for (uint64_t width = 1; width < count; width *= 2) {
        for (uint64_t start = 0; start < count; start += 2 * width) {
            uint64_t middle = start + width < count ? start + width : count;
            uint64_t end = middle + width < count ? middle + width : count;

            merge(s, from, to, start, middle, end);
        }
        struct place *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

/* By one byte of the heads; false: it is the same in all. */
static bool radix_pass(const struct place *from, struct place *to, uint32_t count,
                       int shift)
{
    uint32_t at[256] = { 0 }, sum = 0;

    for (uint32_t i = 0; i < count; i++)
        at[from[i].head >> shift & 0xff]++;
    if (at[from[0].head >> shift & 0xff] == count)
        return false;
    for (int i = 0; i < 256; i++) {
        uint32_t here = at[i];

        at[i] = sum;
        sum += here;
    }
    for (uint32_t i = 0; i < count; i++)
        to[at[from[i].head >> shift & 0xff]++] = from[i];
    return true;
}

/* Of one figure, which its heads settle: byte by byte, the lowest first. */
static const struct place *radix_sort(struct place *from, struct place *to,
                                      uint32_t count)
{
    for (int shift = 0; shift < 64; shift += 8)
        if (radix_pass(from, to, count, shift)) {
            struct place *swap = from;

            from = to;
            to = swap;
        }
    return from;
}

/* The larger the sooner; numbers keep their order in the bits of an unsigned one. */
static uint64_t head_of_count(int64_t n)
{
    return ~((uint64_t)n ^ (1ull << 63));
}

static uint64_t head_of_time(double seconds)
{
    uint64_t bits;

    seconds += 0.0; /* -0.0 is 0.0 */
    memcpy(&bits, &seconds, sizeof bits);
    return ~(bits >> 63 ? ~bits : bits | 1ull << 63);
}

static uint64_t head_of_text(struct str s, size_t shared)
{
    uint64_t head = 0;

    for (size_t i = shared; i < shared + 8; i++)
        head = head << 8 | (i < s.len ? (unsigned char)s.at[i] : 0);
    return head;
}

static struct str text_of(const struct sorting *s, enum sort_field field, uint32_t i)
{
    const struct pstats_name *n =
        table_name_at(s->table, table_function_body(s->table, i)->key);

    return field == SORT_STANDARD ? s->standard[i]
           : field == SORT_FILE   ? n->file
                                  : n->name;
}

static void set_text_heads(const struct sorting *s, struct place *at, uint32_t count)
{
    enum sort_field field = s->keys->field[0];
    struct str first = text_of(s, field, 0);
    size_t shared = first.len;

    for (uint32_t i = 1; i < count && shared > 0; i++) {
        struct str text = text_of(s, field, i);
        size_t same = 0;

        while (same < shared && same < text.len && text.at[same] == first.at[same])
            same++;
        shared = same;
    }
    for (uint32_t i = 0; i < count; i++)
        at[i].head = head_of_text(text_of(s, field, i), shared);
}

static uint64_t head_of(const struct sorting *s, uint32_t i)
{
    const struct pstats_function *f = table_function_body(s->table, i);

    switch ((enum sort_field)s->keys->field[0]) {
    case SORT_PRIMITIVE:
        return head_of_count(f->cost.cc);
    case SORT_CALLS:
        return head_of_count(f->cost.nc);
    case SORT_TIME:
        return head_of_time(f->cost.tt);
    case SORT_CUMULATIVE:
        return head_of_time(f->cost.ct);
    default:
        return ~head_of_count(table_name_at(s->table, f->key)->line);
    }
}

static bool asks_for_standard(const struct sortkeys *keys)
{
    return memchr(keys->field, SORT_STANDARD, (size_t)keys->fields) != NULL;
}

static struct str *standard_names(const struct pstats_table *t, struct arena *a)
{
    struct str *standard = arena_array(a, t->functions.count, sizeof *standard);

    for (uint32_t i = 0; i < t->functions.count; i++)
        standard[i] = standard_name(table_name(t, table_function_body(t, i)->key), a);
    return standard;
}

void table_sort(struct pstats_table *t, const struct sortkeys *keys)
{
    uint32_t count = t->functions.count;
    struct arena *scratch = arena_open();
    struct sorting s = { .table = t, .keys = keys };

    table_unsort(t);
    if (count == 0 || keys->fields == 0) {
        arena_close(scratch);
        return;
    }
    if (asks_for_standard(keys))
        s.standard = standard_names(t, scratch);
    struct place *from = arena_array(scratch, count, sizeof *from);
    struct place *to = arena_array(scratch, count, sizeof *to);
    for (uint32_t i = 0; i < count; i++)
        from[i].function = i;
    if (is_text(keys->field[0]))
        set_text_heads(&s, from, count);
    for (uint32_t i = 0; i < count && !is_text(keys->field[0]); i++)
        from[i].head = head_of(&s, i);
    bool settled = keys->fields == 1 && !is_text(keys->field[0]);
    const struct place *sorted =
        settled ? radix_sort(from, to, count) : merge_sort(&s, from, to, count);
    if (t->places < count) {
        t->place = arena_array(t->arena, count, sizeof *t->place);
        t->places = count;
    }
    for (uint32_t i = 0; i < count; i++)
        t->place[i] = sorted[i].function;
    t->sorted = true;
    t->sorted_by = *keys;
    arena_close(scratch);
}

void table_reverse(struct pstats_table *t)
{
    uint32_t count = t->sorted ? t->functions.count : 0;

    for (uint32_t i = 0; i < count / 2; i++) {
        uint32_t swap = t->place[i];

        t->place[i] = t->place[count - 1 - i];
        t->place[count - 1 - i] = swap;
    }
}

uint32_t table_at(const struct pstats_table *t, uint32_t place)
{
    return t->sorted ? t->place[place] : place;
}

const struct sortkeys *table_order(const struct pstats_table *t)
{
    return t->sorted ? &t->sorted_by : NULL;
}
