/* SPDX-License-Identifier: Apache-2.0 */
/* tables.c - the words of the command line as one table. */
#include "cmd/tables.h"

#include "cmd/reading.h"
#include "open/table.h"

/* Stats(*files) loads the first, and adds the others from the last one on. */
struct pstats_table *tables_open(struct words files, const struct choice *choice,
                                 bool as_cprofile, struct err *e)
{
    struct open_as as = { LOAD_MAP, as_cprofile, choice };
    struct arena *a = arena_open();
    char *newest[2] = { NULL, NULL };

    if (files.count == 0 && reading_newest(newest, a, e))
        files = (struct words){ 1, newest };
    struct pstats_table *t = files.count > 0 ? open_table(files.at[0], &as, e) : NULL;
    bool ok = t != NULL;
    for (int i = files.count - 1; ok && i > 0; i--)
        ok = open_table_into(t, files.at[i], &as, e);
    arena_close(a);
    if (ok)
        return t;
    table_close(t);
    return NULL;
}
