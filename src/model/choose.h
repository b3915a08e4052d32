/* SPDX-License-Identifier: Apache-2.0 */
/* choose.h - a profile of some processes alone: what --process asks for. A glob names
 * processes by role ("worker: crunch", and either part of it), name, program, or
 * by the very pid. Every figure is that of the chosen ones; what the notes tell is
 * told of the whole recording. */
#ifndef MODEL_CHOOSE_H
#define MODEL_CHOOSE_H

#include "base/arena.h"
#include "base/err.h"
#include "model/profile.h"

enum { CHOICE_MAX = 64 };

struct choice {
    const char *glob[CHOICE_MAX]; /* one that matches is enough */
    uint32_t globs;               /* 0: all processes */
};

/* False and e: of a file that is no recording it is not known what is whose. */
bool choose_can(const struct choice *c, bool recording, const char *file,
                struct err *e);
/* In p's place, which is closed where it is another one. NULL and e: a glob names
 * none of `where`, what p was read from. */
struct profile *choose(struct profile *p, const struct choice *c, const char *where,
                       struct err *e);

/* A profile of that one alone; p stays. What was given without paths is in neither. */
struct profile *choose_process(const struct profile *p, process_id i);
struct profile *choose_thread(const struct profile *p, thread_id t);
/* All of p, the functions of each process for themselves: process_of says whose one is.
 * What was given without paths is left out. */
struct profile *choose_apart(const struct profile *p, process_id **process_of,
                             struct arena *a);

#endif
