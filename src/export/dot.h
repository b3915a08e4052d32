/* SPDX-License-Identifier: Apache-2.0 */
/* dot.h - a call graph as Graphviz's dot takes it: a box a function, an arrow a caller
 * and its callee. What of all that is drawn, and how, is gprof2dot's, whose options are
 * the habit; edges are measured where the profile knows them. */
#ifndef EXPORT_DOT_H
#define EXPORT_DOT_H

#include "base/arena.h"
#include "base/out.h"
#include "model/stats.h"

enum dot_theme {
    DOT_COLOR,
    DOT_PINK,
    DOT_GRAY,
    DOT_BW,
    DOT_PRINT,
    DOT_SAFE,
    DOT_THEMES
};
extern const char *const dot_theme_names[DOT_THEMES + 1]; /* ends in NULL */

enum dot_label { /* bits */
                 DOT_TOTAL_PERCENT = 1,
                 DOT_SELF_PERCENT = 2,
                 DOT_TOTAL = 4,
                 DOT_SELF = 8,
};

enum { DOT_GLOBS_MAX = 64 };

struct dot_globs {
    const char *at[DOT_GLOBS_MAX];
    uint32_t count;
};

struct dot_options {
    double nodes, edges; /* thresholds: shares of the total below are left out */
    struct dot_globs root, leaf; /* only what these call, or what calls these */
    struct dot_globs path;       /* only functions of files that begin so */
    int depth;                   /* from the root; < 0: any */
    uint32_t most;               /* nodes at most, 0: any; the largest stay */
    double skew;                 /* of colours; 1: none */
    enum dot_theme theme;
    unsigned labels; /* enum dot_label; 0: the usual */
    bool wrap, strip, samples, by_self;
    bool cluster; /* frames: by module, or by process where the graph knows it */
    const char *title;
};

struct dot_graph { /* what is drawn of a profile */
    const struct profile *profile;
    const struct stats *stats; /* with edges */
    struct arena *arena;
    uint64_t total;
    bool *node; /* by function */
    uint32_t nodes, edges, all_nodes, all_edges;
    double node_threshold, edge_threshold; /* as used: may be above what was asked */
    /* Another profile's figures by function of this one, for colours by the change;
     * NULL: there is none. */
    const process_id *process; /* by function, where it is one process's; NULL */
    const double *change;      /* of cumulative, shares of the larger total */
};

struct dot_graph dot_choose(const struct profile *p, const struct stats *s,
                            const struct dot_options *o, struct arena *a);
bool dot_has_edge(const struct dot_graph *g, const struct edge *e);
void dot_write(const struct dot_graph *g, const struct dot_options *o, struct out *out);
/* "feed:41:parse", as gprof2dot calls it. */
struct str dot_name(const struct function *f, struct arena *a);

struct dot_look { /* of a box or an arrow that stands for such a share, 0 to 1 */
    char fill[8], text[8]; /* "#rrggbb" */
    double font, pen, arrow;
};
struct dot_look dot_look(const struct dot_options *o, double share);
/* A change of -1 (all of it gone) to 1. */
struct dot_look dot_look_of_change(double change);
bool dot_outlined(enum dot_theme t); /* boxes are not filled */
bool dot_pale(enum dot_theme t);     /* what is cold is nearly white */

#endif
