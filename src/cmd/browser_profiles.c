/* SPDX-License-Identifier: Apache-2.0 */
/* browser_profiles.c - tree and diff: the files of the prompt read once more, as the
 * commands of that name read them. */
#include "cmd/browser.h"
#include "cmd/reading.h"
#include "cmd/sides.h"
#include "open/table.h"

static void say(struct out *o, const struct err *e)
{
    out_text_of(o, e->text);
    out_char(o, '\n');
}

/* An integer or a fraction limits the rows, the rest are patterns. */
static double limit_of(const struct restrictions *r, const char *command,
                       struct filter *filters, uint32_t *count, struct arena *a)
{
    double limit = -1;

    for (uint32_t i = 0; i < r->count; i++) {
        if (r->at[i].kind == RESTRICT_MATCH)
            filters[(*count)++] =
                (struct filter){ arena_cstr(a, r->at[i].text), false, command };
        else if (r->at[i].kind == RESTRICT_SHARE && r->at[i].share < 1)
            limit = r->at[i].share;
        else if (r->at[i].kind == RESTRICT_COUNT && r->at[i].count >= 0)
            limit = (double)r->at[i].count;
    }
    return limit;
}

/* Recordings beside dumps: cProfile's way of counting is what both can tell. */
static bool is_mixed(struct words files, const char *path)
{
    bool recording = open_is_recording(path), mixed = false;

    for (int i = 0; i < files.count; i++)
        mixed = mixed || open_is_recording(files.at[i]) != recording;
    return mixed;
}

void browser_diff(struct words files, const char *path, struct restrictions r,
                  bool stripped, struct out *o)
{
    struct arena *a = arena_open();
    struct filter *filters = arena_array(a, (size_t)r.count + 1, sizeof *filters);
    struct sides_options as = { .runs = { 1, 1 },
                                .as_cprofile = is_mixed(files, path) };
    struct sides *sides = sides_open(&as, a);
    char *other[] = { (char *)path, NULL };
    struct err e = { 0 };
    struct diff *d = NULL;
    struct diff_options options = { .filter = filters,
                                    .strip_dirs = stripped,
                                    .at_prompt = true };

    options.limit = limit_of(&r, "diff", filters, &options.filters, a);
    if (sides_add(sides, SIDE_BEFORE, files, &e) &&
        sides_add(sides, SIDE_AFTER, (struct words){ 1, other }, &e)) {
        sides_pair(sides);
        options.unit = sides->first.unit;
        options.side[SIDE_BEFORE] = sides->shown[SIDE_BEFORE];
        options.side[SIDE_AFTER] = sides->shown[SIDE_AFTER];
        options.note = sides->note;
        options.notes = sides->notes;
        d = diff_open(sides->functions, NULL, &options, &e);
    }
    if (d)
        diff_text(d, &(struct screen){ .out = o });
    else
        say(o, &e);
    diff_close(d);
    sides_close(sides);
    arena_close(a);
}

void browser_tree(struct words files, struct restrictions r, struct out *o)
{
    struct arena *a = arena_open();
    struct filter *filters = arena_array(a, (size_t)r.count + 1, sizeof *filters);
    struct report_options options = { .filter = filters, .tree = true };
    struct screen screen = { .out = o };
    struct err e = { 0 };

    options.limit = limit_of(&r, "tree", filters, &options.filters, a);
    struct profile *p = reading_open(files, NULL, false, &options.title, a, &e);
    struct report *report = p ? report_open(p, &options, &e) : NULL;

    if (report)
        report_text(report, &screen);
    else
        say(o, &e);
    report_close(report);
    profile_close(p);
    arena_close(a);
}
