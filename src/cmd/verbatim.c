/* SPDX-License-Identifier: Apache-2.0 */
/* verbatim.c - line by line for a terminal, by surrogates for the rest. */
#include "cmd/verbatim.h"

#include <string.h>

#include "report/screen.h"

static void write_lines(struct str text, struct out *o)
{
    struct arena *a = arena_open();

    while (text.len > 0) {
        const char *end = memchr(text.at, '\n', text.len);
        size_t len = end ? (size_t)(end - text.at) : text.len;

        out_str(o, screen_safe((struct str){ text.at, len }, a));
        if (end)
            out_char(o, '\n');
        text.at += len + (end != NULL);
        text.len -= len + (end != NULL);
    }
    arena_close(a);
}

/* ed a0..bf 80..bf is a surrogate, d800 to dfff. */
static size_t write_surrogate(const unsigned char *s, size_t left, struct out *o)
{
    if (left < 3 || (s[1] & 0xe0) != 0xa0 || (s[2] & 0xc0) != 0x80) {
        out_char(o, (char)s[0]);
        return 1;
    }
    unsigned c = 0xd000u | (unsigned)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
    if (c >= 0xdc80 && c <= 0xdcff)
        out_char(o, (char)(c & 0xff));
    else
        out_printf(o, "\\u%04x", c);
    return 3;
}

void verbatim_write(struct str text, bool terminal, struct out *o)
{
    if (terminal) {
        write_lines(text, o);
        return;
    }
    while (text.len > 0) {
        const char *found = memchr(text.at, 0xed, text.len);
        size_t len = found ? (size_t)(found - text.at) : text.len;

        out_bytes(o, text.at, len);
        if (found)
            len += write_surrogate((const unsigned char *)found, text.len - len, o);
        text.at += len;
        text.len -= len;
    }
}
