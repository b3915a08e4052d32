/* SPDX-License-Identifier: Apache-2.0 */
/* narrow.c - a copy of what is asked for. */
#include "query/narrow.h"

#include <string.h>

#include "model/build.h"

struct narrowed {
    struct arena *arena;
    struct str key;
    struct profile *profile;
    struct query *query;
};

struct wanted {
    struct ids process, thread, focus;
};

static bool wants_thread(const struct query *q, const struct wanted *w, thread_id t)
{
    return (w->thread.count == 0 || ids_have(w->thread, t)) &&
           (w->process.count == 0 ||
            ids_have(w->process, profile_thread(q->profile, t)->process));
}

/* What was given without paths is told of all its threads together: all, or none. */
static bool wants_given(const struct query *q, struct ask *a, const struct wanted *w,
                        bool *given)
{
    const struct profile *p = q->profile;
    bool in = false, out = false;

    for (uint32_t i = 0; i < given_rows(p); i++)
        if (wants_thread(q, w, given_row(p, i)->thread))
            in = true;
        else
            out = true;
    *given = in && w->focus.count == 0;
    if (in && out)
        return err_set(&a->err, ERR_USAGE,
                       "cannot be told apart: %s: files that know no paths are one "
                       "(open one alone)",
                       q->of.title);
    if (in && !*given && !profile_has_paths(p))
        return err_set(&a->err, ERR_USAGE,
                       "not known: %s: it holds no paths to be chosen among (its "
                       "sandwich shows a function alone)",
                       q->of.title);
    return true;
}

enum part { PART_OUT, PART_ABOVE, PART_IN };

/* Of nodes: wanted, above one that is, or out. */
static uint8_t *find_parts(const struct query *q, const struct wanted *w,
                           uint32_t *kept, struct arena *a)
{
    const struct profile *p = q->profile;
    uint8_t *part = arena_array(a, profile_nodes(p), sizeof *part);
    bool *thread = arena_array(a, profile_threads(p), sizeof *thread);
    bool *focus = arena_array(a, (size_t)profile_functions(p) + 1, sizeof *focus);

    for (thread_id t = 0; t < profile_threads(p); t++)
        thread[t] = wants_thread(q, w, t);
    for (uint32_t i = 0; i < w->focus.count; i++)
        focus[w->focus.at[i]] = true;
    part[NODE_ROOT] = PART_ABOVE;
    for (node_id n = NODE_ROOT + 1; n < profile_nodes(p); n++) {
        const struct node *node = profile_node(p, n);

        if (part[node->parent] != PART_IN &&
            (node->depth < 2 || !thread[node->thread] ||
             (w->focus.count > 0 &&
              (node->function == FUNCTION_NONE || !focus[node->function]))))
            continue;
        part[n] = PART_IN;
        ++*kept;
        for (node_id up = node->parent; part[up] == PART_OUT; ++*kept) {
            part[up] = PART_ABOVE;
            up = profile_node(p, up)->parent;
        }
    }
    return part;
}

/* Functions, processes and threads keep their ids, nodes do not. */
static struct profile *copy(const struct query *q, const struct wanted *w, bool given)
{
    const struct profile *p = q->profile;
    struct arena *scratch = arena_open();
    struct build *b = build_open(profile_unit(p));
    uint32_t kept = profile_threads(p);
    const uint8_t *part = find_parts(q, w, &kept, scratch);
    node_id *copied = arena_array(scratch, profile_nodes(p), sizeof *copied);

    build_like(b, p, true);
    build_expect(b, kept);
    for (thread_id i = 0; i < profile_threads(p); i++) {
        const struct thread *t = profile_thread(p, i);

        copied[t->root] =
            build_thread_root(b, build_thread(b, t->process, t->name, t->native));
    }
    for (node_id n = NODE_ROOT + 1; n < profile_nodes(p); n++) {
        if (part[n] == PART_OUT)
            continue;
        const struct node *node = profile_node(p, n);

        if (node->depth < 2)
            continue;
        copied[n] = build_node(b, copied[node->parent], node->function);
        if (part[n] == PART_IN)
            build_add(b, copied[n], node->calls, node->resumes, node->self);
    }
    if (given)
        build_like_given(b, p);
    arena_close(scratch);
    return build_finish(b);
}

static void put_ids(struct out *o, struct ids ids)
{
    out_char(o, '|');
    for (uint32_t i = 0; i < ids.count; i++)
        out_printf(o, "%u,", ids.at[i]);
}

static struct query *remember(struct query *q, const struct wanted *w, bool given,
                              struct str key)
{
    struct narrowed *last = q->narrowed[NARROWED - 1];
    struct arena *arena = arena_open();
    struct narrowed *n = arena_alloc(arena, sizeof *n);

    if (last) {
        query_close(last->query);
        profile_close(last->profile);
        arena_close(last->arena);
    }
    memmove(q->narrowed + 1, q->narrowed, (NARROWED - 1) * sizeof *q->narrowed);
    *n = (struct narrowed){ .arena = arena, .key = arena_str(arena, key) };
    n->profile = copy(q, w, given);
    n->query = inside_open(n->profile, &q->of, q);
    q->narrowed[0] = n;
    return n->query;
}

struct query *narrow_asked(struct query *q, struct ask *a)
{
    struct wanted w = { ask_ids(a, "process", profile_processes(q->profile)),
                        ask_ids(a, "thread", profile_threads(q->profile)),
                        ask_ids(a, "focus", profile_functions(q->profile)) };
    struct query *narrow = NULL;
    bool given;

    if (a->err.code != ERR_NONE || !wants_given(q, a, &w, &given))
        return NULL;
    if (w.process.count + w.thread.count + w.focus.count == 0)
        return q;
    struct out *key = out_memory();
    put_ids(key, w.process);
    put_ids(key, w.thread);
    put_ids(key, w.focus);
    for (int i = 0; i < NARROWED && q->narrowed[i] && !narrow; i++)
        if (str_eq(q->narrowed[i]->key, out_text(key)))
            narrow = q->narrowed[i]->query;
    if (!narrow)
        narrow = remember(q, &w, given, out_text(key));
    out_abandon(key);
    return narrow;
}

void narrow_close(struct query *q)
{
    for (int i = 0; i < NARROWED && q->narrowed[i]; i++) {
        query_close(q->narrowed[i]->query);
        profile_close(q->narrowed[i]->profile);
        arena_close(q->narrowed[i]->arena);
    }
}
