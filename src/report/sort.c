/* SPDX-License-Identifier: Apache-2.0 */
/* sort.c - a merge sort, which is stable. */
#include "report/sort.h"

#include <string.h>

bool sort_parse(const char *words, struct sort *sort, struct err *e)
{
    struct sortkeys keys = { 0 };

    if (!sortkeys_parse(&keys, words, e))
        return false;
    if (sort->fields + keys.fields > SORT_FIELDS_MAX)
        return err_set(e, ERR_USAGE, "too many sort keys: '%s'", words);
    memcpy(sort->field + sort->fields, keys.field, (size_t)keys.fields);
    sort->fields += keys.fields;
    return true;
}

struct sort sort_default(void)
{
    return (struct sort){ { SORT_TIME, SORT_CUMULATIVE, SORT_CALLS, SORT_STANDARD },
                          4 };
}

static int down(uint64_t a, uint64_t b)
{
    return a > b ? -1 : a < b;
}

static int compare_field(enum sort_field field, const struct row *a,
                         const struct row *b)
{
    switch (field) {
    case SORT_PRIMITIVE:
        return down(a->stat.primitive_calls, b->stat.primitive_calls);
    case SORT_CALLS:
        return down(a->stat.calls, b->stat.calls);
    case SORT_TIME:
        return down(a->stat.self, b->stat.self);
    case SORT_CUMULATIVE:
        return down(a->stat.cumulative, b->stat.cumulative);
    case SORT_FILE:
        return str_cmp(a->file, b->file);
    case SORT_LINE:
        return down(b->line, a->line);
    case SORT_NAME:
        return str_cmp(a->name, b->name);
    case SORT_STANDARD:
        return str_cmp(a->standard, b->standard);
    }
    return 0;
}

static int compare(const struct sort *s, const struct row *a, const struct row *b)
{
    int order = 0;

    for (int i = 0; i < s->fields && order == 0; i++)
        order = compare_field(s->field[i], a, b);
    return order;
}

static void merge(const struct sort *s, const struct row *from, struct row *to,
                  uint32_t start, uint32_t middle, uint32_t end)
{
    uint32_t left = start, right = middle;

    for (uint32_t i = start; i < end; i++) {
        bool take_left = left < middle &&
                         (right == end || compare(s, &from[left], &from[right]) <= 0);

        to[i] = take_left ? from[left++] : from[right++];
    }
}

void sort_rows(const struct sort *sort, struct rows rows)
{
    struct arena *scratch = arena_open();
    struct row *from = rows.at;
    struct row *to = arena_array(scratch, rows.count, sizeof *to);

    for (uint64_t width = 1; width < rows.count; width *= 2) {
        for (uint64_t start = 0; start < rows.count; start += 2 * width) {
            uint64_t middle = start + width < rows.count ? start + width : rows.count;
            uint64_t end = middle + width < rows.count ? middle + width : rows.count;

            merge(sort, from, to, (uint32_t)start, (uint32_t)middle, (uint32_t)end);
        }
        struct row *swap = from;
        from = to;
        to = swap;
    }
    if (from != rows.at && rows.count > 0)
        memcpy(rows.at, from, rows.count * sizeof *from);
    arena_close(scratch);
}
