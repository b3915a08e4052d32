/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c - a row a function (RFC 4180): what spreadsheets take. */
#include "export/export.h"
#include "model/stats.h"

static bool write(const struct profile *p, struct out *o, struct err *e)
{
    static const char *const units[] = {
        [UNIT_NS] = "_ns", [UNIT_SAMPLES] = "_samples", [UNIT_BYTES] = "_bytes"
    };
    const char *unit = units[profile_unit(p)];
    struct stats *s = stats_open(p);

    (void)e;
    out_printf(o, "file,line,name,qualname,calls,primitive_calls,self%s,cumulative%s\n",
               unit, unit);
    for (function_id f = 0; f < profile_functions(p); f++) {
        const struct function *is = profile_function(p, f);
        const struct stat_row *row = stats_of(s, f);

        if (row->calls == 0 && row->resumes == 0 && row->self == 0 &&
            row->cumulative == 0)
            continue;
        out_csv(o, is->file);
        out_printf(o, ",%u,", is->line);
        out_csv(o, is->name);
        out_char(o, ',');
        out_csv(o, is->qualname);
        out_printf(o, ",%llu,%llu,%llu,%llu\n", (unsigned long long)row->calls,
                   (unsigned long long)row->primitive_calls,
                   (unsigned long long)row->self, (unsigned long long)row->cumulative);
    }
    stats_close(s);
    return true;
}

static const char *const suffix[] = { ".csv", NULL };

static const char *const lost[] = {
    "Callers, callees and call paths.",
    "Threads and processes: they are one.",
    NULL,
};

const struct exporter export_csv = {
    .name = "csv",
    .suffix = suffix,
    .help = "a row a function: spreadsheets, pandas",
    .lost = lost,
    .write = write,
};
