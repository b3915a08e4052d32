/* SPDX-License-Identifier: Apache-2.0 */
/* target.h - what the words behind `sonde run` mean: a program for a Python of
 * our choice, or a command that brings its own interpreter. Everything found
 * is the arena's; nothing is started here. */
#ifndef RUN_TARGET_H
#define RUN_TARGET_H

#include "base/arena.h"
#include "base/err.h"

struct target_words {
    const char *module, *code; /* -m and -c, or NULL */
    const char *python;        /* --python, or NULL */
    int count;                 /* of the words, the first is the program's */
    char **words;
};

struct target {
    const char *name;   /* what a recording of it is called */
    const char *python; /* NULL: a command */
    const char *why;    /* this Python */
    const char *file;   /* to execute, as execvp(3) takes it */
    char **argv;        /* its words, ends in NULL */
};

/* 0, or the exit status (2, 126, 127) with e filled. */
int target_find(struct target *t, const struct target_words *w, struct arena *a,
                struct err *e);
/* The file a shell would run for this name, or NULL. */
const char *target_on_path(const char *name, struct arena *a);
/* The Python that `python` (--python, or NULL) asks for; NULL and e. */
const char *target_python(const char *python, const char **why, struct arena *a,
                          struct err *e);

#endif
