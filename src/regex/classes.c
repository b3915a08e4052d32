/* SPDX-License-Identifier: Apache-2.0 */
/* classes.c - escapes and classes: what a character of a pattern stands for. */
#include <string.h>

#include "regex/walker.h"

enum { IS_FAULT = -1, IS_CATEGORY = -2, IS_REST = -3 };

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_octal(int c)
{
    return c >= '0' && c <= '7';
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int hex_value(int c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int32_t take_hex(struct walker *w, int digits)
{
    size_t start = w->at - 2;
    uint32_t value = 0;

    for (int i = 0; i < digits; i++) {
        int digit = hex_value(walk_peek(w));

        if (digit < 0) {
            walk_fail(w, start, "incomplete escape");
            return IS_FAULT;
        }
        value = value << 4 | (uint32_t)digit;
        w->at++;
    }
    if (value <= 0x10ffff)
        return (int32_t)value;
    walk_fail(w, start, "bad escape");
    return IS_FAULT;
}

/* The first digit is taken already. */
static int32_t take_octal(struct walker *w, int first, int more)
{
    size_t start = w->at - 2;
    int32_t value = first - '0';

    for (; more > 0 && is_octal(walk_peek(w)); more--)
        value = value * 8 + walk_take(w) - '0';
    if (value <= 0377)
        return value;
    walk_fail(w, start, "octal escape value outside of range 0-0o377");
    return IS_FAULT;
}

/* The character at the walker, which may take several bytes. */
static uint32_t take_character(struct walker *w)
{
    uint32_t c = (unsigned char)w->in.at[w->at++];

    if (c < 0xc0)
        return c;
    c &= c < 0xe0 ? 0x1f : c < 0xf0 ? 0xf : 7;
    while (w->at < w->in.len && (w->in.at[w->at] & 0xc0) == 0x80)
        c = c << 6 | (w->in.at[w->at++] & 0x3f);
    return c & 0x1fffff;
}

/* Behind a backslash whose next byte is peeked at: what is the same in and out of
 * classes. IS_REST: nothing of that. */
static int32_t plain_escape(struct walker *w, char *category)
{
    static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
    int c = walk_peek(w);
    const char *found = c > 0 ? strchr(letters, c) : NULL;

    if (c < 0) {
        walk_fail(w, w->at - 1, "bad escape (end of pattern)");
        return IS_FAULT;
    }
    if (found) {
        w->at++;
        return values[found - letters];
    }
    if (c > 0 && strchr("dDsSwW", c)) {
        *category = (char)walk_take(w);
        return IS_CATEGORY;
    }
    if (c == 'x' || c == 'u' || c == 'U') {
        w->at++;
        return take_hex(w, c == 'x' ? 2 : c == 'u' ? 4 : 8);
    }
    if (is_letter(c) || is_digit(c))
        return IS_REST;
    return (int32_t)take_character(w);
}

/* What a category is inside a class: PCRE2's own, or of ASCII alone. Python counts
 * the separators 1c to 1f as space. */
static struct str category(char letter, bool ascii)
{
    static const struct {
        char letter;
        const char *ascii, *all;
    } of[] = {
        { 'd', "0-9", "\\d" },
        { 'D', "\\x{0}-/:-\\x{10ffff}", "\\D" },
        { 's', " \\x{09}-\\x{0d}", "\\s\\x{1c}-\\x{1f}" },
        { 'S', "\\x{0}-\\x{08}\\x{0e}-\\x{1f}!-\\x{10ffff}", "\\S" },
        { 'w', "a-zA-Z0-9_", "\\w" },
        { 'W', "\\x{0}-/:-@\\[-\\^`{-\\x{10ffff}", "\\W" },
    };

    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (of[i].letter == letter)
            return str_of(ascii ? of[i].ascii : of[i].all);
    return (struct str){ 0 };
}

static void put_category(struct walker *w, char letter)
{
    bool negated = letter == 'S' && !w->ascii;

    walk_put(w, negated ? STR("[^") : STR("["));
    walk_put(w, category(negated ? 's' : letter, w->ascii));
    walk_put(w, STR("]"));
    w->before = BEFORE_ITEM;
}

static void put_boundary(struct walker *w, char letter)
{
#define IN "[a-zA-Z0-9_]"
    struct str ascii = letter == 'b'
                           ? STR("(?:(?<=" IN ")(?!" IN ")|(?<!" IN ")(?=" IN "))")
                           : STR("(?:(?<=" IN ")(?=" IN ")|(?<!" IN ")(?!" IN "))");
#undef IN

    walk_put(w, w->ascii ? ascii : letter == 'b' ? STR("\\b") : STR("\\B"));
    w->before = BEFORE_ANCHOR;
}

static void put_reference(struct walker *w, size_t start, uint32_t number)
{
    const bool *closed;

    if (number > w->groups.count) {
        walk_fail(w, start, "invalid group reference");
        return;
    }
    closed = pile_at(&w->groups, number - 1);
    if (!*closed)
        walk_fail(w, start, "cannot refer to an open group");
    walk_put(w, arena_printf(w->arena, "\\g{%u}", number));
    w->before = BEFORE_ITEM;
}

/* \1 to \99 are groups, three octal digits or a leading 0 a character. */
static void escape_digits(struct walker *w)
{
    size_t start = w->at - 1;
    int first = walk_take(w), second = walk_peek(w);
    int third = w->at + 1 < w->in.len ? w->in.at[w->at + 1] : -1;
    int32_t c;

    if (first == '0' || (is_octal(first) && is_octal(second) && is_octal(third))) {
        c = take_octal(w, first, 2);
        if (c >= 0)
            walk_put_literal(w, (uint32_t)c);
        w->before = BEFORE_ITEM;
        return;
    }
    uint32_t number = (uint32_t)(first - '0');
    if (is_digit(second))
        number = number * 10 + (uint32_t)(walk_take(w) - '0');
    put_reference(w, start, number);
}

void walk_escape(struct walker *w)
{
    size_t start = w->at - 1;
    char letter = 0;
    int32_t c = plain_escape(w, &letter);

    if (c >= 0) {
        walk_put_literal(w, (uint32_t)c);
        w->before = BEFORE_ITEM;
    } else if (c == IS_CATEGORY) {
        put_category(w, letter);
    } else if (c == IS_REST && is_digit(walk_peek(w))) {
        escape_digits(w);
    } else if (c == IS_REST) {
        letter = (char)walk_take(w);
        if (letter == 'b' || letter == 'B') {
            put_boundary(w, letter);
        } else if (letter == 'A' || letter == 'Z' || letter == 'z') {
            walk_put(w, letter == 'A' ? STR("\\A") : STR("\\z"));
            w->before = BEFORE_ANCHOR;
        } else {
            walk_fail(w, start, "bad escape");
        }
    }
}

/* One element of a class; a category is put at once and is IS_CATEGORY. */
static int32_t take_element(struct walker *w)
{
    size_t start = w->at;
    char letter = 0;

    if (walk_peek(w) != '\\')
        return (int32_t)take_character(w);
    w->at++;
    int32_t c = plain_escape(w, &letter);
    if (c == IS_CATEGORY)
        walk_put(w, category(letter, w->ascii));
    if (c != IS_REST)
        return c;
    letter = (char)walk_take(w);
    if (letter == 'b')
        return '\b';
    if (is_octal(letter))
        return take_octal(w, letter, 2);
    walk_fail(w, start, "bad escape");
    return IS_FAULT;
}

/* "a" or "a-z"; what is behind the hyphen of "a-]" is the end. */
static void take_range(struct walker *w)
{
    size_t start = w->at;
    int32_t low = take_element(w), high;

    if (low >= 0)
        walk_put_literal(w, (uint32_t)low);
    if (walk_peek(w) != '-' || w->fault)
        return;
    w->at++;
    if (walk_peek(w) == ']' || walk_peek(w) < 0) {
        walk_put_literal(w, '-');
        return;
    }
    walk_put(w, STR("-"));
    high = take_element(w);
    if (low < 0 || high < low)
        walk_fail(w, start, "bad character range");
    else
        walk_put_literal(w, (uint32_t)high);
}

void walk_class(struct walker *w)
{
    size_t start = w->at - 1;

    walk_put(w, walk_match(w, '^') ? STR("[^") : STR("["));
    for (bool first = true; first || walk_peek(w) != ']'; first = false) {
        if (walk_peek(w) < 0)
            walk_fail(w, start, "unterminated character set");
        if (w->fault)
            return;
        take_range(w);
    }
    w->at++;
    walk_put(w, STR("]"));
    w->before = BEFORE_ITEM;
}
