/* SPDX-License-Identifier: Apache-2.0 */
/* err.h - why something failed, told once, where the fact is known.
 * A library function that can fail takes a struct err and returns false (or
 * NULL); callers pass the err on and never reword it. The text is one line of
 * the form "WHAT: WHERE: WHY (what to do)". cmd/main.c alone prints it. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

enum err_code {
    ERR_NONE,
    ERR_USAGE,  /* the words typed: exit status 2 */
    ERR_IO,     /* the system refused */
    ERR_FORMAT, /* a file is not what it should be */
    ERR_TARGET, /* the profiled program or its Python */
};

struct err {
    enum err_code code;
    char text[1024];
};

/* Fills e in (the first error stands: a filled e is left alone); returns false. */
bool err_set(struct err *e, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
