/* SPDX-License-Identifier: Apache-2.0 */
/* timeit_text.c - a line a statement, the verdict, what to beware of. */
#include <string.h>

#include "report/timeit.h"
#include "why/interval.h"

enum { TIME_WIDTH = 10, INTERVAL_WIDTH = 18, NAMES_LEAST = 20, NAMES_MOST = 60 };

struct text {
    const struct timeit_report *report;
    const struct screen *screen;
    uint32_t label, statement; /* widths */
};

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static void measure(struct text *t)
{
    const struct timeit_report *r = t->report;
    const struct timing_order *o = r->timing->order;
    uint32_t columns = t->screen->width ? t->screen->width : 80;
    uint32_t most = NAMES_MOST;

    for (uint32_t p = 0; p < o->pythons; p++)
        for (uint32_t i = 0; i < o->statements; i++) {
            t->label = larger(t->label, screen_width(timeit_name(r, p, i)));
            t->statement =
                larger(t->statement, screen_width(timeit_statement(r, i, 0)));
        }
    uint32_t used = t->label + (t->label ? 2 : 0) + TIME_WIDTH + 3 + INTERVAL_WIDTH;
    if (columns < used + most)
        most = columns > used + NAMES_LEAST ? columns - used : NAMES_LEAST;
    if (t->statement > most)
        t->statement = most;
}

static void print_statement(const struct text *t, uint32_t python, uint32_t statement)
{
    const struct timeit_report *r = t->report;
    const struct estimate *e = verdicts_estimate(r->verdicts, python, statement);
    struct out *o = t->screen->out;
    struct str interval = timeit_interval(r, e->median, e->low, e->high);

    if (t->label > 0) {
        screen_put(t->screen, TONE_BOLD, timeit_name(r, python, statement), t->label);
        out_text_of(o, "  ");
    }
    screen_put(t->screen, TONE_PLAIN, timeit_statement(r, statement, t->statement),
               t->statement);
    out_printf(o, " %*s", TIME_WIDTH, timeit_time(r, e->median).text);
    if (interval.len > 0 && e->median > 0)
        out_printf(o, "   (%.*s)", (int)interval.len, interval.at);
    out_char(o, '\n');
}

static void print_launches(const struct text *t, const struct timing_series *s)
{
    const struct timeit_report *r = t->report;
    struct out *o = t->screen->out;
    double *values = arena_array(r->arena, 2 * s->turns + 1, sizeof *values);
    const struct estimate *e = verdicts_estimate(r->verdicts, s->python, s->statement);
    double loop = e->gross - e->median;

    for (uint32_t at = 0; at < s->turns;) {
        uint32_t launch = s->turn[at].launch, n = 0;

        for (; at < s->turns && s->turn[at].launch == launch; at++)
            for (uint32_t b = 0; b < s->turn[at].blocks; b++)
                values[n++] =
                    (e->waits ? s->turn[at].block[b].wall : s->turn[at].block[b].cpu) -
                    loop;
        out_printf(o, " %s%s", timeit_time(r, interval_median(values, n)).text,
                   at < s->turns ? "," : "\n");
    }
}

/* What timeit's -v has, and what it cannot. */
static void print_more(const struct text *t, uint32_t python, uint32_t statement)
{
    const struct timeit_report *r = t->report;
    const struct estimate *e = verdicts_estimate(r->verdicts, python, statement);
    struct str name = timeit_name(r, python, statement);
    struct out *o = t->screen->out;

    out_printf(o, "\n%.*s%sblocks: %s of %s loop%s; mean %s, ", (int)name.len, name.at,
               name.len ? ": " : "", units_count(e->blocks).text,
               units_count(e->loops).text, e->loops == 1 ? "" : "s",
               timeit_time(r, e->mean).text);
    out_printf(o, "least %s; CPU %s, ", timeit_time(r, e->least).text,
               timeit_time(r, e->cpu).text);
    out_printf(o, "wall %s\n", timeit_time(r, e->wall).text);
    out_text_of(o, "   launches:");
    print_launches(t, timing_series(r->timing, python, statement));
    out_printf(o, "   as timeit has it, with the loop (%s): ",
               timeit_time(r, e->gross - e->median).text);
    out_printf(o, "best %s per loop; %.1f %% of blocks took more than 1.5 medians\n",
               timeit_time(r, e->timeit).text, 100 * e->slow);
}

void timeit_paragraph(const struct screen *s, const char *begin, struct str words)
{
    uint32_t columns = s->width && s->width < 80 ? s->width : 80;
    uint32_t at = (uint32_t)strlen(begin);
    struct out *o = s->out;
    bool first = true;

    out_text_of(o, begin);
    while (words.len > 0) {
        const char *blank = memchr(words.at, ' ', words.len);
        struct str word = { words.at, blank ? (size_t)(blank - words.at) : words.len };
        uint32_t width = screen_width(word);

        if (!first && at + 1 + width > columns) {
            out_char(o, '\n');
            at = 0;
        } else if (!first) {
            out_char(o, ' ');
            at++;
        }
        out_str(o, word);
        at += width;
        first = false;
        words.at += word.len + (blank != NULL);
        words.len -= word.len + (blank != NULL);
    }
    out_char(o, '\n');
}

void timeit_text(const struct timeit_report *r, const struct screen *s)
{
    const struct timing_order *o = r->timing->order;
    struct text t = { .report = r, .screen = s };
    uint32_t notes;
    struct str *note = timeit_notes(r, &notes);

    measure(&t);
    for (uint32_t i = 0; i < o->statements; i++)
        for (uint32_t p = 0; p < o->pythons; p++)
            print_statement(&t, p, i);
    for (uint32_t i = 0; i < r->verdicts->comparisons; i++)
        timeit_paragraph(s, "", timeit_verdict(r, &r->verdicts->comparison[i]));
    for (uint32_t i = 0; r->verbose > 0 && i < o->statements; i++)
        for (uint32_t p = 0; p < o->pythons; p++)
            print_more(&t, p, i);
    timeit_why(r, s);
    if (r->verbose > 0 && notes > 0)
        out_char(s->out, '\n');
    for (uint32_t i = 0; i < notes; i++)
        timeit_paragraph(s, "note: ", note[i]);
}
