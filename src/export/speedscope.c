/* SPDX-License-Identifier: Apache-2.0 */
/* speedscope.c - a profile of weighted stacks for each thread. */
#include "base/json.h"
#include "base/pile.h"
#include "export/export.h"
#include "export/stacks.h"

struct kept { /* a stack of the thread that is being written */
    const function_id *at;
    uint32_t depth;
    uint64_t self;
};

struct scope {
    const struct profile *profile;
    struct arena *arena;
    struct pile *of_thread; /* of struct kept */
    uint32_t none;          /* the frame of paths that were not kept */
};

static void write_frames(const struct profile *p, struct json *j)
{
    json_object(j, "shared");
    json_array(j, "frames");
    for (function_id f = 0; f < profile_functions(p); f++) {
        const struct function *is = profile_function(p, f);

        json_object(j, NULL);
        json_str(j, "name", is->qualname.len > 0 ? is->qualname : is->name);
        json_str(j, "file", is->file);
        if (is->line > 0)
            json_u64(j, "line", is->line);
        json_end(j);
    }
    json_object(j, NULL);
    json_text(j, "name", "<folded paths>");
    json_end(j);
    json_end(j);
    json_end(j);
}

static void keep(void *with, const struct stack *s)
{
    struct scope *w = with;

    if (s->self == 0)
        return;
    function_id *at = arena_array(w->arena, s->depth, sizeof *at);
    for (uint32_t i = 0; i < s->depth; i++)
        at[i] = s->at[i] == FUNCTION_NONE ? w->none : s->at[i];
    *(struct kept *)pile_add(&w->of_thread[s->thread]) =
        (struct kept){ at, s->depth, s->self };
}

static const char *unit_of(const struct profile *p)
{
    switch (profile_unit(p)) {
    case UNIT_NS:
        return "nanoseconds";
    case UNIT_BYTES:
        return "bytes";
    default:
        return "none";
    }
}

static void write_thread(const struct scope *w, struct json *j, thread_id t)
{
    const struct thread *is = profile_thread(w->profile, t);
    const struct process *of = profile_process(w->profile, is->process);
    const struct pile *stacks = &w->of_thread[t];
    uint64_t all = 0;

    json_object(j, NULL);
    json_text(j, "type", "sampled");
    json_str(j, "name",
             arena_printf(w->arena, "%.*s%s%.*s", (int)of->name.len, of->name.at,
                          is->name.len > 0 ? " " : "", (int)is->name.len, is->name.at));
    json_text(j, "unit", unit_of(w->profile));
    json_u64(j, "startValue", 0);
    for (uint32_t i = 0; i < stacks->count; i++)
        all += ((const struct kept *)pile_at(stacks, i))->self;
    json_u64(j, "endValue", all);
    json_array(j, "samples");
    for (uint32_t i = 0; i < stacks->count; i++) {
        const struct kept *k = pile_at(stacks, i);

        json_array(j, NULL);
        for (uint32_t f = 0; f < k->depth; f++)
            json_u64(j, NULL, k->at[f]);
        json_end(j);
    }
    json_end(j);
    json_array(j, "weights");
    for (uint32_t i = 0; i < stacks->count; i++)
        json_u64(j, NULL, ((const struct kept *)pile_at(stacks, i))->self);
    json_end(j);
    json_end(j);
}

static bool write(const struct profile *p, struct out *o, struct err *e)
{
    struct arena *a = arena_open();
    struct scope w = { .profile = p, .arena = a, .none = profile_functions(p) };
    struct json json = json_on(o), *j = &json;

    (void)e;
    w.of_thread = arena_array(a, profile_threads(p) + 1u, sizeof *w.of_thread);
    for (thread_id t = 0; t < profile_threads(p); t++)
        w.of_thread[t] = pile_on(a, sizeof(struct kept));
    stacks_tell(p, a, keep, &w);
    json_object(j, NULL);
    json_text(j, "$schema", "https://www.speedscope.app/file-format-schema.json");
    json_text(j, "exporter", "sonde@" SONDE_VERSION);
    json_str(j, "name", profile_run(p)->program);
    write_frames(p, j);
    json_array(j, "profiles");
    for (thread_id t = 0; t < profile_threads(p); t++)
        if (w.of_thread[t].count > 0)
            write_thread(&w, j, t);
    json_end(j);
    json_end(j);
    out_char(o, '\n');
    arena_close(a);
    return true;
}

static const char *const suffix[] = { ".speedscope.json", NULL };

static const char *const lost[] = {
    "Cumulative times and callers of callers, where what was read knows no paths.",
    "Calls.",
    "Processes but by the names of their threads.",
    NULL,
};

const struct exporter export_speedscope = {
    .name = "speedscope",
    .suffix = suffix,
    .help = "speedscope.app: weighted stacks, a profile a thread",
    .lost = lost,
    .write = write,
};
