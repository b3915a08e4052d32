/* SPDX-License-Identifier: Apache-2.0 */
/* insist.h - what must hold, said where it does not; and what libFuzzer calls. */
#ifndef FUZZ_INSIST_H
#define FUZZ_INSIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static inline void insist(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

#endif
