/* SPDX-License-Identifier: Apache-2.0 */
/* label.h - a function's name and place on a line of text, cut to fit: the place first,
 * down to what tells it from others, then the name. */
#ifndef REPORT_LABEL_H
#define REPORT_LABEL_H

#include "model/profile.h"
#include "report/screen.h"

struct label {
    const struct function *function;
    uint32_t parts; /* of its path that must be seen (places.h) */
    bool strip_dirs;
};

uint32_t label_name_width(const struct label *l, struct arena *a);
uint32_t label_place_width(const struct label *l, struct arena *a); /* 0: it has none */
/* In at most `width` columns (0: any) where what must be seen fits, the name padded to
 * `name_width`. Returns the columns it took. */
uint32_t label_put(const struct label *l, const struct screen *s, uint32_t name_width,
                   uint32_t width, struct arena *a);
/* How its name is drawn: the program's own, a library's, a builtin's. */
enum tone label_tone(const struct function *f);

#endif
