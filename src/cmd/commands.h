/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h - what is typed behind sonde time, as commands to run: words of our own
 * command line, or texts as a shell would take them; one for each value of parameters.
 */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include "cmd/cmd.h"
#include "why/command.h"

enum { COMMANDS_PARAMETERS = 16 };

struct commands_asked {
    struct words words;      /* one command; or */
    const char *const *text; /* these */
    uint32_t texts;
    const char *shell;  /* for them; "none": none; NULL: sh for what needs one */
    const char *python; /* --python */
    const char *setup, *prepare, *conclude, *cleanup;
    const char *parameter[COMMANDS_PARAMETERS]; /* "VAR=A,B" */
    uint32_t parameters;
};

struct commands {
    struct command *at;
    uint32_t count;
};

/* 0, or the exit status with e filled. */
int commands_of(const struct commands_asked *asked, struct commands *c, struct arena *a,
                struct err *e);
/* The Python that will run it; NULL: it is no Python program, as far as can be seen. */
const char *commands_python(const struct command *c, struct arena *a);

#endif
