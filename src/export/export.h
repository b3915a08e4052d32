/* SPDX-License-Identifier: Apache-2.0 */
/* export.h - a profile in another tool's format. A format is one file of this folder
 * that ends in `const struct exporter export_NAME`, and a row in its meson.build. */
#ifndef EXPORT_EXPORT_H
#define EXPORT_EXPORT_H

#include "base/out.h"
#include "model/profile.h"

enum export_parts { PARTS_PROCESS = 1, PARTS_THREAD };

struct exporter {
    const char *name;          /* as --to has it */
    const char *const *suffix; /* of file names, the usual one first; ends in NULL;
                                  "callgrind.out*" begins one */
    const char *help;          /* for sonde formats: no capital, no full stop */
    bool refuses;              /* it is here to say why there is none */
    const char *const *lost;   /* what it cannot hold, sentences; ends in NULL */
    /* false and e: the format cannot hold what the profile has. */
    bool (*write)(const struct profile *p, struct out *o, struct err *e);
    /* The same in parts, a process or a thread each; NULL: it has none. */
    bool (*write_parts)(const struct profile *p, enum export_parts by, struct out *o,
                        struct err *e);
};

const struct exporter *const *export_list(void); /* sorted by name; ends in NULL */
const struct exporter *export_named(const char *name);    /* NULL: none */
const struct exporter *export_for_file(const char *path); /* by suffix; NULL: none */
/* It begins with U+2028 or U+2029, which are line ends to a reader in JavaScript. */
bool export_ends_line(struct str s);

#endif
