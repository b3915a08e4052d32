/* SPDX-License-Identifier: Apache-2.0 */
/* time_because.c - why a command takes its time, and why one takes more than another.
 */
#include <math.h>
#include <string.h>

#include "report/time.h"

enum { SENTENCES_MOST = 8, NAMED_MOST = 3 };
#define TOLD_LEAST_NS 2e6 /* of waiting: what starting a process takes is not told */

struct sentences {
    const struct time_report *report;
    struct str *at;
    uint32_t count;
};

static struct sentences sentences_of(const struct time_report *r)
{
    return (struct sentences){
        r, arena_array(r->arena, SENTENCES_MOST, sizeof(struct str)), 0
    };
}

static void say(struct sentences *s, struct str sentence)
{
    if (s->count < SENTENCES_MOST && sentence.len > 0)
        s->at[s->count++] = sentence;
}

static struct figure ns(double value)
{
    return units_one(UNIT_NS, value);
}

static struct str joined(struct arena *a, struct str list, struct str next)
{
    return arena_printf(a, "%.*s%s%.*s", (int)list.len, list.at,
                        list.len > 0 ? ", " : "", (int)next.len, next.at);
}

/* "numpy 61 ms, json 12 ms" */
static struct str packages(const struct sentences *s, const struct imported *i)
{
    struct arena *a = s->report->arena;
    struct str list = STR("");

    for (uint32_t n = 0; n < i->packages && n < NAMED_MOST; n++) {
        const struct imported_package *p = &i->package[n];

        if (p->self_ns * 20 < i->all_ns)
            break;
        list = joined(a, list,
                      arena_printf(a, "%.*s %s", (int)p->name.len, p->name.at,
                                   ns((double)p->self_ns).text));
    }
    return list;
}

/* The kernel tells user from system time by looking now and then: of a few looks
 * nothing is to be told. */
#define APART_LEAST_NS 40e6

/* Where wall time goes: the largest part first, what is below a twentieth not told. */
static void say_parts(struct sentences *s, const struct series_of *of, double wall,
                      double waiting)
{
    struct arena *a = s->report->arena;
    double user = series_spread(of, MEASURE_USER, a).mean;
    double system = series_spread(of, MEASURE_SYSTEM, a).mean;
    bool apart = (user + system) * of->runs >= APART_LEAST_NS;
    struct {
        double ns;
        const char *what;
    } part[] = { { apart ? user : user + system,
                   apart ? "in its own code (user time)" : "on a processor" },
                 { apart ? system : 0, "in the kernel (system time)" },
                 { waiting, "waiting" } };
    struct str list = STR("");
    double all = fmax(wall, user + system + waiting);

    for (int n = 0; n < 3; n++) {
        int most = 0;

        for (int i = 1; i < 3; i++)
            most = part[i].ns > part[most].ns ? i : most;
        if (all <= 0 || part[most].ns < 0.05 * all)
            break;
        list = joined(
            a, list,
            arena_printf(a, "%.0f %% %s", 100 * part[most].ns / all, part[most].what));
        part[most].ns = -1;
    }
    if (list.len == 0)
        return;
    if (user + system > 1.1 * wall)
        say(s, arena_printf(a,
                            "Its threads and processes take %.1f processors at a time; "
                            "of their time is %.*s.",
                            (user + system) / wall, (int)list.len, list.at));
    else
        say(s, arena_printf(a, "Of its time is %.*s.", (int)list.len, list.at));
}

static void say_waiting(struct sentences *s, const struct time_waiting *w, double wall)
{
    int most = 0;

    if (!w->known || w->all_ns < 0.1 * wall || w->all_ns < TOLD_LEAST_NS)
        return;
    for (int k = 1; k < WAITS; k++)
        most = w->of_ns[k] > w->of_ns[most] ? k : most;
    if (w->of_ns[most] < w->all_ns / 2) {
        if (w->unknown_ns > w->all_ns / 2)
            say(s, arena_printf(
                       s->report->arena,
                       "What it waited for in %s of %s is not known: the followed "
                       "run did not (it may be a processor, or what is waited "
                       "for the first time only).",
                       ns(w->unknown_ns).text, ns(w->all_ns).text));
        return;
    }
    say(s, arena_printf(s->report->arena, "It waits for %s: %s of %s.", wait_name(most),
                        ns(w->of_ns[most]).text, ns(w->all_ns).text));
}

/* Those that took most of the kernel's own time; what was waited in is told before. */
static void say_calls(struct sentences *s, const struct traced *t)
{
    struct arena *a = s->report->arena;
    struct str list = STR("");
    bool *told = arena_array(a, t->kinds + 1u, sizeof *told);

    if (!t->done)
        return;
    for (uint32_t n = 0; n < NAMED_MOST && n < t->kinds; n++) {
        uint32_t most = 0;

        for (uint32_t i = 0; i < t->kinds; i++)
            if (!told[i] && (told[most] || t->call[i].cpu_ns > t->call[most].cpu_ns))
                most = i;
        const struct traced_call *c = &t->call[most];
        if (told[most] || c->cpu_ns * 20 < t->cpu_ns)
            break;
        told[most] = true;
        list = joined(a, list,
                      arena_printf(a, "%.*s %s (%s)", (int)c->name.len, c->name.at,
                                   units_count(c->calls).text,
                                   ns((double)c->cpu_ns).text));
    }
    say(s, arena_printf(a, "%s system call%s, about %s in the kernel%s%.*s.",
                        units_count(t->calls).text, t->calls == 1 ? "" : "s",
                        ns((double)t->cpu_ns).text, list.len > 0 ? ": " : "",
                        (int)list.len, list.at));
}

static void say_python(struct sentences *s, const struct time_why *w, double wall)
{
    const struct imported *i = &w->imported;
    struct arena *a = s->report->arena;

    if (!w->python || (w->start_ns == 0 && !i->known))
        return;
    struct str most = packages(s, i);
    struct str imports =
        !i->known ? STR("")
        : i->all_ns == 0
            ? STR("it imports nothing more")
            : arena_printf(a, "imports take %s (%.0f %%)%s%.*s",
                           ns((double)i->all_ns).text,
                           wall > 0 ? fmin(100 * (double)i->all_ns / wall, 100) : 0,
                           most.len > 0 ? ": " : "", (int)most.len, most.at);
    struct str start = w->start_ns == 0
                           ? STR("")
                           : arena_printf(a, "Python itself starts in %s",
                                          ns(fmin((double)w->start_ns, wall)).text);
    say(s, arena_printf(a, "%.*s%s%.*s.", (int)start.len, start.at,
                        start.len > 0 && imports.len > 0 ? "; " : "", (int)imports.len,
                        imports.at));
}

static struct str function_named(struct arena *a, const struct time_function *f)
{
    return f->place.len == 0 ? f->name
                             : arena_printf(a, "%.*s (%.*s)", (int)f->name.len,
                                            f->name.at, (int)f->place.len, f->place.at);
}

static void say_functions(struct sentences *s, const struct time_why *w)
{
    struct arena *a = s->report->arena;
    struct str list = STR("");

    for (uint32_t i = 0; i < w->functions && i < NAMED_MOST; i++) {
        const struct time_function *f = &w->function[i];
        struct str name = function_named(a, f);

        if (f->self_ns * 20 < w->profile_ns)
            break;
        list = joined(a, list,
                      arena_printf(a, "%.*s %.0f %%", (int)name.len, name.at,
                                   100 * (double)f->self_ns / (double)w->profile_ns));
    }
    if (list.len > 0)
        say(s, arena_printf(a, "By function, of a profiled run: %.*s.", (int)list.len,
                            list.at));
}

struct str *time_because(const struct time_report *r, uint32_t command, uint32_t *count)
{
    const struct series_of *of = &r->series->of[command];
    struct sentences s = sentences_of(r);

    *count = 0;
    if (!r->why || of->runs == 0)
        return s.at;
    double wall = series_spread(of, MEASURE_WALL, r->arena).mean;
    struct time_waiting w = time_waiting(r, command);
    say_parts(&s, of, wall, w.all_ns);
    say_waiting(&s, &w, wall);
    say_calls(&s, &r->why[command].traced);
    say_python(&s, &r->why[command], wall);
    say_functions(&s, &r->why[command]);
    *count = s.count;
    return s.at;
}

static double measured(const struct time_report *r, uint32_t command, enum measure m)
{
    return series_spread(&r->series->of[command], m, r->arena).mean;
}

/* "19 ms of it are user time": each part of the difference that goes its way. */
static void say_difference(struct sentences *s, uint32_t fast, uint32_t slow)
{
    const struct time_report *r = s->report;
    struct time_waiting f = time_waiting(r, fast), w = time_waiting(r, slow);
    struct {
        double ns;
        const char *what;
    } part[] = {
        { measured(r, slow, MEASURE_USER) - measured(r, fast, MEASURE_USER),
          "user time" },
        { measured(r, slow, MEASURE_SYSTEM) - measured(r, fast, MEASURE_SYSTEM),
          "system time" },
        { w.all_ns - f.all_ns, "waiting" },
    };
    double all = measured(r, slow, MEASURE_WALL) - measured(r, fast, MEASURE_WALL);
    struct str list = STR(""), name = time_name(r, slow);

    for (int i = 0; i < 3; i++)
        if (fabs(part[i].ns) >= 0.05 * all)
            list = joined(r->arena, list,
                          arena_printf(r->arena, "%s%s %s", part[i].ns < 0 ? "-" : "",
                                       ns(fabs(part[i].ns)).text, part[i].what));
    if (list.len > 0)
        say(s,
            arena_printf(r->arena, "Of the %s that %.*s takes more: %.*s.",
                         ns(all).text, (int)name.len, name.at, (int)list.len, list.at));
}

static void say_changed(struct sentences *s)
{
    const struct time_report *r = s->report;
    struct str list = STR("");

    for (uint32_t i = 0; i < r->changes && i < NAMED_MOST; i++) {
        const struct time_function *f = &r->changed[i];
        struct str name = function_named(r->arena, f);

        list = joined(r->arena, list,
                      arena_printf(r->arena, "%.*s %s -> %s", (int)name.len, name.at,
                                   ns((double)f->before_ns).text,
                                   ns((double)f->self_ns).text));
    }
    if (list.len > 0)
        say(s, arena_printf(r->arena,
                            "The functions that differ most, of one profiled run each, "
                            "A -> B: %.*s.",
                            (int)list.len, list.at));
}

struct str *time_because_two(const struct time_report *r,
                             const struct series_comparison *c, uint32_t *count)
{
    struct sentences s = sentences_of(r);
    bool turned = c->verdict == SERIES_B_FASTER;

    *count = 0;
    if (c->verdict == SERIES_NO_DIFFERENCE)
        return s.at;
    say_difference(&s, turned ? c->b : c->a, turned ? c->a : c->b);
    if (c->a == 0 && c->b == 1)
        say_changed(&s);
    *count = s.count;
    return s.at;
}
