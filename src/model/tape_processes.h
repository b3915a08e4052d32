/* SPDX-License-Identifier: Apache-2.0 */
/* tape_processes.h - reading a recording: what from_tape.c keeps meanwhile, and
 * what processes know of one another: the launcher of what it started, a hook
 * of the Python it found no agent for. */
#ifndef MODEL_TAPE_PROCESSES_H
#define MODEL_TAPE_PROCESSES_H

#include "base/arena.h"
#include "model/build.h"
#include "tape/read.h"
#include "tape/recording.h"

struct seen { /* a process that another one told of */
    struct tape_process record;
    struct str name, reason;
};

struct image { /* one tape's: a process that execs has several */
    uint32_t pid;
    uint64_t first_ns;
};

struct reading {
    struct build *build;
    struct arena *scratch;
    process_id first;   /* of this recording */
    double ns_per_tick; /* of the tape that ran longest */
    uint64_t longest_ns;
    struct seen *seen;
    uint32_t seen_count, seen_room;
    uint32_t main_pid; /* of the first a launcher told of; 0: none did */
    struct image *image;
    uint32_t images;
    uint32_t agents;       /* tapes of Python processes */
    struct err unreadable; /* the first */
    uint64_t lost_events, lost_processes, backward, started_ns;
    uint64_t max_paths;     /* the least that a process kept */
    uint32_t fault, behind; /* errno of a loss; tapes with TAPE_BEHIND */
    bool replaced, taken;   /* a tape lacks calls: TAPE_REPLACED, 3.11 and later */
    bool running;           /* the launcher is there yet */
    bool several;           /* one lacks those of subinterpreters */
    bool unseen;            /* one lacks those of threads made in C: TAPE_UNSEEN */
    struct str launched;    /* the program, as the launcher calls it */
};

/* Takes up what this tape tells of other processes ... */
void reading_see(struct reading *r, const struct tape *t);
/* ... and what notes do. */
void reading_notes(struct reading *r, const struct recording *recording);
/* What was told of that process; NULL: nothing. */
const struct seen *reading_seen(const struct reading *r, uint32_t pid);
/* When all tapes are read: ends, roles, those not entered, and the run. */
void reading_processes(struct reading *r);

#endif
