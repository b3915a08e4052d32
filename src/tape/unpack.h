/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.h - a pack opened: the recording as a reader saw it when it was packed.
 * Every byte is hostile: what does not make sense is refused, the whole pack where
 * its list is concerned, else the tape. Nothing is ever written by its names. What is
 * returned is borrowed and lives as long as the open pack; tapes have a life of their
 * own. */
#ifndef TAPE_UNPACK_H
#define TAPE_UNPACK_H

#include "tape/read.h"

struct unpack;

/* NULL and e: no pack, a newer one, cut short, or damaged. */
struct unpack *unpack_open(const char *path, struct err *e);
void unpack_close(struct unpack *u); /* NULL is allowed */

uint64_t unpack_packed_ns(const struct unpack *u); /* CLOCK_REALTIME */

uint32_t unpack_tapes(const struct unpack *u);
const char *unpack_name(const struct unpack *u, uint32_t i); /* PACK/PID-MOMENT.tape */
struct tape *unpack_tape(struct unpack *u, uint32_t i, struct err *e);
/* The header alone: false and e as above. */
bool unpack_peek(const struct unpack *u, uint32_t i, struct tape_header *header,
                 struct err *e);

uint32_t unpack_notes(const struct unpack *u);
const char *unpack_note_name(const struct unpack *u, uint32_t i); /* PID.note */
struct str unpack_note_text(const struct unpack *u, uint32_t i);

#endif
