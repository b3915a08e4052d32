/* SPDX-License-Identifier: Apache-2.0 */
/* load.c - reads the file whole, into the memory of the table that borrows it. */
#include "pstats/load.h"

#include <sys/stat.h>
#include <time.h>

#include "base/unpack.h"
#include "base/whole.h"
#include "pstats/body.h"
#include "pstats/marshal.h"

/* Places in it are kept in 31 bits. */
#define LARGEST ((uint64_t)1 << 31 >> 1)

struct str load_title(const char *path, struct arena *a)
{
    static const char *const days[] = {
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"
    };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    struct stat s;
    struct tm t;

    if (stat(path, &s) != 0 || !localtime_r(&s.st_mtime, &t))
        return arena_str(a, str_of(path));
    return arena_printf(a, "%s %s %2d %02d:%02d:%02d %d    %s", days[t.tm_wday % 7],
                        months[t.tm_mon % 12], t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
                        1900 + t.tm_year, path);
}

/* Of what is packed nothing is known before it is unpacked. */
static bool may_go_on(struct str begin, const char *name, struct err *e)
{
    return unpack_is_packed(begin) || begin.len < UNPACK_BEGINS ||
           marshal_may_go_on(begin, name, e);
}

bool load_whole(const char *path, enum load_how how, struct arena *a, struct str *bytes,
                struct err *e)
{
    static const struct whole_kind dump = {
        .what = "cannot read profile",
        .most = LARGEST,
        .may_begin = may_go_on,
    };

    bool ok = how == LOAD_MAP ? whole_map(path, &dump, a, bytes, e)
                              : whole_read(path, &dump, a, bytes, e);

    return ok &&
           (!unpack_is_packed(*bytes) || unpack(*bytes, LARGEST, path, a, bytes, e));
}

static bool torn(const char *path, struct err *e)
{
    return err_set(e, ERR_IO,
                   "cannot read profile: %s: it was written to while it was read (try "
                   "again)",
                   path);
}

/* What is wrong with bytes that went missing is not told. */
static bool read_dump(struct pstats_table *t, struct str bytes, const char *path,
                      struct err *e)
{
    struct err why = { 0 };

    if (marshal_read(bytes, arena_cstr(table_arena(t), str_of(path)), t, &why))
        return true;
    return whole_is_torn() ? torn(path, e) : err_set(e, why.code, "%s", why.text);
}

struct pstats_table *load_file(const char *path, enum load_how how, struct err *e)
{
    struct pstats_table *t = table_open();
    struct str bytes;

    if (load_whole(path, how, table_arena(t), &bytes, e) &&
        read_dump(t, bytes, path, e)) {
        table_put_file(t, load_title(path, table_arena(t)));
        return t;
    }
    table_close(t);
    return NULL;
}

bool load_add(struct pstats_table *t, const char *path, enum load_how how,
              struct err *e)
{
    struct arena *a = table_arena(t);
    struct str bytes;

    if (!load_whole(path, how, a, &bytes, e))
        return false;
    table_put_file(t, load_title(path, a));
    table_begin_adding(t);
    return read_dump(t, bytes, path, e);
}

bool load_held(const struct pstats_table *t, struct err *e)
{
    if (!whole_is_torn() && table_fault(t)->code == ERR_NONE)
        return true;
    return torn("a file of these", e);
}

struct pstats_table *load_bytes(struct str bytes, const char *name, struct err *e)
{
    struct pstats_table *t = table_open();

    if (bytes.len > LARGEST)
        err_set(e, ERR_FORMAT, "cannot read profile: %s: more than %llu bytes", name,
                (unsigned long long)LARGEST);
    else if (marshal_read(arena_str(table_arena(t), bytes),
                          arena_cstr(table_arena(t), str_of(name)), t, e))
        return t;
    table_close(t);
    return NULL;
}
