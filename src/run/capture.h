/* SPDX-License-Identifier: Apache-2.0 */
/* capture.h - runs a program of ours (a line of Python, mostly) and takes what
 * it prints: stdin is empty, stderr goes nowhere, and it ends in time. */
#ifndef RUN_CAPTURE_H
#define RUN_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

struct capture {
    char *const *argv;        /* argv[0] is the file, no search on PATH */
    char *const *environment; /* NULL: ours */
    const char *folder;       /* where it runs; NULL: here */
    unsigned seconds;         /* then SIGALRM ends it */
};

/* Its output up to room - 1 bytes, terminated; the status as wait(2) has it, -1
 * when it could not be started. */
int capture(const struct capture *c, char *output, size_t room);
/* The same, and it ended with status 0. */
bool capture_good(const struct capture *c, char *output, size_t room);

#endif
