/* SPDX-License-Identifier: Apache-2.0 */
/* diff_json.c - the comparison as JSON, schema sonde.diff/1 (doc/schema/diff.json). */
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "report/diff_texts.h"
#include "report/report.h"

struct writing {
    const struct diff *diff;
    struct json *json;
};

static const char *const sides[] = { "before", "after" };

/* "before_ns" in nanoseconds, "before" in any other unit. Halves come of medians. */
static void value(const struct writing *w, const char *key, double v)
{
    char name[48];

    snprintf(name, sizeof name, "%s%s", key,
             w->diff->options->unit == UNIT_NS ? "_ns" : "");
    if (v == (double)(int64_t)v)
        json_i64(w->json, name, (int64_t)v);
    else
        json_double(w->json, name, v);
}

static void write_effect(const struct writing *w, const struct effect *e)
{
    static const char *const verdict[] = { NULL, "slower", "faster",
                                           "no difference proven" };
    struct json *j = w->json;

    json_double(j, "ratio", e->ratio > 0 ? e->ratio : NAN);
    if (e->low > 0) {
        json_array(j, "ci95");
        json_double(j, NULL, e->low);
        json_double(j, NULL, e->high);
        json_end(j);
    } else {
        json_null(j, "ci95");
    }
    json_text(j, "verdict", verdict[e->verdict]);
}

static void write_times(const struct writing *w, const struct compared *c)
{
    value(w, "before", c->figures[SIDE_BEFORE].time);
    value(w, "after", c->figures[SIDE_AFTER].time);
    value(w, "difference", diff_change(c));
}

static void write_calls(const struct writing *w, const struct compared *c)
{
    json_u64(w->json, "calls_before", c->figures[SIDE_BEFORE].calls);
    json_u64(w->json, "calls_after", c->figures[SIDE_AFTER].calls);
}

static void write_change(const struct writing *w, const struct compared *c)
{
    static const char *const change[] = { "new", "gone", "changed", "same" };
    struct effect measured = c->effect;
    double before = c->figures[SIDE_BEFORE].time, after = c->figures[SIDE_AFTER].time;

    if (measured.ratio <= 0 && before > 0 && after > 0)
        measured.ratio = after / before;
    json_text(w->json, "change", change[c->change]);
    write_times(w, c);
    write_effect(w, &measured);
    if (w->diff->options->above > 0)
        json_bool(w->json, "above", c->effect.above);
    write_calls(w, c);
}

static void write_side(const struct writing *w, enum side side)
{
    const struct diff_side *s = &w->diff->options->side[side];
    struct json *j = w->json;

    json_object(j, sides[side]);
    json_array(j, "files");
    for (uint32_t i = 0; i < s->files; i++)
        json_str(j, NULL, str_of(s->file[i]));
    json_end(j);
    json_u64(j, "runs", compare_runs(w->diff->functions, side));
    json_array(j, "pythons");
    for (uint32_t i = 0; i < s->pythons; i++)
        json_str(j, NULL, s->python[i]);
    json_end(j);
    json_str(j, "clock", s->clock);
    json_end(j);
}

/* Where it was, if that is another place. */
static void write_moved(const struct writing *w, const struct compared *c)
{
    const struct function *b = c->function[SIDE_BEFORE], *a = c->function[SIDE_AFTER];
    struct json *j = w->json;

    if (!b || !a || (b->line == a->line && str_eq(b->file, a->file))) {
        json_null(j, "moved_from");
        return;
    }
    json_object(j, "moved_from");
    json_str(j, "file", b->file);
    json_u64(j, "line", b->line);
    json_end(j);
}

static void write_function(const struct writing *w, const struct compared *c)
{
    const struct function *f = diff_function(c);
    struct json *j = w->json;

    json_object(j, NULL);
    json_u64(j, "id", c->row);
    json_str(j, "name", f->name);
    json_str(j, "qualname", f->qualname.len > 0 ? f->qualname : f->name);
    json_str(j, "file", w->diff->options->strip_dirs ? str_basename(f->file) : f->file);
    json_u64(j, "line", f->line);
    json_str_or_null(j, "class", f->owner);
    write_moved(w, c);
    write_change(w, c);
    json_end(j);
}

static void write_functions(const struct writing *w)
{
    struct report_options limit = { .limit = w->diff->options->limit };
    uint32_t count = report_limit(&limit, w->diff->rows, UINT32_MAX);

    json_array(w->json, "functions");
    for (uint32_t i = 0; i < count; i++)
        write_function(w, w->diff->row[i].compared);
    json_end(w->json);
}

static void write_paths(const struct writing *w)
{
    const struct compare *paths = w->diff->paths;
    struct json *j = w->json;

    json_array(j, "nodes");
    for (uint32_t i = 0; i < compare_rows(paths); i++) {
        const struct compared *c = compare_row(paths, i);

        json_object(j, NULL);
        json_u64(j, "id", i);
        if (c->parent == COMPARED_NONE)
            json_null(j, "parent");
        else
            json_u64(j, "parent", c->parent);
        if (c->folded)
            json_null(j, "function");
        else
            json_u64(j, "function", c->function_row);
        value(w, "self_before", c->figures[SIDE_BEFORE].self);
        value(w, "self_after", c->figures[SIDE_AFTER].self);
        write_change(w, c);
        json_end(j);
    }
    json_end(j);
}

void diff_json(const struct diff *d, struct out *o)
{
    static const char *const unit[] = { "ns", "samples", "bytes" };
    struct json json = json_on(o), *j = &json;
    struct writing w = { d, j };

    json_object(j, NULL);
    json_text(j, "schema", "sonde.diff/1");
    json_text(j, "unit", unit[d->options->unit]);
    json_text(j, "figure", d->options->cumulative ? "cumulative" : "self");
    write_side(&w, SIDE_BEFORE);
    write_side(&w, SIDE_AFTER);
    json_bool(j, "in_turn", compare_in_turn(d->functions));
    json_object(j, "total");
    write_change(&w, compare_total(d->functions));
    json_end(j);
    json_object(j, "common");
    write_effect(&w, compare_common(d->functions));
    json_end(j);
    json_array(j, "notes");
    for (uint32_t i = 0; i < d->options->notes; i++)
        json_str(j, NULL, d->options->note[i]);
    json_end(j);
    write_functions(&w);
    if (d->paths)
        write_paths(&w);
    json_end(j);
    out_char(o, '\n');
}
