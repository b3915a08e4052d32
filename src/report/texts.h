/* SPDX-License-Identifier: Apache-2.0 */
/* texts.h - the parts of a report for people, one after another. */
#ifndef REPORT_TEXTS_H
#define REPORT_TEXTS_H

#include "report/report.h"

void text_heading(const struct report *r, const struct screen *s);
void text_notes(const struct report *r, const struct screen *s);

void text_table(const struct report *r, const struct screen *s);
void text_none(const struct report *r, const struct screen *s); /* no row is left */
void text_callers(const struct report *r, const struct screen *s);
void text_callees(const struct report *r, const struct screen *s);
void text_tree(const struct report *r, const struct screen *s);
void text_processes(const struct report *r, const struct screen *s);

/* How its name is drawn: the program's own, a library's, a builtin's. */
enum tone text_tone(const struct report *r, function_id f);

/* A function's name and place in at most `width` columns (0: any), the name
 * padded to `name_width`. Returns the columns it took. */
uint32_t text_function(const struct report *r, const struct screen *s, function_id f,
                       uint32_t name_width, uint32_t width);
/* Columns its name takes, at most `most`. */
uint32_t text_name_width(const struct report *r, function_id f, uint32_t most);

/* Columns its place takes; 0: it has none. */
uint32_t text_place_width(const struct report *r, function_id f);

#endif
