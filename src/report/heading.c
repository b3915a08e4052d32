/* SPDX-License-Identifier: Apache-2.0 */
/* heading.c - the first line of a report, its notes, and how a function is
 * named in all of them. */
#include "report/label.h"
#include "report/texts.h"
#include "report/units.h"

/* Files that do not say of which process they are stand for one each. */
static uint32_t files_of_unknown_processes(const struct profile *p)
{
    uint32_t count = 0;

    for (process_id i = 0; i < profile_processes(p); i++)
        count += profile_process(p, i)->pid == 0 && profile_process(p, i)->entered;
    return count;
}

static uint32_t entered_processes(const struct profile *p)
{
    uint32_t count = 0;

    for (process_id i = 0; i < profile_processes(p); i++)
        count += profile_process(p, i)->entered;
    return count;
}

static void print_calls(const struct report *r, const struct screen *s)
{
    bool sampled = profile_quality(r->profile)->sampled;
    const struct stat_row *total = stats_total(r->stats);
    uint64_t calls = sampled ? total->primitive_calls : total->calls;

    out_printf(s->out, "   %s %s%s", units_count(calls).text,
               sampled ? "sample" : "call", calls == 1 ? "" : "s");
}

static void print_span(const struct report *r, const struct screen *s)
{
    const struct profile *p = r->profile;
    enum unit unit = profile_unit(p);
    uint64_t total = stats_total(r->stats)->self;
    uint64_t wall = profile_run(p)->wall_ns;
    uint32_t files = files_of_unknown_processes(p);
    uint32_t processes = entered_processes(p), threads = profile_threads(p);

    out_printf(s->out, "   %s",
               units_one(unit, wall ? (double)wall : (double)total).text);
    if (files > 0) {
        if (files < processes)
            out_printf(s->out, " in %s process%s and %s file%s",
                       units_count(processes - files).text,
                       processes - files == 1 ? "" : "es", units_count(files).text,
                       files == 1 ? "" : "s");
    } else if (processes > 1 || threads > 1) {
        out_printf(s->out, "   %s %s, %s in all",
                   units_count(processes > 1 ? processes : threads).text,
                   processes > 1 ? "processes" : "threads",
                   units_one(unit, (double)total).text);
    } else if (total < wall - wall / 10) { /* the start of Python, mostly: no row's */
        out_printf(s->out, ", %s of it in functions",
                   units_one(unit, (double)total).text);
    }
}

void text_heading(const struct report *r, const struct screen *s)
{
    const struct profile *p = r->profile;

    screen_put(s, TONE_BOLD, screen_safe(str_of(r->options->title), r->arena), 0);
    print_span(r, s);
    print_calls(r, s);
    if (profile_quality(p)->exact && files_of_unknown_processes(p) == 0)
        out_text_of(s->out, profile_quality(p)->folded_calls > 0
                                ? "   exact, but for folded paths: see the note"
                                : "   exact");
    if (str_eq(profile_run(p)->clock, STR("cpu")))
        out_text_of(s->out, ", CPU time");
    if (report_probe_ns(r) > 0)
        out_printf(s->out, ", probe cost %s a call",
                   units_one(UNIT_NS, report_probe_ns(r)).text);
    out_text_of(s->out, "\n\n");
}

enum { LARGE_PERCENT = 20 }; /* of a raw time: what is worth a note */

static bool is_large(uint64_t raw, uint64_t corrected)
{
    return raw > corrected &&
           (double)(raw - corrected) * 100 > (double)raw * LARGE_PERCENT;
}

/* Of the rows shown, that from which most is to be taken. */
static const struct row *most_corrected(const struct report *r)
{
    uint32_t shown = report_limit(r->options, r->rows.count, REPORT_ROWS);
    const struct row *most = NULL;
    uint64_t taken = 0;

    for (uint32_t i = 0; i < shown; i++) {
        const struct row *row = &r->rows.at[i];
        uint64_t raw = row->stat.self, own = row->corrected_self;

        if (is_large(raw, own) && raw - own > taken) {
            most = row;
            taken = raw - own;
        }
    }
    return most;
}

static void note_large(const struct report *r, const struct screen *s, struct str what,
                       uint64_t raw, uint64_t corrected)
{
    struct str name = screen_safe(what, r->arena);
    struct str note = arena_printf(
        r->arena, "%.0f %% of %.*s raw time was the probe's; corrected %s%s",
        100 * (1 - (double)corrected / (double)raw), (int)name.len, name.at,
        units_one(UNIT_NS, (double)corrected).text,
        r->options->show_corrected ? "" : " (column: --corrected)");

    screen_sentence(s, "note: ", note);
}

static void note_cost(const struct report *r, const struct screen *s)
{
    const struct row *row;
    const char *none = report_no_cost(r);

    if (none) {
        screen_sentence(s, "note: ", screen_safe(str_of(none), r->arena));
    }
    if (!r->corrected)
        return;
    uint64_t raw = stats_total(r->stats)->self;
    uint64_t own = stats_total(r->corrected)->self;
    if (is_large(raw, own))
        note_large(r, s, STR("the"), raw, own);
    if ((row = most_corrected(r)))
        note_large(r, s,
                   arena_printf(r->arena, "%.*s's", (int)row->shown.len, row->shown.at),
                   row->stat.self, row->corrected_self);
}

void text_notes(const struct report *r, const struct screen *s)
{
    const struct quality *q = profile_quality(r->profile);

    for (uint32_t i = 0; i < q->notes; i++) {
        screen_sentence(s, "note: ", screen_safe(q->note[i], r->arena));
    }
    note_cost(r, s);
}

static struct label label_of(const struct report *r, function_id f)
{
    return (struct label){ profile_function(r->profile, f), r->parts[f],
                           r->options->strip_dirs };
}

uint32_t text_place_width(const struct report *r, function_id f)
{
    struct label l = label_of(r, f);

    return label_place_width(&l, r->arena);
}

uint32_t text_name_width(const struct report *r, function_id f, uint32_t most)
{
    struct label l = label_of(r, f);
    uint32_t width = label_name_width(&l, r->arena);

    return width < most ? width : most;
}

enum tone text_tone(const struct report *r, function_id f)
{
    return label_tone(profile_function(r->profile, f));
}

uint32_t text_function(const struct report *r, const struct screen *s, function_id f,
                       uint32_t name_width, uint32_t width)
{
    struct label l = label_of(r, f);

    return label_put(&l, s, name_width, width, r->arena);
}
