/* SPDX-License-Identifier: Apache-2.0 */
/* told.c - words between blanks. */
#include "why/told.h"

#include <stdlib.h>
#include <string.h>

struct told told_of(struct str text)
{
    return (struct told){ .rest = text };
}

bool told_next(struct told *t)
{
    if (t->rest.len == 0)
        return false;
    struct str line = str_take_line(&t->rest);
    t->words = 0;
    for (size_t at = 0; at < line.len && t->words < TOLD_WORDS;) {
        const char *end = memchr(line.at + at, ' ', line.len - at);
        size_t len = end ? (size_t)(end - line.at) - at : line.len - at;

        t->word[t->words++] = (struct str){ line.at + at, len };
        at += len + 1;
    }
    return true;
}

bool told_is(const struct told *t, const char *first, int words)
{
    return t->words == words && str_eq(t->word[0], str_of(first));
}

int64_t told_number(const struct told *t, int word)
{
    char digits[24];
    char *end;

    if (word >= t->words || t->word[word].len >= sizeof digits)
        return 0;
    memcpy(digits, t->word[word].at, t->word[word].len);
    digits[t->word[word].len] = '\0';
    long long number = strtoll(digits, &end, 10);
    return *end ? 0 : number;
}

struct str told_lines(struct told *t, int64_t count)
{
    const char *from = t->rest.at;

    for (; count > 0 && t->rest.len > 0; count--)
        str_take_line(&t->rest);
    return (struct str){ from, (size_t)(t->rest.at - from) };
}
