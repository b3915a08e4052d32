/* SPDX-License-Identifier: Apache-2.0 */
/* number.h - figures and texts as Python writes them: "%8.3f" % x, repr(x). Of no
 * locale. */
#ifndef PSTATS_NUMBER_H
#define PSTATS_NUMBER_H

#include "base/out.h"

/* "%.3f", padded on the left to `width`. */
void number_fixed(struct out *o, double value, int width);
void number_integer(struct out *o, int64_t value);
uint32_t number_digits(int64_t value); /* and its sign */
void number_repr(struct out *o, double value);
void number_repr_text(struct out *o, struct str s);

enum number_kind { NUMBER_NONE, NUMBER_INTEGER, NUMBER_FLOAT };

/* What int(word), and else float(word), would give. An integer beyond 64 bits is the
 * nearest one within. */
enum number_kind number_parse(struct str word, int64_t *integer, double *real);

#endif
