/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - the tree that a view shows: boxes of a path each, made when they are looked
 * at. A box stands for nodes of the profile, and for a guess where files know no
 * paths. Views that go down have boxes as their nodes' callees; those that go up, as
 * their callers: there each node remembers for whose cost it stands. */
#ifndef QUERY_TREE_H
#define QUERY_TREE_H

#include "query/guess.h"
#include "query/lens.h"

enum view {
    VIEW_ICICLE,
    VIEW_SUNBURST,
    VIEW_FLAME,
    VIEW_INVERTED,
    VIEW_CALLERS,
    VIEW_CALLEES
};
extern const char *const view_names[];

enum box_type {
    BOX_WHOLE,
    BOX_PROCESS,
    BOX_THREAD,
    BOX_FUNCTION,
    BOX_GIVEN,
    BOX_MORE,
    BOX_MARKER
};

struct tree {
    struct query *query;
    struct lens *lens;
    enum view view;
    function_id function; /* of VIEW_CALLERS and VIEW_CALLEES */
    struct arena *arena;  /* of the query that asks */
};

struct box {
    enum box_type type;
    uint32_t id; /* of its process, thread or function; else UINT32_MAX */
    uint32_t nodes;
    const node_id *node;   /* where it is; in views that go up its caller's, ... */
    const node_id *origin; /* ... and this is whose cost it stands for; NULL: none */
    bool guessed;          /* it has a guess: of its function, or (BOX_GIVEN) all */
    struct guess guess;
    uint64_t value, calls; /* of all it stands for */
};

struct boxes {
    struct box *at; /* by value, the largest first */
    uint32_t count;
};

/* view, and function where it is one of a function; the lens is asked for as well. */
bool tree_asked(struct query *q, struct ask *a, struct tree *t);
/* The same where the view is known. */
bool tree_asked_of(struct query *q, struct ask *a, enum view view, struct tree *t);
struct box tree_whole(const struct tree *t);
/* Those of at least `least`. rest: what the others come to, with their number as its
 * `nodes`; no more is known of it. */
struct boxes tree_children(const struct tree *t, const struct box *b, uint64_t least,
                           struct box *rest);
/* Goes down a path; the boxes on it, from the whole on. False and ask->err. */
bool tree_find(const struct tree *t, struct ask *a, struct str path, struct boxes *way);
/* The step that leads to a box, as in a path. */
struct str tree_step(const struct box *b, struct arena *a);

uint64_t box_self(const struct tree *t, const struct box *b);
uint64_t box_low(const struct box *b);
uint64_t box_high(const struct box *b);
uint64_t box_guessed(const struct box *b); /* of its value */
/* The one node it is, where nothing is narrowed; else UINT32_MAX. */
uint32_t box_node(const struct tree *t, const struct box *b);

#endif
