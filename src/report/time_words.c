/* SPDX-License-Identifier: Apache-2.0 */
/* time_words.c - waiting told apart, verdicts, notes. */
#include <math.h>
#include <string.h>

#include "report/time.h"
#include "why/timing.h"

/* Below this no terminal shows it: a run of so little is mostly its start. */
#define SHORT_NS 5e6

/* A program of one thread waits while it does not run. Of one of several the traced run
 * knows when none of them did. */
struct time_waiting time_waiting(const struct time_report *r, uint32_t command)
{
    const struct series_of *of = &r->series->of[command];
    const struct traced *t = r->why ? &r->why[command].traced : NULL;
    struct time_waiting w = { 0 };

    if (of->runs == 0)
        return w;
    double wall = series_spread(of, MEASURE_WALL, r->arena).mean;
    double cpu = series_spread(of, MEASURE_USER, r->arena).mean +
                 series_spread(of, MEASURE_SYSTEM, r->arena).mean;
    w.all_ns = fmax(wall - cpu, 0);
    if (!t || !t->done)
        return w;
    double seen = (double)t->waited_all_ns;
    w.known = true;
    if (t->threads > 1)
        w.all_ns = fmin(fmax(w.all_ns, seen), wall);
    double scale = seen > w.all_ns ? w.all_ns / seen : 1;
    for (int k = 0; k < WAITS; k++)
        w.of_ns[k] = (double)t->waited_ns[k] * scale;
    w.unknown_ns = fmax(w.all_ns - seen * scale, 0);
    return w;
}

struct str time_name(const struct time_report *r, uint32_t command)
{
    if (r->series->commands < 2)
        return STR("");
    if (command < TIMING_STATEMENTS)
        return timing_label(command);
    return arena_printf(r->arena, "%c%c", 'A' + (int)command / 26 - 1,
                        'A' + (int)command % 26);
}

static struct str times(const struct time_report *r, const struct series_comparison *c,
                        bool turned)
{
    double ratio = turned ? 1 / c->ratio : c->ratio;
    double low = turned ? 1 / c->high : c->low, high = turned ? 1 / c->low : c->high;
    int places = ratio < 1.995 ? 2 : ratio < 9.95 ? 1 : 0;

    places += ratio < 1.0995;
    if (c->low == 0)
        return arena_printf(r->arena, "%.*f x", places, ratio);
    return arena_printf(r->arena, "%.*f x (%.*f-%.*f)", places, ratio, places, low,
                        places, high);
}

struct str time_verdict(const struct time_report *r, const struct series_comparison *c)
{
    struct str a = time_name(r, c->a), b = time_name(r, c->b);
    struct arena *m = r->arena;

    if (c->ratio <= 0)
        return arena_printf(m, "%.*s and %.*s were not both run.", (int)a.len, a.at,
                            (int)b.len, b.at);
    struct str more = times(r, c, c->ratio < 1);
    struct str slow = c->ratio < 1 ? a : b, fast = c->ratio < 1 ? b : a;
    if (!c->known)
        return arena_printf(m,
                            "%.*s took %.*s the time of %.*s: so few runs prove "
                            "nothing (-r 10 may).",
                            (int)slow.len, slow.at, (int)more.len, more.at,
                            (int)fast.len, fast.at);
    if (c->verdict != SERIES_NO_DIFFERENCE)
        return arena_printf(m, "%.*s is faster: %.*s takes %.*s its time.",
                            (int)fast.len, fast.at, (int)slow.len, slow.at,
                            (int)more.len, more.at);
    return arena_printf(m, "No difference is proven between %.*s and %.*s: %.*s.",
                        (int)a.len, a.at, (int)b.len, b.at, (int)more.len, more.at);
}

struct notes {
    const struct time_report *report;
    struct str *at;
    uint32_t count;
};

static void add(struct notes *n, struct str sentence)
{
    for (uint32_t i = 0; i < n->count; i++)
        if (str_eq(n->at[i], sentence))
            return;
    n->at[n->count++] = sentence;
}

static void note_command(struct notes *n, uint32_t command)
{
    const struct time_report *r = n->report;
    const struct series_of *of = &r->series->of[command];
    const struct time_why *why = r->why ? &r->why[command] : NULL;
    struct str name = time_name(r, command);

    if (r->series->ended_before)
        add(n,
            STR("A run before the timed ones failed: nothing was timed (-i goes on)."));
    else if (of->failed > 0 && r->series->ended && of->runs < r->planned)
        add(n, STR("The series ended with a run whose status was not 0 (-i goes on)."));
    if (of->runs == 0)
        return;
    struct spread w = series_spread(of, MEASURE_WALL, r->arena);
    if (of->runs > 1 && w.deviation > 0.1 * w.mean)
        add(n, arena_printf(r->arena,
                            "%.*s%sruns differ by %.0f %% (one deviation): the machine "
                            "is busy, or the first run found less in its caches "
                            "(--warmup 1).",
                            (int)name.len, name.at, name.len > 0 ? ": " : "",
                            100 * w.deviation / w.mean));
    if (w.mean > 0 && w.mean < SHORT_NS && of->command->by_shell)
        add(n, STR("Of so short a time the shell's own start is a part."));
    if (why && why->traced.refused.len > 0)
        add(n, why->traced.refused);
    if (why && why->profiled.len > 0)
        add(n, why->profiled);
}

struct str *time_notes(const struct time_report *r, uint32_t *count)
{
    size_t most = (size_t)r->series->commands * 4 + r->notes + 1;
    struct notes n = { .report = r, .at = arena_array(r->arena, most, sizeof *n.at) };

    for (uint32_t i = 0; i < r->notes; i++)
        add(&n, r->note[i]);
    for (uint32_t i = 0; i < r->series->commands; i++)
        note_command(&n, i);
    *count = n.count;
    return n.at;
}
