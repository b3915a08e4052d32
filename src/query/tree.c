/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - children of a box: gathered from its nodes, grouped by function, joined
 * with what is guessed. */
#include "query/tree.h"

#include <stdlib.h>
#include <string.h>

#include "query/gather.h"
#include "query/narrow.h"
#include "query/selves.h"

const char *const view_names[] = { "icicle",  "sunburst", "flame", "inverted",
                                   "callers", "callees",  NULL };

static bool goes_up(const struct tree *t)
{
    return t->view == VIEW_INVERTED || t->view == VIEW_CALLERS;
}

bool tree_asked(struct query *q, struct ask *a, struct tree *t)
{
    return tree_asked_of(q, a, (enum view)ask_choice(a, "view", view_names), t);
}

bool tree_asked_of(struct query *q, struct ask *a, enum view view, struct tree *t)
{
    q = narrow_asked(q, a);
    if (!q)
        return false;
    *t = (struct tree){ .query = q, .view = view, .arena = a->arena };
    if (view == VIEW_CALLERS || view == VIEW_CALLEES)
        t->function = ask_id(a, "function", profile_functions(q->profile));
    t->lens = lens_asked(q, a);
    return t->lens != NULL;
}

/* Threads' roots, of one process or (UINT32_MAX) of all. */
static void take_roots(const struct tree *t, process_id process, struct box *b)
{
    const struct profile *p = t->query->profile;
    node_id *root = arena_array(t->arena, profile_threads(p), sizeof *root);

    for (thread_id i = 0; i < profile_threads(p); i++) {
        const struct thread *thread = profile_thread(p, i);

        if (process == UINT32_MAX || thread->process == process)
            root[b->nodes++] = thread->root;
    }
    b->node = root;
    for (uint32_t i = 0; i < b->nodes; i++)
        b->value += lens_below(t->query, t->lens, root[i]);
}

static uint64_t all_given(const struct tree *t)
{
    uint64_t all = 0;

    for (uint32_t i = 0; i < given_rows(t->query->profile); i++)
        all += given_row(t->query->profile, i)->stat.self;
    return all;
}

static struct box whole_function(const struct tree *t)
{
    struct box b = { .type = BOX_FUNCTION, .id = t->function };
    struct slice all = inside_nodes(t->query, t->function);
    node_id *node = arena_array(t->arena, all.count, sizeof *node);

    for (uint32_t i = 0; i < all.count; i++)
        if (stats_outer(t->query->stats, all.at[i]) &&
            lens_below(t->query, t->lens, all.at[i]) > 0)
            node[b.nodes++] = all.at[i];
    b.node = node;
    b.origin = t->view == VIEW_CALLERS ? node : NULL;
    for (uint32_t i = 0; i < b.nodes; i++)
        b.value += lens_below(t->query, t->lens, node[i]);
    for (uint32_t i = 0; i < all.count; i++)
        b.calls += profile_node(t->query->profile, all.at[i])->calls;
    if (t->lens->given && guess_knows(t->query, t->function)) {
        b.guessed = true;
        b.guess = guess_whole(t->query, t->function, false, t->arena);
        b.guess.seen = UINT64_MAX; /* whatever is above it */
        b.value += b.guess.value;
        b.calls += b.guess.calls;
    }
    return b;
}

struct box tree_whole(const struct tree *t)
{
    struct box b = { .type = BOX_WHOLE, .id = UINT32_MAX };

    if (t->view == VIEW_CALLERS || t->view == VIEW_CALLEES)
        return whole_function(t);
    take_roots(t, UINT32_MAX, &b);
    b.guessed = t->lens->given;
    if (b.guessed) {
        uint64_t all = all_given(t);

        b.guess = (struct guess){ .value = all, .low = all, .high = all };
        b.value += all;
    }
    return b;
}

/* Processes with threads in trees; threads of a process; files that know no paths. */
static struct boxes owners(const struct tree *t, const struct box *b)
{
    const struct profile *p = t->query->profile;
    uint32_t all = profile_processes(p) + profile_threads(p) + 1;
    struct boxes c = { arena_array(t->arena, all, sizeof *c.at), 0 };

    for (process_id i = 0; b->type == BOX_WHOLE && i < profile_processes(p); i++) {
        struct box *at = &c.at[c.count];

        *at = (struct box){ .type = BOX_PROCESS, .id = i };
        take_roots(t, i, at);
        c.count += at->value > 0;
    }
    for (thread_id i = 0; b->type == BOX_PROCESS && i < profile_threads(p); i++) {
        const struct thread *thread = profile_thread(p, i);

        if (thread->process == b->id && lens_below(t->query, t->lens, thread->root))
            c.at[c.count++] =
                (struct box){ .type = BOX_THREAD,
                              .id = i,
                              .nodes = 1,
                              .node = &thread->root,
                              .value = lens_below(t->query, t->lens, thread->root) };
    }
    if (b->guessed) {
        c.at[c.count] = (struct box){ .type = BOX_GIVEN, .id = UINT32_MAX };
        c.at[c.count].guessed = true;
        c.at[c.count].guess = b->guess;
        c.at[c.count++].value = b->guess.value;
    }
    return c;
}

static struct guessed_steps guesses(const struct tree *t, const struct box *b)
{
    static const struct guessed_steps none = { NULL, 0 };

    if (!b->guessed)
        return none;
    if (b->type == BOX_FUNCTION && goes_up(t))
        return guess_steps(t->query, t->lens, b->id, &b->guess, GUESS_CALLERS,
                           t->arena);
    if (b->type == BOX_FUNCTION)
        return guess_steps(t->query, t->lens, b->id, &b->guess, GUESS_CALLEES,
                           t->arena);
    if (b->type == BOX_WHOLE && t->view == VIEW_INVERTED)
        return guess_selves(t->query, t->lens, t->arena);
    return guess_roots(t->query, t->lens, t->arena);
}

static void join(const struct tree *t, const struct box *b, struct gathered *g)
{
    struct guessed_steps steps = guesses(t, b);

    for (uint32_t i = 0; i < steps.count; i++) {
        struct box *box = gather_box(g, BOX_FUNCTION, steps.at[i].function);

        box->guessed = true;
        box->guess = steps.at[i].guess;
        box->value += box->guess.value;
        box->calls += box->guess.calls;
    }
}

static int by_value(const void *a, const void *b)
{
    const struct box *x = a, *y = b;

    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Off go those below `least`, unless it is one alone. */
static struct boxes cut(struct boxes c, uint64_t least, struct box *rest)
{
    uint32_t kept = 0;

    if (c.count > 1)
        qsort(c.at, c.count, sizeof *c.at, by_value);
    while (kept < c.count &&
           (c.at[kept].value >= least || (kept + 1 == c.count && rest->nodes == 0)))
        kept++;
    for (uint32_t i = kept; i < c.count; i++) {
        rest->nodes++;
        rest->value += c.at[i].value;
        rest->calls += c.at[i].calls;
        rest->guess.value += box_guessed(&c.at[i]);
        rest->guess.low += box_low(&c.at[i]);
        rest->guess.high += box_high(&c.at[i]);
    }
    c.count = kept;
    return c;
}

struct boxes tree_children(const struct tree *t, const struct box *b, uint64_t least,
                           struct box *rest)
{
    bool paths = t->view == VIEW_ICICLE || t->view == VIEW_SUNBURST;

    *rest = (struct box){ .type = BOX_MORE, .id = UINT32_MAX };
    if (b->type == BOX_MORE)
        return (struct boxes){ NULL, 0 };
    if (paths && (b->type == BOX_WHOLE || b->type == BOX_PROCESS))
        return b->type == BOX_WHOLE || !b->guessed ? cut(owners(t, b), least, rest)
                                                   : (struct boxes){ NULL, 0 };
    if (selves_are(t, b))
        return selves_boxes(t, least, rest);
    struct gathered g = gather_on(t, least);
    if (goes_up(t))
        gather_callers(&g, b);
    else
        gather_callees(&g, b, rest);
    join(t, b, &g);
    return cut(gather_done(&g), least, rest);
}

struct str tree_step(const struct box *b, struct arena *a)
{
    switch (b->type) {
    case BOX_PROCESS:
        return arena_printf(a, "p%u", b->id);
    case BOX_THREAD:
        return arena_printf(a, "t%u", b->id);
    case BOX_GIVEN:
        return STR("g");
    case BOX_MARKER:
        return STR("m");
    default:
        return arena_printf(a, "%u", b->id);
    }
}

static bool take_step(struct str *path, struct box *step)
{
    const char *dot = memchr(path->at, '.', path->len);
    struct str s = { path->at, dot ? (size_t)(dot - path->at) : path->len };
    uint64_t id = 0;

    *path =
        (struct str){ s.at + s.len + (dot != NULL), path->len - s.len - (dot != 0) };
    *step = (struct box){ .type = BOX_FUNCTION, .id = UINT32_MAX };
    if (dot && path->len == 0)
        return false;
    if (str_eq(s, STR("g")) || str_eq(s, STR("m"))) {
        step->type = s.at[0] == 'g' ? BOX_GIVEN : BOX_MARKER;
        return true;
    }
    if (str_skip(&s, STR("p")))
        step->type = BOX_PROCESS;
    else if (str_skip(&s, STR("t")))
        step->type = BOX_THREAD;
    if (s.len == 0 || s.len > 10)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
        id = id * 10 + (uint64_t)(s.at[i] - '0');
    }
    step->id = (uint32_t)id;
    return id < UINT32_MAX;
}

/* The child of that type and id. */
static bool step_down(const struct tree *t, const struct box *b, const struct box *step,
                      struct box *to)
{
    struct box rest;

    if (selves_are(t, b) && step->type == BOX_FUNCTION) {
        *to = selves_box(t, step->id);
        return to->value > 0;
    }
    struct boxes c = tree_children(t, b, 0, &rest);

    for (uint32_t i = 0; i < c.count; i++)
        if (c.at[i].type == step->type && c.at[i].id == step->id) {
            *to = c.at[i];
            return true;
        }
    return false;
}

bool tree_find(const struct tree *t, struct ask *a, struct str path, struct boxes *way)
{
    struct str left = path;
    uint32_t most = 2;

    for (size_t i = 0; i < path.len; i++)
        most += path.at[i] == '.';
    *way = (struct boxes){ arena_array(t->arena, most, sizeof *way->at), 1 };
    way->at[0] = tree_whole(t);
    while (left.len > 0) {
        struct box step;

        if (!take_step(&left, &step) ||
            !step_down(t, &way->at[way->count - 1], &step, &way->at[way->count]))
            return err_set(&a->err, ERR_USAGE,
                           "bad query: path %.*s: no such box in this view (it may be "
                           "another profile's)",
                           path.len < 100 ? (int)path.len : 100, path.at);
        way->count++;
    }
    return true;
}

uint64_t box_self(const struct tree *t, const struct box *b)
{
    uint64_t self = 0;

    if (b->type == BOX_MORE)
        return b->value;
    if (b->type != BOX_FUNCTION)
        return 0;
    if (goes_up(t))
        return gather_uncalled(t, b);
    for (uint32_t i = 0; i < b->nodes; i++)
        self += lens_self(t->query, t->lens, b->node[i]);
    if (t->lens->owner)
        self += gather_absorbed(t, b);
    return self + (b->guessed ? b->guess.self : 0);
}

uint64_t box_low(const struct box *b)
{
    return b->type == BOX_MORE ? b->guess.low
                               : b->value - b->guess.value + b->guess.low;
}

uint64_t box_high(const struct box *b)
{
    return b->type == BOX_MORE ? b->guess.high
                               : b->value - b->guess.value + b->guess.high;
}

uint64_t box_guessed(const struct box *b)
{
    if (b->type == BOX_MORE)
        return b->guess.value;
    return b->guess.low < b->guess.high ? b->guess.value : 0;
}

uint32_t box_node(const struct tree *t, const struct box *b)
{
    bool exact = b->type == BOX_FUNCTION && b->nodes == 1 && !b->guessed &&
                 !b->origin && !t->lens->owner && !t->query->narrow;

    return exact ? b->node[0] : UINT32_MAX;
}
