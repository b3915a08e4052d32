/* SPDX-License-Identifier: Apache-2.0 */
/* body.h - the inside of a profile: for build.c, which makes it, and profile.c,
 * which shows it, alone. */
#ifndef MODEL_BODY_H
#define MODEL_BODY_H

#include "base/arena.h"
#include "base/pile.h"
#include "model/profile.h"

struct profile {
    struct arena *arena;
    enum unit unit;
    struct run run;
    struct quality quality;
    struct function *function;
    struct node *node;
    struct thread *thread;
    struct process *process;
    struct pile givens, given_edges; /* struct given, struct edge */
    uint32_t functions, nodes, threads, processes;
};

#endif
