/* SPDX-License-Identifier: Apache-2.0 */
/* number.c - three places exactly, by whole numbers; the rest through printf. */
#include "pstats/number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regex/pattern.h"

enum { LONGEST = 64 };

void number_integer(struct out *o, int64_t value)
{
    if (value < 0)
        out_char(o, '-');
    out_u64(o, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

uint32_t number_digits(int64_t value)
{
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint32_t digits = value < 0 ? 2 : 1;

    for (; left >= 10; left /= 10)
        digits++;
    return digits;
}

/* A double below 2^53 is m / 2^s with m below 2^53, so 1000 m is exact in 64 bits:
 * what is shifted out decides how to round, a half to the even one. */
static uint64_t thousandths(double magnitude)
{
    int exponent;
    double fraction = frexp(magnitude, &exponent);
    uint64_t m = (uint64_t)ldexp(fraction, 53) * 1000;
    int shift = 53 - exponent;

    if (shift == 0)
        return m;
    if (shift >= 64)
        return 0; /* 1000 m is below 2^63, a half of the least */
    uint64_t whole = m >> shift, rest = m & ((1ull << shift) - 1);
    uint64_t half = 1ull << (shift - 1);
    return whole + (rest > half || (rest == half && whole % 2 == 1));
}

static size_t small_fixed(double value, char text[LONGEST])
{
    uint64_t left = thousandths(fabs(value));
    size_t at = LONGEST;

    for (int place = 0; place < 4 || left > 0; place++, left /= 10) {
        if (place == 3)
            text[--at] = '.';
        text[--at] = (char)('0' + left % 10);
    }
    if (signbit(value))
        text[--at] = '-';
    memmove(text, text + at, LONGEST - at);
    return LONGEST - at;
}

static void put_padded(struct out *o, const char *text, size_t len, int width)
{
    for (int i = (int)len; i < width; i++)
        out_char(o, ' ');
    out_bytes(o, text, len);
}

void number_fixed(struct out *o, double value, int width)
{
    char text[512];

    if (isnan(value))
        put_padded(o, "nan", 3, width);
    else if (isinf(value))
        put_padded(o, value < 0 ? "-inf" : "inf", value < 0 ? 4 : 3, width);
    else if (fabs(value) < 9007199254740992.0)
        put_padded(o, text, small_fixed(value, text), width);
    else { /* whole: no point that a locale could change */
        int len = snprintf(text, sizeof text, "%.0f", value);

        memcpy(text + len, ".000", 4);
        put_padded(o, text, (size_t)len + 4, width);
    }
}

/* The shortest that reads back as the same, as digits and an exponent. */
static void shortest(double value, char text[LONGEST])
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, LONGEST, "%.*e", digits - 1, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

/* repr's way of writing it: 1e-05, 0.0001, 0.5, 1e+16. */
static void put_repr(struct out *o, const char *text)
{
    const char *e = strchr(text, 'e');
    char digits[LONGEST];
    int count = 0, exponent = atoi(e + 1);

    if (*text == '-')
        out_char(o, '-');
    for (const char *c = text; c < e; c++)
        if (*c >= '0' && *c <= '9')
            digits[count++] = *c;
    if (exponent < -4 || exponent >= 16) {
        out_char(o, digits[0]);
        if (count > 1)
            out_char(o, '.');
        out_bytes(o, digits + 1, (size_t)count - 1);
        out_printf(o, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
        return;
    }
    for (int place = exponent < 0 ? exponent : 0; place < 0; place++)
        out_text_of(o, place == exponent ? "0." : "0");
    for (int i = 0; i < count || i <= exponent; i++) {
        out_char(o, i < count ? digits[i] : '0');
        if (i == exponent)
            out_char(o, '.');
    }
    if (exponent >= 0 && count <= exponent + 1)
        out_char(o, '0');
}

void number_repr(struct out *o, double value)
{
    char text[LONGEST];
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0), before;

    if (isnan(value) || isinf(value)) {
        out_text_of(o, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    before = uselocale(plain);
    shortest(value, text);
    uselocale(before);
    freelocale(plain);
    put_repr(o, text);
}

/* Bytes of the character at s; 0: it is no UTF-8. */
static size_t character(struct str s, size_t at, uint32_t *c)
{
    unsigned char first = (unsigned char)s.at[at];
    size_t len = first < 0x80   ? 1
                 : first < 0xc2 ? 0
                 : first < 0xe0 ? 2
                 : first < 0xf0 ? 3
                 : first < 0xf5 ? 4
                                : 0;

    *c = len == 1 ? first : first & (0x7fu >> len);
    if (len == 0 || len > s.len - at)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((s.at[at + i] & 0xc0) != 0x80)
            return 0;
        *c = *c << 6 | (s.at[at + i] & 0x3f);
    }
    return len;
}

static void put_escaped(struct out *o, uint32_t c)
{
    if (c == '\n' || c == '\r' || c == '\t')
        out_text_of(o, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
    else
        out_printf(o, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
}

/* Surrogates are not, and no UTF-8 that PCRE2 would look at. */
static bool is_shown(uint32_t c, struct str as_text)
{
    if (c < 0x80)
        return c >= ' ' && c < 127;
    return (c < 0xd800 || c > 0xdfff) && pattern_is_printable(as_text);
}

void number_repr_text(struct out *o, struct str s)
{
    bool single = s.len > 0 && memchr(s.at, '\'', s.len);
    char quote = single && !memchr(s.at, '"', s.len) ? '"' : '\'';
    size_t len;

    out_char(o, quote);
    for (size_t i = 0; i < s.len; i += len ? len : 1) {
        uint32_t c;

        len = character(s, i, &c);
        struct str one = { s.at + i, len };
        if (len == 0) /* as surrogateescape has it */
            put_escaped(o, 0xdc00 + (unsigned char)s.at[i]);
        else if (c == '\\' || c == (unsigned char)quote)
            out_printf(o, "\\%c", (int)c);
        else if (is_shown(c, one))
            out_str(o, one);
        else
            put_escaped(o, c);
    }
    out_char(o, quote);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The word without the underscores that stand between digits; false: too long, or
 * an underscore stands elsewhere. */
static bool without_underscores(struct str word, char text[512])
{
    size_t len = 0;

    if (word.len >= 512)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        bool inside = i > 0 && i + 1 < word.len && is_digit(word.at[i - 1]) &&
                      is_digit(word.at[i + 1]);

        if (word.at[i] != '_')
            text[len++] = word.at[i];
        else if (!inside)
            return false;
    }
    text[len] = '\0';
    return len > 0;
}

/* Not what strtod takes besides: hexadecimals, "nan(...)". */
static bool is_float(const char *text)
{
    static const char *const words[] = { "inf", "infinity", "nan" };
    const char *unsigned_text = text + (*text == '+' || *text == '-');

    for (int i = 0; i < 3; i++)
        if (strcasecmp(unsigned_text, words[i]) == 0)
            return true;
    return text[strspn(text, "0123456789+-.eE")] == '\0';
}

enum number_kind number_parse(struct str word, int64_t *integer, double *real)
{
    char text[512], *end;
    locale_t plain;

    if (!without_underscores(word, text))
        return NUMBER_NONE;
    const char *digits = text + (*text == '+' || *text == '-');
    if (*digits && digits[strspn(digits, "0123456789")] == '\0') {
        *integer = strtoll(text, NULL, 10);
        return NUMBER_INTEGER;
    }
    if (!is_float(text))
        return NUMBER_NONE;
    plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    *real = strtod_l(text, &end, plain);
    freelocale(plain);
    return *end == '\0' && end != text ? NUMBER_FLOAT : NUMBER_NONE;
}
