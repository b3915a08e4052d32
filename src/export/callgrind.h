/* SPDX-License-Identifier: Apache-2.0 */
/* callgrind.h - what functions are called in a callgrind file. */
#ifndef EXPORT_CALLGRIND_H
#define EXPORT_CALLGRIND_H

#include "base/arena.h"
#include "model/profile.h"

/* A function: looked for in no order whenever it is called, so what a call says of it
 * is together in 64 bytes, as text once its names were told. */
struct called {
    union {
        struct {
            struct str name, file; /* as written; while before_len is 0 */
        };
        char before[40]; /* "cfi=(1)\ncfn=(2)\ncalls=" */
    };
    char after[12]; /* " 12\n" */
    uint32_t file_id;
    uint32_t line;
    uint8_t before_len, after_len; /* 0: its name was not told yet */
};

/* By function, each in a line of the processor's caches; no two with names and base
 * names of files that are the same. Files are numbered from 1. */
struct called *callgrind_names(const struct profile *p, uint32_t *files,
                               struct arena *a);
/* What would end the line becomes ?; nothing else is special but "(7)" in front. */
struct str callgrind_plain(struct str s, struct arena *a);

#endif
