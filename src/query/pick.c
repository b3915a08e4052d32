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

    *p = (struct pick){ .text = left,
                        .line = arena_array(a->arena, most, sizeof *p->line) };
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

/* Texts in small letters, end to end: those of i from `from[i]` to `from[i + 1]`. */
struct texts {
    char *at;
    size_t *from, room;
    uint32_t count;
};

struct picked {
    struct texts own, of_file; /* what is a function's, and its file's */
    struct arena *arena;       /* of the last pick */
    struct str text;           /* what was looked for, ... */
    const bool *in;            /* ... and by function whether it has that */
};

static void begin_texts(struct texts *t, uint32_t items, struct arena *a)
{
    *t = (struct texts){ .from = arena_array(a, (size_t)items + 1, sizeof *t->from) };
}

/* One more text of the last item; none where it says nothing new. */
static void add_text(struct texts *t, struct str s, struct arena *a)
{
    size_t from = t->from[t->count], to = t->from[t->count + 1];

    if (t->room - to < s.len + 1) {
        size_t room = 2 * t->room + s.len + 4096;

        t->at = arena_grow(a, t->at, to, room);
        t->room = room;
    }
    for (size_t i = 0; i < s.len; i++)
        t->at[to + i] = small(s.at[i]);
    if (s.len == 0 || memmem(t->at + from, to - from, t->at + to, s.len))
        return;
    t->at[to + s.len] = '\n';
    t->from[t->count + 1] = to + s.len + 1;
}

static void end_item(struct texts *t)
{
    t->count++;
}

static void begin_item(struct texts *t)
{
    t->from[t->count + 1] = t->from[t->count];
}

static void gather_texts(struct query *q, struct picked *p, struct arena *scratch)
{
    uint32_t functions = profile_functions(q->profile);

    begin_texts(&p->own, functions, q->arena);
    for (function_id id = 0; id < functions; id++) {
        const struct function *f = profile_function(q->profile, id);

        begin_item(&p->own);
        add_text(&p->own, name_shown(f, scratch), q->arena);
        add_text(&p->own, f->qualname, q->arena);
        add_text(&p->own, f->name, q->arena);
        add_text(&p->own, f->owner, q->arena);
        if (q->file_of[id] == FUNCTION_NONE) {
            add_text(&p->own, names_place(q, f), q->arena);
            add_text(&p->own, names_module(q, id), q->arena);
        }
        end_item(&p->own);
    }
    begin_texts(&p->of_file, q->files, q->arena);
    for (uint32_t i = 0; i < q->files; i++) {
        begin_item(&p->of_file);
        add_text(&p->of_file, names_place(q, profile_function(q->profile, q->file[i])),
                 q->arena);
        add_text(&p->of_file, names_module(q, q->file[i]), q->arena);
        end_item(&p->of_file);
    }
}

/* Which items have the word: from one find to the next. */
static void find_word(const struct texts *t, struct str word, bool *has_it)
{
    size_t at = 0, all = t->from[t->count];
    uint32_t i = 0;

    while (at < all) {
        const char *found = memmem(t->at + at, all - at, word.at, word.len);

        if (!found)
            return;
        size_t place = (size_t)(found - t->at);
        while (t->from[i + 1] <= place)
            i++;
        bool within = place + word.len <= t->from[i + 1];
        has_it[i] = has_it[i] || within;
        at = within ? t->from[i + 1] : place + 1;
    }
}

static void keep_with_word(struct query *q, struct str word, bool *picked,
                           struct arena *a)
{
    bool *own = arena_array(a, profile_functions(q->profile), sizeof *own);
    bool *of_file = arena_array(a, q->files, sizeof *of_file);

    find_word(&q->picked->own, word, own);
    find_word(&q->picked->of_file, word, of_file);
    for (function_id f = 0; f < profile_functions(q->profile); f++)
        picked[f] =
            picked[f] &&
            (own[f] || (q->file_of[f] != FUNCTION_NONE && of_file[q->file_of[f]]));
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

static struct picked *picked_of(struct query *q)
{
    if (!q->picked) {
        struct arena *scratch = arena_open();

        q->picked = arena_alloc(q->arena, sizeof *q->picked);
        gather_texts(q, q->picked, scratch);
        arena_close(scratch);
    }
    return q->picked;
}

const bool *pick_all(struct query *q, const struct pick *p, struct arena *a)
{
    struct picked *last = picked_of(q);
    uint32_t functions = profile_functions(q->profile);

    if (last->in && str_eq(last->text, p->text))
        return last->in;
    arena_close(last->arena);
    last->arena = arena_open();
    last->text = arena_str(last->arena, p->text);
    bool *picked = arena_array(last->arena, functions, sizeof *picked);

    memset(picked, true, functions * sizeof *picked);
    for (uint32_t w = 0; w < p->words; w++)
        if (p->line[w] == 0 && p->word[w].len > 0)
            keep_with_word(q, p->word[w], picked, a);
    for (uint32_t w = 0; w < p->words; w++)
        if (p->line[w] > 0)
            keep_nearest(q, p->line[w], p->word[w], picked, a);
    return last->in = picked;
}

void pick_close(struct query *q)
{
    if (q->picked)
        arena_close(q->picked->arena);
}

bool pick_text(const struct pick *p, struct str text)
{
    for (uint32_t w = 0; w < p->words; w++)
        if (!has(text, p->word[w]))
            return false;
    return true;
}
