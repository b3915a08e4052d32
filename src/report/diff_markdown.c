/* SPDX-License-Identifier: Apache-2.0 */
/* diff_markdown.c - a table for a pull request. Names may hold anything: they stand in
 * <code>, every character but plain ones as a number, so that none is markup, closes a
 * cell or calls somebody by name. */
#include "model/names.h"
#include "report/diff_texts.h"
#include "report/markdown.h"
#include "report/report.h"

static void write_heading(const struct diff *d, struct out *o)
{
    const struct compared *total = compare_total(d->functions);
    enum unit unit = d->options->unit;
    struct str common = diff_common(d, d->arena);

    out_printf(o, "**%s &rarr; ",
               units_one(unit, total->figures[SIDE_BEFORE].time).text);
    out_printf(o, "%s** ", units_one(unit, total->figures[SIDE_AFTER].time).text);
    out_str(o, diff_verdict(d, d->arena));
    out_text_of(o, "\n\n");
    if (common.len > 0) {
        out_str(o, common);
        out_text_of(o, "\n\n");
    }
}

static void write_row(const struct diff *d, struct out *o, const struct compared *c)
{
    enum unit unit = d->options->unit;
    double change = diff_change(c);
    const struct function *f = diff_function(c);
    struct arena *a = d->arena;
    struct str place = name_place(f, d->options->strip_dirs, d->parts[c->row], a);
    struct str interval = diff_interval(&c->effect, a);

    out_printf(o, "| %s%s | %s",
               change > 0   ? "+"
               : change < 0 ? "-"
                            : "",
               units_one(unit, change < 0 ? -change : change).text,
               diff_percent(c).text);
    if (interval.len > 0)
        out_printf(o, " (%s)", interval.at);
    out_printf(o, " | %s | ",
               c->change == CHANGE_NEW
                   ? "-"
                   : units_one(unit, c->figures[SIDE_BEFORE].time).text);
    out_printf(o, "%s | ",
               c->change == CHANGE_GONE
                   ? "-"
                   : units_one(unit, c->figures[SIDE_AFTER].time).text);
    markdown_code(o, screen_safe(name_shown(f, a), a));
    if (place.len > 0) {
        out_char(o, ' ');
        markdown_code(o, screen_safe(place, a));
    }
    out_text_of(o, " | ");
    out_str(o, diff_reason(c, false, a));
    out_text_of(o, " |\n");
}

static void write_foot(const struct diff *d, struct out *o, uint32_t shown)
{
    struct diff_counts n = diff_count(d);

    out_printf(o, "\n%u of %u functions; %u slower, %u faster, %u gone, %u new", shown,
               d->rows, n.slower, n.faster, n.gone, n.appeared);
    if (n.calls > 0)
        out_printf(o, ", %u with other calls", n.calls);
    out_printf(o, ", %u %s.\n", n.rest,
               diff_is_single(d) ? "called as often" : "without a proven difference");
    for (uint32_t i = 0; i < d->options->notes; i++) {
        out_char(o, '\n');
        markdown_code(o, screen_safe(d->options->note[i], d->arena));
        out_char(o, '\n');
    }
}

void diff_markdown(const struct diff *d, struct out *o)
{
    struct report_options limit = { .limit = d->options->limit };
    uint32_t telling = 0, shown = 0;

    for (uint32_t i = 0; i < d->rows; i++)
        telling += diff_is_telling(d, d->row[i].compared);
    limit.limit = report_limit(&limit, telling, REPORT_ROWS);
    write_heading(d, o);
    if (telling > 0)
        out_printf(o,
                   "| %s | change | before | after | function | calls |\n"
                   "|---:|---:|---:|---:|---|---|\n",
                   d->options->cumulative ? "cumulative" : "self");
    for (uint32_t i = 0; i < d->rows && shown < limit.limit; i++)
        if (diff_is_telling(d, d->row[i].compared)) {
            write_row(d, o, d->row[i].compared);
            shown++;
        }
    write_foot(d, o, shown);
}
