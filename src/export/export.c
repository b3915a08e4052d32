/* SPDX-License-Identifier: Apache-2.0 */
/* export.c - the list of exporters, made of the rows of meson.build. */
#include "export/export.h"

#include <string.h>

#include "base/path.h"

#define ROW(name) extern const struct exporter export_##name;
#include "export/list.h"
#undef ROW

static const struct exporter *const list[] = {
#define ROW(name) &export_##name,
#include "export/list.h"
#undef ROW
    NULL,
};

const struct exporter *const *export_list(void)
{
    return list;
}

const struct exporter *export_named(const char *name)
{
    for (const struct exporter *const *x = list; *x; x++)
        if (strcmp((*x)->name, name) == 0)
            return *x;
    return NULL;
}

const struct exporter *export_for_file(const char *path)
{
    for (const struct exporter *const *x = list; *x; x++)
        for (const char *const *suffix = (*x)->suffix; *suffix; suffix++)
            if (path_is_called(str_of(path), str_of(*suffix)))
                return *x;
    return NULL;
}

bool export_ends_line(struct str s)
{
    return str_begins(s, STR("\xe2\x80\xa8")) || str_begins(s, STR("\xe2\x80\xa9"));
}
