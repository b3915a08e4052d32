/* SPDX-License-Identifier: Apache-2.0 */
/* out_put.c - the half of base/out.h that is made of out_bytes, wherever they go. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/out.h"

void out_char(struct out *o, char c)
{
    out_bytes(o, &c, 1);
}

void out_str(struct out *o, struct str s)
{
    out_bytes(o, s.at, s.len);
}

void out_text_of(struct out *o, const char *terminated)
{
    out_bytes(o, terminated, strlen(terminated));
}

static unsigned count_digits(uint64_t value)
{
    unsigned digits = 1;

    for (; value >= 10000; value /= 10000)
        digits += 4;
    return digits + (value >= 10) + (value >= 100) + (value >= 1000);
}

char *digits_to(char *to, uint64_t value)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char *end = to + count_digits(value), *at = end;

    for (; value >= 10; value /= 100)
        memcpy(at -= 2, pairs + value % 100 * 2, 2);
    if (at > to)
        *to = (char)('0' + value);
    return end;
}

char *text_to(char *to, struct str s)
{
    if (s.len > 0)
        memcpy(to, s.at, s.len);
    return to + s.len;
}

void out_u64(struct out *o, uint64_t value)
{
    char digits[DIGITS_MOST];

    out_bytes(o, digits, (size_t)(digits_to(digits, value) - digits));
}

void out_printf(struct out *o, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len > 0)
        out_bytes(o, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
}

void out_csv(struct out *o, struct str s)
{
    out_char(o, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] == '"')
            out_char(o, '"');
        out_char(o, s.at[i]);
    }
    out_char(o, '"');
}
