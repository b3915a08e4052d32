/* SPDX-License-Identifier: Apache-2.0 */
/* pick.c - words within names, whatever the case; FILE:LINE by where functions begin.
 */
#include "query/pick.h"

#include <string.h>

#include "model/names.h"

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static struct str small_copy(struct str s, struct arena *a)
{
    char *text = arena_cstr(a, s);

    for (size_t i = 0; i < s.len; i++)
        text[i] = small(text[i]);
    return (struct str){ text, s.len };
}

static bool has(struct str text, struct str word)
{
    if (word.len == 0 || text.len < word.len)
        return word.len == 0;
    for (size_t i = 0; i + word.len <= text.len; i++)
        if (small(text.at[i]) == word.at[0] || text.at[i] == word.at[0]) {
            size_t len = 1;

            while (len < word.len && small(text.at[i + len]) == word.at[len])
                len++;
            if (len == word.len)
                return true;
        }
    return false;
}

/* Off goes ":39" where something is before it; the line. */
static uint32_t take_line(struct str *word)
{
    size_t at = word->len;
    uint64_t line = 0;

    while (at > 0 && word->at[at - 1] >= '0' && word->at[at - 1] <= '9')
        at--;
    if (at < 2 || at == word->len || word->at[at - 1] != ':' || word->len - at > 9)
        return 0;
    for (size_t i = at; i < word->len; i++)
        line = line * 10 + (uint64_t)(word->at[i] - '0');
    word->len = at - 1;
    return (uint32_t)line;
}

bool pick_asked(struct ask *a, struct pick *p)
{
    struct str left = small_copy(ask_text(a, "q"), a->arena);
    const uint32_t most = sizeof p->word / sizeof *p->word;

    *p = (struct pick){ .line = arena_array(a->arena, most, sizeof *p->line) };
    while (left.len > 0) {
        const char *blank = memchr(left.at, ' ', left.len);
        size_t len = blank ? (size_t)(blank - left.at) : left.len;
        struct str word = { left.at, len };

        left = (struct str){ left.at + len + (blank != NULL),
                             left.len - len - (blank != NULL) };
        if (len == 0)
            continue;
        if (p->words == most)
            return err_set(&a->err, ERR_USAGE, "bad query: q: more than %u words",
                           most);
        p->line[p->words] = take_line(&word);
        p->word[p->words++] = word;
    }
    return true;
}

/* All that a function is found by, in small letters, once for all queries. */
static struct str words_of(struct query *q, function_id id, struct arena *scratch)
{
    const struct function *f = profile_function(q->profile, id);
    struct str *words = &q->words[id];

    if (!words->at) {
        const struct str part[] = { name_shown(f, scratch),
                                    f->qualname,
                                    f->name,
                                    f->owner,
                                    names_place(q, f),
                                    names_module(q, id, scratch) };
        size_t len = 0;
        char *text;

        for (size_t i = 0; i < sizeof part / sizeof *part; i++)
            len += part[i].len + 1;
        words->at = text = arena_alloc(q->arena, len);
        for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
            for (size_t k = 0; k < part[i].len; k++)
                text[words->len++] = small(part[i].at[k]);
            text[words->len++] = '\n';
        }
    }
    return *words;
}

static bool has_word(struct query *q, function_id id, struct str word, struct arena *a)
{
    struct str words = words_of(q, id, a);

    return word.len == 0 || memmem(words.at, words.len, word.at, word.len) != NULL;
}

/* Of a file the function that begins last at or before the line. */
static void keep_nearest(struct query *q, uint32_t line, struct str file, bool *picked,
                         struct arena *a)
{
    uint32_t functions = profile_functions(q->profile);
    uint32_t *last = arena_array(a, q->files, sizeof *last); /* by file: its line */
    bool *in = arena_array(a, q->files, sizeof *in);

    for (uint32_t i = 0; i < q->files; i++)
        in[i] = has(profile_function(q->profile, q->file[i])->file, file);
    for (function_id f = 0; f < functions; f++) {
        uint32_t at = profile_function(q->profile, f)->line, i = q->file_of[f];

        if (i != FUNCTION_NONE && at <= line && at > last[i])
            last[i] = at;
    }
    for (function_id f = 0; f < functions; f++) {
        uint32_t i = q->file_of[f];

        picked[f] = picked[f] && i != FUNCTION_NONE && in[i] && last[i] > 0 &&
                    profile_function(q->profile, f)->line == last[i];
    }
}

bool *pick_all(struct query *q, const struct pick *p, struct arena *a)
{
    uint32_t functions = profile_functions(q->profile);
    bool *picked = arena_array(a, functions, sizeof *picked);

    if (!q->words)
        q->words = arena_array(q->arena, functions, sizeof *q->words);
    for (function_id f = 0; f < functions; f++) {
        picked[f] = true;
        for (uint32_t w = 0; w < p->words && picked[f]; w++)
            picked[f] = p->line[w] > 0 || has_word(q, f, p->word[w], a);
    }
    for (uint32_t w = 0; w < p->words; w++)
        if (p->line[w] > 0)
            keep_nearest(q, p->line[w], p->word[w], picked, a);
    return picked;
}

bool pick_text(const struct pick *p, struct str text)
{
    for (uint32_t w = 0; w < p->words; w++)
        if (!has(text, p->word[w]))
            return false;
    return true;
}
