/* SPDX-License-Identifier: Apache-2.0 */
/* time.h - what running commands came to, for people, programs and pull requests. */
#ifndef REPORT_TIME_H
#define REPORT_TIME_H

#include "report/screen.h"
#include "report/units.h"
#include "why/imported.h"
#include "why/series.h"
#include "why/traced.h"

struct time_function {
    struct str name, place;             /* place: may be empty */
    uint64_t self_ns, before_ns, calls; /* before_ns: with the first command */
};

struct time_why { /* of one command */
    struct traced traced;
    const char
        *python;       /* that it runs in; NULL: it is no Python program, or not told */
    uint64_t start_ns; /* what that takes to start, 0: not known */
    struct imported imported;
    struct str profiled; /* a sentence on why it was not; empty: it was, or none is */
    uint64_t profile_ns; /* all functions' */
    struct time_function *function; /* what takes longest by itself first */
    uint32_t functions;
};

struct time_report {
    const struct series *series;
    const struct time_why *why; /* by command; NULL: nothing was asked */
    /* What makes the difference of the second command to the first, where both are
     * Python programs: functions, the largest change first. */
    const struct time_function *changed;
    uint32_t changes;
    uint32_t planned;       /* runs of each */
    const struct str *note; /* sentences */
    uint32_t notes;
    struct arena *arena;
};

/* Means over the runs, what of them no thread ran in, and what was waited for then. */
struct time_waiting {
    double all_ns; /* of the wall time; what is left of it was spent in its threads */
    double of_ns[WAITS]; /* sums to all_ns where the reasons are known */
    double unknown_ns;   /* and with this, which the followed run did not show */
    bool known;
};
struct time_waiting time_waiting(const struct time_report *r, uint32_t command);

void time_text(const struct time_report *r, const struct screen *s);
/* Why: of each command, one to four sentences; of the difference of two. */
struct str *time_because(const struct time_report *r, uint32_t command,
                         uint32_t *count);
struct str *time_because_two(const struct time_report *r,
                             const struct series_comparison *c, uint32_t *count);
struct str time_verdict(const struct time_report *r, const struct series_comparison *c);
/* "A", or empty where there is one command. */
struct str time_name(const struct time_report *r, uint32_t command);
/* What the reader should know before believing it, the given notes first. */
struct str *time_notes(const struct time_report *r, uint32_t *count);

void time_json(const struct time_report *r, struct out *o); /* sonde.time/1 */
void time_csv(const struct time_report *r, struct out *o);
void time_markdown(const struct time_report *r, struct out *o);

/* One run as time(1) prints it. format: as GNU time's -f; checked by
 * time_format_checked. */
void time_format(const struct command *c, const struct command_run *r,
                 struct str format, struct out *o);
extern const char time_format_posix[], time_format_verbose[];
/* What GNU time says above that of a run that failed; nothing of one that did not. */
void time_failed(const struct command_run *r, struct out *o);

#endif
