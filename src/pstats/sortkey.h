/* SPDX-License-Identifier: Apache-2.0 */
/* sortkey.h - pstats' thirteen sort keys, every abbreviation it accepts, and the
 * words it prints for them. Times and counts go down, texts and lines up; several
 * keys follow one another, and what they leave equal keeps its place. */
#ifndef PSTATS_SORTKEY_H
#define PSTATS_SORTKEY_H

#include "base/err.h"
#include "base/str.h"

enum sort_field {
    SORT_PRIMITIVE, /* down, as the next three */
    SORT_CALLS,
    SORT_TIME,
    SORT_CUMULATIVE,
    SORT_FILE, /* up, as all that follow */
    SORT_LINE,
    SORT_NAME,
    SORT_STANDARD,
};

enum { SORTKEYS = 13, SORTKEYS_MAX = 64, SORT_FIELDS_MAX = 3 * SORTKEYS_MAX };

struct sortkey {
    const char *name, *text; /* text: "call count" */
    unsigned char field[3];
    int fields;
};

struct sortkeys { /* as given: columns to compare, one after the other */
    const struct sortkey *key[SORTKEYS_MAX];
    int keys;
    unsigned char field[SORT_FIELDS_MAX];
    int fields;
};

/* In pstats' order; i < SORTKEYS. Of what 3.15's sampler wrote some are called
 * samples, nsamples and psamples. */
const struct sortkey *sortkey_at(int i, bool sampled);
/* By its name or an abbreviation; NULL: it is none, or means several. */
const struct sortkey *sortkey_find(struct str word);
/* By its whole name. */
const struct sortkey *sortkey_named(struct str word, bool sampled);
/* pstats' old numbers: -1 stdname, 0 calls, 1 time, 2 cumulative; else NULL. */
const struct sortkey *sortkey_numbered(long number);

/* Says of a word that sortkey_find does not know why; always false. */
bool sortkey_unknown(struct str word, struct err *e);

bool sortkeys_add(struct sortkeys *s, const struct sortkey *key, struct err *e);
/* Adds "cumulative" or "cumt,nfl"; a usage error when a key is unknown. */
bool sortkeys_parse(struct sortkeys *s, const char *words, struct err *e);

#endif
