/* SPDX-License-Identifier: Apache-2.0 */
/* timeit.h - what a timing came to, for people, programs and pull requests. */
#ifndef REPORT_TIMEIT_H
#define REPORT_TIMEIT_H

#include "report/because.h"
#include "report/screen.h"
#include "report/units.h"
#include "why/explain.h"

struct timeit_report {
    const struct timing *timing;
    const struct verdicts *verdicts;
    const struct explain *explain; /* NULL: nothing was split, nor shall be told of */
    struct arena *arena;
    int unit;    /* 1 ns, 2 us, 3 ms, 4 s; 0: what suits each figure */
    int verbose; /* how often -v was given */
};

void timeit_text(const struct timeit_report *r, const struct screen *s);
/* text: the same as text, to be in it; or empty */
void timeit_json(const struct timeit_report *r, struct str text, struct out *o);
void timeit_markdown(const struct timeit_report *r, struct out *o);

/* The tables of the splits, and the sentences. */
void timeit_why(const struct timeit_report *r, const struct screen *s);
/* Why the slower one of two is that, or what one is made of; false: a split is wanting.
 */
bool timeit_because(const struct timeit_report *r, const struct comparison *c,
                    struct because *b);
bool timeit_because_one(const struct timeit_report *r, uint32_t python,
                        uint32_t statement, struct because *b);
/* Words broken at 80 columns or the screen's. */
void timeit_paragraph(const struct screen *s, const char *begin, struct str words);

/* "52.1 ns", in the unit asked for */
struct figure timeit_time(const struct timeit_report *r, double ns);
/* "51.8-52.5", in the unit that `ns` is shown in; empty: not known */
struct str timeit_interval(const struct timeit_report *r, double ns, double low,
                           double high);
/* What a comparison says, a sentence. */
struct str timeit_verdict(const struct timeit_report *r, const struct comparison *c);
/* What the reader should know before believing it, a sentence each. */
struct str *timeit_notes(const struct timeit_report *r, uint32_t *count);
/* "A", or "A 3.11.7" where there are several Pythons; empty: there is one statement. */
struct str timeit_name(const struct timeit_report *r, uint32_t python,
                       uint32_t statement);
/* A statement on one line of at most so many columns, safe; 0: any. */
struct str timeit_statement(const struct timeit_report *r, uint32_t statement,
                            uint32_t width);

#endif
