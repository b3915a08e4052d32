/* SPDX-License-Identifier: Apache-2.0 */
/* units.h - figures as people read them: three digits and a unit.
 * A column shares the unit of its largest value; what would vanish in it takes
 * its own. Text goes into a struct figure, never longer than FIGURE_MAX. */
#ifndef REPORT_UNITS_H
#define REPORT_UNITS_H

#include "model/profile.h"

enum { FIGURE_MAX = 32 };

struct figure {
    char text[FIGURE_MAX];
};

struct column { /* of times: what its largest value asks for */
    enum unit unit;
    int scale;
};

struct column units_column(enum unit unit, double largest);
/* "7.81 s ", "143 us": the unit is padded, so that columns align to the right. */
struct figure units_cell(struct column c, double value);
struct figure units_one(enum unit unit, double value);    /* "7.81 s": its own unit */
struct figure units_count(uint64_t n);                    /* "4,012,008" */
struct figure units_round(uint64_t n);                    /* "4.0 M", "12 k", "812" */
struct figure units_share(uint64_t part, uint64_t whole); /* "63.0", of 100 */

#endif
