/* SPDX-License-Identifier: Apache-2.0 */
/* str.h - a borrowed run of bytes: not terminated, may hold any byte.
 * Names of Python code are UTF-8, or WTF-8 where the program's own name is not
 * valid Unicode; whoever prints one escapes what its medium cannot hold. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *at; /* may be NULL when len is 0 */
    size_t len;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

struct str str_of(const char *terminated); /* NULL gives the empty one */
bool str_eq(struct str a, struct str b);
/* As memcmp over the bytes, the shorter first where one begins the other. */
int str_cmp(struct str a, struct str b);
bool str_begins(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
uint64_t str_hash(struct str s);
/* Of names that an enemy may have chosen: other ones collide with each seed. */
uint64_t str_hash_seeded(struct str s, uint64_t seed);
struct str str_basename(struct str path);
/* Takes the prefix off; false: it is not there. */
bool str_skip(struct str *s, struct str prefix);
/* Bytes of the well-formed UTF-8 character, beyond ASCII, that it begins with; 0: it
 * begins with none. */
size_t str_utf8(struct str text);
/* Takes the first line off, which is given without its end. */
struct str str_take_line(struct str *text);

#endif
