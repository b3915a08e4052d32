/* SPDX-License-Identifier: Apache-2.0 */
/* fold.h - a profile seen more coarsely: a new one, the old one stays.
 * Functions, processes and threads keep their ids. */
#ifndef MODEL_FOLD_H
#define MODEL_FOLD_H

#include "model/profile.h"

enum fold {
    /* cProfile's view: constructors and other C objects that are no functions
     * vanish, their time is their caller's; every resumption is a call. */
    FOLD_AS_CPROFILE = 1 << 0,
    FOLD_THREADS = 1 << 1, /* one tree, the first thread's */
    /* Functions that share file, line and name become the first of them, as in what
     * tells functions apart by nothing else. */
    FOLD_NAMES = 1 << 2,
};

struct profile *fold(const struct profile *p, enum fold how);

#endif
