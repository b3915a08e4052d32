/* SPDX-License-Identifier: Apache-2.0 */
/* label.c - what must be seen is never cut, be the line longer for it. */
#include "report/label.h"

#include "model/names.h"

enum { PLACE_LEAST = 12 }; /* "...er.py:1234": of a place that must be cut */

struct texts { /* safe ones */
    struct str name, place, least;
};

static struct texts texts_of(const struct label *l, struct arena *a)
{
    const struct function *f = l->function;
    bool alone = l->parts <= 1 || l->strip_dirs;

    return (struct texts){
        .name = screen_safe(name_shown(f, a), a),
        .place = screen_safe(name_place(f, l->strip_dirs, l->parts, a), a),
        .least = alone ? (struct str){ 0 }
                       : screen_safe(name_place_least(f, l->parts, a), a),
    };
}

uint32_t label_name_width(const struct label *l, struct arena *a)
{
    return screen_width(screen_safe(name_shown(l->function, a), a));
}

uint32_t label_place_width(const struct label *l, struct arena *a)
{
    struct str place = name_place(l->function, l->strip_dirs, l->parts, a);

    return screen_width(screen_safe(place, a));
}

static void fit(struct texts *t, uint32_t width, struct arena *a)
{
    uint32_t gap = t->place.len ? 2 : 0, least = screen_width(t->place);
    uint32_t seen = screen_width(t->least);

    if (width == 0 || screen_width(t->name) + gap + least <= width)
        return;
    least = gap + (least < PLACE_LEAST  ? least
                   : PLACE_LEAST > seen ? PLACE_LEAST
                                        : seen);
    t->name = screen_keep_start(t->name, width > least ? width - least : 0, a);
    least = gap + screen_width(t->name);
    t->place = screen_keep_end(t->place, width > least ? width - least : 0, a);
    if (screen_width(t->place) < seen)
        t->place = t->least;
}

uint32_t label_put(const struct label *l, const struct screen *s, uint32_t name_width,
                   uint32_t width, struct arena *a)
{
    struct texts t = texts_of(l, a);

    fit(&t, width, a);
    uint32_t used = screen_width(t.name), behind = screen_width(t.place) + 2;
    if (t.place.len > 0 && used < name_width) { /* in line, where it fits */
        uint32_t most = width > behind ? width - behind : 0;

        used = width == 0 || name_width <= most ? name_width
               : most > used                    ? most
                                                : used;
    }
    screen_put(s, label_tone(l->function), t.name, used);
    if (t.place.len == 0)
        return used;
    out_text_of(s->out, "  ");
    screen_put(s, TONE_PLAIN, t.place, 0);
    return used + behind;
}

enum tone label_tone(const struct function *f)
{
    static const enum tone tones[] = {
        [OWNER_PROGRAM] = TONE_BOLD,
        [OWNER_LIBRARY] = TONE_PLAIN,
        [OWNER_BUILTIN] = TONE_DIM,
    };

    return tones[name_owner(f)];
}
