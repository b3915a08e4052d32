/* SPDX-License-Identifier: Apache-2.0 */
/* draw.h - Graphviz's dot as a child, which must be done in time. */
#ifndef CMD_DRAW_H
#define CMD_DRAW_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum drawn { DRAWN, DRAW_LATE, DRAW_FAILED };

/* The picture in that format ("svg", "png", "pdf") of dot's text; DRAW_LATE: it was
 * ended, after so long. DRAW_FAILED: e. */
enum drawn draw(struct str text, const char *format, uint64_t most_ns,
                struct str *picture, struct arena *a, struct err *e);

#endif
