/* SPDX-License-Identifier: Apache-2.0 */
/* timeit_markdown.c - a table for a pull request. */
#include "report/markdown.h"
#include "report/timeit.h"

static void write_row(const struct timeit_report *r, struct out *o, uint32_t python,
                      uint32_t statement)
{
    const struct estimate *e = verdicts_estimate(r->verdicts, python, statement);
    struct str name = timeit_name(r, python, statement);
    struct str interval = timeit_interval(r, e->median, e->low, e->high);

    out_text_of(o, "| ");
    out_str(o, name);
    out_text_of(o, name.len ? " | " : "| ");
    markdown_code(o, timeit_statement(r, statement, 0));
    out_printf(o, " | %s", timeit_time(r, e->median).text);
    out_printf(o, " | %.*s |\n", (int)interval.len, interval.at);
}

static void write_because(const struct timeit_report *r, const struct comparison *c,
                          struct out *o)
{
    struct because b;

    timeit_because(r, c, &b);
    for (uint32_t i = 0; i < b.count; i++) {
        out_text_of(o, i == 0 ? "\n" : "");
        markdown_text(o, b.sentence[i]);
        out_text_of(o, "\n");
    }
}

void timeit_markdown(const struct timeit_report *r, struct out *out)
{
    const struct timing_order *o = r->timing->order;
    uint32_t notes;
    struct str *note = timeit_notes(r, &notes);

    out_text_of(out, "|  | statement | time | 95 % |\n|---|---|--:|:-:|\n");
    for (uint32_t i = 0; i < o->statements; i++)
        for (uint32_t p = 0; p < o->pythons; p++)
            write_row(r, out, p, i);
    for (uint32_t i = 0; i < r->verdicts->comparisons; i++) {
        out_text_of(out, "\n");
        markdown_text(out, timeit_verdict(r, &r->verdicts->comparison[i]));
        out_text_of(out, "\n");
    }
    for (uint32_t i = 0; i < r->verdicts->comparisons; i++)
        write_because(r, &r->verdicts->comparison[i], out);
    for (uint32_t i = 0; i < notes; i++) {
        out_text_of(out, "\nnote: ");
        markdown_text(out, note[i]);
        out_text_of(out, "\n");
    }
}
