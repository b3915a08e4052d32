/* SPDX-License-Identifier: Apache-2.0 */
/* formats.c - sonde formats: what this version reads and writes. */
#include <string.h>

#include "base/json.h"
#include "base/out.h"
#include "cmd/cmd.h"
#include "export/export.h"
#include "import/import.h"

enum { KEY_JSON = 256 };

struct formats_args {
    bool json;
};

struct format {
    const char *name, *suffix, *help;
    bool reads, writes;
};

/* What no list holds: recordings, and the report's own JSON. */
static const struct format own[] = {
    { "recording", ".sonde", "a folder: a tape for each process", true, true },
    { "pack", ".sonde", "one file of it (sonde pack)", true, true },
    { "tape", ".tape", "one process of a recording", true, false },
    { "pstats", ".prof", "dumps of cProfile, 2.7 to 3.15", true, false },
    { "json", ".json", "sonde report --json", true, true },
};

enum { OWN = sizeof own / sizeof *own, FORMATS_MAX = 64 };

struct formats {
    struct format at[FORMATS_MAX];
    int count;
};

static struct format *entry(struct formats *f, const char *name)
{
    int i = 0;

    while (i < f->count && strcmp(f->at[i].name, name) != 0)
        i++;
    if (i == FORMATS_MAX)
        i--;
    else if (i == f->count)
        f->at[f->count++] = (struct format){ .name = name };
    return &f->at[i];
}

static void gather(struct formats *f)
{
    memcpy(f->at, own, sizeof own);
    f->count = OWN;
    for (const struct importer *const *i = import_list(); *i; i++) {
        struct format *to = entry(f, (*i)->name);

        to->suffix = (*i)->suffix[0];
        to->help = (*i)->help;
        to->reads = true;
    }
    for (const struct exporter *const *x = export_list(); *x; x++) {
        struct format *to = entry(f, (*x)->name);

        to->suffix = (*x)->suffix[0];
        to->help = to->reads ? to->help : (*x)->help;
        to->writes = !(*x)->refuses;
    }
}

static const struct argp_option options[] = {
    { "json", KEY_JSON, NULL, 0, "as JSON", 0 },
    { 0 },
};

static bool option(void *args, int key, const char *value, struct err *e)
{
    struct formats_args *a = args;

    (void)value;
    (void)e;
    a->json = key == KEY_JSON;
    return true;
}

static void write_json(const struct formats *f, struct out *o)
{
    struct json j = json_on(o);

    json_object(&j, NULL);
    json_text(&j, "schema", "sonde.formats/1");
    json_array(&j, "formats");
    for (int i = 0; i < f->count; i++) {
        json_object(&j, NULL);
        json_text(&j, "name", f->at[i].name);
        json_text(&j, "suffix", f->at[i].suffix);
        json_bool(&j, "reads", f->at[i].reads);
        json_bool(&j, "writes", f->at[i].writes);
        json_text(&j, "help", f->at[i].help);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    out_char(o, '\n');
}

static void write_text(const struct formats *f, struct out *o)
{
    out_printf(o, "%-10s  %-16s %-5s  %-6s\n", "format", "suffix", "reads", "writes");
    for (int i = 0; i < f->count; i++)
        out_printf(o, "%-10s  %-16s %-5s  %-6s  %s\n", f->at[i].name, f->at[i].suffix,
                   f->at[i].reads ? "yes" : "-", f->at[i].writes ? "yes" : "-",
                   f->at[i].help);
}

static int run(const void *args, struct words words, struct err *e)
{
    const struct formats_args *a = args;
    struct formats f;
    struct out *o;

    if (words.count > 0) {
        err_set(e, ERR_USAGE, "one word too many: %s (sonde formats lists them all)",
                words.at[0]);
        return 2;
    }
    gather(&f);
    o = out_stdout();
    if (a->json)
        write_json(&f, o);
    else
        write_text(&f, o);
    return out_close(o, e) ? 0 : 1;
}

const struct cmd cmd_formats = {
    .name = "formats",
    .help = "what can be read and written",
    .usage = "[--json]",
    .options = options,
    .examples = "sonde formats",
    .args_size = sizeof(struct formats_args),
    .option = option,
    .run = run,
};
