/* SPDX-License-Identifier: Apache-2.0 */
/* formats.c - sonde formats: what this version reads and writes. */
#include "base/json.h"
#include "base/out.h"
#include "cmd/cmd.h"

enum { KEY_JSON = 256 };

struct formats_args {
    bool json;
};

static const struct format {
    const char *name, *suffix, *help;
    bool reads, writes;
} formats[] = {
    { "recording", ".sonde", "a directory: one tape for each process", true, true },
    { "pack", ".sonde", "one compressed file of a recording (sonde pack)", true, true },
    { "tape", ".tape", "one process of a recording", true, false },
    { "pstats", ".prof",
      "dumps of cProfile, profile and profiling: report --pstats, pstats", true,
      false },
    { "json", ".json", "sonde report --json", false, true },
};
enum { FORMATS = sizeof formats / sizeof *formats };

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

static void write_json(struct out *o)
{
    struct json j = json_on(o);

    json_object(&j, NULL);
    json_text(&j, "schema", "sonde.formats/1");
    json_array(&j, "formats");
    for (int i = 0; i < FORMATS; i++) {
        json_object(&j, NULL);
        json_text(&j, "name", formats[i].name);
        json_text(&j, "suffix", formats[i].suffix);
        json_bool(&j, "reads", formats[i].reads);
        json_bool(&j, "writes", formats[i].writes);
        json_text(&j, "help", formats[i].help);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    out_char(o, '\n');
}

static void write_text(struct out *o)
{
    out_printf(o, "%-10s  %-7s  %-5s  %-6s\n", "format", "suffix", "reads", "writes");
    for (int i = 0; i < FORMATS; i++)
        out_printf(o, "%-10s  %-7s  %-5s  %-6s  %s\n", formats[i].name,
                   formats[i].suffix, formats[i].reads ? "yes" : "-",
                   formats[i].writes ? "yes" : "-", formats[i].help);
}

static int run(const void *args, struct words words, struct err *e)
{
    const struct formats_args *a = args;
    struct out *o;

    if (words.count > 0) {
        err_set(e, ERR_USAGE, "one word too many: %s (sonde formats lists them all)",
                words.at[0]);
        return 2;
    }
    o = out_stdout();
    if (a->json)
        write_json(o);
    else
        write_text(o);
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
