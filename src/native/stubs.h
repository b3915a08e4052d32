/* SPDX-License-Identifier: Apache-2.0 */
/* stubs.h - the stubs of the PLT and the names of what they lead to. For native's own.
 */
#ifndef NATIVE_STUBS_H
#define NATIVE_STUBS_H

#include "base/arena.h"
#include "native/elf_file.h"

struct stub {
    uint64_t start, end;
    struct str name; /* empty: not known */
};

struct stubs {
    struct stub *stub;
    uint32_t count;
    struct {
        uint64_t start, end;
    } section[4];
    uint32_t sections;
};

struct stubs stubs_read(const struct elf_file *f, struct arena *a);
bool stubs_hold(const struct stubs *s, uint64_t address);

#endif
