/* SPDX-License-Identifier: Apache-2.0 */
/* body.h - what a tape read back is made of: shared by the files of this folder
 * that make one, from a tape's own file or from a pack. */
#ifndef TAPE_BODY_H
#define TAPE_BODY_H

#include "base/arena.h"
#include "tape/read.h"

struct block {
    uint32_t cell; /* of its first cell, the struct tape_block */
    uint32_t kind, owner;
    uint64_t used; /* as written; within the block */
    uint64_t sum;
    size_t bytes; /* of `at`, whole records (TAPE_TEXTS: bytes) */
    const unsigned char *at;
    bool packed;
    bool later; /* nodes that are copied when they are asked for; `at` NULL */
};

struct later { /* where from, and what was asked for last */
    int fd;
    unsigned char *at;
    size_t room;
};

struct tape {
    struct arena *arena;
    struct tape_header header;
    bool alive, header_damaged;
    uint64_t damaged_at; /* 0: nowhere */
    uint64_t walked;     /* the cell behind the last block in the list */
    struct clock_pair moment;
    struct block *block; /* by cell */
    uint32_t blocks, room;
    struct later *later; /* NULL: all is here */
};

#endif
