/* SPDX-License-Identifier: Apache-2.0 */
/* life.h - whether the process that writes a tape lives. */
#ifndef TAPE_LIFE_H
#define TAPE_LIFE_H

#include <stdbool.h>

#include "tape/layout.h"

enum life {
    LIFE_LIVES,
    LIFE_OVER,  /* the image that wrote it is gone */
    LIFE_MAYBE, /* its lock is gone, and yet it may be there */
};

/* Holds a writer that tape: a lock on byte 0 that the kernel drops at its death? by:
 * its pid, 0 where it is none of ours; may be NULL. */
bool life_is_locked(int fd, uint32_t *by);
/* A program that closes every descriptor lets go of the lock as well, until its tape
 * next grows: so before a tape is taken for a dead one's, its process is looked at. */
enum life life_of(int fd, const struct tape_header *h);

#endif
