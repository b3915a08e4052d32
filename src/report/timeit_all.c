/* SPDX-License-Identifier: Apache-2.0 */
/* timeit_all.c - what -v adds of each statement: the tree of its native calls, opcodes,
 * objects, system calls. */
#include <stdio.h>
#include <string.h>

#include "report/timeit_split.h"

enum { FIGURE_WIDTH = 10, DEPTH_MOST = 12, WORDS_MOST = 64, COLUMNS = 80 };
#define TREE_SHARE 0.01 /* of all instructions: less is not drawn */

struct all {
    const struct timeit_report *report;
    const struct screen *screen;
    const struct split *split;
};

static void print_signed(struct out *o, int64_t count)
{
    char text[FIGURE_MAX + 2];

    snprintf(text, sizeof text, "%s%s", count < 0 ? "-" : "",
             units_count((uint64_t)(count < 0 ? -count : count)).text);
    out_printf(o, "%*s", FIGURE_WIDTH, text);
}

static void print_node(const struct all *w, const struct split_node *n, uint32_t depth)
{
    const struct split_row *r = &w->split->row[n->row];
    struct arena *a = w->report->arena;
    struct str function = screen_safe(r->function, a);
    struct str library = screen_safe(r->library, a);
    struct out *o = w->screen->out;

    print_signed(o, n->inclusive);
    print_signed(o, n->self);
    out_printf(o, "%*s   %*s", FIGURE_WIDTH, units_count((uint64_t)n->calls).text,
               (int)(2 * depth), "");
    if (library.len > 0)
        out_printf(o, "%.*s ", (int)library.len, library.at);
    out_str(o, function);
    if (r->symbol.len > 0) {
        struct str symbol = screen_safe(r->symbol, a);

        out_printf(o, " [%.*s]", (int)symbol.len, symbol.at);
    }
    out_char(o, '\n');
}

/* Children in the order they stand, below each parent; what is small is left out. */
static void print_below(const struct all *w, uint32_t parent, uint32_t depth)
{
    int64_t least = (int64_t)(TREE_SHARE * (double)w->split->total);

    for (uint32_t i = parent + 1; i < w->split->nodes && depth < DEPTH_MOST; i++) {
        const struct split_node *n = &w->split->node[i];

        if (n->parent != parent || n->row >= w->split->rows || n->inclusive < least ||
            n->inclusive <= 0)
            continue;
        print_node(w, n, depth);
        print_below(w, i, depth + 1);
    }
}

static void print_words(const struct all *w, const char *what,
                        const struct split_count *count, uint32_t counts)
{
    struct arena *a = w->report->arena;
    struct out *o = w->screen->out;
    uint32_t at = COLUMNS;

    if (counts == 0)
        return;
    out_printf(o, " %s:", what);
    at = (uint32_t)strlen(what) + 2;
    for (uint32_t i = 0; i < counts && i < WORDS_MOST; i++) {
        struct str name = screen_safe(count[i].name, a);
        struct str word =
            arena_printf(a, "%lld %.*s%s", (long long)count[i].count, (int)name.len,
                         name.at, i + 1 < counts ? "," : "");

        if (at + 1 + word.len > COLUMNS) {
            out_text_of(o, "\n  ");
            at = 2;
        }
        out_char(o, ' ');
        out_str(o, word);
        at += (uint32_t)word.len + 1;
    }
    out_char(o, '\n');
}

static void print_calls(const struct all *w)
{
    struct out *o = w->screen->out;

    for (uint32_t i = 0; i < w->split->syscalls; i++) {
        const struct split_syscall *s = &w->split->syscall[i];
        struct str name = screen_safe(s->name, w->report->arena);

        out_printf(o, " system call: %s %.*s, about %s while stepped\n",
                   units_count((uint64_t)s->count).text, (int)name.len, name.at,
                   units_one(UNIT_NS, (double)s->ns).text);
    }
}

static void print_drift(const struct all *w)
{
    struct out *o = w->screen->out;

    out_text_of(o, " instructions of each loop, the empty one in it:");
    for (uint32_t i = 0; i < w->split->loops; i++)
        out_printf(o, " %s%s", units_count((uint64_t)w->split->loop[i]).text,
                   i == w->split->shown ? "*" : "");
    out_char(o, '\n');
}

void timeit_split_all(const struct timeit_report *r, const struct screen *s,
                      const struct explained *x, struct str name)
{
    struct all w = { r, s, x->split };

    out_printf(s->out, "\n%.*s%s%*s%*s%*s   function\n", (int)name.len, name.at,
               name.len > 0 ? ":" : "", FIGURE_WIDTH - (int)name.len - (name.len > 0),
               "inclusive", FIGURE_WIDTH, "self", FIGURE_WIDTH, "calls");
    print_below(&w, 0, 0);
    print_words(&w, "opcodes", x->split->opcode, x->split->opcodes);
    print_words(&w, "objects", x->split->object, x->split->objects);
    print_calls(&w);
    print_drift(&w);
}
