/* SPDX-License-Identifier: Apache-2.0 */
/* choose.c - copies what belongs to the chosen processes, and of the functions those
 * that are left. */
#include "model/choose.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/build.h"

enum { ROLES_TOLD = 6, NAME_TOLD = 40 };
#define THREAD_ANY UINT32_MAX

struct choosing {
    const struct profile *from;
    struct build *build;
    struct arena *scratch;
    bool *chosen;             /* by process */
    thread_id thread;         /* THREAD_ANY: all of theirs */
    process_id *process_to;   /* by old process */
    function_id *function_to; /* by old function */
    node_id *to;              /* by old node */
};

static bool matches(const char *glob, struct str text, struct arena *a)
{
    return text.len > 0 &&
           (str_eq(str_of(glob), text) || fnmatch(glob, arena_cstr(a, text), 0) == 0);
}

/* "worker: crunch" is a worker, and crunch. */
static bool matches_role(const char *glob, struct str role, struct arena *a)
{
    for (size_t i = 0; i + 2 < role.len; i++)
        if (role.at[i] == ':' && role.at[i + 1] == ' ')
            return matches(glob, (struct str){ role.at, i }, a) ||
                   matches(glob, (struct str){ role.at + i + 2, role.len - i - 2 }, a);
    return false;
}

static bool takes(const char *glob, const struct process *p, struct arena *a)
{
    return matches(glob, p->name, a) || matches(glob, p->role, a) ||
           matches_role(glob, p->role, a) || matches(glob, p->program, a) ||
           str_eq(str_of(glob), arena_printf(a, "%u", p->pid));
}

/* Of a role: "worker: crunch (Process-1 and 3 more)". */
struct told {
    struct str role, name;
    uint32_t more;
};

static struct str list_processes(const struct profile *p, struct arena *a)
{
    struct told told[ROLES_TOLD];
    uint32_t roles = 0, left = 0;
    struct str list = { 0 };

    for (process_id i = 0; i < profile_processes(p); i++) {
        const struct process *process = profile_process(p, i);
        uint32_t k = 0;

        while (k < roles && !str_eq(told[k].role, process->role))
            k++;
        if (k < roles)
            told[k].more++;
        else if (roles < ROLES_TOLD)
            told[roles++] = (struct told){ process->role, process->name, 0 };
        else
            left++;
    }
    for (uint32_t i = 0; i < roles; i++) {
        struct str role = told[i].role, name = told[i].name;
        size_t cut = name.len < NAME_TOLD ? name.len : NAME_TOLD;

        list = arena_printf(a, "%.*s%s%.*s (%.*s%s", (int)list.len,
                            list.len ? list.at : "", i ? ", " : "",
                            (int)(role.len < NAME_TOLD ? role.len : NAME_TOLD),
                            role.len ? role.at : "", (int)cut, cut ? name.at : "",
                            told[i].more ? "" : ")");
        if (told[i].more > 0)
            list = arena_printf(a, "%.*s and %u more)", (int)list.len, list.at,
                                told[i].more);
    }
    if (left > 0)
        list = arena_printf(a, "%.*s and %u others", (int)list.len, list.at, left);
    return list;
}

static bool mark_chosen(const struct choosing *c, const char *glob, const char *where,
                        struct err *e)
{
    uint32_t count = profile_processes(c->from), found = 0;
    struct str list;

    for (process_id i = 0; i < count; i++)
        if (takes(glob, profile_process(c->from, i), c->scratch)) {
            c->chosen[i] = true;
            found++;
        }
    if (found > 0)
        return true;
    list = list_processes(c->from, c->scratch);
    return err_set(e, ERR_TARGET, "no such process: --process '%s': %s has %.*s", glob,
                   where, (int)list.len, list.at);
}

struct span {
    uint64_t from, to;
};

static int by_beginning(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    return (x->from > y->from) - (x->from < y->from);
}

/* When the first of them began, and how long any of them was there. */
static void copy_run(const struct choosing *c)
{
    const struct run *run = profile_run(c->from);
    struct run *copy = build_run(c->build);
    uint32_t count = profile_processes(c->from), spans = 0;
    struct span *span = arena_array(c->scratch, count, sizeof *span);
    uint64_t until = 0;

    *copy = (struct run){ .program = build_text(c->build, run->program),
                          .clock = build_text(c->build, run->clock) };
    for (process_id i = 0; i < count; i++) {
        const struct process *p = profile_process(c->from, i);
        uint64_t most = UINT64_MAX - p->started_ns;

        if (c->chosen[i])
            span[spans++] = (struct span){
                p->started_ns, p->started_ns + (p->wall_ns < most ? p->wall_ns : most)
            };
    }
    qsort(span, spans, sizeof *span, by_beginning);
    for (uint32_t i = 0; i < spans; i++) {
        uint64_t from = span[i].from > until ? span[i].from : until;

        if (span[i].to <= from)
            continue;
        copy->wall_ns += span[i].to - from;
        until = span[i].to;
    }
    copy->started_ns = spans > 0 ? span[0].from : run->started_ns;
}

static void copy_quality(const struct choosing *c)
{
    const struct quality *q = profile_quality(c->from);

    *build_quality(c->build) = *q;
    for (uint32_t i = 0; i < q->notes; i++)
        build_note(c->build, q->note[i]);
}

static void copy_processes(const struct choosing *c)
{
    for (process_id i = 0; i < profile_processes(c->from); i++) {
        const struct process *p = profile_process(c->from, i);

        if (!c->chosen[i])
            continue;
        c->process_to[i] = build_process(c->build, p);
        if (p->python.len > 0)
            build_python(c->build, p->python);
    }
}

static bool is_chosen(const struct choosing *c, thread_id t)
{
    return c->chosen[profile_thread(c->from, t)->process] &&
           (c->thread == THREAD_ANY || c->thread == t);
}

/* In their order, so that what ties stays in it. */
static void copy_functions(const struct choosing *c)
{
    uint32_t functions = profile_functions(c->from);
    bool *used = arena_array(c->scratch, functions, sizeof *used);

    for (node_id id = NODE_ROOT + 1; id < profile_nodes(c->from); id++) {
        const struct node *n = profile_node(c->from, id);

        if (n->function != FUNCTION_NONE && is_chosen(c, n->thread))
            used[n->function] = true;
    }
    for (function_id f = 0; f < functions; f++)
        if (used[f])
            c->function_to[f] = build_function(c->build, profile_function(c->from, f));
}

static void copy_threads(const struct choosing *c)
{
    for (thread_id i = 0; i < profile_threads(c->from); i++) {
        const struct thread *t = profile_thread(c->from, i);

        if (!is_chosen(c, i))
            continue;
        thread_id copy =
            build_thread(c->build, c->process_to[t->process], t->name, t->native);
        c->to[t->root] = build_thread_root(c->build, copy);
    }
}

static void copy_node(const struct choosing *c, node_id id)
{
    const struct node *n = profile_node(c->from, id);
    bool marker = node_is_marker(n);

    if ((n->function == FUNCTION_NONE && !marker) || !is_chosen(c, n->thread))
        return;
    c->to[id] = build_node(c->build, c->to[n->parent],
                           marker ? FUNCTION_NONE : c->function_to[n->function]);
    build_add(c->build, c->to[id], n->calls, n->resumes, n->self);
}

static void begin_copy(struct choosing *c)
{
    c->build = build_open(profile_unit(c->from));
    c->process_to =
        arena_array(c->scratch, profile_processes(c->from), sizeof(process_id));
    c->function_to =
        arena_array(c->scratch, profile_functions(c->from), sizeof(function_id));
    c->to = arena_array(c->scratch, profile_nodes(c->from), sizeof(node_id));
    copy_run(c);
    copy_quality(c);
    copy_processes(c);
}

static struct profile *copy_chosen(struct choosing *c)
{
    begin_copy(c);
    copy_functions(c);
    copy_threads(c);
    for (node_id id = NODE_ROOT + 1; id < profile_nodes(c->from); id++)
        copy_node(c, id);
    return build_finish(c->build);
}

bool choose_can(const struct choice *c, bool recording, const char *file, struct err *e)
{
    return c->globs == 0 || recording ||
           err_set(e, ERR_FORMAT,
                   "no processes: %s: such a file does not tell of which it is "
                   "(leave it out, or --process)",
                   file);
}

struct profile *choose(struct profile *p, const struct choice *choice,
                       const char *where, struct err *e)
{
    struct choosing c = { .from = p, .scratch = arena_open(), .thread = THREAD_ANY };
    struct profile *copy = NULL;
    bool ok = true;

    if (choice->globs == 0) {
        arena_close(c.scratch);
        return p;
    }
    c.chosen = arena_array(c.scratch, profile_processes(p), sizeof *c.chosen);
    for (uint32_t i = 0; ok && i < choice->globs; i++)
        ok = mark_chosen(&c, choice->glob[i], where, e);
    if (ok)
        copy = copy_chosen(&c);
    arena_close(c.scratch);
    profile_close(p);
    return copy;
}

/* Nodes by process, in their order. */
static node_id *nodes_by_process(const struct choosing *c, uint32_t *end)
{
    uint32_t processes = profile_processes(c->from), count = 0;
    node_id *by = arena_array(c->scratch, profile_nodes(c->from), sizeof *by);

    for (node_id id = NODE_ROOT + 1; id < profile_nodes(c->from); id++)
        end[profile_thread(c->from, profile_node(c->from, id)->thread)->process]++;
    for (process_id i = 0; i < processes; i++) {
        uint32_t own = end[i];

        end[i] = count;
        count += own;
    }
    for (node_id id = NODE_ROOT + 1; id < profile_nodes(c->from); id++) {
        process_id i =
            profile_thread(c->from, profile_node(c->from, id)->thread)->process;

        by[end[i]++] = id;
    }
    return by;
}

/* A function that is equal to another process's has an order beyond those of its own.
 */
static function_id own_function(const struct choosing *c, process_id i, function_id f,
                                uint32_t orders)
{
    struct function own = *profile_function(c->from, f);

    own.order += i * orders;
    return build_function(c->build, &own);
}

struct profile *choose_apart(const struct profile *p, process_id **process_of,
                             struct arena *a)
{
    struct choosing c = { .from = p, .scratch = arena_open(), .thread = THREAD_ANY };
    uint32_t processes = profile_processes(p), functions = profile_functions(p);
    uint32_t *end = arena_array(c.scratch, processes + 1u, sizeof *end), at = 0;
    process_id *seen = arena_array(c.scratch, functions + 1u, sizeof *seen);
    uint32_t orders = 1;

    c.chosen = arena_array(c.scratch, processes + 1u, sizeof *c.chosen);
    memset(c.chosen, true, processes);
    begin_copy(&c);
    copy_threads(&c);
    for (function_id f = 0; f < functions; f++)
        if (profile_function(p, f)->order >= orders)
            orders = profile_function(p, f)->order + 1;
    *process_of = arena_array(a, profile_nodes(p), sizeof **process_of);
    node_id *node = nodes_by_process(&c, end);
    for (process_id i = 0; i < processes; i++)
        for (; at < end[i]; at++) {
            function_id f = profile_node(p, node[at])->function;

            if (f != FUNCTION_NONE && seen[f] != i + 1) {
                seen[f] = i + 1;
                c.function_to[f] = own_function(&c, i, f, orders);
                (*process_of)[c.function_to[f]] = i;
            }
            copy_node(&c, node[at]);
        }
    struct profile *copy = build_finish(c.build);
    arena_close(c.scratch);
    return copy;
}

static struct profile *choose_part(const struct profile *p, process_id i, thread_id t)
{
    struct choosing c = { .from = p, .scratch = arena_open(), .thread = t };

    c.chosen = arena_array(c.scratch, profile_processes(p) + 1u, sizeof *c.chosen);
    c.chosen[i] = true;
    struct profile *copy = copy_chosen(&c);
    arena_close(c.scratch);
    return copy;
}

struct profile *choose_process(const struct profile *p, process_id i)
{
    return choose_part(p, i, THREAD_ANY);
}

struct profile *choose_thread(const struct profile *p, thread_id t)
{
    return choose_part(p, profile_thread(p, t)->process, t);
}
