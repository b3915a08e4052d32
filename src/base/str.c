/* SPDX-License-Identifier: Apache-2.0 */
/* str.c - comparing and cutting borrowed strings. */
#include "base/str.h"

#include <string.h>

struct str str_of(const char *terminated)
{
    return (struct str){ terminated, terminated ? strlen(terminated) : 0 };
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

int str_cmp(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.at, b.at, shorter) : 0;

    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_begins(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq((struct str){ s.at, prefix.len }, prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    if (s.len < suffix.len)
        return false;
    return str_eq((struct str){ s.at + (s.len - suffix.len), suffix.len }, suffix);
}

/* FNV-1a, folded: good enough for tables that are not fed by an enemy; tables
 * that are bound their probes. */
uint64_t str_hash(struct str s)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.at[i]) * 0x100000001b3u;
    return hash ^ (hash >> 32);
}

static uint64_t fold_product(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t str_hash_seeded(struct str s, uint64_t seed)
{
    uint64_t word;

    for (; s.len >= sizeof word; s.at += sizeof word, s.len -= sizeof word) {
        memcpy(&word, s.at, sizeof word);
        seed = fold_product(seed ^ word, 0x9fb21c651e98df25u);
    }
    word = s.len;
    for (size_t i = 0; i < s.len; i++)
        word = word << 8 | (unsigned char)s.at[i];
    return fold_product(seed ^ word, 0xd6e8feb86659fd93u);
}

struct str str_basename(struct str path)
{
    size_t start = path.len;

    if (path.len == 0) /* it may be nowhere */
        return path;
    while (start > 0 && path.at[start - 1] != '/')
        start--;
    return (struct str){ path.at + start, path.len - start };
}

bool str_skip(struct str *s, struct str prefix)
{
    if (!str_begins(*s, prefix))
        return false;
    s->at += prefix.len;
    s->len -= prefix.len;
    return true;
}

struct str str_take_line(struct str *text)
{
    const char *end = text->len > 0 ? memchr(text->at, '\n', text->len) : NULL;
    struct str line = { text->at, end ? (size_t)(end - text->at) : text->len };

    text->at += line.len + (end != NULL);
    text->len -= line.len + (end != NULL);
    return line;
}

size_t str_utf8(struct str text)
{
    const unsigned char *s = (const unsigned char *)text.at;
    size_t len = text.len == 0 || s[0] < 0xc2 ? 0
                 : s[0] < 0xe0                ? 2
                 : s[0] < 0xf0                ? 3
                 : s[0] < 0xf5                ? 4
                                              : 0;

    if (len == 0 || len > text.len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return len;
}
