/* SPDX-License-Identifier: Apache-2.0 */
/* folded.c - one line a stack: "main (app.py:1);work (app.py:9) 1234". What a name may
 * not hold there (; and line breaks, U+2028 among them) is written as : and ?. */

#include "export/export.h"
#include "export/stacks.h"
#include "model/fold.h"

struct folding {
    const struct profile *profile;
    struct out *out;
};

static void put_text(struct out *o, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        struct str rest = { s.at + i, s.len - i };
        bool end = export_ends_line(rest);

        out_char(o, (char)(c == ';' ? ':' : c < 0x20 || c == 0x7f || end ? '?' : c));
        i += end ? 2 : 0;
    }
}

static struct str name_of(const struct function *f)
{
    return f->qualname.len > 0 ? f->qualname : f->name;
}

static void put_function(struct folding *f, function_id id)
{
    if (id == FUNCTION_NONE) {
        out_text_of(f->out, "<folded paths>");
        return;
    }
    const struct function *is = profile_function(f->profile, id);
    bool builtin = is->line == 0 && str_eq(is->file, STR("~"));

    put_text(f->out, name_of(is));
    if (is->file.len == 0 && is->line == 0)
        return;
    out_text_of(f->out, " (");
    put_text(f->out, is->file);
    if (!builtin)
        out_printf(f->out, ":%u", is->line);
    out_char(f->out, ')');
}

static void put_stack(void *with, const struct stack *s)
{
    struct folding *f = with;

    if (s->self == 0)
        return;
    if (s->at[0] != FUNCTION_NONE &&
        str_begins(name_of(profile_function(f->profile, s->at[0])), STR("#")))
        out_char(f->out, '_'); /* a line that begins with # is a comment */
    for (uint32_t i = 0; i < s->depth; i++) {
        out_text_of(f->out, i > 0 ? ";" : "");
        put_function(f, s->at[i]);
    }
    out_printf(f->out, " %llu\n", (unsigned long long)s->self);
}

static bool write(const struct profile *p, struct out *o, struct err *e)
{
    struct profile *one = fold(p, FOLD_THREADS);
    struct folding f = { .profile = one, .out = o };
    struct arena *a = arena_open();

    (void)e;
    stacks_tell(one, a, put_stack, &f);
    arena_close(a);
    profile_close(one);
    return true;
}

static const char *const suffix[] = { ".folded", ".collapsed", NULL };

static const char *const lost[] = {
    "Cumulative times and callers of callers, where what was read knows no paths.",
    "Calls.",
    "The unit: what is read back are samples.",
    "Threads and processes: they are one.",
    "Which ; and line breaks were in names.",
    NULL,
};

const struct exporter export_folded = {
    .name = "folded",
    .suffix = suffix,
    .help = "a line a stack: flamegraph.pl, speedscope, inferno",
    .lost = lost,
    .write = write,
};
