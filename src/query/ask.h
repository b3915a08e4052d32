/* SPDX-License-Identifier: Apache-2.0 */
/* ask.h - a query taken apart: its name, and its keys with their values. Reading a key
 * gives its value, or the default where it is left out or empty. The first fault
 * stays in `err`, and what is read is then worth nothing: ask_done before answering. */
#ifndef QUERY_ASK_H
#define QUERY_ASK_H

#include "base/arena.h"
#include "base/err.h"

enum { ASK_KEYS = 32 };

struct ask {
    struct arena *arena;
    struct str name;
    struct {
        struct str key, value;
        bool read;
    } at[ASK_KEYS];
    uint32_t count;
    struct err err;
};

struct ids {
    uint32_t *at; /* sorted, each once */
    uint32_t count;
};

struct ask *ask_parse(struct str text, struct arena *a);
/* All keys were read, and nothing is wrong. */
bool ask_done(struct ask *a);

struct str ask_text(struct ask *a, const char *key);
uint32_t ask_number(struct ask *a, const char *key, uint32_t unasked, uint32_t least,
                    uint32_t most);
/* From 0 to 1. */
double ask_share(struct ask *a, const char *key, double unasked);
/* Which of these; names ends in NULL, the first is the default. */
int ask_choice(struct ask *a, const char *key, const char *const *names);
/* Several of these, as bits; none given: all. */
uint32_t ask_set(struct ask *a, const char *key, const char *const *names);
/* Ids below `bound`. */
struct ids ask_ids(struct ask *a, const char *key, uint32_t bound);
uint32_t ask_id(struct ask *a, const char *key, uint32_t bound); /* it must be there */
/* Takes the first part of a text that is a list, percent signs undone; false: damaged.
 */
bool ask_take(struct str *list, char between, struct str *part, struct arena *a);
bool ids_have(struct ids ids, uint32_t id);

#endif
