/* SPDX-License-Identifier: Apache-2.0 */
/* opener.h - brings an address that is a secret to a browser: in a file that is the
 * user's alone, not in the words of a process, which others read. */
#ifndef CMD_OPENER_H
#define CMD_OPENER_H

#include "base/arena.h"
#include "base/err.h"

struct opener; /* the file, while it is there */

/* browser: a program; NULL: the desktop's. NULL and e: none was started. */
struct opener *opener_open(struct str address, const char *browser, struct err *e);
void opener_close(struct opener *o); /* the file goes; NULL is allowed */

#endif
