/* SPDX-License-Identifier: Apache-2.0 */
/* copy.h - copies a tape out of its file, where it may be written meanwhile.
 * The copy is a state that the tape was in: what refers is copied before what it
 * refers to. Where damage ends it, t says so; blocks behind that are dropped from
 * the list when all are copied. */
#ifndef TAPE_COPY_H
#define TAPE_COPY_H

#include "tape/body.h"

/* Where the blocks go, in the order in which they are copied. */
struct copy_to {
    void *(*room)(void *with, size_t bytes);   /* for one block's bytes */
    void (*take)(void *with, struct block *b); /* it is filled; NULL: nothing to do */
    void *with;
    bool later; /* nodes of a large tape that nobody writes: looked at now, copied by
                   copy_nodes */
};

/* t has its arena, for the list of blocks, and is else empty. */
bool copy_tape(struct tape *t, const char *path, const struct copy_to *to,
               struct err *e);
/* The nodes of such a block, until the next ones are asked for: its sum was right when
 * it was looked at. NULL: they are not there any more. */
const void *copy_nodes(const struct tape *t, const struct block *b);
void copy_end(struct tape *t);
/* The header alone. */
bool copy_header(const char *path, struct tape_header *header, struct err *e);
/* Is what was read at a tape's place one's header? */
bool copy_header_good(const struct tape_header *h, size_t got, const char *path,
                      struct err *e);
/* Drops what damage, if there is any, has cut off. */
void copy_drop_damaged(struct tape *t);

#endif
