/* SPDX-License-Identifier: Apache-2.0 */
/* sortkey.c - keys as lists of columns; abbreviations as pstats makes them. */
#include "pstats/sortkey.h"

#include <string.h>

/* In pstats' order, on which the meaning of abbreviations depends. */
static const struct sortkey keys[SORTKEYS] = {
    { "calls", "call count", { SORT_CALLS }, 1 },
    { "ncalls", "call count", { SORT_CALLS }, 1 },
    { "cumtime", "cumulative time", { SORT_CUMULATIVE }, 1 },
    { "cumulative", "cumulative time", { SORT_CUMULATIVE }, 1 },
    { "filename", "file name", { SORT_FILE }, 1 },
    { "line", "line number", { SORT_LINE }, 1 },
    { "module", "file name", { SORT_FILE }, 1 },
    { "name", "function name", { SORT_NAME }, 1 },
    { "nfl", "name/file/line", { SORT_NAME, SORT_FILE, SORT_LINE }, 3 },
    { "pcalls", "primitive call count", { SORT_PRIMITIVE }, 1 },
    { "stdname", "standard name", { SORT_STANDARD }, 1 },
    { "time", "internal time", { SORT_TIME }, 1 },
    { "tottime", "internal time", { SORT_TIME }, 1 },
};

enum { CALLS = 0, NCALLS = 1, PCALLS = 9 };

static const struct sortkey samples[] = {
    [CALLS] = { "samples", "sample count", { SORT_CALLS }, 1 },
    [NCALLS] = { "nsamples", "sample count", { SORT_CALLS }, 1 },
    [PCALLS] = { "psamples", "primitive call count", { SORT_PRIMITIVE }, 1 },
};

const struct sortkey *sortkey_at(int i, bool sampled)
{
    bool renamed = i == CALLS || i == NCALLS || i == PCALLS;

    return sampled && renamed ? &samples[i] : &keys[i];
}

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
const struct sortkey *sortkey_find(struct str word)
{
    const struct sortkey *found = NULL;

    for (int i = 0; i < SORTKEYS && word.len > 0; i++) {
        size_t shared = shared_with_earlier(i);

        if (!str_begins(str_of(keys[i].name), word) || word.len < shared)
            continue;
        if (word.len == shared)
            return NULL;
        found = &keys[i];
    }
    return found;
}

const struct sortkey *sortkey_named(struct str word, bool sampled)
{
    for (int i = 0; i < SORTKEYS; i++)
        if (str_eq(str_of(sortkey_at(i, sampled)->name), word))
            return sortkey_at(i, sampled);
    return NULL;
}

const struct sortkey *sortkey_numbered(long number)
{
    static const char *const names[] = { "stdname", "calls", "time", "cumulative" };

    if (number < -1 || number > 2)
        return NULL;
    return sortkey_named(str_of(names[number + 1]), false);
}

bool sortkeys_add(struct sortkeys *s, const struct sortkey *key, struct err *e)
{
    if (s->keys == SORTKEYS_MAX)
        return err_set(e, ERR_USAGE, "too many sort keys: '%s' is one too many",
                       key->name);
    s->key[s->keys++] = key;
    for (int i = 0; i < key->fields; i++)
        s->field[s->fields++] = key->field[i];
    return true;
}

bool sortkey_unknown(struct str word, struct err *e)
{
    const char *meant[SORTKEYS];
    int count = 0;

    for (int i = 0; i < SORTKEYS && word.len > 0; i++)
        if (str_begins(str_of(keys[i].name), word))
            meant[count++] = keys[i].name;
    if (count > 1)
        return err_set(e, ERR_USAGE, "ambiguous sort key: '%.*s' (%s, %s%s)",
                       (int)word.len, word.at, meant[0], meant[1],
                       count > 2 ? " and more" : "");
    return err_set(e, ERR_USAGE,
                   "unknown sort key: '%.*s' (calls cumulative filename line module "
                   "name nfl pcalls stdname time, or enough of one)",
                   (int)word.len, word.at);
}

bool sortkeys_parse(struct sortkeys *s, const char *words, struct err *e)
{
    for (size_t len;; words += len + 1) {
        len = strcspn(words, ",");
        struct str word = { words, len };
        const struct sortkey *key = sortkey_find(word);

        if (!key)
            return sortkey_unknown(word, e);
        if (!sortkeys_add(s, key, e))
            return false;
        if (words[len] == '\0')
            return true;
    }
}
