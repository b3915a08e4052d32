/* SPDX-License-Identifier: Apache-2.0 */
/* match.c - one filter after another, over the rows that are left. */
#include "report/match.h"

#include "regex/pattern.h"

static bool apply(const struct pattern *p, bool drop, struct rows *rows, struct err *e)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < rows->count; i++) {
        bool found = false;

        if (!pattern_search(p, rows->at[i].standard, &found, e))
            return false;
        if (!found && !pattern_search(p, rows->at[i].shown, &found, e))
            return false;
        if (found != drop)
            rows->at[kept++] = rows->at[i];
    }
    rows->count = kept;
    return true;
}

bool match_rows(const struct filter *filters, uint32_t count, struct rows *rows,
                struct err *e)
{
    bool ok = true;

    for (uint32_t i = 0; ok && i < count; i++) {
        const char *called = filters[i].called ? filters[i].called
                             : filters[i].drop ? "--not"
                                               : "--only";
        struct pattern *p = pattern_open(str_of(filters[i].pattern), called, e);

        ok = p && apply(p, filters[i].drop, rows, e);
        pattern_close(p);
    }
    return ok;
}
