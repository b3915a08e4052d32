/* SPDX-License-Identifier: Apache-2.0 */
/* sound.c - a profile is walked, summed, folded, corrected and printed in a view. */
#include "fuzz/sound.h"

#include <string.h>

#include "base/arena.h"
#include "fuzz/insist.h"
#include "model/correct.h"
#include "model/fold.h"
#include "model/given.h"
#include "report/report.h"
#include "report/summary.h"

static void check_tree(const struct profile *p)
{
    for (node_id n = 1; n < profile_nodes(p); n++) {
        const struct node *node = profile_node(p, n);

        insist(node->parent < n, "a parent comes before");
        insist(node->thread < profile_threads(p), "a node's thread is there");
        insist(node->function == FUNCTION_NONE || node->function < profile_functions(p),
               "a node's function is there");
        insist(node->depth == profile_node(p, node->parent)->depth + 1, "depths");
    }
    for (thread_id t = 0; t < profile_threads(p); t++)
        insist(profile_thread(p, t)->process < profile_processes(p),
               "a thread's process is there");
}

static void check_sums(const struct profile *p, struct stats *s)
{
    uint64_t calls = 0, self = 0;

    for (function_id f = 0; f < profile_functions(p); f++) {
        calls += stats_of(s, f)->calls;
        self += stats_of(s, f)->self;
        /* What a file gives without paths may contradict itself. */
        insist(given_rows(p) > 0 || stats_of(s, f)->cumulative <= stats_total(s)->self,
               "no function has more than all");
        insist(stats_of(s, f)->primitive_calls <= stats_of(s, f)->calls,
               "primitive calls are some of the calls");
    }
    insist(profile_quality(p)->sampled || calls == stats_total(s)->calls,
           "calls sum to the total");
    insist(self == stats_total(s)->self, "self times sum to the total");
}

/* Names may be anything; what stands for them may not. */
static void check_json(struct str text)
{
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        insist(c >= ' ' || c == '\n', "no control character in JSON");
        insist(c != 0xc0 && c != 0xc1 && c < 0xf5, "UTF-8 in JSON");
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
    }
    insist(!quoted, "strings end in JSON");
}

static void check_text(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        insist((c >= ' ' && c != 0x7f) || c == '\n', "no control character on screen");
    }
}

/* As if each process had been measured. */
static struct profile *corrected(const struct profile *p)
{
    static const struct probe_cost known = { .inside = { 20, 20, 20, 20, 20, 20 },
                                             .outside = { 40, 40, 40, 40, 40, 40 },
                                             .slow = 2 };
    struct arena *a = arena_open();
    struct probe_cost *cost = arena_array(a, profile_processes(p), sizeof *cost);

    for (process_id i = 0; i < profile_processes(p); i++)
        cost[i] = known;
    struct profile *c = correct(p, cost);
    insist(profile_nodes(c) == profile_nodes(p), "corrected nodes are the same");
    for (node_id n = 0; n < profile_nodes(p); n++)
        insist(profile_node(c, n)->self <= profile_node(p, n)->self &&
                   profile_node(c, n)->function == profile_node(p, n)->function &&
                   profile_node(c, n)->parent == profile_node(p, n)->parent,
               "corrected times are less, of the same nodes");
    arena_close(a);
    return c;
}

static void print(const struct profile *p, struct report_options o)
{
    struct err none = { 0 };
    struct profile *c = corrected(p);

    o.corrected = c;
    o.show_corrected = o.callers || o.by == BY_FILE;
    struct report *r = report_open(p, &o, &none);
    struct out *out = out_memory();
    struct screen narrow = { .out = out, .width = 80 };

    insist(r != NULL, "a report without filters is made");
    if (o.json) {
        report_json(r, out);
        check_json(out_text(out));
    } else {
        report_text(r, &narrow);
        check_text(out_text(out));
    }
    report_close(r);
    profile_close(c);
    out_close(out, &none);
}

static void summarize(const struct profile *p)
{
    struct err none = { 0 };
    struct out *out = out_memory();
    struct screen wide = { .out = out };

    struct profile *c = corrected(p);
    summary_of_run(p, c, "x", &wide);
    summary_alone(p, NULL, "x", &wide);
    profile_close(c);
    check_text(out_text(out));
    out_close(out, &none);
}

/* One view a run is quicker than all: `view` comes with the tape. */
void sound_view(const struct profile *p, unsigned view)
{
    struct report_options all = { .limit = -1,
                                  .tree = true,
                                  .callers = true,
                                  .callees = true,
                                  .processes = true,
                                  .title = "x" };

    if (view < 7)
        print(p, (struct report_options){
                     .limit = -1, .by = (enum by)view, .json = true, .title = "x" });
    else if (view < 14)
        print(p, (struct report_options){
                     .limit = -1, .by = (enum by)(view - 7), .title = "x" });
    else if (view == 14)
        print(p, all);
    else
        summarize(p);
}

void sound_profile(const struct profile *p, bool folds)
{
    struct stats *s = stats_open(p);

    check_tree(p);
    check_sums(p, s);
    stats_close(s);
    if (!folds)
        return;
    struct profile *folded = fold(p, FOLD_AS_CPROFILE | FOLD_THREADS);
    check_tree(folded);
    profile_close(folded);
}

void sound_tape(const struct tape *t)
{
    for (uint32_t i = 0; i < tape_runs(t); i++) {
        struct tape_run run = tape_run(t, i);
        const char *record = run.records;

        for (uint32_t k = 0; k < run.count; k++, record += TAPE_CELL) {
            insist(tape_record(t, run.kind, run.first + k) == record, "found by cell");
            insist(run.first + k < tape_cells(t), "cells are below the end");
            str_hash(tape_str(t, *(const tape_text *)(const void *)record));
        }
    }
}

void sound_refusal(const struct err *e)
{
    insist(e->code != ERR_NONE && e->text[0] != '\0', "a refusal says why");
    insist(!strchr(e->text, '\n'), "a refusal is one line");
}
