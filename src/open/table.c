/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - looks at what a file begins with. */
#include "open/table.h"

#include <sys/stat.h>

#include "export/pstats.h"
#include "import/import.h"
#include "model/fold.h"
#include "tape/recording.h"

static struct profile *of_processes(struct build *b, const struct choice *c,
                                    const char *path, struct err *e)
{
    struct profile *p = build_finish(b);

    return c ? choose(p, c, path, e) : p;
}

static struct pstats_table *read_profile(const char *path, const struct open_as *as,
                                         struct err *e)
{
    struct build *b = build_open(UNIT_NS);

    if (!import_file(path, str_basename(str_of(path)), b, e)) {
        build_abandon(b);
        return NULL;
    }
    struct profile *p = of_processes(b, as->choice, path, e);
    if (!p)
        return NULL;
    struct profile *folded =
        fold(p, FOLD_NAMES | (as->as_cprofile ? FOLD_AS_CPROFILE : 0));
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

static bool can_choose(const struct open_as *as, const char *path, struct err *e)
{
    return !as->choice || choose_can(as->choice, false, path, e);
}

struct pstats_table *open_table(const char *path, const struct open_as *as,
                                struct err *e)
{
    if (!is_dump(path))
        return read_profile(path, as, e);
    return can_choose(as, path, e) ? load_file(path, as->how, e) : NULL;
}

bool open_table_into(struct pstats_table *t, const char *path, const struct open_as *as,
                     struct err *e)
{
    if (is_dump(path))
        return can_choose(as, path, e) && load_add(t, path, as->how, e);
    struct pstats_table *more = read_profile(path, as, e);
    bool ok = more && table_add(t, more, e);
    table_close(more);
    return ok;
}
