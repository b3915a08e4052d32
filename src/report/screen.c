/* SPDX-License-Identifier: Apache-2.0 */
/* screen.c - decodes UTF-8, escapes, counts columns. */
#include "report/screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

struct screen screen_on(struct out *o, int fd)
{
    struct screen s = { .out = o };
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    struct winsize size;

    if (!isatty(fd))
        return s;
    s.width = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
    s.colour = !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
    return s;
}

/* The character at s and its bytes; 0 bytes: it is not UTF-8. */
static uint32_t decode(const char *text, size_t left, size_t *bytes)
{
    const unsigned char *s = (const unsigned char *)text;
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t len = s[0] < 0x80   ? 1
                 : s[0] < 0xc2 ? 0
                 : s[0] < 0xe0 ? 2
                 : s[0] < 0xf0 ? 3
                 : s[0] < 0xf5 ? 4
                               : 0;
    uint32_t c = len == 1 ? s[0] : s[0] & (0x7fu >> len);

    *bytes = 0;
    if (len == 0 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0;
    *bytes = len;
    return c;
}

/* Controls, line separators, marks and overrides of direction, what is not a
 * character, and the invisible ones that make two names look alike. */
static bool is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff0 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

struct str screen_safe(struct str s, struct arena *a)
{
    char *text = arena_alloc(a, s.len * 10 + 1);
    static const char digits[] = "0123456789abcdef";
    size_t len = 0, bytes;

    for (size_t i = 0; i < s.len; i += bytes ? bytes : 1) {
        uint32_t c = decode(s.at + i, s.len - i, &bytes);

        if (bytes > 0 && !is_unsafe(c)) {
            memcpy(text + len, s.at + i, bytes);
            len += bytes;
            continue;
        }
        if (bytes == 0)
            c = (unsigned char)s.at[i];
        int places = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
        text[len++] = '\\';
        text[len++] = places == 2 ? 'x' : places == 4 ? 'u' : 'U';
        while (places-- > 0)
            text[len++] = digits[c >> 4 * places & 0xf];
    }
    return (struct str){ text, len };
}

static uint32_t columns(uint32_t c)
{
    int width = c < 0x80 ? 1 : wcwidth((wchar_t)c);

    return width < 0 ? 1 : (uint32_t)width;
}

uint32_t screen_width(struct str safe)
{
    uint32_t width = 0;
    size_t bytes;

    for (size_t i = 0; i < safe.len; i += bytes ? bytes : 1)
        width += columns(decode(safe.at + i, safe.len - i, &bytes));
    return width;
}

static struct str with_dots(struct arena *a, const char *before, struct str s,
                            const char *behind)
{
    return arena_printf(a, "%s%.*s%s", before, (int)s.len, s.at, behind);
}

struct str screen_keep_start(struct str safe, uint32_t width, struct arena *a)
{
    uint32_t used = 0;
    size_t end = 0, bytes;

    if (screen_width(safe) <= width)
        return safe;
    while (end < safe.len) {
        uint32_t more = columns(decode(safe.at + end, safe.len - end, &bytes));

        if (used + more + 3 > width)
            break;
        used += more;
        end += bytes ? bytes : 1;
    }
    return with_dots(a, "", (struct str){ safe.at, end }, "...");
}

/* The longest end that begins behind a slash and fits; empty: none does. */
static struct str behind_slash(struct str safe, uint32_t width)
{
    for (size_t i = 0; i < safe.len; i++) {
        struct str end = { safe.at + i + 1, safe.len - i - 1 };

        if (safe.at[i] == '/' && end.len > 0 && screen_width(end) <= width)
            return end;
    }
    return (struct str){ 0 };
}

struct str screen_keep_end(struct str safe, uint32_t width, struct arena *a)
{
    uint32_t left = screen_width(safe);
    struct str whole = behind_slash(safe, width);
    size_t start = 0, bytes;

    if (left <= width)
        return safe;
    if (whole.len > 0)
        return whole;
    while (start < safe.len && left + 3 > width) {
        left -= columns(decode(safe.at + start, safe.len - start, &bytes));
        start += bytes ? bytes : 1;
    }
    return with_dots(a, "...", (struct str){ safe.at + start, safe.len - start }, "");
}

void screen_put(const struct screen *s, enum tone tone, struct str safe, uint32_t width)
{
    static const char *const begin[] = { "", "\33[1m", "\33[2m" };
    bool toned = s->colour && tone != TONE_PLAIN && safe.len > 0;

    if (toned)
        out_text_of(s->out, begin[tone]);
    out_str(s->out, safe);
    if (toned)
        out_text_of(s->out, "\33[0m");
    for (uint32_t used = screen_width(safe); used < width; used++)
        out_char(s->out, ' ');
}

/* Up to the next blank, from `at` on. */
static size_t word_len(struct str s, size_t at)
{
    const char *blank = memchr(s.at + at, ' ', s.len - at);

    return blank ? (size_t)(blank - s.at) - at : s.len - at;
}

void screen_sentence(const struct screen *s, const char *before, struct str safe)
{
    uint32_t used = screen_width(str_of(before));

    out_text_of(s->out, before);
    for (size_t at = 0; at < safe.len;) {
        struct str word = { safe.at + at, word_len(safe, at) };
        uint32_t width = screen_width(word);

        if (at > 0 && s->width > 0 && used + 1 + width > s->width) {
            out_text_of(s->out, "\n ");
            used = 1;
        } else if (at > 0) {
            out_char(s->out, ' ');
            used++;
        }
        out_str(s->out, word);
        used += width;
        at += word.len + 1;
    }
    out_char(s->out, '\n');
}
