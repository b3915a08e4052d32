/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - how a tape's bytes get to the disk.
 * Where that is safe the file is mapped shared: each store is kept at once.
 * Elsewhere they lie in private memory and are copied out now and then, what
 * refers after what it refers to. Room is taken in the file before it is used,
 * both ways: a full disk is an answer to file_grow, not a surprise later.
 * memory.c has the same functions for a tape without a file.
 * false: errno says why. */
#ifndef TAPE_FILE_H
#define TAPE_FILE_H

#include "tape/write.h"

/* Whose tape it is, from when. */
void file_identify(struct tape_header *h);
/* Makes the file, reserves its range of addresses, gives it its first room. */
bool file_make(struct writer *w, const char *directory, const struct writer_how *how);
/* Room for so many bytes, zeroed. */
bool file_grow(struct writer *w, size_t wanted);
/* Private memory only: tells readers of a new block that is empty so far. */
bool file_announce(struct writer *w, const struct tape_block *b, uint64_t end);
/* Private memory only: copies out what changed since the last time. */
bool file_copy_out(struct writer *w);
/* Private memory only: takes over what was asked, from the file. */
void file_read_control(struct writer *w);
/* The header alone, whatever else could not be written. */
bool file_copy_header(struct writer *w);
/* Looks whether the descriptor is still the file's; opens it anew if not. */
bool file_held(struct writer *w);
void file_cut(struct writer *w, size_t bytes); /* gives back what lies behind */
void file_forget(struct writer *w);            /* neither touches nor keeps it */

#endif
