/* SPDX-License-Identifier: Apache-2.0 */
/* texts.h - different texts, numbered from 0 as they come. Their hashes are seeded: a
 * file's texts cannot be chosen to be slow. */
#ifndef BASE_TEXTS_H
#define BASE_TEXTS_H

#include "base/map.h"
#include "base/str.h"

struct texts {
    struct map map;
    uint64_t seed;
    struct str *at; /* by number; borrowed */
    uint32_t count, room;
};

struct texts texts_on(struct arena *a);
uint32_t texts_number(struct texts *t, struct str text);

#endif
