/* SPDX-License-Identifier: Apache-2.0 */
/* view_save.h - a page and its profile as one file. */
#ifndef CMD_VIEW_SAVE_H
#define CMD_VIEW_SAVE_H

#include "cmd/cmd.h"
#include "cmd/page.h"
#include "cmd/sources.h"
#include "model/profile.h"

struct saving {
    const struct page *page;
    struct words files, before;    /* before: of --diff */
    const struct profile *profile; /* of these files */
    const struct sources *sources; /* what of source goes in; NULL: nothing */
    const char *to;
};

bool view_save(const struct saving *s, struct arena *a, struct err *e);

#endif
