/* SPDX-License-Identifier: Apache-2.0 */
/* ask.h - asks the processes of a recording that is being written to stop counting, to
 * start again, or to begin anew. It is written into their tapes (struct tape_control);
 * each does it at its next event, and answers there. Processes that begin meanwhile are
 * asked as well, when their tapes are looked at. */
#ifndef TAPE_ASK_H
#define TAPE_ASK_H

#include <stdint.h>

#include "base/err.h"

enum ask_what { ASK_STOP, ASK_START, ASK_RESET };

struct ask;

/* Asks. NULL and e: no recording, a pack, nobody lives in it, or no right to write. */
struct ask *ask_open(const char *recording, enum ask_what what, struct err *e);
void ask_close(struct ask *a); /* NULL is allowed */

enum { ASK_NAMED = 8 };

struct ask_answers {
    uint32_t living;        /* Python processes that were asked, and live */
    uint32_t done, waiting; /* have done it; have had no event since */
    uint32_t
        later;    /* of those that wait: they do it then; all others as good as have */
    uint32_t own; /* stopped by the program: they do not listen */
    uint32_t pid[ASK_NAMED]; /* the first of those that wait */
};

/* Looks how far they are. */
struct ask_answers ask_look(struct ask *a);

#endif
