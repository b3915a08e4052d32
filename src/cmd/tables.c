/* SPDX-License-Identifier: Apache-2.0 */
/* tables.c - files into tables, by what they hold. */
#include "cmd/tables.h"

#include <sys/stat.h>

#include "base/whole.h"
#include "cmd/reading.h"
#include "export/pstats.h"
#include "model/fold.h"
#include "model/from_tape.h"
#include "pstats/load.h"
#include "pstats/marshal.h"
#include "tape/recording.h"

static struct pstats_table *read_recording(const char *path, bool as_cprofile,
                                           struct err *e)
{
    struct build *b = build_open(UNIT_NS);

    if (!from_recording(path, b, e)) {
        build_abandon(b);
        return NULL;
    }
    struct profile *p = build_finish(b);
    struct profile *folded = fold(p, FOLD_NAMES | (as_cprofile ? FOLD_AS_CPROFILE : 0));
    struct pstats_table *t = pstats_of(folded, e);

    profile_close(folded);
    profile_close(p);
    if (t)
        table_put_file(t, load_title(path, table_arena(t)));
    return t;
}

/* Whether there is NAME.sonde, which may be meant. */
static bool has_suffixed(const char *path)
{
    struct arena *a = arena_open();
    struct stat s;
    bool has = stat(arena_printf(a, "%s" RECORDING_SUFFIX, path).at, &s) == 0;

    arena_close(a);
    return has;
}

/* A tape begins otherwise; what is called so and is none is told at which byte. */
static bool is_dump(const char *path)
{
    char head[2];
    struct stat s;

    if (stat(path, &s) != 0)
        return !str_ends(str_of(path), STR(RECORDING_SUFFIX)) && !has_suffixed(path);
    if (S_ISDIR(s.st_mode))
        return false;
    if (!S_ISREG(s.st_mode) || str_ends(str_of(path), STR(".prof")) ||
        str_ends(str_of(path), STR(".pstats")))
        return true;
    return marshal_begins((struct str){ head, whole_begin(path, head, sizeof head) });
}

bool tables_is_recording(const char *path)
{
    struct err ignored = { 0 };
    struct recording *r = is_dump(path) ? NULL : recording_open(path, &ignored);
    bool is = r != NULL;

    recording_close(r);
    return is;
}

struct pstats_table *tables_read(const char *path, bool as_cprofile, struct err *e)
{
    return is_dump(path) ? load_file(path, LOAD_COPY, e)
                         : read_recording(path, as_cprofile, e);
}

static bool add(struct pstats_table *t, const char *path, bool as_cprofile,
                struct err *e)
{
    if (is_dump(path))
        return load_add(t, path, LOAD_MAP, e);
    struct pstats_table *more = read_recording(path, as_cprofile, e);
    bool ok = more && table_add(t, more, e);
    table_close(more);
    return ok;
}

/* Stats(*files) loads the first, and adds the others from the last one on. */
struct pstats_table *tables_open(struct words files, bool as_cprofile, struct err *e)
{
    struct arena *a = arena_open();
    char *newest[2] = { NULL, NULL };

    if (files.count == 0 && reading_newest(newest, a, e))
        files = (struct words){ 1, newest };
    struct pstats_table *t = NULL;
    if (files.count > 0)
        t = is_dump(files.at[0]) ? load_file(files.at[0], LOAD_MAP, e)
                                 : read_recording(files.at[0], as_cprofile, e);
    bool ok = t != NULL;
    for (int i = files.count - 1; ok && i > 0; i--)
        ok = add(t, files.at[i], as_cprofile, e);
    arena_close(a);
    if (ok)
        return t;
    table_close(t);
    return NULL;
}
