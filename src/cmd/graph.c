/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c - sonde graph: who calls whom, drawn by Graphviz. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/draw.h"
#include "cmd/reading.h"
#include "export/dot.h"
#include "model/choose.h"
#include "model/given.h"
#include "model/pair.h"

enum {
    KEY_DEPTH = 256,
    KEY_SKEW,
    KEY_SHOW_SAMPLES,
    KEY_NODE_LABEL,
    KEY_BY_SELF,
    KEY_CLUSTER,
    KEY_COMPARE,
    KEY_PROCESS,
};

/* A drawing is done in five seconds: of so many boxes and arrows at first, and of a
 * third of them each time that it is not done in time. */
enum {
    DRAWN_AT_FIRST = 900,
    BOXES_AT_FIRST = 800,
    DRAWN_LEAST = 20,
    BOXES_OF_MANY = 40
};
#define DRAWING_NS 4500000000u
#define LAST_LEAST_NS 2500000000u /* for the fewest: a machine may be busy */

struct graph_args {
    struct dot_options dot;
    struct choice choice;
    const char *output, *before;
    bool has_nodes, has_edges, has_depth, by_process;
};

static const struct argp_option options[] = {
    { "output", 'o', "OUT", 0, "calls.svg, .png, .pdf, or .dot: the text", 0 },
    { "node-thres", 'n', "PERCENT", 0, "leave out functions below (default: 0.5)", 0 },
    { "edge-thres", 'e', "PERCENT", 0, "leave out calls below (default: 0.1)", 0 },
    { "root", 'z', "GLOB", 0, "only what these functions call (repeatable)", 0 },
    { "leaf", 'l', "GLOB", 0, "only what calls these (repeatable)", 0 },
    { "depth", KEY_DEPTH, "N", 0, "no further from the root", 0 },
    { "path", 'p', "PREFIX", 0, "only functions of such files (repeatable)", 0 },
    { "compare", KEY_COMPARE, "BEFORE", 0, "coloured by what changed since that file",
      0 },
    { "colormap", 'c', "THEME", 0, "color, pink, gray, bw, print, or safe for all eyes",
      0 },
    { "skew", KEY_SKEW, "F", 0, "below 1: more colour for small shares", 0 },
    { "color-nodes-by-selftime", KEY_BY_SELF, NULL, 0, "not by the time with callees",
      0 },
    { "node-label", KEY_NODE_LABEL, "WHAT", 0,
      "self-time, total-time, and these with -percentage (repeatable)", 0 },
    { "show-samples", KEY_SHOW_SAMPLES, NULL, OPTION_HIDDEN, "in boxes", 0 },
    { "wrap", 'w', NULL, 0, "long names on several lines", 0 },
    { "strip", 's', NULL, 0, "arguments and templates off names", 0 },
    { "cluster", KEY_CLUSTER, "WHAT", OPTION_ARG_OPTIONAL,
      "frame the functions of a module, or of a process", 0 },
    { "process", KEY_PROCESS, "GLOB", 0, "processes of that name, role or pid alone",
      0 },
    { 0 },
};

static bool take_share(double *to, const char *option, const char *value, struct err *e)
{
    char *end;
    double percent = strtod(value, &end);

    if (end == value || (*end != '\0' && strcmp(end, "%") != 0) || !(percent >= 0) ||
        percent > 100)
        return err_set(e, ERR_USAGE, "bad value: %s %s: percent, 0 to 100", option,
                       value);
    *to = percent / 100;
    return true;
}

static bool take_glob(struct dot_globs *to, const char *value, struct err *e)
{
    if (to->count == DOT_GLOBS_MAX)
        return err_set(e, ERR_USAGE, "too many: %s: %d are enough", value,
                       DOT_GLOBS_MAX);
    to->at[to->count++] = value;
    return true;
}

static bool take_theme(struct graph_args *a, const char *value, struct err *e)
{
    for (int i = 0; i < DOT_THEMES; i++)
        if (strcmp(value, dot_theme_names[i]) == 0) {
            a->dot.theme = (enum dot_theme)i;
            return true;
        }
    const char *near = help_nearest(value, dot_theme_names);
    return err_set(e, ERR_USAGE,
                   "unknown theme: -c %s (color, pink, gray, bw, print, "
                   "safe%s%s%s)",
                   value, near ? "; did you mean '" : "", near ? near : "",
                   near ? "'?" : "");
}

static bool take_label(struct graph_args *a, const char *value, struct err *e)
{
    static const char *const names[] = { "total-time-percentage",
                                         "self-time-percentage", "total-time",
                                         "self-time" };

    for (unsigned i = 0; i < 4; i++)
        if (strcmp(value, names[i]) == 0) {
            a->dot.labels |= 1u << i;
            return true;
        }
    return err_set(e, ERR_USAGE,
                   "bad value: --node-label %s: self-time, total-time, "
                   "self-time-percentage or total-time-percentage",
                   value);
}

static bool take_skew(struct graph_args *a, const char *value, struct err *e)
{
    char *end;

    a->dot.skew = strtod(value, &end);
    return (end != value && *end == '\0' && a->dot.skew > 0 && a->dot.skew < 1e6) ||
           err_set(e, ERR_USAGE, "bad value: --skew %s: a number above 0", value);
}

static bool take_cluster(struct graph_args *a, const char *value, struct err *e)
{
    a->dot.cluster = true;
    a->by_process = value && strcmp(value, "process") == 0;
    return !value || a->by_process || strcmp(value, "module") == 0 ||
           err_set(e, ERR_USAGE, "bad value: --cluster=%s: module or process", value);
}

static bool take_flag(struct graph_args *a, int key)
{
    a->dot.wrap = a->dot.wrap || key == 'w';
    a->dot.strip = a->dot.strip || key == 's';
    a->dot.samples = a->dot.samples || key == KEY_SHOW_SAMPLES;
    a->dot.by_self = a->dot.by_self || key == KEY_BY_SELF;
    return true;
}

static bool take_depth(struct graph_args *a, const char *value, struct err *e)
{
    long depth;

    if (!options_number("--depth", value, 0, &depth, e))
        return false;
    a->has_depth = true;
    a->dot.depth = depth < 1000000 ? (int)depth : -1;
    return true;
}

static bool option(void *args, int key, const char *value, struct err *e)
{
    struct graph_args *a = args;

    switch (key) {
    case 'o':
        a->output = value;
        return true;
    case 'n':
        a->has_nodes = true;
        return take_share(&a->dot.nodes, "-n", value, e);
    case 'e':
        a->has_edges = true;
        return take_share(&a->dot.edges, "-e", value, e);
    case 'z':
        return take_glob(&a->dot.root, value, e);
    case 'l':
        return take_glob(&a->dot.leaf, value, e);
    case 'p':
        return take_glob(&a->dot.path, value, e);
    case 'c':
        return take_theme(a, value, e);
    case KEY_DEPTH:
        return take_depth(a, value, e);
    case KEY_SKEW:
        return take_skew(a, value, e);
    case KEY_NODE_LABEL:
        return take_label(a, value, e);
    case KEY_CLUSTER:
        return take_cluster(a, value, e);
    case KEY_COMPARE:
        a->before = value;
        return true;
    case KEY_PROCESS:
        return reading_take_process(&a->choice, value, e);
    }
    return take_flag(a, key);
}

enum { FORMATS = 4 };
static const char *const formats[FORMATS] = { "dot", "svg", "png", "pdf" };

/* By the end of OUT's name; stdout takes the text. */
static const char *format_of(const char *output, struct err *e)
{
    if (!output) {
        err_set(e, ERR_USAGE,
                "nowhere to draw: -o OUT is missing (such as -o calls.svg; "
                "- is stdout, for dot's text)");
        return NULL;
    }
    if (strcmp(output, "-") == 0 || str_ends(str_of(output), STR(".gv")))
        return formats[0];
    for (int i = 0; i < FORMATS; i++) {
        size_t len = strlen(formats[i]), all = strlen(output);

        if (all > len && output[all - len - 1] == '.' &&
            strcmp(output + all - len, formats[i]) == 0)
            return formats[i];
    }
    err_set(e, ERR_USAGE, "cannot tell the format: %s: no .svg, .png, .pdf or .dot",
            output);
    return NULL;
}

struct work {
    const struct graph_args *args;
    struct dot_options options;
    struct arena *arena;
    struct profile *profile;
    struct stats *stats;
    double *change;
    process_id *process;  /* by function: apart */
    struct dot_graph all; /* that was asked for */
};

/* What each function took before, told by the pairing that sonde diff uses. */
static bool compare(struct work *w, struct err *e)
{
    char *file[] = { (char *)w->args->before, NULL };
    const char *title;
    struct profile *b = reading_open((struct words){ 1, file }, &w->args->choice, true,
                                     &title, w->arena, e);

    if (!b)
        return false;
    if (profile_unit(b) != profile_unit(w->profile) ||
        run_clocks_differ(profile_run(b)->clock, profile_run(w->profile)->clock)) {
        profile_close(b);
        return err_set(e, ERR_FORMAT,
                       "cannot be compared: %s: its figures are of another "
                       "kind (CPU and wall time, samples and times are no pairs)",
                       w->args->before);
    }
    struct stats *s = stats_open(b);
    uint32_t count = profile_functions(w->profile), before = profile_functions(b);
    const struct function **at[2] = {
        arena_array(w->arena, count + 1u, sizeof **at),
        arena_array(w->arena, before + 1u, sizeof **at),
    };
    for (function_id f = 0; f < count; f++)
        at[0][f] = profile_function(w->profile, f);
    for (function_id f = 0; f < before; f++)
        at[1][f] = profile_function(b, f);
    uint32_t *pair = pair_functions((struct functions){ at[0], count },
                                    (struct functions){ at[1], before }, w->arena);
    double total = fmax(
        fmax((double)stats_total(s)->self, (double)stats_total(w->stats)->self), 1);
    w->change = arena_array(w->arena, count + 1u, sizeof *w->change);
    for (function_id f = 0; f < count; f++) {
        double was =
            pair[f] == FUNCTION_NONE ? 0 : (double)stats_of(s, pair[f])->cumulative;

        w->change[f] = ((double)stats_of(w->stats, f)->cumulative - was) / total;
    }
    stats_close(s);
    profile_close(b);
    return true;
}

/* Each process's functions for themselves. */
static bool take_apart(struct work *w, struct err *e)
{
    struct profile *whole = w->profile;

    if (!profile_has_paths(whole) || given_by_files(whole))
        return err_set(e, ERR_FORMAT,
                       "cannot be framed by process: %s: such a file does not tell "
                       "whose calls were whose (--cluster frames modules)",
                       w->options.title);
    w->profile = choose_apart(whole, &w->process, w->arena);
    profile_close(whole);
    return true;
}

static struct dot_graph chosen(struct work *w, uint32_t most)
{
    struct dot_options o = w->options;

    o.most = most;
    struct dot_graph g = dot_choose(w->profile, w->stats, &o, w->arena);
    g.change = w->change;
    g.process = w->process;
    return g;
}

static bool choose_all(struct work *w, struct err *e)
{
    w->all = chosen(w, 0);
    if (w->all.nodes == 0 && !w->args->has_nodes) {
        /* All is spread thin: what is large in comparison, then. */
        w->options.nodes = 0;
        w->options.edges = w->args->has_edges ? w->options.edges : 0;
        w->all = chosen(w, BOXES_OF_MANY);
        if (w->all.nodes > 0)
            cmd_say("no function has 0.5 %% of the total: the %u largest are drawn "
                    "(-n says from how many %% on)",
                    w->all.nodes);
    }
    return w->all.nodes > 0 ||
           err_set(e, ERR_FORMAT,
                   "nothing to draw: %s: no function is left (less strict: -n 0 -e 0, "
                   "other -z, -l, -p)",
                   w->options.title);
}

static struct str text_of(const struct work *w, const struct dot_graph *g)
{
    struct out *o = out_memory();

    dot_write(g, &w->options, o);
    struct str text = arena_str(w->arena, out_text(o));
    out_abandon(o);
    return text;
}

/* Fewer and fewer until it is done in time. */
static bool draw_in_time(struct work *w, const char *format, struct str *picture,
                         struct err *e)
{
    uint64_t end = clock_monotonic_ns() + DRAWING_NS;
    struct dot_graph g = w->all;
    uint32_t asked = g.nodes, most = g.nodes;

    while (g.nodes + g.edges > DRAWN_AT_FIRST && most > DRAWN_LEAST) {
        most = most > 2 * BOXES_AT_FIRST ? BOXES_AT_FIRST : most * 3 / 4;
        g = chosen(w, most);
    }
    for (;;) {
        uint64_t now = clock_monotonic_ns(), left = now < end ? end - now : 1;
        bool last = g.nodes <= DRAWN_LEAST;
        enum drawn drawn =
            draw(text_of(w, &g), format,
                 last ? (left > LAST_LEAST_NS ? left : LAST_LEAST_NS) : left / 2,
                 picture, w->arena, e);

        if (drawn == DRAWN && g.nodes < asked)
            cmd_say(
                "%u of the %u functions asked for are drawn: from %.3g %% of the total "
                "on, so that it ends in 5 s (-o calls.dot has all)",
                g.nodes, asked, 100 * g.node_threshold);
        if (drawn != DRAW_LATE)
            return drawn == DRAWN;
        if (last)
            return err_set(e, ERR_TARGET,
                           "cannot draw: dot takes more than 5 s for %u "
                           "functions (-o calls.dot writes the text for it)",
                           g.nodes);
        most = g.nodes / 3 > DRAWN_LEAST ? g.nodes / 3 : DRAWN_LEAST;
        g = chosen(w, most);
    }
}

static bool write_graph(struct work *w, const char *format, struct err *e)
{
    struct str picture;

    if (strcmp(format, "dot") == 0) {
        struct out *o = out_open(w->args->output, e);

        if (o)
            dot_write(&w->all, &w->options, o);
        return o && out_close(o, e);
    }
    if (!draw_in_time(w, format, &picture, e))
        return false;
    struct out *o = out_open(w->args->output, e);
    if (o)
        out_str(o, picture);
    return o && out_close(o, e);
}

static int run(const void *args, struct words words, struct err *e)
{
    const struct graph_args *a = args;
    struct work w = { .args = a, .options = a->dot };
    const char *format = format_of(a->output, e), *title;

    if (!format)
        return 2;
    if (a->before && a->by_process) {
        err_set(e, ERR_USAGE,
                "--compare and --cluster=process: processes of two runs "
                "are no pairs (one of the two)");
        return 2;
    }
    w.arena = arena_open();
    w.options.nodes = a->has_nodes ? a->dot.nodes : 0.005;
    w.options.edges = a->has_edges ? a->dot.edges : 0.001;
    w.options.depth = a->has_depth ? a->dot.depth : -1;
    w.options.skew = a->dot.skew > 0 ? a->dot.skew : 1;
    w.profile = reading_open(words, &a->choice, true, &title, w.arena, e);
    bool ok = w.profile != NULL;
    if (ok) {
        w.options.title = a->before ? arena_printf(w.arena,
                                                   "%s beside %s (blue: less, orange: "
                                                   "more; of the larger total)",
                                                   title, a->before)
                                          .at
                                    : title;
        ok = !a->by_process || take_apart(&w, e);
        w.stats = stats_open(w.profile);
        stats_add_edges(w.stats);
        ok = ok && (!a->before || compare(&w, e)) && choose_all(&w, e) &&
             write_graph(&w, format, e);
        if (ok)
            reading_tell_notes(w.profile);
        stats_close(w.stats);
    }
    profile_close(w.profile);
    arena_close(w.arena);
    return ok ? 0 : 1;
}

const struct cmd cmd_graph = {
    .name = "graph",
    .help = "draw who calls whom: svg, png, pdf, or dot's text",
    .usage = "[OPTIONS] [FILE...] -o OUT",
    .options = options,
    .reads = true,
    .more = "gprof2dot's options. A drawing ends in 5 s: thresholds rise until it "
            "does, and\n"
            "the picture says from what on. Graphviz's dot lays it out.",
    .examples = "sonde graph -o calls.svg\n"
                "sonde graph app.prof -n 2 -z 'app:*:main' -o calls.png\n"
                "sonde graph --compare before.sonde after.sonde -o changes.svg",
    .args_size = sizeof(struct graph_args),
    .option = option,
    .run = run,
};
