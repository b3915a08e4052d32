/* SPDX-License-Identifier: Apache-2.0 */
/* translate.h - a regular expression of Python's re in PCRE2's grammar. */
#ifndef REGEX_TRANSLATE_H
#define REGEX_TRANSLATE_H

#include "base/arena.h"

struct translated {
    struct str text;   /* for PCRE2 */
    const char *fault; /* NULL: none; else what re.compile would say of it ... */
    size_t at;         /* ... and at which byte */
};

struct translated translate(struct str pattern, struct arena *a);

#endif
