/* SPDX-License-Identifier: Apache-2.0 */
/* dot.c - the text that Graphviz reads. Every name is quoted; what would not fit in a
 * box is cut. */
#include "export/dot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/names.h"
#include "model/places.h"

enum { NAME_MOST = 200, WRAP_MOST = 40 };
#define PALE_BELOW 0.3

struct writing {
    const struct dot_graph *graph;
    const struct dot_options *options;
    struct out *out;
    struct str root;
};

/* "feed" of "/a/feed.py". */
static struct str module_of(struct str file)
{
    struct str base = str_basename(file);

    for (size_t i = base.len; i > 1; i--)
        if (base.at[i - 1] == '.')
            return (struct str){ base.at, i - 1 };
    return base;
}

struct str dot_name(const struct function *f, struct arena *a)
{
    struct str module = module_of(f->file);

    if (module.len == 0 && f->line == 0)
        return f->name;
    return arena_printf(a, "%.*s:%u:%.*s", (int)module.len, module.at, f->line,
                        (int)f->name.len, f->name.at);
}

static void put_quoted(struct out *o, struct str s)
{
    for (size_t i = 0, len; i < s.len && i < NAME_MOST; i += len) {
        unsigned char c = (unsigned char)s.at[i];

        len = str_utf8((struct str){ s.at + i, s.len - i });
        if (len > 0)
            out_bytes(o, s.at + i, len);
        else if (c == '\n')
            out_text_of(o, "\\n");
        else if (c == '\\' || c == '"')
            out_printf(o, "\\%c", c);
        else
            out_char(o, (char)(c < 0x20 || c >= 0x7f ? '?' : c));
        len += len == 0;
    }
    if (s.len > NAME_MOST)
        out_text_of(o, "...");
}

/* At blanks and after what joins names, where a line is long. */
static struct str wrapped(struct str s, struct arena *a)
{
    char *text = arena_alloc(a, 2 * s.len + 1);
    size_t at = 0, column = 0;

    for (size_t i = 0; i < s.len; i++) {
        text[at++] = s.at[i];
        bool joint = memchr(" .:,/_", s.at[i], 6) != NULL;
        if (++column >= WRAP_MOST && joint) {
            text[at++] = '\n';
            column = 0;
        }
    }
    return (struct str){ text, at };
}

/* -s: what C++ adds to names. */
static struct str stripped(struct str s)
{
    size_t len = 0;

    while (len < s.len && s.at[len] != '(' && s.at[len] != '<')
        len++;
    return len > 0 ? (struct str){ s.at, len } : s;
}

static struct str label_of(const struct writing *w, const struct function *f)
{
    struct arena *a = w->graph->arena;
    struct function shown = *f;

    if (w->options->strip)
        shown.name = stripped(f->name);
    struct str name = dot_name(&shown, a);
    return w->options->wrap ? wrapped(name, a) : name;
}

static double share(const struct dot_graph *g, uint64_t value)
{
    return g->total > 0 ? (double)value / (double)g->total : 0;
}

static void put_value(const struct writing *w, uint64_t value)
{
    if (profile_unit(w->graph->profile) == UNIT_NS)
        out_printf(w->out, "%.6g s", (double)value / 1e9);
    else
        out_printf(w->out, "%llu%s", (unsigned long long)value,
                   profile_unit(w->graph->profile) == UNIT_BYTES ? " B" : "");
}

static void put_node_label(const struct writing *w, function_id f)
{
    const struct dot_graph *g = w->graph;
    const struct stat_row *row = stats_of(g->stats, f);
    unsigned labels = w->options->labels;

    if (labels == 0)
        labels = DOT_TOTAL_PERCENT | DOT_SELF_PERCENT;
    put_quoted(w->out, label_of(w, profile_function(g->profile, f)));
    if (labels & DOT_TOTAL_PERCENT)
        out_printf(w->out, "\\n%.2f%%", 100 * share(g, row->cumulative));
    if (labels & DOT_SELF_PERCENT)
        out_printf(w->out, "\\n(%.2f%%)", 100 * share(g, row->self));
    if (labels & DOT_TOTAL) {
        out_text_of(w->out, "\\n");
        put_value(w, row->cumulative);
    }
    if (labels & DOT_SELF) {
        out_text_of(w->out, "\\n(");
        put_value(w, row->self);
        out_char(w->out, ')');
    }
    out_printf(w->out, "\\n%llu\u00d7", (unsigned long long)row->calls);
    if (w->options->samples && profile_unit(g->profile) == UNIT_SAMPLES)
        out_printf(w->out, "\\n%llu samples", (unsigned long long)row->self);
    if (g->change)
        out_printf(w->out, "\\n%+.2f%%", 100 * g->change[f]);
}

static double largest_self(const struct dot_graph *g)
{
    uint64_t most = 1;

    for (function_id f = 0; f < profile_functions(g->profile); f++)
        if (g->node[f] && stats_of(g->stats, f)->self > most)
            most = stats_of(g->stats, f)->self;
    return (double)most;
}

static struct dot_look look_of(const struct writing *w, function_id f, double most)
{
    const struct stat_row *row = stats_of(w->graph->stats, f);

    if (w->graph->change)
        return dot_look_of_change(w->graph->change[f]);
    return dot_look(w->options, w->options->by_self ? (double)row->self / most
                                                    : share(w->graph, row->cumulative));
}

static void put_node(const struct writing *w, function_id f, double most)
{
    struct dot_look look = look_of(w, f, most);
    bool outlined = dot_outlined(w->options->theme) && !w->graph->change;

    out_printf(w->out,
               "\t%u [color=\"%s\", fontcolor=\"%s\", fontsize=\"%.2f\", label=\"", f,
               look.fill, look.text, look.font);
    put_node_label(w, f);
    out_text_of(w->out, "\"");
    if (outlined)
        out_text_of(w->out, ", style=solid");
    out_text_of(w->out, ", tooltip=\"");
    put_quoted(w->out, profile_function(w->graph->profile, f)->file);
    out_text_of(w->out, "\"];\n");
}

static void put_edge(const struct writing *w, const struct edge *e)
{
    double part = share(w->graph, e->stat.cumulative);
    struct dot_look look = w->graph->change
                               ? dot_look_of_change(w->graph->change[e->callee])
                               : dot_look(w->options, part);

    if (w->graph->change || (dot_pale(w->options->theme) && part < PALE_BELOW))
        snprintf(look.fill, sizeof look.fill, "#777777"); /* on white */
    out_printf(
        w->out,
        "\t%u -> %u [arrowsize=\"%.2f\", color=\"%s\", fontcolor=\"%s\", "
        "fontsize=\"%.2f\", label=\"%.2f%%\\n%llu\u00d7\", labeldistance=\"%.2f\", "
        "penwidth=\"%.2f\"];\n",
        e->caller, e->callee, look.arrow, look.fill,
        dot_outlined(w->options->theme) ? look.fill : "#333333", look.font, 100 * part,
        (unsigned long long)e->stat.calls, look.pen, look.pen);
}

static struct str frame_of(const struct writing *w, function_id f)
{
    const struct dot_graph *g = w->graph;

    if (!g->process)
        return name_module(profile_function(g->profile, f), w->root, g->arena);
    const struct process *p = profile_process(g->profile, g->process[f]);
    return arena_printf(g->arena, "%.*s (%u%s%.*s)", (int)p->name.len, p->name.at,
                        p->pid, p->role.len > 0 ? ", " : "", (int)p->role.len,
                        p->role.at);
}

/* Boxes of one frame are neighbours in the order of ids of no use, so each frame is
 * looked for from its first function on. */
static void put_clusters(const struct writing *w, double most)
{
    uint32_t count = profile_functions(w->graph->profile);
    bool *done = arena_array(w->graph->arena, count + 1u, sizeof *done);
    struct str *frame = arena_array(w->graph->arena, count + 1u, sizeof *frame);

    for (function_id f = 0; f < count; f++)
        if (w->graph->node[f])
            frame[f] = frame_of(w, f);
    for (function_id f = 0; f < count; f++) {
        if (!w->graph->node[f] || done[f])
            continue;
        out_printf(w->out, "\tsubgraph cluster_%u {\n\tcolor=\"#bbbbbb\"; label=\"", f);
        put_quoted(w->out, frame[f]);
        out_text_of(w->out, "\";\n");
        for (function_id g = f; g < count; g++)
            if (w->graph->node[g] && !done[g] && str_eq(frame[f], frame[g])) {
                put_node(w, g, most);
                done[g] = true;
            }
        out_text_of(w->out, "\t}\n");
    }
}

/* What is not there is said in the picture. */
static void put_title(const struct writing *w)
{
    const struct dot_graph *g = w->graph;

    out_text_of(w->out,
                "\tlabelloc=b; labeljust=l; fontsize=10; fontcolor=\"#555555\"; "
                "label=\"");
    if (w->options->title) {
        put_quoted(w->out, str_of(w->options->title));
        out_text_of(w->out, ": ");
    }
    out_printf(
        w->out,
        "%u of %u functions, from %.3g %% of the total on; %u of %u calls from one "
        "to another, from %.3g %% on\";\n",
        g->nodes, g->all_nodes, 100 * g->node_threshold, g->edges, g->all_edges,
        100 * g->edge_threshold);
}

void dot_write(const struct dot_graph *g, const struct dot_options *o, struct out *out)
{
    struct writing w = { g, o, out, places_root(g->profile) };
    double most = largest_self(g);

    out_text_of(out,
                "digraph {\n"
                "\ttooltip=\" \"\n"
                "\tgraph [fontname=\"Arial\", nodesep=\"0.125\", ranksep=\"0.25\"];\n"
                "\tnode [fontcolor=\"white\", fontname=\"Arial\", height=\"0\", "
                "shape=\"box\", style=\"filled\", width=\"0\"];\n"
                "\tedge [fontname=\"Arial\"];\n");
    put_title(&w);
    if (o->cluster)
        put_clusters(&w, most);
    for (function_id f = 0; f < profile_functions(g->profile) && !o->cluster; f++)
        if (g->node[f])
            put_node(&w, f, most);
    for (function_id f = 0; f < profile_functions(g->profile); f++) {
        struct edges callees =
            g->node[f] ? stats_callees(g->stats, f) : (struct edges){ 0 };

        for (uint32_t i = 0; i < callees.count; i++)
            if (dot_has_edge(g, callees.at[i]))
                put_edge(&w, callees.at[i]);
    }
    out_text_of(out, "}\n");
}
