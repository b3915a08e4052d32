/* SPDX-License-Identifier: Apache-2.0 */
/* err.c - formats an error's one line; control characters become '?'. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

bool err_set(struct err *e, enum err_code code, const char *format, ...)
{
    va_list args;

    if (e->code != ERR_NONE)
        return false;
    e->code = code;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    for (char *c = e->text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
    return false;
}
