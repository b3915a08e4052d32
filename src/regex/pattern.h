/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.h - regular expressions as Python's re has them: what re.compile refuses
 * is refused, what it takes means the same. doc/report.md lists what differs.
 * A search is bounded: a pattern that explodes is an error, not a hang. */
#ifndef REGEX_PATTERN_H
#define REGEX_PATTERN_H

#include "base/arena.h"
#include "base/err.h"

struct pattern;

/* NULL and e (a usage error) where it is none. what: "--only", begins its line. */
struct pattern *pattern_open(struct str text, const char *what, struct err *e);
void pattern_close(struct pattern *p); /* NULL is allowed */
/* re.search; false and e: it takes too long on this text. */
bool pattern_search(const struct pattern *p, struct str in, bool *found, struct err *e);

/* Whether every character of s is one that Python's repr shows as it is. */
bool pattern_is_printable(struct str s);

#endif
