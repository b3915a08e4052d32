/* SPDX-License-Identifier: Apache-2.0 */
/* pstats.c - times in seconds, callers with figures of their own, as cProfile has
 * them; written so that every Python from 3.4 on reads it. */
#include "export/pstats.h"

#include "export/export.h"
#include "model/fold.h"
#include "model/stats.h"
#include "pstats/write.h"

static struct pstats_cost cost_of(const struct stat_row *s)
{
    return (struct pstats_cost){
        .cc = (int64_t)s->primitive_calls,
        .nc = (int64_t)s->calls,
        .tt = (double)s->self / 1e9,
        .ct = (double)s->cumulative / 1e9,
    };
}

static pstats_key key_of(struct pstats_table *t, const struct profile *p, function_id f)
{
    const struct function *is = profile_function(p, f);

    return table_key(t, (struct pstats_name){ is->file, is->name, is->line }, false);
}

/* Folding leaves functions behind that nothing is told of any more. */
static bool is_told(const struct stat_row *s)
{
    return s->calls > 0 || s->resumes > 0 || s->self > 0 || s->cumulative > 0;
}

static void put_function(struct pstats_table *t, const struct profile *p,
                         const struct stats *s, function_id f)
{
    struct edges callers = stats_callers(s, f);

    table_put(t, key_of(t, p, f), cost_of(stats_of(s, f)));
    for (uint32_t i = 0; i < callers.count; i++) {
        const struct edge *c = callers.at[i];

        table_put_caller(t, key_of(t, p, c->caller), c->untimed, cost_of(&c->stat));
    }
}

struct pstats_table *pstats_of(const struct profile *p, struct err *e)
{
    if (profile_unit(p) != UNIT_NS) {
        err_set(
            e, ERR_FORMAT,
            "cannot be told in pstats' way: %s, not times (sonde report shows them)",
            profile_unit(p) == UNIT_BYTES ? "bytes" : "samples");
        return NULL;
    }
    struct pstats_table *t = table_open();
    struct stats *s = stats_open(p);

    stats_add_edges(s);
    for (function_id f = 0; f < profile_functions(p); f++)
        if (is_told(stats_of(s, f)))
            put_function(t, p, s, f);
    stats_close(s);
    if (table_settle(t, e))
        return t;
    table_close(t);
    return NULL;
}

static bool write(const struct profile *p, struct out *o, struct err *e)
{
    struct profile *folded = fold(p, FOLD_NAMES);
    struct pstats_table *t = pstats_of(folded, e);

    if (t)
        write_table(t, o);
    table_close(t);
    profile_close(folded);
    return t != NULL;
}

static const char *const suffix[] = { ".pstats", ".prof", NULL };

static const char *const lost[] = {
    "Call paths: of them callers are left.",
    "Threads, processes and what is not in any function.",
    "Functions that share file, line and name: they are one.",
    "Figures that are no times.",
    NULL,
};

const struct exporter export_pstats = {
    .name = "pstats",
    .suffix = suffix,
    .help = "Python's own: cProfile, profile, pstats, SnakeViz, gprof2dot",
    .lost = lost,
    .write = write,
};
