/* SPDX-License-Identifier: Apache-2.0 */
/* time_markdown.c - a table for a pull request. */
#include "report/markdown.h"
#include "report/time.h"

static void write_row(const struct time_report *r, struct out *o, uint32_t command)
{
    const struct series_of *of = &r->series->of[command];
    struct spread w = series_spread(of, MEASURE_WALL, r->arena);
    struct spread first = series_spread(&r->series->of[0], MEASURE_WALL, r->arena);
    struct str name = time_name(r, command);

    out_text_of(o, "| ");
    out_str(o, name);
    out_text_of(o, name.len > 0 ? " | " : "| ");
    markdown_code(o, screen_safe(of->command->shown, r->arena));
    out_printf(o, " | %s", units_one(UNIT_NS, w.mean).text);
    out_printf(o, " +- %s", units_one(UNIT_NS, w.deviation).text);
    out_printf(o, " | %s", units_one(UNIT_NS, w.min).text);
    out_printf(o, " | %s", units_one(UNIT_NS, w.max).text);
    out_printf(o, " | %.2f |\n", first.median > 0 ? w.median / first.median : 0);
}

static void write_sentences(struct out *o, const char *begin, const struct str *s,
                            uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        out_printf(o, "\n%s", begin);
        markdown_text(o, s[i]);
        out_text_of(o, "\n");
    }
}

void time_markdown(const struct time_report *r, struct out *o)
{
    uint32_t count;

    out_text_of(o, "|  | command | mean | min | max | of the first |\n"
                   "|---|---|--:|--:|--:|--:|\n");
    for (uint32_t i = 0; i < r->series->commands; i++)
        write_row(r, o, i);
    for (uint32_t i = 1; i < r->series->commands; i++) {
        struct series_comparison c = series_compare(r->series, 0, i, r->arena);
        struct str verdict = time_verdict(r, &c);

        write_sentences(o, "", &verdict, 1);
        struct str *because = time_because_two(r, &c, &count);
        write_sentences(o, "", because, count);
    }
    if (r->series->commands == 1) {
        struct str *because = time_because(r, 0, &count);
        write_sentences(o, "", because, count);
    }
    struct str *note = time_notes(r, &count);
    write_sentences(o, "note: ", note, count);
}
