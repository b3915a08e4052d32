/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - call paths, all threads' as one, indented. Shown are the nodes that
 * cost most with what is below them: a parent costs at least what its child
 * does, so no node is shown without those above it. */
#include "model/fold.h"
#include "report/texts.h"
#include "report/units.h"

enum {
    INDENT = 2,
    INDENT_MOST = 60,
    COLUMNS_BEFORE = 38,
    NAME_LEAST = 30,
    COLUMNS_CORRECTED = 10
};

struct tree {
    const struct report *report;
    const struct screen *screen;
    const struct profile *profile; /* one thread's */
    struct stats *stats;
    const struct profile *corrected; /* NULL: that column is not shown */
    struct arena *scratch;
    node_id *heap; /* of the chosen, the cheapest on top */
    uint32_t chosen, limit;
    node_id *first_child, *next; /* by node, of the chosen */
    struct column cumulative, self;
};

static bool is_root(const struct node *n)
{
    return n->function == FUNCTION_NONE && !node_is_marker(n);
}

/* Nodes of the functions that --only and --not left, and all above them. */
static bool *mark_wanted(const struct tree *t)
{
    const struct report *r = t->report;
    const struct profile *p = t->profile;
    bool *function = arena_array(t->scratch, profile_functions(p), sizeof *function);
    bool *wanted = arena_array(t->scratch, profile_nodes(p), sizeof *wanted);

    for (uint32_t i = 0; i < r->rows.count && r->options->by == BY_FUNCTION; i++)
        function[r->rows.at[i].id] = true;
    for (node_id n = profile_nodes(p) - 1; n > NODE_ROOT; n--) {
        const struct node *node = profile_node(p, n);

        if (node->function != FUNCTION_NONE &&
            (r->options->filters == 0 || function[node->function]))
            wanted[n] = true;
        if (wanted[n])
            wanted[node->parent] = true;
    }
    return wanted;
}

/* Parents before children among equals: their ids are smaller. */
static bool cheaper(const struct tree *t, node_id a, node_id b)
{
    uint64_t below_a = stats_below(t->stats, a), below_b = stats_below(t->stats, b);

    return below_a != below_b ? below_a < below_b : a > b;
}

static void sink(struct tree *t, uint32_t at)
{
    for (uint32_t child; (child = 2 * at + 1) < t->chosen; at = child) {
        node_id n = t->heap[at];

        if (child + 1 < t->chosen && cheaper(t, t->heap[child + 1], t->heap[child]))
            child++;
        if (!cheaper(t, t->heap[child], n))
            return;
        t->heap[at] = t->heap[child];
        t->heap[child] = n;
    }
}

static void rise(struct tree *t, uint32_t at)
{
    while (at > 0 && cheaper(t, t->heap[at], t->heap[(at - 1) / 2])) {
        node_id n = t->heap[at];

        t->heap[at] = t->heap[(at - 1) / 2];
        at = (at - 1) / 2;
        t->heap[at] = n;
    }
}

static uint32_t choose(struct tree *t)
{
    const struct profile *p = t->profile;
    const bool *wanted = mark_wanted(t);
    uint32_t count = 0;

    for (node_id n = 0; n < profile_nodes(p); n++)
        count += wanted[n] && !is_root(profile_node(p, n));
    t->limit = report_limit(t->report->options, count, REPORT_ROWS);
    t->heap = arena_array(t->scratch, t->limit, sizeof *t->heap);
    for (node_id n = 0; n < profile_nodes(p) && t->limit > 0; n++) {
        if (!wanted[n] || is_root(profile_node(p, n)))
            continue;
        if (t->chosen < t->limit) {
            t->heap[t->chosen++] = n;
            rise(t, t->chosen - 1);
        } else if (cheaper(t, t->heap[0], n)) {
            t->heap[0] = n;
            sink(t, 0);
        }
    }
    return count;
}

/* The cheapest is taken from the heap first and put in front of its siblings,
 * so the dearest ends up the first of them. */
static void link_chosen(struct tree *t)
{
    uint32_t nodes = profile_nodes(t->profile);

    t->first_child = arena_array(t->scratch, nodes, sizeof *t->first_child);
    t->next = arena_array(t->scratch, nodes, sizeof *t->next);
    while (t->chosen > 0) {
        node_id n = t->heap[0];
        node_id above = profile_node(t->profile, n)->parent;

        if (is_root(profile_node(t->profile, above)))
            above = NODE_ROOT;
        t->next[n] = t->first_child[above];
        t->first_child[above] = n;
        t->heap[0] = t->heap[--t->chosen];
        sink(t, 0);
    }
}

/* A folded caller has none of its own: they are those of its other nodes. */
static bool shows_calls(const struct tree *t, const struct node *n)
{
    bool folded_caller = node_is_marker(profile_node(t->profile, n->parent));

    return !node_is_marker(n) && (n->calls > 0 || !folded_caller);
}

static void print_node(const struct tree *t, node_id id)
{
    const struct node *n = profile_node(t->profile, id);
    const struct screen *s = t->screen;
    uint64_t below = stats_below(t->stats, id), total = stats_total(t->stats)->self;
    uint32_t indent = (n->depth - 2) * INDENT; /* the first function's depth is 2 */
    uint32_t width = 0,
             before = COLUMNS_BEFORE + (t->corrected ? COLUMNS_CORRECTED : 0);

    if (indent > INDENT_MOST)
        indent = INDENT_MOST;
    before += indent;
    out_printf(s->out, "%8s %5s  %8s ", units_cell(t->cumulative, (double)below).text,
               units_share(below, total).text,
               units_cell(t->self, (double)n->self).text);
    if (t->corrected)
        out_printf(
            s->out, "%9s ",
            units_cell(t->self, (double)profile_node(t->corrected, id)->self).text);
    out_printf(s->out, "%10s   ", shows_calls(t, n) ? units_round(n->calls).text : "");
    out_printf(s->out, "%*s", (int)indent, "");
    if (s->width > 0)
        width = s->width > before + NAME_LEAST ? s->width - before : NAME_LEAST;
    if (node_is_marker(n))
        screen_put(s, TONE_DIM, STR("<folded paths>"), 0);
    else
        text_function(t->report, s, n->function, 0, width);
    out_char(s->out, '\n');
}

static void print_chosen(const struct tree *t)
{
    node_id n = t->first_child[NODE_ROOT];

    while (n != NODE_ROOT) {
        print_node(t, n);
        if (t->first_child[n] != 0) {
            n = t->first_child[n];
            continue;
        }
        while (n != NODE_ROOT && t->next[n] == 0) {
            n = profile_node(t->profile, n)->parent;
            if (is_root(profile_node(t->profile, n)))
                n = NODE_ROOT;
        }
        if (n != NODE_ROOT)
            n = t->next[n];
    }
}

static void print_tree(struct tree *t)
{
    uint32_t of = choose(t);
    uint64_t total = stats_total(t->stats)->self, self = 0;
    enum unit unit = profile_unit(t->profile);
    struct out *o = t->screen->out;

    for (uint32_t i = 0; i < t->chosen; i++)
        if (profile_node(t->profile, t->heap[i])->self > self)
            self = profile_node(t->profile, t->heap[i])->self;
    t->cumulative = units_column(unit, (double)total);
    t->self = units_column(unit, (double)self);
    link_chosen(t);
    out_printf(o, " cumul.      %%      self  %s     calls   function\n",
               t->corrected ? "corrected " : "");
    print_chosen(t);
    out_printf(o, "\n %s of %s call paths, those that cost most.\n",
               units_count(t->limit).text, units_count(of).text);
    if (given_rows(t->profile) > 0)
        out_text_of(o, " What .pstats files tell is on none of them.\n");
}

void text_tree(const struct report *r, const struct screen *s)
{
    struct profile *merged =
        profile_threads(r->profile) > 1 ? fold(r->profile, FOLD_THREADS) : NULL;
    struct profile *own = NULL;
    const struct profile *corrected =
        r->options->show_corrected ? r->options->corrected : NULL;
    if (merged && corrected)
        corrected = own = fold(corrected, FOLD_THREADS);
    struct tree t = {
        .report = r,
        .screen = s,
        .scratch = arena_open(),
        .profile = merged ? merged : r->profile,
        .stats = merged ? stats_open(merged) : r->stats,
        .corrected = corrected,
    };

    print_tree(&t);
    if (merged)
        stats_close(t.stats);
    profile_close(merged);
    profile_close(own);
    arena_close(t.scratch);
}
