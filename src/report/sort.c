/* SPDX-License-Identifier: Apache-2.0 */
/* sort.c - keys as lists of columns, and a merge sort, which is stable. */
#include "report/sort.h"

#include <string.h>

enum field { PRIMITIVE, CALLS, TIME, CUMULATIVE, FILE_NAME, LINE, NAME, STANDARD };

/* In pstats' order, on which the meaning of abbreviations depends. */
static const struct key {
    const char *name;
    unsigned char field[3];
    int fields;
} keys[] = {
    { "calls", { CALLS }, 1 },
    { "ncalls", { CALLS }, 1 },
    { "cumtime", { CUMULATIVE }, 1 },
    { "cumulative", { CUMULATIVE }, 1 },
    { "filename", { FILE_NAME }, 1 },
    { "line", { LINE }, 1 },
    { "module", { FILE_NAME }, 1 },
    { "name", { NAME }, 1 },
    { "nfl", { NAME, FILE_NAME, LINE }, 3 },
    { "pcalls", { PRIMITIVE }, 1 },
    { "stdname", { STANDARD }, 1 },
    { "time", { TIME }, 1 },
    { "tottime", { TIME }, 1 },
};

enum { KEYS = sizeof keys / sizeof keys[0] };

_Static_assert((int)KEYS == (int)SORT_KEYS_MAX, "pstats has thirteen");

/* Length of the longest beginning this key shares with an earlier one. */
static size_t shared_with_earlier(int key)
{
    size_t shared = 0;

    for (int i = 0; i < key; i++) {
        size_t same = 0;

        while (keys[key].name[same] && keys[key].name[same] == keys[i].name[same])
            same++;
        if (same > shared)
            shared = same;
    }
    return shared;
}

/* pstats gives every prefix to the first key that has it, and takes it away
 * again where a later key, going through its own from the longest on, finds
 * the first one taken. So "cum" is nobody's, yet "cu" is cumtime's. */
static const struct key *find(struct str word)
{
    const struct key *found = NULL;

    for (int i = 0; i < KEYS && word.len > 0; i++) {
        size_t shared = shared_with_earlier(i);

        if (!str_begins(str_of(keys[i].name), word) || word.len < shared)
            continue;
        if (word.len == shared)
            return NULL;
        found = &keys[i];
    }
    return found;
}

static bool add_key(struct sort *s, struct str word, struct err *e)
{
    const struct key *key = find(word);

    if (!key)
        return err_set(
            e, ERR_USAGE,
            "unknown sort key: '%.*s' (calls cumulative filename line module "
            "name nfl pcalls stdname time, or enough of one)",
            (int)word.len, word.at);
    if (s->fields + key->fields > (int)sizeof s->field)
        return err_set(e, ERR_USAGE, "too many sort keys: '%.*s' is one too many",
                       (int)word.len, word.at);
    for (int i = 0; i < key->fields; i++)
        s->field[s->fields++] = key->field[i];
    return true;
}

bool sort_parse(const char *words, struct sort *sort, struct err *e)
{
    size_t len;

    for (;; words += len + 1) {
        len = strcspn(words, ",");
        if (!add_key(sort, (struct str){ words, len }, e))
            return false;
        if (words[len] == '\0')
            return true;
    }
}

struct sort sort_default(void)
{
    return (struct sort){ { TIME, CUMULATIVE, CALLS, STANDARD }, 4 };
}

static int down(uint64_t a, uint64_t b)
{
    return a > b ? -1 : a < b;
}

static int compare_field(enum field field, const struct row *a, const struct row *b)
{
    switch (field) {
    case PRIMITIVE:
        return down(a->stat.primitive_calls, b->stat.primitive_calls);
    case CALLS:
        return down(a->stat.calls, b->stat.calls);
    case TIME:
        return down(a->stat.self, b->stat.self);
    case CUMULATIVE:
        return down(a->stat.cumulative, b->stat.cumulative);
    case FILE_NAME:
        return str_cmp(a->file, b->file);
    case LINE:
        return down(b->line, a->line);
    case NAME:
        return str_cmp(a->name, b->name);
    case STANDARD:
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
