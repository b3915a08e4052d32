/* SPDX-License-Identifier: Apache-2.0 */
/* pack.c - sonde pack: one compressed file of a recording, beside it. */
#include "tape/pack.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "report/units.h"
#include "tape/recording.h"

struct pack_args {
    const char *output;
};

static const struct argp_option options[] = {
    { "output", 'o', "FILE", 0,
      "write it there (default: NAME.pack.sonde); - is stdout", 0 },
    { 0 },
};

static bool option(void *args, int key, const char *value, struct err *e)
{
    struct pack_args *a = args;

    if (key == 'o')
        a->output = value;
    return key != 'o' || *value ||
           err_set(e, ERR_USAGE, "bad value: -o '': a file's name, or - for stdout");
}

/* What is typed, or the newest here. */
static const char *find_recording(struct words words, struct arena *a, struct err *e)
{
    if (words.count > 1) {
        err_set(e, ERR_USAGE, "one word too many: %s (one recording at a time)",
                words.at[1]);
        return NULL;
    }
    if (words.count == 1)
        return words.at[0];
    const char *newest = recording_newest_unpacked(".", a);
    if (newest)
        cmd_say("%s", newest);
    else
        err_set(e, ERR_IO,
                "no recording here: .: no *.sonde to pack in this directory (sonde run "
                "app.py makes one)");
    return newest;
}

/* NAME.pack.sonde of NAME.sonde. */
static const char *beside(const char *recording, struct arena *a, struct err *e)
{
    char real[PATH_MAX];
    struct str name = str_of(recording);
    struct str last = str_basename(name);

    if ((str_eq(last, STR(".")) || str_eq(last, STR(".."))) &&
        realpath(recording, real))
        name = str_of(real);
    while (name.len > 1 && name.at[name.len - 1] == '/')
        name.len--;
    if (str_ends(name, STR(".tape"))) {
        err_set(e, ERR_USAGE,
                "cannot pack: %s: one tape, not its recording (-o FILE packs it alone)",
                recording);
        return NULL;
    }
    if (str_ends(name, STR(RECORDING_SUFFIX)))
        name.len -= STR(RECORDING_SUFFIX).len;
    return arena_printf(a, "%.*s" RECORDING_PACKED, (int)name.len, name.at).at;
}

/* "orders.pack.sonde: 140 KB of 12.4 MB, 5 processes (2 of them running)" */
static void tell(const char *to, const struct pack_made *made, struct arena *a)
{
    const char *running =
        made->alive
            ? arena_printf(a, " (%s of them running)", units_count(made->alive).text).at
            : "";

    cmd_say("%s: %s of %s, %s process%s%s", to,
            units_one(UNIT_BYTES, (double)made->packed_bytes).text,
            units_one(UNIT_BYTES, (double)made->bytes).text,
            units_count(made->processes).text, made->processes == 1 ? "" : "es",
            running);
}

static bool pack(const struct pack_args *args, struct words words, struct arena *a,
                 struct err *e)
{
    const char *recording = find_recording(words, a, e);
    const char *to = !recording     ? NULL
                     : args->output ? args->output
                                    : beside(recording, a, e);
    struct pack_made made;

    if (!to)
        return false;
    if (strcmp(to, "-") == 0 && isatty(STDOUT_FILENO))
        return err_set(e, ERR_USAGE,
                       "a pack is no text: -o -: stdout is a terminal (-o FILE, or a "
                       "pipe)");
    struct progress progress = progress_of("packing");
    bool ok = pack_write(recording, to, &progress, &made, e);
    progress_end(&progress);
    if (ok && isatty(STDERR_FILENO))
        tell(to, &made, a);
    return ok;
}

static int run(const void *args, struct words words, struct err *e)
{
    struct arena *arena = arena_open();
    bool ok = pack(args, words, arena, e);

    arena_close(arena);
    return ok ? 0 : 1;
}

const struct cmd cmd_pack = {
    .name = "pack",
    .help = "one small file of a recording",
    .usage = "[-o FILE] [RECORDING]",
    .options = options,
    .reads = true,
    .more =
        "Writes NAME.pack.sonde beside NAME.sonde (default: the newest recording in\n"
        "this directory) and leaves that as it is.  Every command reads it as it\n"
        "reads the recording.  One that is being written can be packed: the file\n"
        "holds what had been counted at that moment.  It is readable for its\n"
        "owner alone, as recordings are.",
    .examples = "sonde pack orders.sonde\n"
                "sonde pack orders.sonde -o /mnt/kept/orders-1.2.sonde\n"
                "sonde pack -o - orders.sonde | ssh host 'cat > orders.pack.sonde'",
    .args_size = sizeof(struct pack_args),
    .option = option,
    .run = run,
};
