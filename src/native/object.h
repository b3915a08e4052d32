/* SPDX-License-Identifier: Apache-2.0 */
/* object.h - an ELF file's functions: where each begins and ends, and its name where
 * the file has one. Boundaries are those of .eh_frame, which stripped files keep; a
 * name belongs to the address where it begins and is never stretched over what follows.
 * Addresses are the file's own. All is the arena's; an unreadable file is NULL. */
#ifndef NATIVE_OBJECT_H
#define NATIVE_OBJECT_H

#include "base/arena.h"

struct object;

struct object_function {
    uint64_t start, end;
    struct str name; /* empty: none; without what the compiler appends (".cold") */
    bool part;       /* not where a function begins: what was moved out of one */
    bool stub;       /* of the PLT: leads to `name`, elsewhere */
    bool exported;   /* other files may call it by that name */
};

struct object *object_open(const char *path, struct arena *a);
struct object *object_of(struct str image, struct arena *a); /* the vDSO's */

/* NULL: no function there. */
const struct object_function *object_find(const struct object *o, uint64_t address);
/* The functions and parts of functions of that name, `most` at most: how many. */
uint32_t object_named(const struct object *o, struct str name,
                      const struct object_function **found, uint32_t most);
/* The address of what lies at that offset of the file; false: nothing is loaded there.
 */
bool object_at_offset(const struct object *o, uint64_t offset, uint64_t *address);
/* Functions whose code jumps out of them to a part give it their name. */
void object_name_parts(struct object *o, uint64_t function);
/* The longest table of pointers into the functions at `into`: how many there are. */
uint32_t object_table(const struct object *o, const struct object_function *const *into,
                      uint32_t count, const uint64_t **table);

#endif
