/* SPDX-License-Identifier: Apache-2.0 */
/* command.h - commands run as time(1) runs one: what the kernel accounts to each run
 * and to all it waited for. A run is in our process group and of our terminal. */
#ifndef WHY_COMMAND_H
#define WHY_COMMAND_H

#include <sys/resource.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

enum { COMMANDS_MAX = 256, COMMAND_RUNS_MAX = 100000 };

struct command {
    struct str shown; /* as one would type it */
    char *const *argv;
    bool by_shell;
    /* What --prepare and its like run for it, as lines for a shell; NULL: nothing. */
    const char *setup, *prepare, *conclude, *cleanup;
    uint32_t parameters;
    const struct command_parameter {
        struct str name, value;
    } * parameter;
};

struct command_run {
    uint64_t wall_ns;
    struct rusage used; /* of it and of those it waited for */
    int status;         /* as wait(2) */
};

struct command_files {
    int in;       /* -1: nothing; each run reads from where it stands now */
    off_t start;  /* of a file: where each run begins to read */
    bool inherit; /* stdin is ours as it is */
    bool shown;   /* what it prints is, else it is dropped */
    bool errors;  /* what it writes to stderr is all the same */
    int error;    /* where what it writes to stderr goes instead, 0: nowhere else */
};

/* false, e and a status of 126 or 127: it could not be started. */
bool command_run(const struct command *c, const struct command_files *f,
                 struct command_run *r, struct err *e);

/* While a run is under way, what a terminal sends us is for it alone, and what would
 * end us is passed on to it. */
void command_signals_ours(void);
void command_signals_back(void);
/* The signal that came meanwhile and asks us to stop, 0: none. */
int command_stopped_by(void);
/* For those that start one otherwise: whom signals are passed on to, 0: nobody. */
void command_is(int pid);
/* In a child that is to become the command: its descriptors and signals. */
void command_child(const struct command_files *f);
/* What execvp(3) said to it; false. status: 126 or 127. */
bool command_refused(const struct command *c, int fault, int *status, struct err *e);

/* Exit status as a shell has it. */
int command_shell_status(int status);
uint64_t command_cpu_ns(const struct command_run *r);
uint64_t command_ns(struct timeval t);

#endif
