/* SPDX-License-Identifier: Apache-2.0 */
/* convert.c - sonde convert: profiles rewritten in another tool's format, several
 * files merged into one. */
#include <string.h>
#include <unistd.h>

#include "cmd/costs.h"
#include "cmd/reading.h"
#include "cmd/tables.h"
#include "export/export.h"
#include "import/import.h"
#include "model/fold.h"
#include "pstats/write.h"
#include "run/target.h"
#include "tape/pack.h"
#include "tape/recording.h"

enum { KEY_TO = 256, KEY_AS_CPROFILE, KEY_PROCESS, KEY_LOST, KEY_OPEN, KEY_BY };

struct convert_args {
    const char *to, *output;
    bool as_cprofile, lost, open;
    enum export_parts by;
    struct choice choice;
};

static const struct argp_option options[] = {
    { "output", 'o', "OUT", 0, "the file to write, - for stdout", 0 },
    { "to", KEY_TO, "FORMAT", 0,
      "sonde formats lists them (default: what OUT's name says)", 0 },
    { "lost", KEY_LOST, NULL, 0, "what that format cannot hold, and write nothing", 0 },
    { "by", KEY_BY, "WHAT", 0, "callgrind: a part for each process, or thread", 0 },
    { "open", KEY_OPEN, NULL, 0, "a callgrind file, in KCacheGrind", 0 },
    { "as-cprofile", KEY_AS_CPROFILE, NULL, 0,
      "count as cProfile does: resumptions are calls, constructors made in C are not",
      0 },
    { "process", KEY_PROCESS, "GLOB", 0,
      "processes of that name, role or pid alone (repeatable)", 0 },
    { 0 },
};

static bool take_parts(struct convert_args *a, const char *value, struct err *e)
{
    a->by = strcmp(value, "process") == 0  ? PARTS_PROCESS
            : strcmp(value, "thread") == 0 ? PARTS_THREAD
                                           : 0;
    return a->by != 0 ||
           err_set(e, ERR_USAGE, "bad value: --by %s: process or thread", value);
}

static bool option(void *args, int key, const char *value, struct err *e)
{
    struct convert_args *a = args;

    if (key == KEY_PROCESS)
        return reading_take_process(&a->choice, value, e);
    if (key == KEY_BY)
        return take_parts(a, value, e);
    if (key == 'o')
        a->output = value;
    else if (key == KEY_TO)
        a->to = value;
    else if (key == KEY_AS_CPROFILE)
        a->as_cprofile = true;
    else if (key == KEY_LOST)
        a->lost = true;
    else if (key == KEY_OPEN)
        a->open = true;
    return true;
}

/* How a format is written: json and packs are not exporters', which know of neither
 * reports nor recordings. */
struct format {
    const struct exporter *exporter; /* NULL: json, or a pack */
    bool pack;
};

static const char *known_formats(struct arena *a)
{
    struct str names = STR("json, sonde");

    for (const struct exporter *const *x = export_list(); *x; x++)
        if (!(*x)->refuses)
            names = arena_printf(a, "%.*s, %s", (int)names.len, names.at, (*x)->name);
    return names.at;
}

static bool format_named(const char *name, struct format *f, struct arena *a,
                         struct err *e)
{
    f->exporter = export_named(name);
    f->pack = strcmp(name, "sonde") == 0;
    return f->exporter || f->pack || strcmp(name, "json") == 0 ||
           err_set(e, ERR_USAGE, "unknown format: --to %s (there are: %s)", name,
                   known_formats(a));
}

static bool format_of_file(const char *path, struct format *f, struct arena *a,
                           struct err *e)
{
    f->exporter = export_for_file(path);
    f->pack = str_ends(str_of(path), STR(RECORDING_SUFFIX));
    return f->exporter || f->pack || str_ends(str_of(path), STR(".json")) ||
           err_set(e, ERR_USAGE,
                   "cannot tell the format: %s: no known ending (say --to; there are: "
                   "%s)",
                   path, known_formats(a));
}

static bool choose_format(const struct convert_args *c, struct format *f,
                          struct arena *a, struct err *e)
{
    if (!c->output && !(c->lost && c->to))
        return err_set(e, ERR_USAGE,
                       "nowhere to write: -o OUT is missing (such as -o "
                       "all.pstats; - is stdout)");
    if (!(c->to ? format_named(c->to, f, a, e) : format_of_file(c->output, f, a, e)))
        return false;
    return !c->by || (f->exporter && f->exporter->write_parts) ||
           err_set(e, ERR_USAGE, "--by is for formats that have parts: --to callgrind");
}

/* What all of it comes to is known before a file is made, but for a full disk. */
static bool finish(struct out *o, bool ok, struct err *e)
{
    if (ok)
        return out_close(o, e);
    out_abandon(o);
    return false;
}

/* To the last bit what pstats would make of the files. */
static bool write_pstats(const struct convert_args *c, struct words words,
                         struct err *e)
{
    struct pstats_table *t = tables_open(words, &c->choice, c->as_cprofile, e);
    struct out *o = t ? out_open(c->output, e) : NULL;

    if (o)
        write_table(t, o);
    table_close(t);
    return o && finish(o, true, e);
}

static bool write_json(const struct profile *p, const char *title, struct arena *a,
                       struct out *o, struct err *e)
{
    struct costs costs = costs_of(p, false, a);
    struct profile *corrected = costs.any ? correct(p, costs.of) : NULL;
    struct report_options as = {
        .limit = -1, .json = true, .title = title, .corrected = corrected
    };
    struct report *r = report_open(p, &as, e);

    if (r)
        report_json(r, o);
    report_close(r);
    profile_close(corrected);
    return r != NULL;
}

static bool write_profile(const struct convert_args *c, const struct format *f,
                          struct words words, struct arena *a, struct err *e)
{
    const char *title = "";
    struct profile *p = reading_open(words, &c->choice, true, &title, a, e);

    if (p && c->as_cprofile && !reading_folds_as_cprofile(&p, title, e)) {
        profile_close(p);
        return false;
    }
    struct out *o = p ? out_open(c->output, e) : NULL;
    bool ok = o != NULL;
    if (ok && f->exporter)
        ok = c->by ? f->exporter->write_parts(p, c->by, o, e)
                   : f->exporter->write(p, o, e);
    else if (ok)
        ok = write_json(p, title, a, o, e);
    bool done = o && finish(o, ok, e);
    if (done)
        reading_tell_notes(p);
    profile_close(p);
    return done;
}

/* Of a recording itself: its paths, threads and processes are in no profile. */
static bool write_pack(const struct convert_args *c, struct words words,
                       struct arena *a, struct err *e)
{
    char *newest[2] = { NULL, NULL };
    struct pack_made made;

    if (c->as_cprofile || c->choice.globs > 0 || words.count > 1)
        return err_set(e, ERR_USAGE,
                       "cannot pack: %s: a pack is one recording as it is (%s)",
                       c->output,
                       c->as_cprofile        ? "leave --as-cprofile out"
                       : c->choice.globs > 0 ? "leave --process out"
                                             : "reading commands take several");
    if (words.count == 0 && !reading_newest(newest, a, e))
        return false;
    if (words.count > 0 && import_for(words.at[0]))
        return err_set(
            e, ERR_USAGE,
            "cannot pack: %s: %s is another tool's file, which cannot become a "
            "recording: it tells no paths (sonde run makes one)",
            c->output, words.at[0]);
    return pack_write(words.count ? words.at[0] : newest[0], c->output, NULL, &made, e);
}

static bool write_as(const struct convert_args *c, const struct format *f,
                     struct words words, struct arena *a, struct err *e)
{
    if (f->pack)
        return write_pack(c, words, a, e);
    if (f->exporter && strcmp(f->exporter->name, "pstats") == 0)
        return write_pstats(c, words, e);
    return write_profile(c, f, words, a, e);
}

static bool tell_lost(const struct format *f, struct err *e)
{
    static const char *const of_report[] = {
        "Call paths: of them callers and callees are left (report --json --tree has "
        "them).",
        NULL
    };
    static const char *const nothing[] = { "Nothing.", NULL };
    const char *const *lost = f->exporter ? f->exporter->lost
                              : f->pack   ? nothing
                                          : of_report;
    struct out *o = out_stdout();

    for (; *lost; lost++)
        out_printf(o, "%s\n", *lost);
    return out_close(o, e);
}

/* It stays behind when we end. */
static bool open_viewer(const struct convert_args *c, const struct format *f,
                        struct arena *a, struct err *e)
{
    const char *viewer = target_on_path("kcachegrind", a);

    viewer = viewer ? viewer : target_on_path("qcachegrind", a);
    if (!f->exporter || strcmp(f->exporter->name, "callgrind") != 0 ||
        strcmp(c->output, "-") == 0)
        return err_set(e, ERR_USAGE,
                       "--open is for callgrind files: --to callgrind -o OUT");
    if (!viewer)
        return err_set(
            e, ERR_TARGET,
            "cannot open: %s: neither kcachegrind nor qcachegrind is on PATH "
            "(the file is written)",
            c->output);
    if (fork() == 0) {
        setsid();
        execl(viewer, viewer, c->output, (char *)NULL);
        _exit(127);
    }
    return true;
}

static int run(const void *args, struct words words, struct err *e)
{
    const struct convert_args *c = args;
    struct arena *a = arena_open();
    struct format f = { 0 };
    bool chosen = choose_format(c, &f, a, e);
    bool ok = chosen && (c->lost ? tell_lost(&f, e) : write_as(c, &f, words, a, e));

    if (ok && c->open)
        ok = open_viewer(c, &f, a, e);

    arena_close(a);
    return ok ? 0 : chosen ? 1 : 2;
}

const struct cmd cmd_convert = {
    .name = "convert",
    .help = "rewrite profiles in another format, merge several into one file",
    .usage = "[OPTIONS] [FILE...] -o OUT",
    .options = options,
    .reads = true,
    .more =
        "FILE is anything sonde formats lists (default: the newest recording in this\n"
        "directory). Several are one profile; .pstats files are added up to the last\n"
        "bit as pstats.Stats(FILE, ...) adds them.",
    .examples = "sonde convert worker-*.pstats -o all.pstats\n"
                "sonde convert app.sonde --to callgrind --open -o callgrind.out\n"
                "sonde convert app.sonde --to json -o -\n"
                "sonde convert app.sonde -o kept/app.sonde   # packed, one file",
    .args_size = sizeof(struct convert_args),
    .option = option,
    .run = run,
};
