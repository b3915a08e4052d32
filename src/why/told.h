/* SPDX-License-Identifier: Apache-2.0 */
/* told.h - what a timed Python told of itself, line by line. The statement it ran may
 * have written there as well, or have ended it half-way: what is no line of ours is
 * passed over. */
#ifndef WHY_TOLD_H
#define WHY_TOLD_H

#include "base/str.h"

enum { TOLD_WORDS = 10 };

struct told {
    struct str rest;
    struct str word[TOLD_WORDS];
    int words;
};

struct told told_of(struct str text);
/* The next line; false: there is none. */
bool told_next(struct told *t);
bool told_is(const struct told *t, const char *first, int words);
/* The word as a whole number; 0 where it is none. */
int64_t told_number(const struct told *t, int word);
/* So many lines as they are, and what is behind them follows. */
struct str told_lines(struct told *t, int64_t count);

#endif
