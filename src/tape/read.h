/* SPDX-License-Identifier: Apache-2.0 */
/* read.h - a tape read back, whether its writer lives, ended or was killed.
 * The file is copied once, so a writer (or an enemy) changing it meanwhile
 * harms nobody. Every byte is hostile: a record handed out lies whole in the
 * copy, a text is cut to it, and a reference that leads nowhere reads as none.
 * What is returned is borrowed and lives as long as the open tape. */
#ifndef TAPE_READ_H
#define TAPE_READ_H

#include "base/err.h"
#include "base/str.h"
#include "tape/layout.h"

struct tape;

struct tape *tape_open(const char *path, struct err *e);
/* The header alone: false and e as above. */
bool tape_peek(const char *path, struct tape_header *header, struct err *e);
void tape_close(struct tape *t); /* NULL is allowed */

const struct tape_header *tape_header(const struct tape *t);
bool tape_alive(const struct tape *t); /* its writer held the lock when opened */
/* When it was copied: ticks of the time stamp counter, ns of CLOCK_MONOTONIC. The
 * ticks are 0 where the tape tells of no such clock, or needs none but its own. */
struct clock_pair tape_moment(const struct tape *t);
/* Where reading stopped short of header.end for damage; 0: it did not. */
uint64_t tape_damaged_at(const struct tape *t);
/* It is not what its writer left when it ended: nothing in it can be relied on. */
bool tape_header_damaged(const struct tape *t);

struct tape_run { /* the records of one block */
    enum tape_kind kind;
    uint32_t first; /* cell of the first record */
    uint32_t count;
    uint32_t owner;
    const void *records; /* `count` of TAPE_CELL bytes each; of nodes maybe NULL */
};
uint32_t tape_runs(const struct tape *t);
struct tape_run tape_run(const struct tape *t, uint32_t i);
/* The records of a run of nodes: of a large tape they are copied now, and hold until
 * the next ones are asked for. NULL: they are not there any more. */
const void *tape_nodes(const struct tape *t, uint32_t i);
uint32_t tape_cells(const struct tape *t); /* every record's cell is below it */

/* The record in this cell when it is of that kind, else NULL. */
const void *tape_record(const struct tape *t, enum tape_kind kind, uint32_t cell);
struct str tape_str(const struct tape *t, tape_text text);
/* What a tick is, by the header's two moments; 0: they do not tell (its writer
 * was killed before the second). */
double tape_ns_per_tick(const struct tape_header *h);

#endif
