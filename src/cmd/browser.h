/* SPDX-License-Identifier: Apache-2.0 */
/* browser.h - one line typed at the pstats prompt, and its answer: what ProfileBrowser
 * of Python's pstats prints, and beside it tree and diff. */
#ifndef CMD_BROWSER_H
#define CMD_BROWSER_H

#include "base/out.h"
#include "cmd/cmd.h"
#include "pstats/restrict.h"
#include "pstats/table.h"

struct browser;

/* listing: `help` names tree and diff as well, which pstats does not have. */
struct browser *browser_open(bool listing);
void browser_close(struct browser *b);
/* "% ", or "app.prof% ". */
const char *browser_prompt(const struct browser *b);
/* Answers into o; true: it was the last line. */
bool browser_line(struct browser *b, struct str line, struct out *o);
/* As the commands of that name. */
void browser_read(struct browser *b, struct str path, struct out *o);
void browser_add(struct browser *b, struct str path, struct out *o);

/* Compares with a file; prints call paths. */
void browser_diff(struct words files, const char *path, struct restrictions r,
                  bool stripped, struct out *o);
void browser_tree(struct words files, struct restrictions r, struct out *o);

/* Names of commands, sorted; ends in NULL. */
extern const char *const browser_commands[];
/* What `help` says: of all, listing ours or not, or of a topic. */
void browser_help(struct str topic, bool listing, struct out *o);

#endif
