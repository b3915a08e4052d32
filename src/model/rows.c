/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - functions as rows, or numbered into groups by a text of theirs. */
#include "model/rows.h"

#include "base/texts.h"
#include "model/groups.h"
#include "model/names.h"
#include "model/places.h"

/* Functions that a file without paths tells of, be it as callers alone. */
static bool *mark_given(const struct profile *p, struct arena *a)
{
    bool *given = arena_array(a, profile_functions(p), sizeof *given);

    for (uint32_t i = 0; i < given_rows(p); i++)
        given[given_row(p, i)->function] = true;
    for (uint32_t i = 0; i < given_edges(p); i++)
        given[given_edge(p, i)->caller] = true;
    return given;
}

uint32_t rows_functions(const struct profile *p, const struct stats *s, function_id *at)
{
    struct arena *scratch = arena_open();
    const bool *given = mark_given(p, scratch);
    uint32_t count = 0;

    for (function_id id = 0; id < profile_functions(p); id++) {
        const struct stat_row *stat = stats_of(s, id);

        /* Only constructors folded away leave one that never was called. */
        if (stat->calls > 0 || stat->resumes > 0 || stat->cumulative > 0 || given[id])
            at[count++] = id;
    }
    arena_close(scratch);
    return count;
}

static struct rows rows_of_functions(const struct profile *p, const struct stats *s,
                                     bool strip_dirs, struct arena *a)
{
    struct arena *scratch = arena_open();
    function_id *shown = arena_array(scratch, profile_functions(p), sizeof *shown);
    uint32_t count = rows_functions(p, s, shown);
    struct rows rows = { arena_array(a, count, sizeof *rows.at), 0 };

    for (uint32_t i = 0; i < count; i++) {
        function_id id = shown[i];
        const struct function *f = profile_function(p, id);
        const struct stat_row *stat = stats_of(s, id);

        rows.at[rows.count++] = (struct row){
            .stat = *stat,
            .cumulative = { stat->cumulative, stat->cumulative },
            .file = strip_dirs ? str_basename(f->file) : f->file,
            .name = f->name,
            .line = f->line,
            .standard = name_standard(f, strip_dirs, a),
            .shown = name_shown(f, a),
            .id = id,
        };
    }
    arena_close(scratch);
    return rows;
}

static const struct str classless = { "(no class)", 10 };

/* Where one is told of: whose method it is, what it constructs. */
static struct str class_of(const struct function *f)
{
    struct str name = f->qualname.len > 0 ? f->qualname : f->name;
    size_t dot = name.len;

    if (f->owner.len > 0)
        return f->owner;
    if (f->kind == FUNCTION_TYPE)
        return name;
    if (f->kind == FUNCTION_BUILTIN && !str_begins(f->name, STR("<method ")))
        return (struct str){ 0 };
    while (dot > 0 && name.at[dot - 1] != '.')
        dot--;
    name.len = dot > 0 ? dot - 1 : 0;
    return str_ends(name, STR("<locals>")) ? (struct str){ 0 } : name;
}

static struct str key_of_class(const struct function *f, struct str root,
                               struct arena *a)
{
    struct str class = class_of(f), module = name_module(f, root, a);

    if (class.len == 0)
        return classless;
    str_skip(&class, STR("builtins."));
    if (f->kind != FUNCTION_PYTHON)
        return class;
    return arena_printf(a, "%.*s.%.*s", (int)module.len, module.at, (int)class.len,
                        class.at);
}

enum { NAMED_MAX = 3 };

/* "2: load, walk and 4 more", of the functions that call each other in a circle, by
 * function; others have one key. */
static struct str *keys_of_cycles(const struct profile *p, struct arena *a)
{
    uint32_t functions = profile_functions(p), cycles = 0;
    uint32_t *circle = groups_circles(p, true, a);
    uint32_t *members = arena_array(a, functions, sizeof *members);
    uint32_t *named = arena_array(a, functions, sizeof *named);
    struct str *key = arena_array(a, functions, sizeof *key);

    for (function_id f = 0; f < functions; f++)
        members[circle[f]]++;
    for (function_id f = 0; f < functions; f++) {
        uint32_t at = circle[f];

        if (members[at] == 1) {
            key[f] = STR("(in no cycle)");
        } else if (named[at]++ < NAMED_MAX) {
            struct str name = name_shown(profile_function(p, f), a);
            struct str before =
                named[at] == 1
                    ? arena_printf(a, "%u: ", ++cycles)
                    : arena_printf(a, "%.*s, ", (int)key[at].len, key[at].at);

            key[at] = arena_printf(a, "%.*s%.*s", (int)before.len, before.at,
                                   (int)name.len, name.at);
        }
    }
    for (function_id f = 0; f < functions; f++)
        if (circle[f] == f && members[f] > NAMED_MAX)
            key[f] = arena_printf(a, "%.*s and %u more", (int)key[f].len, key[f].at,
                                  members[f] - NAMED_MAX);
    for (function_id f = 0; f < functions; f++)
        key[f] = key[circle[f]];
    return key;
}

static struct str key_of_function(const struct function *f, enum by by, bool strip_dirs,
                                  struct str root, struct arena *a)
{
    switch (by) {
    case BY_MODULE:
        return name_module(f, root, a);
    case BY_PACKAGE:
        return name_package(f, root, a);
    case BY_CLASS:
        return key_of_class(f, root, a);
    default:
        return strip_dirs ? str_basename(f->file) : f->file;
    }
}

static struct str key_of_process(const struct process *process, enum by by,
                                 struct arena *a)
{
    if (by == BY_ROLE)
        return process->role;
    if (process->pid == 0)
        return process->name;
    return arena_printf(a, "%u %.*s", process->pid, (int)process->name.len,
                        process->name.len ? process->name.at : "");
}

/* Where there are several processes: of which it is, "replay (4102) of 4101 app.py". */
struct str rows_thread_key(const struct profile *p, thread_id t, enum by by,
                           struct arena *a)
{
    const struct thread *thread = profile_thread(p, t);
    const struct process *process = profile_process(p, thread->process);
    struct str name = thread->name, of = key_of_process(process, BY_PROCESS, a);
    uint32_t native = thread->native ? thread->native : process->pid;

    if (by != BY_THREAD || process->pid == 0)
        return key_of_process(process, by, a);
    if (profile_processes(p) == 1)
        return arena_printf(a, "%.*s (%u)", (int)name.len, name.len ? name.at : "",
                            native);
    if (native == process->pid)
        return arena_printf(a, "%.*s of %.*s", (int)name.len, name.len ? name.at : "",
                            (int)of.len, of.at);
    return arena_printf(a, "%.*s (%u) of %.*s", (int)name.len, name.len ? name.at : "",
                        native, (int)of.len, of.at);
}

static struct rows rows_of_groups(const struct texts *g, const struct stat_row *stat,
                                  const struct bounds *bounds, struct arena *a)
{
    struct rows rows = { arena_array(a, g->count, sizeof *rows.at), g->count };

    for (uint32_t i = 0; i < g->count; i++)
        rows.at[i] = (struct row){
            .stat = stat[i],
            .cumulative = bounds[i],
            .file = g->at[i],
            .name = g->at[i],
            .standard = g->at[i],
            .shown = g->at[i],
            .id = i,
        };
    return rows;
}

struct rows rows_by(const struct profile *p, const struct stats *s, enum by by,
                    bool strip_dirs, struct arena *a)
{
    struct texts g = texts_on(a);
    bool of_threads = by >= BY_THREAD;
    uint32_t members = of_threads ? profile_threads(p) : profile_functions(p);
    uint32_t *group = arena_array(a, members, sizeof *group);

    if (by == BY_FUNCTION)
        return rows_of_functions(p, s, strip_dirs, a);
    struct str root = of_threads ? STR("") : places_root(p);
    const struct str *cycle = by == BY_CYCLE ? keys_of_cycles(p, a) : NULL;
    for (uint32_t i = 0; i < members; i++)
        group[i] =
            texts_number(&g, cycle        ? cycle[i]
                             : of_threads ? rows_thread_key(p, i, by, a)
                                          : key_of_function(profile_function(p, i), by,
                                                            strip_dirs, root, a));
    struct stat_row *stat = arena_array(a, g.count, sizeof *stat);
    struct bounds *bounds = arena_array(a, g.count, sizeof *bounds);
    if (of_threads)
        stats_group_threads(s, group, g.count, stat);
    else
        stats_group(s, group, g.count, stat, bounds);
    return rows_of_groups(&g, stat, bounds, a);
}
