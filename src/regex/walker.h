/* SPDX-License-Identifier: Apache-2.0 */
/* walker.h - what translating keeps: where it is, what it has written, the groups
 * that are open. The first fault stands; after it everything may go on, for nothing. */
#ifndef REGEX_WALKER_H
#define REGEX_WALKER_H

#include "base/pile.h"

enum { GROUPS_DEEP = 200 };

struct group {
    uint32_t number;     /* 0: it captures nothing */
    bool verbose, ascii; /* as they were before it */
    bool conditional;
    int branches; /* that ended so far */
};

enum before { BEFORE_NOTHING, BEFORE_ITEM, BEFORE_ANCHOR, BEFORE_REPEAT };

struct walker {
    struct arena *arena;
    struct str in;
    size_t at;
    char *out;
    size_t used, room;
    const char *fault;
    size_t fault_at;
    bool verbose, ascii; /* (?x), (?a) are on */
    bool begun;          /* something but comments and flags was seen */
    enum before before;  /* what a repetition would repeat */
    struct group open[GROUPS_DEEP];
    int depth;
    struct pile groups; /* bool: it is closed; of number 1 at 0 */
    struct pile names;  /* struct group_name */
    uint32_t highest;   /* number that a condition asks for */
};

struct group_name {
    struct str name;
    uint32_t number;
};

void walk_fail(struct walker *w, size_t at, const char *fault);
void walk_put(struct walker *w, struct str s);
/* A character that stands for itself. */
void walk_put_literal(struct walker *w, uint32_t c);
/* The next byte, which is taken; -1: there is none. */
int walk_take(struct walker *w);
int walk_peek(const struct walker *w);
bool walk_match(struct walker *w, char c);

/* classes.c: behind a backslash; behind an opening bracket. */
void walk_escape(struct walker *w);
void walk_class(struct walker *w);

#endif
