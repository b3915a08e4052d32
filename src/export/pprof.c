/* SPDX-License-Identifier: Apache-2.0 */
/* pprof.c - profile.proto, gzip'd: a location a function, samples of calls and of self
 * values, the thread and process of each as labels. */
#include <string.h>

#include "base/texts.h"
#include "export/export.h"
#include "export/stacks.h"

enum { /* fields of Profile */
       PROFILE_SAMPLE_TYPE = 1,
       PROFILE_SAMPLE = 2,
       PROFILE_MAPPING = 3,
       PROFILE_LOCATION = 4,
       PROFILE_FUNCTION = 5,
       PROFILE_STRING = 6,
       PROFILE_TIME = 9,
       PROFILE_DURATION = 10,
       PROFILE_DEFAULT = 14,
};

struct proto {
    const struct profile *profile;
    struct arena *arena;
    struct out *out;
    struct texts texts; /* that were said so far; 0 is "" */
    uint64_t none;      /* the location of paths that were not kept */
};

struct message { /* is written when it is whole: its length stands before it */
    struct out *out;
};

static void put_varint(struct out *o, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        out_char(o, (char)(value | 0x80));
    out_char(o, (char)value);
}

static void put_u64(struct out *o, uint32_t field, uint64_t value)
{
    if (value == 0)
        return;
    put_varint(o, (uint64_t)field << 3);
    put_varint(o, value);
}

static void put_bytes(struct out *o, uint32_t field, struct str bytes)
{
    put_varint(o, (uint64_t)field << 3 | 2);
    put_varint(o, bytes.len);
    out_str(o, bytes);
}

static struct message begin(void)
{
    return (struct message){ out_memory() };
}

static void end(struct message m, struct out *o, uint32_t field)
{
    put_bytes(o, field, out_text(m.out));
    out_abandon(m.out);
}

static uint64_t text(struct proto *p, struct str s)
{
    return texts_number(&p->texts, s);
}

static void put_type(struct proto *p, const char *type, const char *unit)
{
    struct message m = begin();

    put_u64(m.out, 1, text(p, str_of(type)));
    put_u64(m.out, 2, text(p, str_of(unit)));
    end(m, p->out, PROFILE_SAMPLE_TYPE);
}

static void put_label(struct proto *p, struct out *o, const char *key, struct str value,
                      uint64_t number)
{
    struct message m;

    if (value.len == 0 && number == 0)
        return;
    m = begin();
    put_u64(m.out, 1, text(p, str_of(key)));
    if (value.len > 0)
        put_u64(m.out, 2, text(p, value));
    else
        put_u64(m.out, 3, number);
    end(m, o, 3);
}

static void put_sample(void *with, const struct stack *s)
{
    struct proto *p = with;
    const struct thread *t = profile_thread(p->profile, s->thread);
    const struct process *of = profile_process(p->profile, t->process);
    struct message m = begin(), ids = begin(), values = begin();

    for (uint32_t i = s->depth; i > 0; i--)
        put_varint(ids.out,
                   s->at[i - 1] == FUNCTION_NONE ? p->none : s->at[i - 1] + 1u);
    put_varint(values.out, s->calls);
    put_varint(values.out, s->self);
    end(ids, m.out, 1);
    end(values, m.out, 2);
    put_label(p, m.out, "thread", t->name, 0);
    put_label(p, m.out, "thread id", STR(""), t->native);
    put_label(p, m.out, "process", of->name, 0);
    put_label(p, m.out, "pid", STR(""), of->pid);
    end(m, p->out, PROFILE_SAMPLE);
}

/* Python's own names: nothing is to be looked up in files. */
static void put_mapping(struct proto *p)
{
    struct message m = begin();

    put_u64(m.out, 1, 1);
    put_u64(m.out, 5, text(p, profile_run(p->profile)->program));
    for (uint32_t has = 7; has <= 10; has++)
        put_u64(m.out, has, 1);
    end(m, p->out, PROFILE_MAPPING);
}

static void put_location(struct proto *p, uint64_t id, uint32_t line)
{
    struct message m = begin(), of = begin();

    put_u64(of.out, 1, id);
    put_u64(of.out, 2, line);
    put_u64(m.out, 1, id);
    put_u64(m.out, 2, 1);
    end(of, m.out, 4);
    end(m, p->out, PROFILE_LOCATION);
}

static void put_function(struct proto *p, uint64_t id, struct str name, struct str file,
                         uint32_t line)
{
    struct message m = begin();

    put_u64(m.out, 1, id);
    put_u64(m.out, 2, text(p, name));
    put_u64(m.out, 3, text(p, name));
    put_u64(m.out, 4, text(p, file));
    put_u64(m.out, 5, line);
    end(m, p->out, PROFILE_FUNCTION);
}

static void put_functions(struct proto *p)
{
    for (function_id f = 0; f < profile_functions(p->profile); f++) {
        const struct function *is = profile_function(p->profile, f);

        put_location(p, f + 1u, is->line);
        put_function(p, f + 1u, is->qualname.len > 0 ? is->qualname : is->name,
                     is->file, is->line);
    }
    put_location(p, p->none, 0);
    put_function(p, p->none, STR("<folded paths>"), STR(""), 0);
}

static bool write(const struct profile *profile, struct out *o, struct err *e)
{
    static const char *const types[][2] = { [UNIT_NS] = { "time", "nanoseconds" },
                                            [UNIT_SAMPLES] = { "samples", "count" },
                                            [UNIT_BYTES] = { "space", "bytes" } };
    const struct run *run = profile_run(profile);
    struct arena *a = arena_open();
    struct proto p = { .profile = profile,
                       .arena = a,
                       .out = out_memory(),
                       .texts = texts_on(a),
                       .none = profile_functions(profile) + 1ull };

    text(&p, STR(""));
    put_type(&p, "calls", "count");
    put_type(&p, types[profile_unit(profile)][0], types[profile_unit(profile)][1]);
    stacks_tell(profile, a, put_sample, &p);
    put_mapping(&p);
    put_functions(&p);
    put_u64(p.out, PROFILE_TIME, run->started_ns);
    put_u64(p.out, PROFILE_DURATION, run->wall_ns);
    put_u64(p.out, PROFILE_DEFAULT, text(&p, str_of(types[profile_unit(profile)][0])));
    for (uint32_t i = 0; i < p.texts.count; i++)
        put_bytes(p.out, PROFILE_STRING, p.texts.at[i]);
    struct str all = out_text(p.out);
    bool fits = all.len < UINT32_MAX;
    if (fits)
        out_gzip(o, all.at, (uint32_t)all.len);
    else
        err_set(e, ERR_FORMAT, "cannot be written as pprof: more than 4 GiB");
    out_abandon(p.out);
    arena_close(a);
    return fits;
}

static const char *const suffix[] = { ".pb.gz", ".pprof", NULL };

static const char *const lost[] = {
    "Cumulative times and callers of callers, where what was read knows no paths.",
    "Resumptions, and primitive calls.",
    NULL,
};

const struct exporter export_pprof = {
    .name = "pprof",
    .suffix = suffix,
    .help = "go tool pprof, Pyroscope, Parca, Grafana",
    .lost = lost,
    .write = write,
};
