/* SPDX-License-Identifier: Apache-2.0 */
/* census.h - how many processes there were of each role, and how they ended, in words
 * for people. Of roles and signals the first CENSUS_MOST are told by name. */
#ifndef REPORT_CENSUS_H
#define REPORT_CENSUS_H

#include "base/arena.h"
#include "model/profile.h"

enum { CENSUS_MOST = 6 };

struct census_part {
    struct str role;
    uint32_t count;
};

struct census {
    uint32_t entered, alive;
    uint32_t killed;   /* by signals, of those entered */
    uint32_t shut_out; /* not entered, and something is missing for it */
    struct census_part part[CENSUS_MOST]; /* of those entered, by role */
    uint32_t parts, others;
    int signal[CENSUS_MOST]; /* that killed one of them */
    uint32_t signals;
    struct str victim; /* the kind of all that were killed; empty: of several */
};

/* kinds: "worker: crunch" and "worker: load" are both a worker. */
struct census census_of(const struct profile *p, bool kinds);
/* "worker" of "worker: crunch". */
struct str census_kind(struct str role);

/* "1 main, 4 worker": roles as they are, screen_safe still to be applied. */
struct str census_roles(const struct census *c, struct arena *a);
/* "SIGKILL", "SIGKILL and SIGTERM" */
struct str census_signals(const struct census *c, struct arena *a);
/* "Two workers were killed (SIGKILL); what they counted is here.", or empty. */
struct str census_killed(const struct census *c, struct arena *a);
/* "One process was not entered (sonde report --processes tells why).", or empty. */
struct str census_shut_out(const struct census *c, struct arena *a);
/* "SIGKILL", "signal 34" */
struct str census_signal(int signal, struct arena *a);

#endif
