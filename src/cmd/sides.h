/* SPDX-License-Identifier: Apache-2.0 */
/* sides.h - runs before and after, read and put side by side: only what was counted in
 * one way, and no run twice. Notes on what was read gather beside. */
#ifndef CMD_SIDES_H
#define CMD_SIDES_H

#include "cmd/cmd.h"
#include "model/choose.h"
#include "model/compare.h"
#include "report/diff.h"

struct sides_options {
    bool tree, cumulative, as_cprofile, corrected;
    const struct choice *choice; /* --process; NULL: all */
    uint32_t runs[SIDES];        /* that will be added */
};

/* How a run was counted. */
struct mode {
    const char *file;
    enum unit unit;
    struct str clock;
    bool sampled, given, builtins;
    bool timed, counted; /* given: by cProfile, by the module profile */
};

struct sides {
    const struct sides_options *options;
    struct arena *arena;
    struct compare *functions, *paths; /* paths: NULL unless asked for */
    struct mode first;                 /* of the first run that was read */
    struct seen *seen;
    uint32_t seen_count;
    struct diff_side shown[SIDES];
    struct str *note;
    uint32_t notes;
};

struct sides *sides_open(const struct sides_options *o, struct arena *a);
void sides_close(struct sides *s);
/* One run: of several files the sum. */
bool sides_add(struct sides *s, enum side side, struct words files, struct err *e);
/* When all are added. */
void sides_pair(struct sides *s);
void sides_note(struct sides *s, struct str sentence); /* each once */

#endif
