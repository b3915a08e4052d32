/* SPDX-License-Identifier: Apache-2.0 */
/* tape_processes.h - reading a recording: what from_tape.c keeps meanwhile, and what
 * processes know of one another: the launcher of what it started, each process of its
 * children, a hook of the Python it found no agent for.
 * A row is an image: a process that execs has several, of one pid. */
#ifndef MODEL_TAPE_PROCESSES_H
#define MODEL_TAPE_PROCESSES_H

#include "base/arena.h"
#include "model/build.h"
#include "model/tape_nodes.h"
#include "tape/read.h"
#include "tape/recording.h"

enum {
    CHAIN = TAPE_ANCESTORS + 1, /* pids above, nearest first; 0: it ends */
    SEEN_MOST = 1 << 20,        /* records taken of a recording */
};

struct seen { /* a process that another one told of */
    struct tape_process record;
    struct str name, reason;
    uint32_t chain[CHAIN];
    uint64_t started_ns;   /* CLOCK_REALTIME */
    uint64_t teller_ticks; /* struct tape_header's start_ticks */
    uint32_t before;       /* the one seen before it in its bucket, plus 1 */
    bool launched;         /* the program, by its launcher */
    bool alive;            /* its teller is, and did not see it end */
    bool met;              /* a tape of it is there */
    uint64_t until_ns;     /* the pid is not another's up to here */
    uint64_t begin_ns;     /* start, or when it was forked from its own image */
};

struct image { /* one tape's */
    uint32_t pid, flags;
    uint64_t first_ns, start_ticks;
    uint64_t start_ns; /* just before it was started, as who did tells, else first_ns */
    uint64_t last_ns;  /* its end, as it told itself; 0: it did not */
    uint64_t reset_ns; /* an agent's: asked from outside */
    uint32_t chain[CHAIN];
    process_id process; /* PROCESS_NONE: it could not be read, or is the launcher's */
    bool told;          /* a record is of it */
    bool alive;         /* known when it has been read */
    uint32_t before;    /* the one before it in its bucket, plus 1 */
};
#define PROCESS_NONE UINT32_MAX

enum { SEEN_BUCKETS = 4096 };

struct reading {
    struct build *build;
    struct arena *scratch;
    const struct recording *recording;
    struct tape_cells cells;
    process_id first;   /* of this recording */
    double ns_per_tick; /* of the tape that ran longest */
    uint64_t longest_ns;
    struct seen *seen;
    uint32_t seen_count, seen_room;
    uint32_t *bucket; /* by pid: the one seen last, plus 1 */
    struct image *image;
    uint32_t images, *image_bucket; /* the same of images */
    uint32_t launched_at;           /* the program in seen, plus 1; 0: nobody told */
    uint32_t agents;                /* tapes of Python processes */
    struct err unreadable;          /* the first */
    uint64_t lost_events, lost_processes, more_processes, backward, started_ns;
    uint64_t max_paths;         /* the least that a process kept */
    uint32_t fault, behind;     /* errno of a loss; tapes with TAPE_BEHIND */
    bool replaced, taken;       /* a tape lacks calls: TAPE_REPLACED, 3.11 and later */
    bool running;               /* the launcher is there yet */
    uint64_t reset_ns;          /* CLOCK_MONOTONIC: counters were set to 0; 0: never */
    uint32_t living, held;      /* processes; of these, that sonde stop stopped */
    uint32_t ended, ended_held; /* the same */
    bool several;               /* one lacks those of subinterpreters */
    bool unseen;                /* one lacks those of threads made in C: TAPE_UNSEEN */
    struct str launched;        /* the program, as the launcher calls it */
    uint64_t unrecorded;        /* Pythons whose agent could make no tape */
    struct str why_unrecorded;
    struct bounded { /* processes that ended and nobody saw it, charged up to a bound */
        uint32_t count, pid; /* of whose end it was; 0: differs, or it was nobody's */
        struct str name;
        bool moment; /* the last that the recording tells of, of one at least */
    } bounded;
    uint64_t last_told_ns; /* that moment, */
    bool looked_for_last;  /* when it has been looked for */
};

/* tape_seen.c: takes up what this tape tells of other processes ... */
void reading_see(struct reading *r, const struct tape *t);
/* ... and, when all tapes are read, what notes do. */
void reading_notes(struct reading *r, const struct recording *recording);
/* Who had this pid then, as who started it tells; NULL: nobody does. */
const struct seen *reading_seen(const struct reading *r, uint32_t pid,
                                uint64_t then_ns);
/* Those of a pid, the rest of its bucket between them: the first, then `before`. */
void reading_index_images(struct reading *r);
uint32_t reading_image_of(const struct reading *r, uint32_t pid);
enum { LOOKS_MOST = 4096 }; /* into one bucket: tapes may be made to collide */
/* What this tape's process says of itself. */
struct image reading_image(const struct tape_header *h);

/* tape_ends.c: moments, in ticks */
double reading_ns_per_tick(const struct reading *r, const struct tape *t);
uint64_t reading_ticks_at(const struct tape_header *h, uint64_t ns, double ratio);
uint64_t reading_last_ticks(const struct tape *t); /* the last sign of life */
/* Up to when threads were where their tape says they are; 0: not known, or it was
 * closed in good order and tells all. Whoever is above has been read before. */
uint64_t reading_until(struct reading *r, const struct tape *t, double ratio);
void reading_note_bounded(struct reading *r);

/* tape_processes.c: when all that is done: those not entered, ends, and the run. */
void reading_processes(struct reading *r);

/* tape_doubts.c: at last, what the recording does not tell, or not exactly. */
void reading_doubts(struct reading *r, const struct recording *recording);

/* tape_kin.c: who is whose parent, roles, and parents before children */
struct row {
    process_id process;
    uint32_t pid;
    uint64_t begin_ns; /* CLOCK_MONOTONIC */
    uint64_t
        start_ns; /* the same, as who started it tells: siblings are in that order */
    const uint32_t *chain;
    struct str duty;
    uint32_t flags;     /* of enum tape_flag: TAPE_FORKED, TAPE_EXECUTED */
    bool image;         /* of a process that has others */
    uint64_t waited_ns; /* CPU time of those it waited for, which is in its rusage */
    bool unsure;        /* it had children of which that is not known */
};
/* rows: by pid, then begin. main: of the program's, NULL where no launcher told. */
void kin_find(struct reading *r, struct row *rows, uint32_t count,
              const struct seen *launched);
/* The last of that pid which began by then; NULL: none. */
struct row *kin_at(struct row *rows, uint32_t count, uint32_t pid, uint64_t then_ns);

#endif
