/* SPDX-License-Identifier: Apache-2.0 */
/* pick.h - functions by words of theirs: what is typed to search. */
#ifndef QUERY_PICK_H
#define QUERY_PICK_H

#include "query/names.h"

struct pick {
    struct str text;     /* all of it, in small letters */
    struct str word[16]; /* small letters; all must be found */
    uint32_t words;
    uint32_t *line; /* by word: of FILE:LINE, else 0 */
};

/* False and ask->err: too many words. */
bool pick_asked(struct ask *a, struct pick *p);
/* By function, whether it has all words; with none all have. The last ones are kept,
 * until others are asked for. */
const bool *pick_all(struct query *q, const struct pick *p, struct arena *a);
void pick_close(struct query *q);
/* Whether a text has all words. */
bool pick_text(const struct pick *p, struct str text);

#endif
