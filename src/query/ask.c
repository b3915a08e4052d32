/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c - percent signs, numbers and lists of a query. */
#include "query/ask.h"

#include <stdlib.h>
#include <string.h>

#include "query/query.h"

static bool wrong(struct ask *a, const char *key, struct str value, const char *why)
{
    int len = value.len < 60 ? (int)value.len : 60;

    return err_set(&a->err, ERR_USAGE, "bad query: %.60s=%.*s: %s", key, len,
                   len ? value.at : "", why);
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool decode(struct str s, struct str *to, struct arena *a)
{
    char *text = arena_alloc(a, s.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] != '%') {
            text[len++] = s.at[i];
            continue;
        }
        if (s.len - i < 3 || digit_of(s.at[i + 1]) < 0 || digit_of(s.at[i + 2]) < 0)
            return false;
        text[len++] = (char)(digit_of(s.at[i + 1]) << 4 | digit_of(s.at[i + 2]));
        i += 2;
    }
    *to = (struct str){ text, len };
    return true;
}

/* What stands before c, which is taken off with it; all where there is none. */
static struct str take(struct str *s, char c)
{
    const char *end = s->len ? memchr(s->at, c, s->len) : NULL;
    struct str taken = { s->at, end ? (size_t)(end - s->at) : s->len };
    size_t skip = taken.len + (end != NULL);

    *s = (struct str){ s->at + skip, s->len - skip };
    return taken;
}

static bool take_pair(struct ask *a, struct str pair)
{
    struct str key = take(&pair, '=');

    for (uint32_t i = 0; i < a->count; i++)
        if (str_eq(a->at[i].key, key))
            return wrong(a, arena_cstr(a->arena, key), pair, "given twice");
    if (a->count == ASK_KEYS)
        return err_set(&a->err, ERR_USAGE, "bad query: more than %d keys", ASK_KEYS);
    a->at[a->count].key = key;
    if (!decode(pair, &a->at[a->count].value, a->arena))
        return wrong(a, arena_cstr(a->arena, key), pair,
                     "a percent sign wants two hexadecimal digits");
    a->count++;
    return true;
}

struct ask *ask_parse(struct str text, struct arena *arena)
{
    struct ask *a = arena_alloc(arena, sizeof *a);

    a->arena = arena;
    if (text.len > QUERY_MAX) {
        err_set(&a->err, ERR_USAGE, "bad query: longer than %d bytes", QUERY_MAX);
        return a;
    }
    a->name = take(&text, '?');
    while (text.len > 0) {
        struct str pair = take(&text, '&');

        if (pair.len > 0 && !take_pair(a, pair))
            return a;
    }
    return a;
}

bool ask_done(struct ask *a)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (!a->at[i].read)
            wrong(a, arena_cstr(a->arena, a->at[i].key), a->at[i].value,
                  "no such key (doc/query.md has them)");
    return a->err.code == ERR_NONE;
}

struct str ask_text(struct ask *a, const char *key)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (str_eq(a->at[i].key, str_of(key))) {
            a->at[i].read = true;
            return a->at[i].value;
        }
    return (struct str){ 0 };
}

/* Digits alone, at most `most`. */
static bool number_of(struct str s, uint32_t most, uint32_t *number)
{
    uint64_t n = 0;

    if (s.len == 0 || s.len > 10)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(s.at[i] - '0');
    }
    *number = (uint32_t)n;
    return n <= most;
}

uint32_t ask_number(struct ask *a, const char *key, uint32_t unasked, uint32_t least,
                    uint32_t most)
{
    struct str text = ask_text(a, key);
    uint32_t number = unasked;
    char why[64];

    if (text.len == 0 || (number_of(text, most, &number) && number >= least))
        return number;
    struct str range =
        arena_printf(a->arena, "a whole number from %u to %u", least, most);
    memcpy(why, range.at, range.len < 63 ? range.len + 1 : 63);
    why[63] = '\0';
    wrong(a, key, text, why);
    return unasked;
}

double ask_share(struct ask *a, const char *key, double unasked)
{
    struct str text = ask_text(a, key);
    double share = 0, unit = 1;
    bool point = false;

    for (size_t i = 0; i < text.len; i++) {
        bool digit = text.at[i] >= '0' && text.at[i] <= '9';

        if ((!digit && (text.at[i] != '.' || point)) || text.len > 20) {
            wrong(a, key, text, "a share from 0 to 1, such as 0.01");
            return unasked;
        }
        point = point || !digit;
        if (digit && point)
            share += (text.at[i] - '0') * (unit /= 10);
        else if (digit)
            share = share * 10 + (text.at[i] - '0');
    }
    if (share > 1)
        wrong(a, key, text, "a share from 0 to 1, such as 0.01");
    return text.len > 0 ? share : unasked;
}

static int index_of(struct str word, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (str_eq(word, str_of(names[i])))
            return i;
    return -1;
}

int ask_choice(struct ask *a, const char *key, const char *const *names)
{
    struct str text = ask_text(a, key);
    int choice = text.len > 0 ? index_of(text, names) : 0;

    if (choice < 0)
        wrong(a, key, text, "not one of those there are (doc/query.md has them)");
    return choice < 0 ? 0 : choice;
}

uint32_t ask_set(struct ask *a, const char *key, const char *const *names)
{
    struct str text = ask_text(a, key), left = text;
    uint32_t set = text.len > 0 ? 0 : UINT32_MAX;

    while (left.len > 0) {
        int choice = index_of(take(&left, ','), names);

        if (choice < 0)
            wrong(a, key, text, "one of them is not there (doc/query.md has them)");
        else
            set |= 1u << choice;
    }
    return set;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

struct ids ask_ids(struct ask *a, const char *key, uint32_t bound)
{
    struct str text = ask_text(a, key), left = text;
    struct ids ids = { arena_array(a->arena, text.len + 1, sizeof *ids.at), 0 };
    uint32_t given = 0;

    while (left.len > 0) {
        uint32_t id;

        if (!number_of(take(&left, ','), UINT32_MAX, &id) || id >= bound) {
            wrong(a, key, text, "no such id (ids are whole numbers, with commas)");
            return ids;
        }
        ids.at[given++] = id;
    }
    qsort(ids.at, given, sizeof *ids.at, by_number);
    for (uint32_t i = 0; i < given; i++)
        if (i == 0 || ids.at[i] != ids.at[i - 1])
            ids.at[ids.count++] = ids.at[i];
    return ids;
}

uint32_t ask_id(struct ask *a, const char *key, uint32_t bound)
{
    struct ids ids = ask_ids(a, key, bound);

    if (ids.count != 1)
        wrong(a, key, ask_text(a, key), "one id is wanted");
    return ids.count > 0 ? ids.at[0] : 0;
}

bool ask_take(struct str *list, char between, struct str *part, struct arena *a)
{
    return decode(take(list, between), part, a);
}

bool ids_have(struct ids ids, uint32_t id)
{
    return ids.count > 0 &&
           bsearch(&id, ids.at, ids.count, sizeof *ids.at, by_number) != NULL;
}
