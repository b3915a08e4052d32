/* SPDX-License-Identifier: Apache-2.0 */
/* cmd.h - a subcommand: what is typed, what --help says of it, what it does.
 * A command is one file src/cmd/NAME.c that ends in `const struct cmd cmd_NAME`
 * and a row in src/cmd/meson.build. The table drives the reading of the words,
 * the help, the man page and the completion. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <argp.h>

#include "base/err.h"
#include "base/str.h"

/* Beside argp's own flags: the words behind this option's value are not ours
 * (sonde run -m MODULE ARGS). */
enum { CMD_OPTION_LAST = 1 << 16 };

struct words { /* those that are neither options nor their values */
    int count;
    char **at; /* ends in NULL, as argv does */
};

struct cmd {
    const char *name;     /* "" is what `sonde` alone does */
    const char *help;     /* one line for `sonde --help`: no capital, no full stop */
    const char *usage;    /* what follows "sonde NAME ", e.g. "[OPTIONS] [FILE...]" */
    const char *more;     /* paragraphs below the options, or NULL */
    const char *examples; /* lines "COMMAND", or "COMMAND   # what for" */
    /* Both end in {0}, either may be NULL; `shared` is a table other commands
     * use too. Fields name, key, arg, flags (OPTION_ARG_OPTIONAL,
     * OPTION_HIDDEN, CMD_OPTION_LAST) and doc are read; an entry with neither
     * name nor key is a heading. --help and -h are seen to. */
    const struct argp_option *options, *shared;
    bool ordered;     /* options end at the first word that is none */
    bool reads;       /* its words are profiles */
    size_t args_size; /* of the struct that option() fills; it starts zeroed */
    /* One option, in the order typed. value: NULL when it has none. */
    bool (*option)(void *args, int key, const char *value, struct err *e);
    /* Returns the exit status; a filled e is printed, and is status 2 when it
     * is ERR_USAGE, else 1. */
    int (*run)(const void *args, struct words words, struct err *e);
};

const struct cmd *const *cmd_list(void); /* sorted as in meson.build; ends in NULL */
const struct cmd *cmd_find(const char *name); /* NULL: none */

/* "sonde: TEXT" as one line on stderr; lost where stderr is closed. */
void cmd_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Words into args, as getopt_long reads them; asked is set when help was. */
bool options_read(const struct cmd *c, int argc, char **argv, void *args,
                  struct words *words, bool *asked, struct err *e);
/* A whole number that is at least `least`. */
bool options_number(const char *option, const char *value, long least, long *number,
                    struct err *e);

/* Help screens, to stdout; false and e when they could not be written. */
bool help_all(struct err *e);
bool help_cmd(const struct cmd *c, struct err *e);
/* What to say to a first word that is no command, by it and the word behind
 * it; always false. */
bool help_unknown(const char *word, const char *next, struct err *e);
/* What a reading command says to a word that is a program, or empty; else true. */
bool help_program(const struct cmd *c, const char *word, struct err *e);
/* The name nearest to word of those given (ends in NULL), or NULL. */
const char *help_nearest(const char *word, const char *const *names);

#endif
