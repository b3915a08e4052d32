/* SPDX-License-Identifier: Apache-2.0 */
/* json_in.h - reads JSON out of memory, value by value, without a tree of it. Every
 * byte is hostile: nesting is counted, not recursed into, and after the first fault all
 * reads give nothing, so readers have no error branch; json_in_fault says what it was.
 *
 *     for (json_in_object(j); json_in_key(j, &key);)
 *         if (str_eq(key, STR("name"))) name = json_in_str(j, a); else json_in_skip(j);
 */
#ifndef BASE_JSON_IN_H
#define BASE_JSON_IN_H

#include "base/arena.h"

enum { JSON_IN_DEPTH = 512 };

enum json_in_kind {
    JSON_IN_NOTHING, /* the end, or a fault */
    JSON_IN_OBJECT,
    JSON_IN_ARRAY,
    JSON_IN_STRING,
    JSON_IN_NUMBER,
    JSON_IN_WORD, /* true, false, null */
};

struct json_in {
    const char *at, *end, *begin;
    const char *fault; /* NULL: none */
    size_t fault_at;   /* bytes from the beginning */
    uint32_t depth;
    bool first; /* of a container that was just entered no comma comes before it */
};

struct json_in json_in_on(struct str bytes);
/* What comes next; reads nothing of it. */
enum json_in_kind json_in_next(struct json_in *j);

/* Enters what comes next; else a fault. */
void json_in_object(struct json_in *j);
void json_in_array(struct json_in *j);
/* The next key, its value comes then; false: the object ends here, and is left. The key
 * is what stands between the quotes: one with escapes in it equals none. */
bool json_in_key(struct json_in *j, struct str *key);
/* There is one more; false: the array ends here, and is left. */
bool json_in_item(struct json_in *j);

/* Of another kind: passed over, "" or 0. Escapes are decoded; half a surrogate pair
 * becomes the byte it stands for (base/json.h) or "?". */
struct str json_in_str(struct json_in *j, struct arena *a);
double json_in_double(struct json_in *j);
/* A number's whole part, 0 to 2^64 - 1. */
uint64_t json_in_u64(struct json_in *j);
bool json_in_true(struct json_in *j);
/* Any value, whatever is in it. */
void json_in_skip(struct json_in *j);
/* Nothing but blanks is left. */
bool json_in_ends(struct json_in *j);
void json_in_fail(struct json_in *j, const char *why);

#endif
