/* SPDX-License-Identifier: Apache-2.0 */
/* markdown.c - every character but plain ones as a number. */
#include "report/markdown.h"

#include <string.h>

static void escaped(struct out *o, struct str safe, const char *plain)
{
    for (size_t i = 0; i < safe.len; i++) {
        unsigned char c = (unsigned char)safe.at[i];

        if (c >= 0x80 || strchr(plain, c))
            out_char(o, (char)c);
        else
            out_printf(o, "&#%u;", c);
    }
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

void markdown_code(struct out *o, struct str safe)
{
    out_text_of(o, "<code>");
    escaped(o, safe, LETTERS "./,:()- ");
    out_text_of(o, "</code>");
}

void markdown_text(struct out *o, struct str safe)
{
    escaped(o, safe, LETTERS "./,:()-;'% ");
}
