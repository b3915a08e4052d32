/* SPDX-License-Identifier: Apache-2.0 */
/* page.h - the page that sonde view shows: its files as they were built, and the two
 * forms it is given to a browser in. doc/query.md, "A saved page". */
#ifndef CMD_PAGE_H
#define CMD_PAGE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/out.h"

struct page {
    struct str html, css, js, engine;
};

/* False and e: this sonde was built without. */
bool page_read(struct page *p, struct arena *a, struct err *e);
/* For a server: it refers to its files. */
struct str page_served(const struct page *p, struct arena *a, struct err *e);

struct page_file { /* of the profile that a saved page holds */
    const char *name;
    struct str bytes;
};

/* One file for all: nothing else is asked for. */
bool page_save(const struct page *p, const struct page_file *files, uint32_t count,
               struct out *o, struct err *e);

#endif
