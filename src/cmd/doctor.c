/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.c - sonde doctor: what works on this machine, and why not.
 * Pythons are tried, not guessed at: each runs a line under the hook, and what
 * it leaves in a recording of its own tells. */
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/out.h"
#include "cmd/cmd.h"
#include "cmd/machine.h"
#include "cmd/pythons.h"
#include "run/enter.h"

enum { KEY_JSON = 256 };

struct doctor_args {
    bool json;
};

/* All that was found. */
struct findings {
    const char *executable;
    const char *hook; /* NULL: problem says why */
    struct err problem;
    const char *const *agents;
    struct pythons pythons;
    struct machine machine;
};

static const struct argp_option options[] = {
    { "json", KEY_JSON, NULL, 0, "as JSON", 0 },
    { 0 },
};

static bool option(void *args, int key, const char *value, struct err *e)
{
    struct doctor_args *a = args;

    (void)value;
    (void)e;
    a->json = key == KEY_JSON;
    return true;
}

static struct findings look(struct arena *a)
{
    struct findings f = { .executable = machine_executable(a) };

    f.hook = enter_hook(SONDE_PACKAGE, a, &f.problem);
    f.agents = enter_agents(f.hook ? f.hook : "/", a);
    f.pythons = pythons_find(f.hook, a);
    f.machine = machine_look(a);
    return f;
}

static bool any_works(const struct findings *f)
{
    for (int i = 0; i < f->pythons.count; i++)
        if (f->pythons.at[i].works)
            return true;
    return false;
}

static void write_json(const struct findings *f, struct out *o)
{
    struct json j = json_on(o);

    json_object(&j, NULL);
    json_text(&j, "schema", "sonde.doctor/1");
    json_text(&j, "version", SONDE_VERSION);
    json_text(&j, "executable", f->executable);
    json_text(&j, "hook", f->hook);
    json_array(&j, "agents");
    for (const char *const *v = f->agents; *v; v++)
        json_text(&j, NULL, *v);
    json_end(&j);
    json_array(&j, "pythons");
    for (int i = 0; i < f->pythons.count; i++) {
        const struct python *p = &f->pythons.at[i];
        json_object(&j, NULL);
        json_text(&j, "path", p->path);
        json_text(&j, "version", p->version);
        json_bool(&j, "chosen", p->chosen);
        json_bool(&j, "works", p->works);
        json_text(&j, "why", p->why);
        json_end(&j);
    }
    json_end(&j);
    json_array(&j, "checks");
    for (int i = 0; i < f->machine.count; i++) {
        const struct check *c = &f->machine.at[i];
        json_object(&j, NULL);
        json_text(&j, "name", c->name);
        json_bool(&j, "ok", c->ok);
        json_text(&j, "value", c->value);
        json_text(&j, "means", c->means);
        json_end(&j);
    }
    json_end(&j);
    json_bool(&j, "works", any_works(f));
    json_end(&j);
    out_char(o, '\n');
}

static void write_pythons(const struct findings *f, struct out *o)
{
    out_text_of(o, "\nPythons\n");
    for (int i = 0; i < f->pythons.count; i++) {
        const struct python *p = &f->pythons.at[i];
        out_printf(o, "  %-4s %-8s %s%s\n", p->works ? "ok" : "no", p->version, p->path,
                   p->chosen ? "   (sonde run takes it)" : "");
        if (p->why)
            out_printf(o, "       %s\n", p->why);
    }
    if (f->pythons.count == 0)
        out_text_of(o, "  no   none found on PATH (sonde run --python names one)\n");
}

static void write_text(const struct findings *f, struct out *o)
{
    out_printf(o, "sonde " SONDE_VERSION "  %s\n", f->executable);
    if (f->hook) {
        out_printf(o, "  ok   start-up hook  %s\n  %-4s agents for    ", f->hook,
                   *f->agents ? "ok" : "no");
        for (const char *const *v = f->agents; *v; v++)
            out_printf(o, " %s", *v);
        out_char(o, '\n');
    } else
        out_printf(o, "  no   %s\n", f->problem.text);
    write_pythons(f, o);
    out_text_of(o, "\nMachine\n");
    for (int i = 0; i < f->machine.count; i++) {
        const struct check *c = &f->machine.at[i];
        out_printf(o, "  %-4s %-14s %s\n", c->ok ? "ok" : "note", c->name, c->value);
        if (c->means)
            out_printf(o, "       %s\n", c->means);
    }
    out_text_of(o, any_works(f) ? "\nsonde run app.py works here.\n"
                                : "\nNothing can be profiled here yet.\n");
}

static int run(const void *args, struct words words, struct err *e)
{
    const struct doctor_args *args_of = args;
    struct arena *a;

    if (words.count > 0) {
        err_set(e, ERR_USAGE, "one word too many: %s (sonde doctor takes none)",
                words.at[0]);
        return 2;
    }
    a = arena_open();
    struct findings f = look(a);
    struct out *o = out_stdout();
    if (args_of->json)
        write_json(&f, o);
    else
        write_text(&f, o);
    int status = out_close(o, e) && any_works(&f) ? 0 : 1;
    arena_close(a);
    return status;
}

const struct cmd cmd_doctor = {
    .name = "doctor",
    .help = "what works on this machine, and why not",
    .usage = "[--json]",
    .options = options,
    .more = "The exit status is 0 when at least one Python here can be profiled.",
    .examples = "sonde doctor",
    .args_size = sizeof(struct doctor_args),
    .option = option,
    .run = run,
};
