/* SPDX-License-Identifier: Apache-2.0 */
/* import.c - looks at the first bytes of a regular file. */
#include "import/import.h"

#include "base/path.h"
#include "base/unpack.h"
#include "base/whole.h"
#include "import/source.h"
#include "model/from_tape.h"

#define ROW(name) extern const struct importer import_##name;
#include "import/list.h"
#undef ROW

static const struct importer *const list[] = {
#define ROW(name) &import_##name,
#include "import/list.h"
#undef ROW
    NULL,
};

const struct importer *const *import_list(void)
{
    return list;
}

/* Of what is called as a format is, and is none: that says at which byte. */
static const struct importer *named_so(const char *path)
{
    for (const struct importer *const *i = list; *i; i++)
        for (const char *const *suffix = (*i)->suffix; *suffix; suffix++)
            if (path_is_called(str_of(path), str_of(*suffix)))
                return *i;
    return NULL;
}

/* A block of zstd's is unpacked as a whole. */
enum { PACKED_HEAD = (128 << 10) + 64 };

const struct importer *import_for(const char *path)
{
    static char bytes[PACKED_HEAD];
    char unpacked[IMPORT_HEAD];
    struct str head;

    /* Of a pipe the first bytes cannot be looked at and left there. */
    if (whole_is_pipe(path))
        return &import_pstats;
    if (!whole_begin(path, bytes, PACKED_HEAD, &head))
        return NULL;
    if (unpack_is_packed(head))
        head = (struct str){ unpacked, unpack_begin(head, unpacked, IMPORT_HEAD) };
    if (head.len > IMPORT_HEAD)
        head.len = IMPORT_HEAD;
    str_skip(&head, SOURCE_MARK);
    for (const struct importer *const *i = list; *i; i++)
        if ((*i)->sniff(head))
            return *i;
    return named_so(path);
}

bool import_file(const char *path, struct str name, struct build *b, struct err *e)
{
    const struct importer *importer = import_for(path);

    if (!importer)
        return from_recording(path, b, e);
    struct err why = { 0 };
    bool ok = importer->read(path, name, b, &why);
    if (whole_is_torn())
        return err_set(e, ERR_IO,
                       "cannot read profile: %s: it was written to while it was read "
                       "(try again)",
                       path);
    return ok || err_set(e, why.code, "%s", why.text);
}
