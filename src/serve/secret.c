/* SPDX-License-Identifier: Apache-2.0 */
/* secret.c - the kernel's random bytes. */
#include "serve/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

bool secret_make(struct secret *s, struct err *e)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[SECRET_DIGITS / 2];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return err_set(e, ERR_IO, "cannot serve: getrandom: %s", strerror(errno));
    for (size_t i = 0; i < sizeof bytes; i++) {
        s->text[2 * i] = digits[bytes[i] >> 4];
        s->text[2 * i + 1] = digits[bytes[i] & 15];
    }
    s->text[SECRET_DIGITS] = '\0';
    return true;
}

bool secret_is(const struct secret *s, struct str given)
{
    unsigned char unlike = given.len != SECRET_DIGITS;

    for (size_t i = 0; i < SECRET_DIGITS; i++)
        unlike |= (unsigned char)(s->text[i] ^ (i < given.len ? given.at[i] : 0));
    return unlike == 0;
}
