/* SPDX-License-Identifier: Apache-2.0 */
/* screen.h - text for terminals: nothing a name holds reaches one raw.
 * Control characters, what is not UTF-8 and what turns the direction of writing
 * are written as escapes; widths are in columns. */
#ifndef REPORT_SCREEN_H
#define REPORT_SCREEN_H

#include "base/arena.h"
#include "base/out.h"

struct screen {
    struct out *out;
    uint32_t width; /* columns, 0: as wide as it takes */
    bool colour;
};

enum tone { TONE_PLAIN, TONE_BOLD, TONE_DIM };

/* For out on descriptor fd: a terminal's width; colour unless NO_COLOR is set. */
struct screen screen_on(struct out *o, int fd);

struct str screen_safe(struct str s, struct arena *a);
uint32_t screen_width(struct str safe);
/* The end, or the beginning, that fits; "..." stands for the rest. */
struct str screen_keep_end(struct str safe, uint32_t width, struct arena *a);
struct str screen_keep_start(struct str safe, uint32_t width, struct arena *a);

/* Padded to width on the right. */
void screen_put(const struct screen *s, enum tone tone, struct str safe,
                uint32_t width);
/* A line of its own, "note: SENTENCE", broken at blanks where the screen ends. */
void screen_sentence(const struct screen *s, const char *before, struct str safe);

#endif
