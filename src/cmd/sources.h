/* SPDX-License-Identifier: Apache-2.0 */
/* sources.h - the text of source files, below folders that the user named: what a
 * profile says of paths is anybody's word. */
#ifndef CMD_SOURCES_H
#define CMD_SOURCES_H

#include <limits.h>

#include "base/err.h"
#include "base/out.h"

enum { SOURCES_ROOTS = 16, SOURCES_BYTES = 4 << 20 };

struct sources {
    struct {
        int fd;
        char path[PATH_MAX]; /* real, absolute */
    } root[SOURCES_ROOTS];
    int roots;
};

bool sources_add(struct sources *s, const char *folder, struct err *e);
void sources_close(struct sources *s);
/* A regular file below a root, reached over no link, of at most so many bytes. */
bool sources_read(const struct sources *s, struct str path, struct out *to);

#endif
