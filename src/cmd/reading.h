/* SPDX-License-Identifier: Apache-2.0 */
/* reading.h - what commands that read profiles have in common: their options,
 * and which profile it is. Without a file: the newest recording here, named on
 * stderr. Several files are one profile. */
#ifndef CMD_READING_H
#define CMD_READING_H

#include "cmd/cmd.h"
#include "model/choose.h"
#include "report/report.h"

enum { READING_FILTERS_MAX = 64 };
enum { READING_ONLY = 4096, READING_NOT }; /* keys of --only and --not */

struct reading {
    struct filter filter[READING_FILTERS_MAX];
    uint32_t filters;
    struct choice choice; /* --process */
    struct sort sort;
    bool limited;
    double limit;
    enum by by;
    bool reverse, strip_dirs, json;
    const char *output;
};

/* For struct cmd's `shared`; from READING_BY on without the first, which is --by. */
enum { READING_BY = 1 };
extern const struct argp_option reading_options[];
bool reading_option(struct reading *r, int key, const char *value, struct err *e);
/* One more --process, for commands that have no struct reading. */
bool reading_take_process(struct choice *c, const char *glob, struct err *e);

/* Into newest[0] the newest recording here, named on stderr; false and e: none. */
bool reading_newest(char *newest[2], struct arena *a, struct err *e);
/* choice: of which processes, NULL: of all. callers: that will be asked for who called
 * whom. title: what to call it; lives in the arena. NULL and e on failure. */
struct profile *reading_open(struct words files, const struct choice *choice,
                             bool callers, const char **title, struct arena *a,
                             struct err *e);
/* Into cProfile's view of it; NULL stays. false and e: of constructors that a file
 * without paths holds it is not known whose time theirs is. */
/* What a report would say of how sure its figures are, on stderr. */
void reading_tell_notes(const struct profile *p);
bool reading_folds_as_cprofile(struct profile **p, const char *title, struct err *e);
/* The same asked of a report. */
struct report_options reading_report(const struct reading *r);

#endif
