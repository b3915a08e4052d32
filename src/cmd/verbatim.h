/* SPDX-License-Identifier: Apache-2.0 */
/* verbatim.h - text made as pstats makes it, to where it is read. A file or a pipe
 * gets its very bytes, lone surrogates as Python's surrogateescape would write them;
 * a terminal gets names without what could steer it. */
#ifndef CMD_VERBATIM_H
#define CMD_VERBATIM_H

#include "base/out.h"

void verbatim_write(struct str text, bool terminal, struct out *o);

#endif
