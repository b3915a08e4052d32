/* SPDX-License-Identifier: Apache-2.0 */
/* translate.c - one pass over the pattern. Names of groups become numbers, what is
 * verbose is left out, and every character that stands for itself is escaped, so that
 * PCRE2 sees nothing of its own that Python does not have. */
#include "regex/translate.h"

#include <string.h>

#include "regex/walker.h"

enum { LONGEST = 1 << 16 }; /* of patterns; PCRE2 bounds them as well */

void walk_fail(struct walker *w, size_t at, const char *fault)
{
    if (w->fault)
        return;
    w->fault = fault;
    w->fault_at = at;
}

void walk_put(struct walker *w, struct str s)
{
    if (w->room - w->used < s.len) {
        size_t room = w->room * 2 + s.len;

        w->out = arena_grow(w->arena, w->out, w->used, room);
        w->room = room;
    }
    memcpy(w->out + w->used, s.at, s.len);
    w->used += s.len;
}

void walk_put_literal(struct walker *w, uint32_t c)
{
    char text[16];
    bool plain = c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                 (c >= 'A' && c <= 'Z');

    if (plain)
        text[0] = (char)c, text[1] = '\0';
    else if (c > ' ' && c < 127)
        text[0] = '\\', text[1] = (char)c, text[2] = '\0';
    else {
        struct str hex = arena_printf(w->arena, "\\x{%x}", c);

        walk_put(w, hex);
        return;
    }
    walk_put(w, str_of(text));
}

int walk_peek(const struct walker *w)
{
    return w->at < w->in.len ? (unsigned char)w->in.at[w->at] : -1;
}

int walk_take(struct walker *w)
{
    int c = walk_peek(w);

    w->at += c >= 0;
    return c;
}

bool walk_match(struct walker *w, char c)
{
    bool same = walk_peek(w) == (unsigned char)c;

    w->at += same;
    return same;
}

static void push(struct walker *w, bool captures, bool conditional)
{
    if (w->depth == GROUPS_DEEP) {
        walk_fail(w, w->at, "groups too deep");
        return;
    }
    struct group *g = &w->open[w->depth++];
    *g = (struct group){ .verbose = w->verbose,
                         .ascii = w->ascii,
                         .conditional = conditional };
    if (captures) {
        pile_add(&w->groups);
        g->number = w->groups.count;
    }
    w->before = BEFORE_NOTHING;
    w->begun = true;
}

static void close_group(struct walker *w)
{
    if (w->depth == 0) {
        walk_fail(w, w->at - 1, "unbalanced parenthesis");
        return;
    }
    struct group *g = &w->open[--w->depth];
    if (g->number > 0)
        *(bool *)pile_at(&w->groups, g->number - 1) = true;
    w->verbose = g->verbose;
    w->ascii = g->ascii;
    walk_put(w, STR(")"));
    w->before = BEFORE_ITEM;
}

/* Up to `end`, which is taken. */
static struct str take_name(struct walker *w, char end)
{
    size_t start = w->at;
    const char *found = memchr(w->in.at + start, end, w->in.len - start);

    if (!found || found == w->in.at + start) {
        walk_fail(w, start, found ? "missing group name" : "unterminated name");
        return (struct str){ 0 };
    }
    struct str name = { w->in.at + start, (size_t)(found - w->in.at) - start };
    w->at = start + name.len + 1;
    return name;
}

static bool is_identifier(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        bool letter =
            c == '_' || c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return s.len > 0;
}

static uint32_t find_name(const struct walker *w, struct str name)
{
    for (uint32_t i = 0; i < w->names.count; i++) {
        const struct group_name *n = pile_at(&w->names, i);

        if (str_eq(n->name, name))
            return n->number;
    }
    return 0;
}

static uint32_t known_name(struct walker *w, struct str name)
{
    uint32_t number = find_name(w, name);

    if (!is_identifier(name))
        walk_fail(w, w->at, "bad character in group name");
    else if (number == 0)
        walk_fail(w, w->at, "unknown group name");
    return number;
}

static void open_named(struct walker *w)
{
    struct str name = take_name(w, '>');

    if (!is_identifier(name))
        walk_fail(w, w->at, "bad character in group name");
    if (find_name(w, name) > 0)
        walk_fail(w, w->at, "redefinition of group name");
    push(w, true, false);
    *(struct group_name *)pile_add(&w->names) =
        (struct group_name){ name, w->groups.count };
    walk_put(w, STR("("));
}

static void refer_to_named(struct walker *w)
{
    uint32_t number = known_name(w, take_name(w, ')'));

    if (w->fault)
        return;
    if (!*(bool *)pile_at(&w->groups, number - 1))
        walk_fail(w, w->at, "cannot refer to an open group");
    walk_put(w, arena_printf(w->arena, "\\g{%u}", number));
    w->before = BEFORE_ITEM;
    w->begun = true;
}

static void open_conditional(struct walker *w)
{
    struct str name = take_name(w, ')');
    uint32_t number = 0;
    bool digits = name.len > 0 && name.len < 6;

    for (size_t i = 0; i < name.len && digits; i++) {
        digits = name.at[i] >= '0' && name.at[i] <= '9';
        number = number * 10 + (uint32_t)(name.at[i] - '0');
    }
    if (!digits)
        number = known_name(w, name);
    else if (number == 0)
        walk_fail(w, w->at, "bad group number");
    if (number > w->highest)
        w->highest = number;
    walk_put(w, arena_printf(w->arena, "(?(%u)", number));
    push(w, false, true);
}

struct flags { /* letters seen, before and behind the minus */
    bool add[128], drop[128];
    int types; /* how many of a, L, u */
};

/* One run of letters; returns what ended it. */
static int take_letters(struct walker *w, bool seen[128], struct flags *f)
{
    for (;;) {
        int c = walk_take(w);

        if (c <= 0 || c > 127 || !strchr("aiLmsux", c))
            return c;
        if (c == 'L')
            walk_fail(w, w->at,
                      "bad inline flags: cannot use 'L' flag with a str pattern");
        if (strchr("aLu", c) && !seen[c])
            f->types++;
        seen[c] = true;
    }
}

static void put_flags(struct walker *w, const struct flags *f, char end)
{
    static const char letters[] = "ims"; /* x and a are seen to here */

    walk_put(w, STR("(?"));
    for (int i = 0; i < 3; i++)
        if (f->add[(int)letters[i]])
            walk_put(w, (struct str){ &letters[i], 1 });
    for (int i = 0, first = 1; i < 3; i++)
        if (f->drop[(int)letters[i]]) {
            walk_put(w, first ? STR("-") : (struct str){ 0 });
            walk_put(w, (struct str){ &letters[i], 1 });
            first = 0;
        }
    walk_put(w, (struct str){ &end, 1 });
}

static void set_flags(struct walker *w, const struct flags *f)
{
    w->verbose = (w->verbose || f->add['x']) && !f->drop['x'];
    w->ascii = (w->ascii || f->add['a']) && !f->add['u'];
}

/* "(?i)" of all, at the very beginning only, or "(?i-s:" of a group. */
static void take_flags(struct walker *w)
{
    struct flags f = { 0 };
    size_t start = w->at;
    int end = take_letters(w, f.add, &f), types = f.types;

    if (types > 1)
        walk_fail(w, start,
                  "bad inline flags: flags 'a', 'u' and 'L' are incompatible");
    if (end == ')' && w->at - 1 > start) {
        if (w->begun)
            walk_fail(w, start, "global flags not at the start of the expression");
        put_flags(w, &f, ')');
        set_flags(w, &f);
        return;
    }
    if (end == '-') {
        size_t minus = w->at;

        end = take_letters(w, f.drop, &f);
        if (f.types > types)
            walk_fail(w, minus,
                      "bad inline flags: cannot turn off flags 'a', 'u' and 'L'");
        if (w->at - 1 == minus)
            walk_fail(w, minus, "missing flag");
    }
    if (end != ':')
        walk_fail(w, start, "unknown extension or flag");
    for (int c = 0; c < 128; c++)
        if (f.add[c] && f.drop[c])
            walk_fail(w, start, "bad inline flags: flag turned on and off");
    put_flags(w, &f, ':');
    push(w, false, false);
    set_flags(w, &f);
}

static void skip_comment(struct walker *w)
{
    size_t start = w->at;
    const char *end = memchr(w->in.at + start, ')', w->in.len - start);

    if (end)
        w->at = (size_t)(end - w->in.at) + 1;
    else
        walk_fail(w, start, "missing ), unterminated comment");
}

static void open_plain(struct walker *w, size_t length)
{
    walk_put(w, (struct str){ w->in.at + w->at - length, length });
    push(w, false, false);
}

/* Behind "(?". */
static void open_extension(struct walker *w)
{
    int c = walk_take(w);

    if (c == 'P' && walk_match(w, '<'))
        open_named(w);
    else if (c == 'P' && walk_match(w, '='))
        refer_to_named(w);
    else if (c == '#')
        skip_comment(w);
    else if (c == ':' || c == '=' || c == '!' || c == '>')
        open_plain(w, 3);
    else if (c == '<' && (walk_match(w, '=') || walk_match(w, '!')))
        open_plain(w, 4);
    else if (c == '(')
        open_conditional(w);
    else if (c == 'P' || c == '<' || c < 0) {
        walk_fail(w, w->at, "unknown extension");
    } else {
        w->at--;
        take_flags(w);
    }
}

static void take_branch(struct walker *w)
{
    struct group *g = w->depth > 0 ? &w->open[w->depth - 1] : NULL;

    if (g && ++g->branches > 1 && g->conditional)
        walk_fail(w, w->at, "conditional backref with more than two branches");
    walk_put(w, STR("|"));
    w->before = BEFORE_NOTHING;
    w->begun = true;
}

/* Digits of a repetition, at most 65,535 for PCRE2; -1: there are none. */
static long take_count(struct walker *w)
{
    long count = -1;

    for (int c = walk_peek(w); c >= '0' && c <= '9'; c = walk_peek(w)) {
        count = (count < 0 ? 0 : count) * 10 + c - '0';
        if (count > 65535)
            count = 65536;
        w->at++;
    }
    return count;
}

/* Behind "{": false where it is none, and the walker is where it was. */
static bool take_bounds(struct walker *w)
{
    size_t start = w->at;

    if (walk_peek(w) == '}')
        return false;
    long least = take_count(w), most = least;
    if (walk_match(w, ','))
        most = take_count(w);
    else if (least < 0) {
        w->at = start;
        return false;
    }
    if (!walk_match(w, '}')) {
        w->at = start;
        return false;
    }
    if (most >= 0 && most < least)
        walk_fail(w, start, "min repeat greater than max repeat");
    least = least < 0 ? 0 : least;
    if (most < 0)
        walk_put(w, arena_printf(w->arena, "{%ld,}", least));
    else
        walk_put(w, arena_printf(w->arena, "{%ld,%ld}", least, most));
    return true;
}

static void take_repeat(struct walker *w, int c)
{
    size_t start = w->at - 1, before = w->used;
    enum before what = w->before;

    if (c == '{' && !take_bounds(w)) {
        w->used = before;
        walk_put_literal(w, '{');
        w->before = BEFORE_ITEM;
        return;
    }
    if (c != '{')
        walk_put(w, (struct str){ &w->in.at[start], 1 });
    if (what == BEFORE_NOTHING || what == BEFORE_ANCHOR)
        walk_fail(w, start, "nothing to repeat");
    if (what == BEFORE_REPEAT)
        walk_fail(w, start, "multiple repeat");
    if (walk_match(w, '?'))
        walk_put(w, STR("?"));
    else if (walk_match(w, '+'))
        walk_put(w, STR("+"));
    w->before = BEFORE_REPEAT;
}

static bool skip_verbose(struct walker *w, int c)
{
    if (!w->verbose)
        return false;
    if (c == '#') {
        const char *end = memchr(w->in.at + w->at, '\n', w->in.len - w->at);

        w->at = end ? (size_t)(end - w->in.at) + 1 : w->in.len;
        return true;
    }
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void take_literal(struct walker *w, int c)
{
    if (c < 0x80)
        walk_put_literal(w, (uint32_t)c);
    else
        walk_put(w, (struct str){ w->in.at + w->at - 1, 1 });
    while (c >= 0x80 && walk_peek(w) >= 0x80 && walk_peek(w) < 0xc0) {
        walk_put(w, (struct str){ w->in.at + w->at, 1 });
        w->at++;
    }
    w->before = BEFORE_ITEM;
}

static void take_group(struct walker *w)
{
    if (walk_match(w, '?')) {
        open_extension(w);
        return;
    }
    walk_put(w, STR("("));
    push(w, true, false);
}

static void take_next(struct walker *w)
{
    int c = walk_take(w);

    if (skip_verbose(w, c))
        return;
    if (c == '(') {
        take_group(w);
        return;
    }
    w->begun = true;
    if (c == '\\')
        walk_escape(w);
    else if (c == ')')
        close_group(w);
    else if (c == '[')
        walk_class(w);
    else if (c == '|')
        take_branch(w);
    else if (c == '*' || c == '+' || c == '?' || c == '{')
        take_repeat(w, c);
    else if (c == '^' || c == '$') {
        walk_put(w, c == '^' ? STR("^") : STR("$"));
        w->before = BEFORE_ANCHOR;
    } else if (c == '.') {
        walk_put(w, STR("."));
        w->before = BEFORE_ITEM;
    } else {
        take_literal(w, c);
    }
}

struct translated translate(struct str pattern, struct arena *a)
{
    struct walker *w = arena_alloc(a, sizeof *w);

    w->arena = a;
    w->in = pattern;
    w->room = pattern.len * 2 + 64;
    w->out = arena_alloc(a, w->room);
    w->groups = pile_on(a, sizeof(bool));
    w->names = pile_on(a, sizeof(struct group_name));
    if (pattern.len > LONGEST)
        walk_fail(w, LONGEST, "too long");
    while (!w->fault && w->at < w->in.len)
        take_next(w);
    if (w->depth > 0)
        walk_fail(w, w->in.len, "missing ), unterminated subpattern");
    if (w->highest > w->groups.count)
        walk_fail(w, w->in.len, "invalid group reference");
    return (struct translated){ { w->out, w->used }, w->fault, w->fault_at };
}
