/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - looks at what a file begins with. */
#include "open/table.h"

#include <sys/stat.h>

#include "export/pstats.h"
#include "import/import.h"
#include "model/fold.h"
#include "tape/recording.h"

static struct pstats_table *read_profile(const char *path, bool as_cprofile,
                                         struct err *e)
{
    struct build *b = build_open(UNIT_NS);

    if (!import_file(path, str_basename(str_of(path)), b, e)) {
        build_abandon(b);
        return NULL;
    }
    struct profile *p = build_finish(b);
    struct profile *folded = fold(p, FOLD_NAMES | (as_cprofile ? FOLD_AS_CPROFILE : 0));
    struct pstats_table *t = pstats_of(folded, e);

    if (t)
        table_set_clock(t, str_eq(profile_run(p)->clock, STR("cpu"))
                               ? PSTATS_CLOCK_CPU
                               : PSTATS_CLOCK_WALL);
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

/* What is a pipe, or is not there, is taken for one: its reader says what is wrong. */
static bool is_dump(const char *path)
{
    struct stat s;

    if (stat(path, &s) != 0)
        return !str_ends(str_of(path), STR(RECORDING_SUFFIX)) && !has_suffixed(path);
    if (S_ISDIR(s.st_mode))
        return false;
    return !S_ISREG(s.st_mode) || import_for(path) == &import_pstats;
}

bool open_is_recording(const char *path)
{
    struct err ignored = { 0 };
    struct recording *r = is_dump(path) ? NULL : recording_open(path, &ignored);
    bool is = r != NULL;

    recording_close(r);
    return is;
}

struct pstats_table *open_table(const char *path, enum load_how how, bool as_cprofile,
                                struct err *e)
{
    return is_dump(path) ? load_file(path, how, e) : read_profile(path, as_cprofile, e);
}

bool open_table_into(struct pstats_table *t, const char *path, enum load_how how,
                     bool as_cprofile, struct err *e)
{
    if (is_dump(path))
        return load_add(t, path, how, e);
    struct pstats_table *more = read_profile(path, as_cprofile, e);
    bool ok = more && table_add(t, more, e);
    table_close(more);
    return ok;
}
