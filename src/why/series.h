/* SPDX-License-Identifier: Apache-2.0 */
/* series.h - commands run by turns, many times each, and what the runs come to. */
#ifndef WHY_SERIES_H
#define WHY_SERIES_H

#include "why/command.h"

struct series_order {
    const struct command *command;
    uint32_t commands;
    uint32_t runs, warmup; /* runs 0: until there are 10, or 3 s are over */
    const char *shell;     /* for what --prepare and its like run */
    bool pass_output;      /* of each first run, else of none but what it */
    bool pass_errors;      /* writes to stderr */
    bool show_output;      /* of all */
    bool go_on;            /* after a run that failed */
    bool inherit;          /* stdin is the runs' as it is ours */
    bool progress;
};

struct series_of { /* one command's */
    const struct command *command;
    struct command_run *run;
    uint32_t runs;
    uint32_t failed; /* of these */
};

struct series {
    const struct series_order *order;
    struct series_of *of; /* by command */
    uint32_t commands;
    int status;        /* of the last run, as wait(2) has it */
    bool ended;        /* by a run that failed, or a signal to us */
    bool ended_before; /* that was a warm-up: nothing was timed */
    bool set_up;       /* what --setup does was begun: series_end undoes it */
    struct command_files files;
};

/* false and e: a run could not be started (status then is 126 or 127 as of wait), or
 * what sets up or prepares one failed. What was run until then is there. From here to
 * series_end signals are seen to; command_stopped_by tells of them. */
bool series_run(const struct series_order *o, struct series *s, struct arena *a,
                struct err *e);
/* One more run, prepared and concluded as each is, made by `run`, which gets files of
 * which nothing is shown. false: it was not, or a signal came. */
bool series_more(struct series *s, uint32_t command,
                 void (*run)(void *with, const struct command *c,
                             const struct command_files *f),
                 void *with, struct err *e);
/* --cleanup, whatever happened. */
bool series_end(struct series *s, struct err *e);

/* A figure of each run, over all runs. */
struct spread {
    double mean, deviation, median, min, max;
};

enum measure {
    MEASURE_WALL, /* ns */
    MEASURE_USER,
    MEASURE_SYSTEM,
    MEASURE_MEMORY, /* bytes, the peak */
    MEASURE_FAULTS, /* page faults that needed no reading */
    MEASURE_FAULTS_READ,
    MEASURE_SWITCHES, /* of its own: it waited */
    MEASURE_PREEMPTED,
    MEASURE_READ, /* blocks of 512 bytes */
    MEASURE_WRITTEN,
    MEASURES
};

double series_measure(const struct command_run *r, enum measure m);
struct spread series_spread(const struct series_of *s, enum measure m, struct arena *a);

struct series_interval {
    bool known;
    double low, high; /* of the median, at 95 % */
};
struct series_interval series_wall(const struct series_of *s, struct arena *a);

/* One command beside the first: runs of the same turn are compared. */
struct series_comparison {
    uint32_t a, b;
    bool known;              /* there are enough runs to prove anything at 99 % */
    double ratio, low, high; /* b's time of a's, 95 %; low 0: not known */
    enum { SERIES_NO_DIFFERENCE, SERIES_A_FASTER, SERIES_B_FASTER } verdict;
};
struct series_comparison series_compare(const struct series *s, uint32_t a, uint32_t b,
                                        struct arena *arena);

#endif
