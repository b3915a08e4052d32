/* SPDX-License-Identifier: Apache-2.0 */
/* diff_tree.c - call paths before and after, indented: those that changed most, and all
 * above them. */
#include <math.h>
#include <stdlib.h>

#include "report/diff_texts.h"
#include "report/report.h"

enum {
    INDENT = 2,
    INDENT_MOST = 40,
    COLUMNS_BEFORE = 41,
    NAMES_LEAST = 16,
};

struct tree {
    const struct diff *diff;
    const struct screen *screen;
    struct arena *scratch;
    struct diff_row *row; /* by change, the largest first */
    uint32_t rows, limit, chosen_count;
    bool *chosen;           /* by row of the paths */
    uint32_t *child, *next; /* by row of the paths, + 1; the chosen ones' */
    uint32_t first;
    struct column change, time;
};

/* Of the functions that --only and --not left. */
static bool *wanted_functions(const struct tree *t)
{
    const struct diff *d = t->diff;
    bool *wanted = arena_array(t->scratch, compare_rows(d->functions), sizeof *wanted);

    for (uint32_t i = 0; i < d->rows; i++)
        wanted[d->row[i].compared->row] = true;
    return wanted;
}

static void gather(struct tree *t)
{
    const struct compare *paths = t->diff->paths;
    const bool *wanted = wanted_functions(t);
    uint32_t count = compare_rows(paths);

    t->row = arena_array(t->scratch, count, sizeof *t->row);
    for (uint32_t i = 0; i < count; i++) {
        const struct compared *c = compare_row(paths, i);
        bool fits = c->function_row == COMPARED_NONE ? t->diff->options->filters == 0
                                                     : wanted[c->function_row];

        if (fits && diff_is_telling(t->diff, c))
            t->row[t->rows++] = (struct diff_row){ c, diff_change(c) };
    }
    qsort(t->row, t->rows, sizeof *t->row, diff_by_change);
}

/* How many lines a path would add, with those above it that are not there yet; more
 * than there is room for are not counted to the end. */
static uint32_t lines_of(const struct tree *t, uint32_t row)
{
    uint32_t lines = 0, room = t->limit - t->chosen_count;

    for (; row != COMPARED_NONE && !t->chosen[row] && lines <= room;
         row = compare_row(t->diff->paths, row)->parent)
        lines++;
    return lines;
}

static void choose(struct tree *t)
{
    struct report_options limit = { .limit = t->diff->options->limit };

    t->limit = report_limit(&limit, t->rows, REPORT_ROWS);
    for (uint32_t i = 0; i < t->rows && t->chosen_count < t->limit; i++) {
        uint32_t row = t->row[i].compared->row, lines = lines_of(t, row);

        if (t->chosen_count + lines > t->limit)
            continue;
        t->chosen_count += lines;
        for (; row != COMPARED_NONE && !t->chosen[row];
             row = compare_row(t->diff->paths, row)->parent)
            t->chosen[row] = true;
    }
}

/* From the least change to the largest, each in front of its siblings. */
static void link_chosen(struct tree *t)
{
    const struct compare *paths = t->diff->paths;
    uint32_t count = compare_rows(paths);
    struct diff_row *all = arena_array(t->scratch, t->chosen_count, sizeof *all);
    uint32_t chosen = 0;
    double change = 0, time = 0;

    for (uint32_t i = 0; i < count; i++)
        if (t->chosen[i])
            all[chosen++] = (struct diff_row){ compare_row(paths, i),
                                               diff_change(compare_row(paths, i)) };
    qsort(all, chosen, sizeof *all, diff_by_change);
    for (uint32_t i = chosen; i-- > 0;) {
        const struct compared *c = all[i].compared;
        uint32_t *head = c->parent == COMPARED_NONE ? &t->first : &t->child[c->parent];

        t->next[c->row] = *head;
        *head = c->row + 1;
        change = fmax(change, fabs(all[i].change));
        time =
            fmax(time, fmax(c->figures[SIDE_BEFORE].time, c->figures[SIDE_AFTER].time));
    }
    t->change = units_column(t->diff->options->unit, change);
    t->time = units_column(t->diff->options->unit, time);
}

static void print_name(const struct tree *t, const struct compared *c, uint32_t taken)
{
    const struct screen *s = t->screen;
    uint32_t width = 0;

    if (c->folded) {
        screen_put(s, TONE_DIM, STR("<folded paths>"), 0);
        return;
    }
    struct label label = { diff_function(c), t->diff->parts[c->function_row],
                           t->diff->options->strip_dirs };
    if (s->width > 0)
        width = s->width > taken + NAMES_LEAST ? s->width - taken : NAMES_LEAST;
    label_put(&label, s, 0, width, t->diff->arena);
}

static void print_row(const struct tree *t, const struct compared *c)
{
    const struct screen *s = t->screen;
    uint32_t indent = c->depth < INDENT_MOST / INDENT ? c->depth * INDENT : INDENT_MOST;
    struct str reason = diff_reason(c, s->width > 0, t->diff->arena);
    uint32_t behind = reason.len > 0 ? (uint32_t)reason.len + 5 : 0;

    out_printf(s->out, "%9s %9s  ", diff_signed(t->change, diff_change(c)).text,
               diff_percent(c).text);
    out_printf(s->out, "%8s  ", diff_time(t->time, c, SIDE_BEFORE).text);
    out_printf(s->out, "%8s  ", diff_time(t->time, c, SIDE_AFTER).text);
    out_printf(s->out, "%*s", (int)indent, "");
    print_name(t, c, COLUMNS_BEFORE + indent + behind);
    if (reason.len > 0) {
        out_text_of(s->out, "   (");
        screen_put(s, TONE_DIM, reason, 0);
        out_char(s->out, ')');
    }
    out_char(s->out, '\n');
}

/* Rows are numbered from 1 here, 0 is none. */
static void print_chosen(const struct tree *t)
{
    uint32_t at = t->first;

    while (at != 0) {
        print_row(t, compare_row(t->diff->paths, at - 1));
        if (t->child[at - 1] != 0) {
            at = t->child[at - 1];
            continue;
        }
        while (at != 0 && t->next[at - 1] == 0) {
            uint32_t parent = compare_row(t->diff->paths, at - 1)->parent;

            at = parent == COMPARED_NONE ? 0 : parent + 1;
        }
        if (at != 0)
            at = t->next[at - 1];
    }
}

void diff_tree(const struct diff *d, const struct screen *s)
{
    struct tree t = { .diff = d, .screen = s, .scratch = arena_open() };
    uint32_t count = compare_rows(d->paths);

    t.chosen = arena_array(t.scratch, count, sizeof *t.chosen);
    t.child = arena_array(t.scratch, count, sizeof *t.child);
    t.next = arena_array(t.scratch, count, sizeof *t.next);
    gather(&t);
    choose(&t);
    link_chosen(&t);
    if (t.chosen_count > 0)
        out_text_of(s->out, "cumul. change         %    before     after   function\n");
    print_chosen(&t);
    out_printf(s->out, "%s %s of %s call paths, those that changed most.\n",
               t.chosen_count > 0 ? "\n" : "", units_count(t.chosen_count).text,
               units_count(count).text);
    arena_close(t.scratch);
}
