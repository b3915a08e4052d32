/* SPDX-License-Identifier: Apache-2.0 */
/* err.c - formats an error's one line; control characters become \xNN, as on
 * every screen. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 127;
}

static void copy_safe(char *to, size_t room, const char *from)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = 0;

    for (; *from && len + (is_control(*from) ? 4 : 1) < room; from++) {
        if (!is_control(*from)) {
            to[len++] = *from;
            continue;
        }
        to[len++] = '\\';
        to[len++] = 'x';
        to[len++] = digits[*from >> 4];
        to[len++] = digits[*from & 0xf];
    }
    to[len] = '\0';
}

bool err_set(struct err *e, enum err_code code, const char *format, ...)
{
    char text[sizeof e->text];
    va_list args;

    if (e->code != ERR_NONE)
        return false;
    e->code = code;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    copy_safe(e->text, sizeof e->text, text);
    return false;
}
