/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h - 256 bits that nobody guesses, as 64 hexadecimal digits. */
#ifndef SERVE_SECRET_H
#define SERVE_SECRET_H

#include "base/err.h"
#include "base/str.h"

enum { SECRET_DIGITS = 64 };

struct secret {
    char text[SECRET_DIGITS + 1];
};

bool secret_make(struct secret *s, struct err *e);
/* In a time that does not tell where they differ. */
bool secret_is(const struct secret *s, struct str given);

#endif
