/* SPDX-License-Identifier: Apache-2.0 */
/* timeit.h - what a timing came to, for people, programs and pull requests. */
#ifndef REPORT_TIMEIT_H
#define REPORT_TIMEIT_H

#include "report/screen.h"
#include "report/units.h"
#include "why/verdict.h"

struct timeit_report {
    const struct timing *timing;
    const struct verdicts *verdicts;
    struct arena *arena;
    int unit;    /* 1 ns, 2 us, 3 ms, 4 s; 0: what suits each figure */
    int verbose; /* how often -v was given */
};

void timeit_text(const struct timeit_report *r, const struct screen *s);
void timeit_json(const struct timeit_report *r, struct out *o);
void timeit_markdown(const struct timeit_report *r, struct out *o);

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
