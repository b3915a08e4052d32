/* SPDX-License-Identifier: Apache-2.0 */
/* as_pstats.h - sonde report --pstats and --all: words of the command line in, what
 * pstats prints out. */
#ifndef CMD_AS_PSTATS_H
#define CMD_AS_PSTATS_H

#include "cmd/cmd.h"
#include "model/choose.h"

enum { TYPED_MAX = 256 };

struct typed { /* options whose order matters, as typed */
    int key;   /* 's', 'n', READING_ONLY or READING_NOT */
    const char *value;
};

struct as_pstats {
    const struct typed *typed;
    int count;
    bool all;              /* the nine tables */
    bool callers, callees; /* neither: the table of functions */
    bool reverse, strip_dirs, as_cprofile;
    const struct choice *choice;
    const char *output; /* NULL: stdout */
};

bool as_pstats(const struct as_pstats *a, struct words files, struct err *e);

#endif
