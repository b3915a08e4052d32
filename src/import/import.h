/* SPDX-License-Identifier: Apache-2.0 */
/* import.h - files of other tools, and recordings, into a profile in the making: the
 * format is told by the content. A format is one file src/import/NAME.c that ends in
 * `const struct importer import_NAME`, and a row in src/import/meson.build. */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include "base/err.h"
#include "model/build.h"

enum { IMPORT_HEAD = 2048 }; /* bytes to tell a format by */

struct importer {
    const char *name;
    const char *const *suffix; /* of file names, the usual one first; ends in NULL */
    const char *help;          /* for sonde formats: no capital, no full stop */
    /* Whether a file that begins so is of this format; head may be shorter. */
    bool (*sniff)(struct str head);
    /* name: what its process is called when the file does not say. */
    bool (*read)(const char *path, struct str name, struct build *b, struct err *e);
};

const struct importer *const *import_list(void); /* NULL ends it; no recordings */
extern const struct importer import_pstats;
/* NULL: a recording, or nothing that is known; or it cannot be read. A pipe is taken
 * for a dump of pstats. */
const struct importer *import_for(const char *path);

/* Several files into one builder: recordings first. They tell code and classes, by
 * which functions of files that do not know them are found. */
bool import_file(const char *path, struct str name, struct build *b, struct err *e);

#endif
