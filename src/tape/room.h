/* SPDX-License-Identifier: Apache-2.0 */
/* room.h - the range of addresses a tape lies in, and by how much it grows. */
#ifndef TAPE_ROOM_H
#define TAPE_ROOM_H

#include "tape/write.h"

/* Keeps a range free, by a mapping nobody may touch. false: errno. */
bool room_reserve(struct writer *w);
/* More bytes, so many as are best, by which a tape has those wanted: `add` gets them
 * for it. Who was refused is not asked again at each event. false: errno. */
bool room_grow(struct writer *w, size_t wanted,
               bool (*add)(struct writer *w, size_t bytes));

#endif
