/* SPDX-License-Identifier: Apache-2.0 */
/* pstats_dump.c - for tests in Python: what a table holds, as JSON, or written again.
 * pstats_dump json FILE...: all of them added, as Stats(FILE, ...) adds them.
 * pstats_dump write FILE...: as marshal. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "pstats/load.h"
#include "pstats/write.h"

static void put_name(struct json *j, struct pstats_name n)
{
    json_str(j, NULL, n.file);
    json_i64(j, NULL, n.line);
    json_str(j, NULL, n.name);
}

static void put_cost(struct json *j, struct pstats_cost cost)
{
    json_i64(j, NULL, cost.cc);
    json_i64(j, NULL, cost.nc);
    json_double(j, NULL, cost.tt);
    json_double(j, NULL, cost.ct);
}

static void put_function(struct json *j, const struct pstats_table *t, uint32_t i)
{
    const struct pstats_function *f = table_function(t, i);

    json_array(j, NULL);
    put_name(j, table_name(t, f->key));
    put_cost(j, f->cost);
    json_array(j, NULL);
    for (uint32_t id = f->first; id != PSTATS_NONE; id = table_caller(t, id)->next) {
        const struct pstats_caller *c = table_caller(t, id);

        json_array(j, NULL);
        put_name(j, table_name(t, c->key));
        if (c->counted)
            json_i64(j, NULL, c->cost.nc);
        else
            put_cost(j, c->cost);
        json_end(j);
    }
    json_end(j);
    json_end(j);
}

static void put_table(const struct pstats_table *t, struct out *o)
{
    struct json j = json_on(o);
    struct pstats_totals sum = table_totals(t);

    json_object(&j, NULL);
    json_bool(&j, "sampled", table_sampled(t));
    json_array(&j, "totals");
    put_cost(&j, (struct pstats_cost){ sum.cc, sum.nc, sum.tt, 0 });
    json_end(&j);
    json_array(&j, "functions");
    for (uint32_t i = 0; i < table_functions(t); i++)
        put_function(&j, t, i);
    json_end(&j);
    json_end(&j);
}

int main(int argc, char **argv)
{
    struct err e = { 0 };
    struct pstats_table *t = argc > 2 ? load_file(argv[2], LOAD_COPY, &e) : NULL;
    bool ok = t != NULL;

    for (int i = argc - 1; ok && i > 2; i--)
        ok = load_add(t, argv[i], LOAD_COPY, &e);
    if (ok) {
        struct out *o = out_stdout();

        if (strcmp(argv[1], "json") == 0)
            put_table(t, o);
        else
            write_table(t, o);
        ok = out_close(o, &e);
    }
    table_close(t);
    if (!ok)
        fprintf(stderr, "%s\n", argc > 2 ? e.text : "pstats_dump json|write FILE...");
    return ok ? 0 : 1;
}
