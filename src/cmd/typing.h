/* SPDX-License-Identifier: Apache-2.0 */
/* typing.h - lines that are typed behind a prompt. On a terminal they are edited, have
 * a history, and words are completed; elsewhere they are read as they come, the prompt
 * written before each, as Python's input() does. ^C ends it. One at a time. */
#ifndef CMD_TYPING_H
#define CMD_TYPING_H

#include "base/str.h"

struct typing;

enum { TYPING_MATCHES = 64 };

/* Fills in what the word at the end of `line` may become; returns how many. */
typedef int typing_complete(struct str line, struct str word,
                            const char *matches[TYPING_MATCHES]);

struct typing *typing_open(typing_complete *complete);
void typing_close(struct typing *t);
/* Without its end; borrowed until the next one. false: there is no more, or ^C. */
bool typing_line(struct typing *t, const char *prompt, struct str *line);
bool typing_interrupted(const struct typing *t);
/* Meanwhile ^C ends the process at once, with status 0, however much is left to say. */
void typing_answering(bool yes);

#endif
