/* SPDX-License-Identifier: Apache-2.0 */
/* speedscope.c - frames, then profiles of samples with weights, or of events that open
 * and close frames. Where in the file each list stands is found first. */
#include <math.h>
#include <string.h>

#include "base/json_in.h"
#include "base/pile.h"
#include "import/import.h"
#include "import/source.h"

enum { DEPTH_MOST = 100000 };

struct scope {
    struct build *build;
    struct arena *arena;
    struct json_in json;
    const char *path;
    struct str process;
    function_id *function; /* by frame */
    uint32_t frames;
    process_id of;
    bool has_process, has_unit;
    bool more_units; /* than the first profile's */
    bool sampled;    /* one of them: else all calls are told of */
    enum unit unit;
};

struct one { /* profile */
    struct str name, unit;
    double end;                              /* of an evented one */
    struct json_in samples, weights, events; /* begin NULL: there are none */
};

static bool fail(struct scope *s, const char *why, struct err *e)
{
    const struct json_in *j = &s->json;

    return source_fail("speedscope", s->path,
                       j->fault ? j->fault_at : (uint64_t)(j->at - j->begin),
                       j->fault ? j->fault : why, e);
}

static struct json_in keep(struct json_in *j)
{
    struct json_in here = *j;

    json_in_skip(j);
    return here;
}

static void read_frame(struct scope *s, struct json_in *j, function_id *to)
{
    struct str key, name = STR(""), file = STR("");
    uint64_t line = 0;

    for (json_in_object(j); json_in_key(j, &key);) {
        if (str_eq(key, STR("name")))
            name = json_in_str(j, s->arena);
        else if (str_eq(key, STR("file")))
            file = json_in_str(j, s->arena);
        else if (str_eq(key, STR("line")))
            line = json_in_u64(j);
        else
            json_in_skip(j);
    }
    *to = file.len > 0 ? source_named(s->build, name, file, line)
                       : source_function(s->build, name);
}

static void read_frames(struct scope *s, struct json_in j)
{
    struct pile all = pile_on(s->arena, sizeof(function_id));
    struct str key;

    for (json_in_object(&j); json_in_key(&j, &key);) {
        if (!str_eq(key, STR("frames"))) {
            json_in_skip(&j);
            continue;
        }
        for (json_in_array(&j); json_in_item(&j);)
            read_frame(s, &j, pile_add(&all));
    }
    s->frames = all.count;
    s->function = arena_array(s->arena, all.count + 1u, sizeof *s->function);
    for (uint32_t i = 0; i < all.count; i++)
        s->function[i] = *(function_id *)pile_at(&all, i);
    if (j.fault)
        s->json = j;
}

/* What one of the unit is, in ns; bytes and counts are told apart by *unit. */
static double scale_of(struct str unit, enum unit *is)
{
    static const struct {
        const char *name;
        double ns;
    } times[] = { { "nanoseconds", 1 },
                  { "microseconds", 1e3 },
                  { "milliseconds", 1e6 },
                  { "seconds", 1e9 } };

    *is = UNIT_NS;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (str_eq(unit, str_of(times[i].name)))
            return times[i].ns;
    *is = str_eq(unit, STR("bytes")) ? UNIT_BYTES : UNIT_SAMPLES;
    return 1;
}

static uint64_t scaled(double value, double scale)
{
    double v = value * scale + 0.5;

    return v >= 0x1p62 ? (uint64_t)1 << 62 : v > 0 ? (uint64_t)v : 0;
}

static bool read_samples(struct scope *s, struct one *p, node_id root, double scale,
                         struct err *e)
{
    struct json_in *j = &p->samples, *w = &p->weights;

    s->sampled = true;
    json_in_array(j);
    if (w->begin)
        json_in_array(w);
    while (json_in_item(j)) {
        node_id n = root;
        uint32_t depth = 0;

        for (json_in_array(j); json_in_item(j); depth++) {
            uint64_t frame = json_in_u64(j);

            if (frame >= s->frames || depth == DEPTH_MOST) {
                s->json = *j;
                return fail(s,
                            frame >= s->frames ? "a frame that is not in the list"
                                               : "a stack deeper than 100,000 frames",
                            e);
            }
            n = build_child(s->build, n, s->function[frame]);
        }
        if (depth == 0)
            n = build_child(s->build, n, source_function(s->build, STR("<unknown>")));
        double weight = 1;
        if (w->begin && !json_in_item(w)) {
            s->json = *w;
            return fail(s, "fewer weights than samples", e);
        }
        if (w->begin)
            weight = json_in_double(w);
        if (!(weight * scale >= 0 && weight * scale < 0x1p62)) {
            s->json = w->begin ? *w : *j;
            return fail(s, "a weight below 0, or beyond 62 bits", e);
        }
        build_add(s->build, n, 1, 0, scaled(weight, scale));
    }
    if (w->begin && !j->fault && json_in_item(w)) {
        s->json = *w;
        return fail(s, "more weights than samples", e);
    }
    s->json = w->fault ? *w : *j;
    return !s->json.fault || fail(s, "", e);
}

struct open { /* a frame of the running stack */
    node_id node;
    uint64_t frame;
};

static bool read_events(struct scope *s, struct one *p, node_id root, double scale,
                        struct err *e)
{
    struct pile stack = pile_on(s->arena, sizeof(struct open));
    struct json_in *j = &p->events;
    uint32_t depth = 0;
    double last = 0;
    bool first = true;
    struct str key;

    for (json_in_array(j); json_in_item(j);) {
        struct str type = STR("");
        uint64_t frame = UINT64_MAX;
        double at = last;

        for (json_in_object(j); json_in_key(j, &key);) {
            if (str_eq(key, STR("type")))
                type = json_in_str(j, s->arena);
            else if (str_eq(key, STR("frame")))
                frame = json_in_u64(j);
            else if (str_eq(key, STR("at")))
                at = json_in_double(j);
            else
                json_in_skip(j);
        }
        s->json = *j;
        node_id top =
            depth > 0 ? ((struct open *)pile_at(&stack, depth - 1))->node : root;
        if (!first && at < last)
            return fail(s, "events that are not in the order of time", e);
        if (!first && depth > 0)
            build_add(s->build, top, 0, 0, scaled(at, scale) - scaled(last, scale));
        first = false;
        last = at;
        if (frame >= s->frames)
            return fail(s, "a frame that is not in the list", e);
        if (str_eq(type, STR("O"))) {
            if (depth == DEPTH_MOST)
                return fail(s, "a stack deeper than 100,000 frames", e);
            node_id n = build_child(s->build, top, s->function[frame]);
            struct open *o =
                depth < stack.count ? pile_at(&stack, depth) : pile_add(&stack);

            *o = (struct open){ n, frame };
            build_add(s->build, n, 1, 0, 0);
            depth++;
        } else if (depth == 0 ||
                   ((struct open *)pile_at(&stack, depth - 1))->frame != frame) {
            return fail(s, "a frame is closed that was not the last one opened", e);
        } else {
            depth--;
        }
    }
    s->json = *j;
    if (depth > 0 && p->end > last) /* what was not closed was so at the end */
        build_add(s->build, ((struct open *)pile_at(&stack, depth - 1))->node, 0, 0,
                  scaled(p->end, scale) - scaled(last, scale));
    return !j->fault || fail(s, "", e);
}

static bool read_profile(struct scope *s, struct json_in *j, struct err *e)
{
    struct one p = { .unit = STR("none") };
    struct str key;
    enum unit unit;

    for (json_in_object(j); json_in_key(j, &key);) {
        if (str_eq(key, STR("name")))
            p.name = json_in_str(j, s->arena);
        else if (str_eq(key, STR("unit")))
            p.unit = json_in_str(j, s->arena);
        else if (str_eq(key, STR("samples")))
            p.samples = keep(j);
        else if (str_eq(key, STR("weights")))
            p.weights = keep(j);
        else if (str_eq(key, STR("events")))
            p.events = keep(j);
        else if (str_eq(key, STR("endValue")))
            p.end = json_in_double(j);
        else
            json_in_skip(j);
    }
    double scale = scale_of(p.unit, &unit);
    if (!s->has_unit && !source_unit(s->build, unit, s->path, e))
        return false;
    if (s->has_unit && unit != s->unit)
        return (s->more_units = true);
    s->has_unit = true;
    s->unit = unit;
    if (!s->has_process) {
        struct process of = {
            .name = s->process, .role = STR("file"), .exit = -1, .entered = true
        };
        s->of = build_process(s->build, &of);
        s->has_process = true;
    }
    thread_id t = build_thread(s->build, s->of, p.name, 0);
    node_id root = build_thread_root(s->build, t);
    if (p.events.begin)
        return read_events(s, &p, root, scale, e);
    return !p.samples.begin || read_samples(s, &p, root, scale, e);
}

static bool read_all(struct scope *s, struct err *e)
{
    struct json_in *j = &s->json, shared = { 0 }, profiles = { 0 };
    struct str key;

    for (json_in_object(j); json_in_key(j, &key);) {
        if (str_eq(key, STR("shared")))
            shared = keep(j);
        else if (str_eq(key, STR("profiles")))
            profiles = keep(j);
        else
            json_in_skip(j);
    }
    if (j->fault || !shared.begin || !profiles.begin)
        return fail(s, "no frames or no profiles", e);
    read_frames(s, shared);
    if (s->json.fault)
        return fail(s, "", e);
    for (json_in_array(&profiles); json_in_item(&profiles);)
        if (!read_profile(s, &profiles, e))
            return false;
    s->json = profiles;
    if (s->more_units)
        build_note(s->build, STR("Of the profiles of a speedscope file those of the "
                                 "first one's unit are shown."));
    return !profiles.fault || fail(s, "", e);
}

static bool contains(struct str s, struct str part)
{
    return memmem(s.at, s.len, part.at, part.len) != NULL;
}

static bool sniff(struct str head)
{
    return head.len > 0 && head.at[0] == '{' &&
           (contains(head, STR("speedscope.app/file-format-schema")) ||
            contains(head, STR("\"exporter\"")));
}

static bool read(const char *path, struct str name, struct build *b, struct err *e)
{
    struct scope s = {
        .build = b, .arena = arena_open(), .path = path, .process = name
    };
    struct str text;
    bool ok = source_read(path, s.arena, &text, e);

    if (ok) {
        s.json = json_in_on(text);
        ok = read_all(&s, e);
        build_quality(b)->sampled = build_quality(b)->sampled || s.sampled;
        build_quality(b)->exact = false;
    }
    arena_close(s.arena);
    return ok;
}

static const char *const suffix[] = { ".speedscope.json", NULL };

const struct importer import_speedscope = {
    .name = "speedscope",
    .suffix = suffix,
    .help = "speedscope.app; py-spy, memray",
    .sniff = sniff,
    .read = read,
};
