/* SPDX-License-Identifier: Apache-2.0 */
/* timeit_json.c - the timing as JSON, schema sonde.timeit/1 (doc/schema/timeit.json).
 */
#include <math.h>

#include "base/json.h"
#include "report/timeit.h"
#include "report/timeit_json.h"

static void number(struct json *j, const char *key, double value)
{
    if (isfinite(value))
        json_double(j, key, value);
    else
        json_null(j, key);
}

static void interval(struct json *j, const char *key, double low, double high)
{
    if (!isfinite(low) || !isfinite(high)) {
        json_null(j, key);
        return;
    }
    json_array(j, key);
    json_double(j, NULL, low);
    json_double(j, NULL, high);
    json_end(j);
}

static void write_python(struct json *j, const char *key, const struct timing_python *p)
{
    json_object(j, key);
    json_text(j, "path", p->path);
    json_str(j, "version", p->version);
    json_str(j, "implementation", p->implementation);
    json_end(j);
}

static void write_growth(struct json *j, const struct timing_growth *g)
{
    if (g->loops == 0) {
        json_null(j, "left_behind");
        return;
    }
    double loops = (double)g->loops;
    json_object(j, "left_behind");
    json_double(j, "bytes", (double)g->bytes / loops);
    json_double(j, "blocks", (double)g->blocks / loops);
    json_double(j, "cyclic_objects", (double)g->cyclic / loops);
    json_end(j);
}

static void write_because(struct json *j, const struct because *b)
{
    json_array(j, "because");
    for (uint32_t i = 0; i < b->count; i++)
        json_str(j, NULL, b->sentence[i]);
    json_end(j);
}

static void write_statement(struct json *j, const struct timeit_report *r,
                            uint32_t python, uint32_t statement)
{
    const struct timing_order *o = r->timing->order;
    const struct estimate *e = verdicts_estimate(r->verdicts, python, statement);
    struct because b;
    bool wall = e->waits && !o->process;

    json_object(j, NULL);
    json_str(j, "statement", o->statement[statement].shown);
    json_u64(j, "python", python);
    json_text(j, "clock", wall ? "wall" : o->process ? "process CPU" : "thread CPU");
    json_object(j, "ns");
    number(j, "median", e->median);
    number(j, "mean", e->mean);
    number(j, "min", e->least);
    interval(j, "ci95", e->low, e->high);
    number(j, "wall", e->wall);
    number(j, "cpu", e->cpu);
    json_end(j);
    number(j, "loop_ns", r->verdicts->loop_ns[python]);
    number(j, "timeit_ns", e->timeit);
    json_u64(j, "loops", e->loops);
    json_u64(j, "blocks", e->blocks);
    number(j, "slow_blocks", e->slow);
    number(j, "page_faults", e->faults);
    json_bool(j, "waits", e->waits);
    write_growth(j, &timing_series(r->timing, python, statement)->growth);
    if (r->explain)
        timeit_split_json(j, explain_at(r->explain, r->verdicts, python, statement));
    timeit_because_one(r, python, statement, &b);
    write_because(j, &b);
    json_end(j);
}

static void write_comparison(struct json *j, const struct timeit_report *r,
                             const struct comparison *c)
{
    static const char *const verdict[] = { "no difference proven", "a faster",
                                           "b faster" };
    uint32_t statements = r->timing->order->statements;
    struct because b;

    json_object(j, NULL);
    json_u64(j, "a", c->python_a * statements + c->a);
    json_u64(j, "b", c->python_b * statements + c->b);
    number(j, "ratio", c->known ? c->ratio : NAN);
    interval(j, "ci95", c->known ? c->low : NAN, c->known ? c->high : NAN);
    number(j, "difference_ns", c->difference_ns);
    json_text(j, "verdict", verdict[c->faster]);
    json_bool(j, "few_rounds", c->few);
    json_text(j, "clock", c->clock == CLOCK_WALL ? "wall" : "CPU");
    timeit_because(r, c, &b);
    write_because(j, &b);
    json_end(j);
}

void timeit_json(const struct timeit_report *r, struct str text, struct out *out)
{
    const struct timing_order *o = r->timing->order;
    struct json json = json_on(out), *j = &json;
    uint32_t notes;
    struct str *note = timeit_notes(r, &notes);

    json_object(j, NULL);
    json_text(j, "schema", "sonde.timeit/1");
    write_python(j, "python", &o->python[0]);
    json_array(j, "pythons");
    for (uint32_t p = 0; p < o->pythons; p++)
        write_python(j, NULL, &o->python[p]);
    json_end(j);
    json_str(j, "setup", o->setup);
    json_u64(j, "launches", r->timing->launches);
    json_u64(j, "rounds", r->timing->rounds);
    json_object(j, "noise");
    number(j, "slow_blocks", r->verdicts->slow);
    json_bool(j, "noisy", r->verdicts->noisy);
    json_end(j);
    json_array(j, "statements");
    for (uint32_t p = 0; p < o->pythons; p++)
        for (uint32_t i = 0; i < o->statements; i++)
            write_statement(j, r, p, i);
    json_end(j);
    json_array(j, "comparisons");
    for (uint32_t i = 0; i < r->verdicts->comparisons; i++)
        write_comparison(j, r, &r->verdicts->comparison[i]);
    json_end(j);
    json_array(j, "notes");
    for (uint32_t i = 0; i < notes; i++)
        json_str(j, NULL, note[i]);
    json_end(j);
    if (text.len > 0)
        json_str(j, "text", text);
    json_end(j);
    out_char(out, '\n');
}
