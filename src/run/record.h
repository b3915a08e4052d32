/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - the launcher's own tape (what it saw of the program), and a look
 * at what the agents left beside it. */
#ifndef RUN_RECORD_H
#define RUN_RECORD_H

#include "base/arena.h"
#include "base/err.h"
#include "run/launch.h"
#include "run/output.h"
#include "tape/write.h"

struct record {
    struct writer writer;
    ino_t inode;      /* of the tape */
    uint32_t process; /* cell of the program's record, 0: none */
};

bool record_open(struct record *r, const struct output *o, enum writer_io io,
                 struct err *e);
void record_started(struct record *r, const struct launch *l, const char *name);
void record_ended(struct record *r, const struct launch *l);

struct record_found {
    int tapes;        /* of agents */
    int notes;        /* of Pythons without an agent, or whose agent ... */
    int failed;       /* ... could not record: so many */
    const char *note; /* "python VERSION EXECUTABLE" of one of them, one that failed */
    const char *why;  /* the error behind it */
    char whose[48]; /* it is: "the program", "a process of it", "13 processes of it" */
    bool reset;     /* sonde reset removed the tapes of those that had ended */
    bool replaced;  /* what stands at the path is no longer ours */
    uint64_t lost;  /* calls not counted */
    int behind;     /* tapes whose last counts could not be written */
    uint32_t fault; /* errno of one of these losses; no tape: why none can be made */
};
struct record_found record_look(const struct record *r, const struct output *o,
                                struct arena *a);

#endif
